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
