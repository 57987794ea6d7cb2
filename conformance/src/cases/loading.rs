//! What comes with rows: related rows, in the same statement or after it, and left out columns.

mod only;
mod prefetch;
mod records;
mod select;
mod sets;
mod shop;

use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        select::CASES,
        prefetch::CASES,
        sets::CASES,
        only::CASES,
        records::CASES,
    ]
    .concat()
}
