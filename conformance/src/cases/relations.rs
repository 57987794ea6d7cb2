//! Conditions and orderings across relations.

mod exclude;
mod family;
mod filter;
mod order;
mod related;

use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    [filter::CASES, exclude::CASES, order::CASES, related::CASES].concat()
}
