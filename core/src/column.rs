//! The generated fields of a model, as closures see them.

mod compare;
pub(crate) use compare::{none_as_value, none_is_no_value, null};
mod date;
mod text;

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(crate) use date::moments;
pub use date::{DateField, DateTimeField, TimeField};
pub use text::TextField;

use std::fmt;
use std::marker::PhantomData;

use crate::condition::ColumnRef;
use crate::order::Order;
use crate::path::Path;

/// A column of type `T`, seen from a query of `R`: what the closures of
/// [`filter`](crate::QuerySet::filter) and [`order_by`](crate::QuerySet::order_by) work with.
///
/// | method | Django | SQL |
/// |---|---|---|
/// | `b.id.eq(5)` | `id=5` | `id = 5`; `IS NULL` for `None` |
/// | `b.id.gt(5)`, `gte`, `lt`, `lte` | `id__gt=5`, … | `id > 5`, … |
/// | `b.id.is_in([1, 2])` | `id__in=[1, 2]` | `id IN (1, 2)` |
/// | `b.id.range(1, 5)` | `id__range=(1, 5)` | `id BETWEEN 1 AND 5` |
/// | `b.note.isnull(true)` | `note__isnull=True` | `note IS NULL` |
/// | `b.title.contains("x")`, `icontains`, `startswith`, `istartswith`, `endswith`, `iendswith`, `iexact`, `regex`, `iregex` | `title__contains="x"`, … | see [`TextField`] |
/// | `b.read.lt(b.pages)`, `b.read.gte(b.pages / 2)` | `read__lt=F("pages")`, … | `read < pages`, … |
/// | `b.at.year()`, `b.at.date()`, … | `at__year`, `at__date`, … | see [`DateField`] |
/// | `b.id.asc()`, `b.id.desc()` | `"id"`, `"-id"` | `ORDER BY id ASC`, … |
///
/// Django's spelling works here too, by [`lookup`](crate::QuerySet::lookup) and
/// [`order_by_names`](crate::QuerySet::order_by_names), and both are the same query:
///
/// ```
/// use queryset::{Model, Q, QuerySet};
/// # use queryset::{Dialect, Family, Result, recording::Recording};
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     id: i64,
///     title: String,
///     pages: i32,
///     note: Option<String>,
/// }
/// # let db = Recording::new(Dialect::new(Family::Sqlite, "recording")).database();
///
/// let spellings: [(QuerySet<Book>, QuerySet<Book>); 6] = [
///     (
///         Book::objects().filter(|b| b.pages.gt(400) & b.title.icontains("em")),
///         Book::objects().filter_by(Q::lookup("pages__gt", 400) & Q::lookup("title__icontains", "em")),
///     ),
///     (
///         Book::objects().filter(|b| b.id.is_in([1, 2])),
///         Book::objects().lookup("id__in", [1, 2]),
///     ),
///     (
///         Book::objects().filter(|b| b.pages.range(100, 200)),
///         Book::objects().lookup("pages__range", (100, 200)),
///     ),
///     (
///         Book::objects().filter(|b| b.note.isnull(true)),
///         Book::objects().lookup("note__isnull", true),
///     ),
///     (
///         Book::objects().exclude(|b| b.title.startswith("A") | b.note.eq("x")),
///         Book::objects().exclude_by(Q::lookup("title__startswith", "A") | Q::lookup("note", "x")),
///     ),
///     (
///         Book::objects().order_by(|b| (b.pages.desc(), b.id.asc())),
///         Book::objects().order_by_names(["-pages", "id"]),
///     ),
/// ];
/// for (typed, by_names) in spellings {
///     assert_eq!(typed.statement(&db)?, by_names.statement(&db)?);
/// }
/// # Ok::<(), queryset::Error>(())
/// ```
pub struct Column<R, T> {
    at: ColumnRef,
    types: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Column<R, T> {
    /// The column at position `index` of the model at the end of `path`; generated code calls it.
    #[doc(hidden)]
    pub const fn new(path: Path, index: u16) -> Self {
        Self {
            at: ColumnRef { path, index },
            types: PhantomData,
        }
    }

    #[doc(hidden)]
    pub const fn path(&self) -> Path {
        self.at.path
    }

    pub(crate) fn at(self) -> ColumnRef {
        self.at
    }

    /// Ascending order by this column.
    pub fn asc(self) -> Order<R> {
        Order::column(self.at, false)
    }

    /// Descending order by this column.
    pub fn desc(self) -> Order<R> {
        Order::column(self.at, true)
    }
}

impl<R, T> Clone for Column<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Column<R, T> {}

impl<R, T> fmt::Debug for Column<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Column")
            .field(&self.at.path.hops())
            .field(&self.at.index)
            .finish()
    }
}
