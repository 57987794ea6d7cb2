//! What a struct with `#[derive(Model)]` is.

pub(crate) mod copy;
mod deferred;
pub(crate) mod fields;
mod foreign_key;
pub(crate) mod holder;
pub(crate) mod related;
mod reverse;
mod reverse_one;

pub use deferred::Deferred;
pub(crate) use deferred::Place;
pub use fields::ModelFields;
pub use foreign_key::{ForeignKey, OneToOne};
pub(crate) use related::not_loaded;
pub use reverse::{ManyToMany, Reverse};
pub use reverse_one::ReverseOne;

use std::sync::Arc;

use crate::meta::ModelMeta;
use crate::path::Path;
use crate::q::Q;
use crate::queryset::QuerySet;
use crate::related::{Loadable, Origin, Slot};
use crate::row::FromRow;
use crate::value::Value;

/// A struct that is a row of a table; derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "derive `Model` for the struct, or read rows of a table known at run time as `Record`"
)]
pub trait Model: FromRow + Sync {
    /// The generated fields, one a column, for a query that starts at `R`.
    type Fields<R: Model>: ModelFields<Root = R, Model = Self>;

    /// The type of the primary key: the column's type, a tuple for a composite key, `()` without.
    type Key: Send + Sync + 'static;

    /// The model's metadata.
    fn meta() -> &'static Arc<ModelMeta>;

    /// The fields as they are seen at the end of `path`. Only generated code and this crate call
    /// it: nothing ties a path to the query that the fields are used in.
    #[doc(hidden)]
    fn fields<R: Model>(path: Path) -> Self::Fields<R>;

    /// The values of the columns, in the order of the metadata.
    fn values(&self) -> Vec<Value>;

    /// The primary key of this row.
    fn key(&self) -> Self::Key;

    /// The number of relations.
    #[doc(hidden)]
    const SLOTS: usize = 0;

    /// The relations that it declares, and whether at most one row refers to each target.
    #[doc(hidden)]
    const FORWARD: &'static [(&'static str, bool)] = &[];

    /// The value of a column that is part of a key; `None` for the others.
    #[doc(hidden)]
    fn part(&self, column: usize) -> Option<Value> {
        let _ = column;
        None
    }

    /// The place for what a relation leads to.
    #[doc(hidden)]
    fn slot(&self, relation: usize) -> Option<&dyn Slot> {
        let _ = relation;
        None
    }

    /// Hands out the values of the columns, in the order of the metadata.
    #[doc(hidden)]
    fn lend(&self, lender: &mut copy::Lender<'_>) {
        self.values().iter().for_each(|value| lender.value(value));
    }

    /// A condition on its own, to be kept, combined and used by
    /// [`filter_by`](QuerySet::filter_by): `Book::q(|b| b.pages.gt(100))`.
    fn q(condition: impl FnOnce(Self::Fields<Self>) -> Q<Self>) -> Q<Self> {
        condition(Self::fields(Path::ROOT))
    }

    /// All rows, where every query starts.
    fn objects() -> QuerySet<Self> {
        QuerySet::new()
    }
}

impl<M: Model> Loadable for M {
    fn part(&self, _: &ModelMeta, column: usize) -> Option<Value> {
        M::part(self, column)
    }

    fn value_of(&self, _: &ModelMeta, column: usize) -> Option<Value> {
        self.values().into_iter().nth(column)
    }

    fn slot(&self, relation: usize, _: &str) -> Option<&dyn Slot> {
        M::slot(self, relation)
    }

    fn has_slot(&self, relation: usize) -> bool {
        relation < M::SLOTS
    }

    fn copies(&self, rows: &[&dyn Loadable]) -> Vec<Option<Origin>> {
        copy::copied::<M>(rows)
    }
}
