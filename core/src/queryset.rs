//! The lazy query that every read starts from.

mod aggregate;
mod contains;
mod count;
mod distinct;
mod earliest_latest;
mod exists;
mod explain;
mod first_last;
mod get;
mod in_bulk;
mod iterate;
mod keyset;
mod list;
mod loaded;
mod only;
mod plan;
mod prefetch_related;
mod refine;
mod related;
mod select_related;
mod slice;
mod statement;
mod subquery;

pub use distinct::IntoColumns;
pub use explain::ExplainOptions;
pub use only::IntoDeferred;
pub use select_related::IntoRelations;
pub use slice::IntoSlice;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::error::Result;
use crate::meta::ModelMeta;
use crate::model::Model;
use crate::query::Query;
use crate::row::Record;

/// A query over the rows of one model, read as `T`.
///
/// It is lazy (nothing is sent until a terminal such as [`list`](Self::list) or
/// [`aget`](Self::aget) is called), immutable (a refiner returns a new query; clone the query to
/// keep it), and needs no database until a terminal is called.
///
/// Errors in building, such as a filter after a slice or an unknown name, are kept: the first
/// terminal returns them and sends nothing. [`check`](Self::check) returns them at once.
#[must_use = "a query does nothing until one of its terminals is called"]
pub struct QuerySet<T> {
    query: Box<Query>,
    row: PhantomData<fn() -> T>,
}

impl<M: Model> QuerySet<M> {
    /// All rows of `M`; [`Model::objects`] is the usual spelling.
    pub fn new() -> Self {
        Self::over(Arc::clone(M::meta()))
    }
}

impl<M: Model> Default for QuerySet<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl QuerySet<Record> {
    /// All rows of a model that is known at run time, or of a derived one, read as records.
    pub fn dynamic(meta: &Arc<ModelMeta>) -> Self {
        let mut query = Self::over(Arc::clone(meta));
        query.query.records = true;
        query
    }
}

impl<T> QuerySet<T> {
    fn over(meta: Arc<ModelMeta>) -> Self {
        Self {
            query: Box::new(Query::new(meta)),
            row: PhantomData,
        }
    }

    /// The metadata of the model.
    pub fn meta(&self) -> &Arc<ModelMeta> {
        &self.query.meta
    }

    /// What was wrong in building the query, which the first terminal would return.
    ///
    /// # Errors
    /// The first error of building.
    pub fn check(&self) -> Result<()> {
        self.query.check()
    }

    /// Whether the rows come in an order that the query or its model asks for.
    pub fn is_ordered(&self) -> bool {
        self.query.is_ordered()
    }

    /// Whether that order leaves no two rows equal, as far as the model tells: it has the primary
    /// key, or a unique column or set of columns without NULLs. A relation's name and what is
    /// computed do not count.
    ///
    /// Pages of a query whose order is not total may repeat rows and leave others out.
    pub fn is_totally_ordered(&self) -> bool {
        self.query.is_totally_ordered()
    }

    pub(crate) fn of(query: Query) -> Self {
        Self {
            query: Box::new(query),
            row: PhantomData,
        }
    }

    pub(crate) fn query(&self) -> &Query {
        &self.query
    }

    pub(crate) fn into_query(self) -> Box<Query> {
        self.query
    }
}

impl<T> Clone for QuerySet<T> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            row: PhantomData,
        }
    }
}

impl<T> fmt::Debug for QuerySet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuerySet")
            .field("model", &self.query.meta.name())
            .field("conditions", &self.query.conditions)
            .field("ordering", &self.query.ordering)
            .field("window", &self.query.window)
            .finish_non_exhaustive()
    }
}
