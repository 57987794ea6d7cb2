//! What the places for related rows share.

use std::sync::Arc;

use super::Model;
use crate::error::{Error, ErrorKind};
use crate::meta::ModelMeta;
use crate::operand::Operand;
use crate::q::Q;
use crate::queryset::QuerySet;
use crate::value::Value;

/// The row with this primary key.
pub(super) fn own_key<M: Model>(key: Value) -> QuerySet<M> {
    QuerySet::new().filter_by(Q::lookup("pk", Operand::Value(key)))
}

/// The row that a set of related rows belongs to.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) meta: fn() -> &'static Arc<ModelMeta>,
    pub(crate) relation: u8,
    /// The value that the other side refers to.
    pub(crate) key: Value,
}

impl Owner {
    /// The rows of the set.
    pub(super) fn query<T: Model>(&self) -> QuerySet<T> {
        QuerySet::related((self.meta)(), usize::from(self.relation), self.key.clone())
    }
}

/// The error of asking for what was not loaded.
#[cold]
pub(crate) fn not_loaded(what: &str) -> Error {
    let message = format!(
        "{what} is not loaded: select or prefetch it with the query, or call `load` or `aload`"
    );
    Error::new(ErrorKind::NotLoaded, message)
}

/// The error of a reference to a row that is not there, or not among those that were wanted.
#[cold]
pub(super) fn not_there<M: Model>() -> Error {
    let name = M::meta().name();
    let message = format!("the {name} that is referred to was looked for and not found");
    Error::new(ErrorKind::NotFound, message).with_model(name)
}

/// The error of a set without an owner.
#[cold]
pub(super) fn no_owner<T: Model>() -> Error {
    let message = format!(
        "these {} rows belong to a row that was not read from a database, so there is nothing to \
         load; ask the row's own method for its related rows",
        T::meta().name()
    );
    Error::new(ErrorKind::Value, message).with_model(T::meta().name())
}
