//! The cases, by what they are about.

mod aggregate;
mod cancel;
mod close;
mod concurrency;
mod contains;
mod count;
mod drops;
mod dynamic;
mod earliest_latest;
mod errors;
mod exists;
mod explain;
#[cfg(feature = "field-types")]
mod field_types;
mod first_last;
mod get;
mod hooks;
mod in_bulk;
mod iter;
mod list;
mod load;
mod loading;
mod lookups;
mod memory;
mod null;
mod order;
mod pages;
mod property;
mod raw;
mod relations;
mod scopes;
mod seams;
mod slicing;
mod states;
mod transaction;
mod types;
mod write;

use crate::case::Case;

/// Every case, in the order in which a report shows them.
pub fn cases() -> Vec<Case> {
    let relations = relations::cases();
    [
        get::CASES,
        count::CASES,
        exists::CASES,
        first_last::CASES,
        earliest_latest::CASES,
        in_bulk::CASES,
        contains::CASES,
        aggregate::CASES,
        explain::CASES,
        list::CASES,
        &loading::cases(),
        iter::CASES,
        slicing::CASES,
        order::CASES,
        pages::CASES,
        lookups::CASES,
        null::CASES,
        dynamic::CASES,
        &relations,
        raw::CASES,
        property::CASES,
        types::CASES,
        #[cfg(feature = "field-types")]
        field_types::CASES,
        write::CASES,
        &transaction::cases(),
        errors::CASES,
        hooks::CASES,
        scopes::CASES,
        cancel::CASES,
        states::CASES,
        concurrency::CASES,
        load::CASES,
        seams::CASES,
        drops::CASES,
        memory::CASES,
        close::CASES,
    ]
    .concat()
}
