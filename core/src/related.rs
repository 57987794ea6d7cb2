//! Rows and their places for related rows, whatever their types: what loading works with.

mod fetch;
mod group;
mod key;
mod keys;
mod origins;

pub(crate) use fetch::{Fetch, FetchPlan, Fetched, Io, Owners, fetch};
pub(crate) use key::Key;
pub(crate) use keys::Keys;
pub(crate) use origins::{Copied, Copy, Origin, Origins, copies};

use std::any::Any;

use crate::meta::ModelMeta;
use crate::value::Value;

/// A row whose relations can be loaded: a derived model's, or a record.
#[doc(hidden)]
pub trait Loadable: Any + Send + Sync {
    /// The value of a column of the row's model; `None` if it was not read.
    fn part(&self, meta: &ModelMeta, column: usize) -> Option<Value>;

    /// The value of any column of the row's model; `None` if it was not read.
    fn value_of(&self, meta: &ModelMeta, column: usize) -> Option<Value>;

    /// The place for what a relation leads to. `None` where the row has none, or where a NULL
    /// leads nowhere.
    fn slot(&self, relation: usize, name: &str) -> Option<&dyn Slot>;

    /// Whether the row has a place for what a relation leads to.
    fn has_slot(&self, relation: usize) -> bool;

    /// Whether the row has a place for any name that it is told.
    fn takes_names(&self) -> bool {
        false
    }

    /// The own columns of rows of the same type, for those that refer to them. What is loaded with
    /// a row is not with the copy, since rows that hold each other would never be freed.
    fn copies(&self, rows: &[&dyn Loadable]) -> Vec<Option<Origin>>;
}

/// The place in a row for the rows of a relation. It is filled once, and may be filled while it
/// is shared.
#[doc(hidden)]
pub trait Slot: Send + Sync {
    fn is_loaded(&self) -> bool;

    /// Adds the loaded rows.
    fn rows<'s>(&'s self, into: &mut Vec<&'s dyn Loadable>);

    /// How rows of the slot's type are fetched.
    fn fetch(&self) -> Fetch;

    /// Takes the rows of a key, by its number, out of those that were fetched; none where there is
    /// no key.
    fn fill(&self, fetched: &Fetched, key: Option<u32>);

    /// Takes the one row that the relation leads to.
    fn put(&self, row: &Origin);
}
