//! The generated fields of a model, as a type.

use super::Model;
use crate::path::Path;

/// The generated fields of a model, seen from a query of another or of the same one. It is
/// implemented by `#[derive(Model)]` for the fields of each model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the fields of a model",
    note = "return a relation, such as `b.author()`"
)]
pub trait ModelFields: Copy {
    /// The model that the query starts from.
    type Root: Model;

    /// The model whose fields they are.
    type Model: Model;

    /// The way from the one to the other.
    #[doc(hidden)]
    fn path(&self) -> Path;
}
