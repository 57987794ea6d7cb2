//! Transactions: what they keep together, what they keep apart, and their ends.

mod atomic;
mod drops;
mod ends;
mod errors;
mod isolation;
mod meanwhile;
mod reads;
mod savepoints;
mod steps;

use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        ends::CASES,
        reads::CASES,
        atomic::CASES,
        savepoints::CASES,
        errors::CASES,
        isolation::CASES,
        meanwhile::CASES,
        drops::CASES,
    ]
    .concat()
}
