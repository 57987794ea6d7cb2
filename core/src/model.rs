//! What a struct with `#[derive(Model)]` is.

mod foreign_key;

pub use foreign_key::ForeignKey;

use std::sync::Arc;

use crate::meta::ModelMeta;
use crate::path::Path;
use crate::q::Q;
use crate::queryset::QuerySet;
use crate::row::FromRow;
use crate::value::Value;

/// A struct that is a row of a table; derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "derive `Model` for the struct, or read rows of a table known at run time as `Record`"
)]
pub trait Model: FromRow {
    /// The generated fields, one a column, for a query that starts at `R`.
    type Fields<R: Model>;

    /// The type of the primary key: the column's type, a tuple for a composite key, `()` without.
    type Key: Send + 'static;

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
