//! The type of rust_decimal, which has 28 digits.

use queryset::{ErrorKind, Model};
use rust_decimal::Decimal as Number;

use super::column::{self, known};
use super::decimals::{AMOUNTS, NULLS, decimals};
use crate::failure::Verdict;
use crate::stage::{Stage, call, read};

/// The ends of the type, and numbers that differ in their last digit only.
const WIDE: [(&str, &str); 4] = [
    (
        "-79228162514264337593543950335",
        "-0.0000000000000000000000000001",
    ),
    (
        "1234567890123456789012345678",
        "0.1234567890123456789012345677",
    ),
    (
        "79228162514264337593543950334",
        "0.1234567890123456789012345678",
    ),
    (
        "79228162514264337593543950335",
        "1234567.1234567890123456789",
    ),
];

decimals!();
