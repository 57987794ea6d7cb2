//! Related rows in statements of their own, one for each relation.

mod hop;
mod plan;
mod run;

pub(crate) use plan::Tie;
pub(crate) use run::{Rows, prefetch};

use crate::query::Query;
use crate::queryset::QuerySet;

/// A relation whose rows are fetched after a query's own, in Django's spelling: a path such as
/// `books__publisher`, which is also what a text converts into.
///
/// ```
/// use queryset::{Prefetch, QuerySet, Record};
/// # use queryset::{ColumnMeta, ColumnType, ModelMeta};
/// # let column = || ColumnMeta::new("id", ColumnType::I64).primary_key();
/// # let publisher = ModelMeta::builder("Publisher").column(column()).build()?;
/// # let book = ModelMeta::builder("Book").column(column()).column(ColumnMeta::new("pages", ColumnType::I32)).build()?;
///
/// let longest = QuerySet::dynamic(&book).order_by_names(["-pages"]).limit(2);
/// let publishers: QuerySet<Record> = QuerySet::dynamic(&publisher)
///     .prefetch_related_names([Prefetch::new("books").queryset(longest).to_attr("longest")]);
/// // Each record then has its two longest books: `publisher.related_set("longest")`.
/// # publishers.check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a prefetch does nothing until a query is told of it"]
pub struct Prefetch(pub(crate) Lookup);

/// One path to prefetch.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) path: Box<str>,
    /// What to fetch; all rows unless it is said.
    pub(crate) query: Option<Box<Query>>,
    /// Under which name a record keeps the rows, where it is not the relation's.
    pub(crate) to_attr: Option<Box<str>>,
}

impl Prefetch {
    /// All rows that the path leads to.
    pub fn new(path: impl Into<Box<str>>) -> Self {
        Self(Lookup {
            path: path.into(),
            query: None,
            to_attr: None,
        })
    }

    /// Only the rows of this query, which must be of the model that the path leads to: filtered,
    /// ordered, with prefetches of its own. A slice counts for each row separately.
    pub fn queryset<T>(mut self, query: QuerySet<T>) -> Self {
        self.0.query = Some(query.into_query());
        self
    }

    /// The name under which a [`Record`](crate::Record) keeps the rows, so that one relation can
    /// be prefetched several times. The rows of a struct are kept in its field.
    pub fn to_attr(mut self, name: impl Into<Box<str>>) -> Self {
        self.0.to_attr = Some(name.into());
        self
    }
}

impl From<&str> for Prefetch {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for Prefetch {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}
