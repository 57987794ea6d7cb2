//! The generated fields of a model, as a type.

use std::marker::PhantomData;

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

/// The fields of a model that has errors.
#[derive(Debug)]
pub struct NoFields<M, R>(PhantomData<fn() -> (M, R)>);

impl<M, R> Clone for NoFields<M, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, R> Copy for NoFields<M, R> {}

impl<M: Model, R: Model> ModelFields for NoFields<M, R> {
    type Root = R;
    type Model = M;

    fn path(&self) -> Path {
        Path::ROOT
    }
}
