//! A query as a value of another.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::compile::{Select, Sort, What};
use crate::condition::{ColumnRef, Condition, Invalid, Predicate, Side};
use crate::error::ErrorKind;
use crate::expression::Node;
use crate::lookup::Lookup;
use crate::model::Model;
use crate::operand::Operand;
use crate::query::Query;
use crate::queryset::QuerySet;

/// The values of type `T` of one column of a query's rows, to be compared with: what
/// [`QuerySet::column`] gives. It becomes part of the statement of the query that uses it.
pub struct Subquery<T> {
    select: Subselect,
    value: PhantomData<fn() -> T>,
}

/// Columns of a query's rows.
#[derive(Clone, Debug)]
pub(crate) struct Subselect {
    query: Arc<Query>,
    columns: Box<[ColumnRef]>,
    /// The columns were asked for, and are not the key that a query stands for.
    named: bool,
}

/// What `is_in_query` takes for a column of type `T`: a query over a model whose key is a `T`, or
/// a [`Subquery`] of that type.
#[diagnostic::on_unimplemented(
    message = "the rows of `{Self}` are not told by a `{T}`",
    note = "a query stands for its model's key; `.column(|b| b.title)` chooses another column"
)]
pub trait IntoSubquery<T> {
    /// The values to compare with.
    fn into_subquery(self) -> Subquery<T>;
}

impl<T> Subquery<T> {
    pub(crate) fn new(query: Query, columns: impl IntoIterator<Item = ColumnRef>) -> Self {
        Self {
            select: Subselect {
                query: Arc::new(query),
                columns: columns.into_iter().collect(),
                named: true,
            },
            value: PhantomData,
        }
    }

    pub(crate) fn into_select(self) -> Subselect {
        self.select
    }
}

impl<T> IntoSubquery<T> for Subquery<T> {
    fn into_subquery(self) -> Self {
        self
    }
}

impl<M: Model> IntoSubquery<M::Key> for QuerySet<M> {
    fn into_subquery(self) -> Subquery<M::Key> {
        Subquery {
            select: self.into_keys(),
            value: PhantomData,
        }
    }
}

impl<T> From<Subquery<T>> for Operand {
    fn from(query: Subquery<T>) -> Self {
        Self::Query(Subquery {
            select: query.select,
            value: PhantomData,
        })
    }
}

impl<T> From<QuerySet<T>> for Operand {
    fn from(query: QuerySet<T>) -> Self {
        Self::Query(Subquery {
            select: query.into_keys(),
            value: PhantomData,
        })
    }
}

impl Subselect {
    /// The keys of a query's rows.
    pub(crate) fn keys(query: Query, columns: impl IntoIterator<Item = ColumnRef>) -> Self {
        Self {
            query: Arc::new(query),
            columns: columns.into_iter().collect(),
            named: false,
        }
    }

    pub(crate) fn query(&self) -> &Query {
        &self.query
    }

    /// Whether it stands for the keys of its model's rows.
    pub(crate) fn is_of_keys(&self) -> bool {
        !self.named
    }

    /// The same with other conditions, as many.
    pub(crate) fn with(&self, conditions: Vec<Condition>) -> Self {
        let mut query = Query::clone(&self.query);
        query.conditions = conditions.into();
        Self {
            query: Arc::new(query),
            ..self.clone()
        }
    }

    /// What is selected. The order matters only to a slice.
    pub(crate) fn select(&self) -> Select<'_> {
        Select {
            what: What::Columns(&self.columns),
            order: match self.query.window.is_sliced() {
                true => Sort::Query,
                false => Sort::No,
            },
            ..Select::rows(&self.query)
        }
    }

    /// Something compared with the rows.
    pub(crate) fn compare(self, left: Node, lookup: Lookup) -> Condition {
        if let Some(invalid) = &self.query.invalid {
            return Condition::Invalid(invalid.clone());
        }
        let width = match &left {
            Node::Row(parts) => parts.len(),
            _ => 1,
        };
        if self.columns.len() != width {
            let message = format!(
                "the query gives {} columns, where {width} are compared",
                self.columns.len()
            );
            return Invalid::new(ErrorKind::Value, message).into();
        }
        let one = self.query.window.limit() == Some(1);
        match lookup {
            Lookup::In | Lookup::Gt | Lookup::Gte | Lookup::Lt | Lookup::Lte => {}
            Lookup::Exact if one => {}
            Lookup::Exact => {
                let message = "a query that something is equal to must be sliced to one row";
                return Invalid::new(ErrorKind::Value, message).into();
            }
            Lookup::IsNull => {
                let message = "isnull takes true or false, not a query";
                return Condition::from(Invalid::new(ErrorKind::Value, message).late());
            }
            other => {
                let message = format!("the lookup '{}' takes no query", other.name());
                return Invalid::new(ErrorKind::Type, message).into();
            }
        }
        if self.query.is_empty() {
            return Condition::Never;
        }
        Predicate::new(left, lookup, Side::Query(self)).into()
    }
}

/// Whether it is the same query: what two queries ask for is not compared.
impl PartialEq for Subselect {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.query, &other.query) && self.columns == other.columns
    }
}

impl<T> PartialEq for Subquery<T> {
    fn eq(&self, other: &Self) -> bool {
        self.select == other.select
    }
}

impl<T> Clone for Subquery<T> {
    fn clone(&self) -> Self {
        Self {
            select: self.select.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Subquery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subquery").field(&self.select.query).finish()
    }
}
