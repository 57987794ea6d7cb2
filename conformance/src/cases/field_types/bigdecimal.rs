//! The type of bigdecimal, of whose digits a column holds 38.

use bigdecimal::BigDecimal as Number;
use queryset::{ErrorKind, Model};

use super::column::{self, known};
use super::decimals::{AMOUNTS, NULLS, decimals};
use crate::failure::Verdict;
use crate::stage::{Stage, call, read};

/// The ends of the columns, and numbers that differ in their last digit only.
const WIDE: [(&str, &str); 4] = [
    (
        "-99999999999999999999999999999999999999",
        "-9999999999.9999999999999999999999999999",
    ),
    (
        "12345678901234567890123456789012345678",
        "0.0000000000000000000000000001",
    ),
    (
        "99999999999999999999999999999999999998",
        "1234567890.1234567890123456789012345677",
    ),
    (
        "99999999999999999999999999999999999999",
        "1234567890.1234567890123456789012345678",
    ),
];

decimals!();

/// More digits than any column takes are refused, in a row as in a condition.
pub(super) fn wider(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating amounts", s.db().create_table::<Amount>())?;
    for text in [
        "100000000000000000000000000000000000001",
        "-0.000000000000000000000000000000000000001",
        "1e1000000",
    ] {
        let number = number(text)?;
        let row = Amount {
            id: 1,
            number: number.clone(),
            maybe: None,
        };
        call!(s, create / acreate(&row))?
            .fails(ErrorKind::Value)?
            .says(&["38"])?;
        let above = Amount::objects().filter(|a| a.number.gt(number));
        read!(s, above, list / alist())?
            .fails(ErrorKind::Value)?
            .says(&["38"])?;
    }
    read!(s, Amount::objects(), count / acount())?.gives(0)
}
