//! Building rows beside the driver.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::row::{Columns, Row, RowReader, RowSink, Shared, Tree};

/// What rows are read into.
pub(crate) trait Gather: Send + 'static {
    /// Takes one row in.
    fn row(&mut self, row: RowReader<'_>) -> Result<()>;

    /// As many more rows are about to come.
    fn reserve(&mut self, rows: usize) {
        let _ = rows;
    }

    /// How many rows it took in.
    fn taken(&self) -> usize;

    /// Forgets them.
    fn clear(&mut self);
}

/// Rows as `T`, one after the other.
pub(super) struct List<T, F> {
    pub(super) rows: Vec<T>,
    decode: F,
}

impl<T, F> List<T, F> {
    pub(super) fn new(decode: F) -> Self {
        Self {
            rows: Vec::new(),
            decode,
        }
    }
}

impl<T, F> Gather for List<T, F>
where
    T: Send + 'static,
    F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
{
    #[inline]
    fn row(&mut self, row: RowReader<'_>) -> Result<()> {
        self.rows.push((self.decode)(&row)?);
        Ok(())
    }

    fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows);
    }

    fn taken(&self) -> usize {
        self.rows.len()
    }

    fn clear(&mut self) {
        self.rows.clear();
    }
}

/// The first row as `T`, and how many there were.
pub(crate) struct First<T, F> {
    pub(crate) row: Option<T>,
    pub(crate) rows: usize,
    decode: F,
}

impl<T, F> First<T, F> {
    pub(super) fn new(decode: F) -> Self {
        Self {
            row: None,
            rows: 0,
            decode,
        }
    }
}

impl<T, F> Gather for First<T, F>
where
    T: Send + 'static,
    F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
{
    #[inline]
    fn row(&mut self, row: RowReader<'_>) -> Result<()> {
        let row = (self.decode)(&row)?;
        if self.rows == 0 {
            self.row = Some(row);
        }
        self.rows += 1;
        Ok(())
    }

    fn taken(&self) -> usize {
        self.rows
    }

    fn clear(&mut self) {
        self.row = None;
        self.rows = 0;
    }
}

/// Reads rows where the driver has them.
pub(super) struct Collect<G> {
    pub(super) gathered: G,
    layout: Layout,
    shared: Shared,
}

/// Where the wanted columns stand.
#[derive(Clone, Debug)]
pub(crate) enum Layout {
    /// In order: the statement was written for the reader.
    InOrder(Columns),
    /// With related rows, or without some columns.
    Tree(Arc<Tree>),
    /// To be found by name in the first row; all columns as they come where no names are wanted.
    ByName(Option<&'static [&'static str]>),
    /// Found.
    Found(Columns, Option<Box<[usize]>>),
}

impl<G> Collect<G> {
    pub(super) fn new(layout: Layout, gathered: G) -> Self {
        Self {
            gathered,
            layout,
            shared: Shared::default(),
        }
    }
}

impl Layout {
    pub(super) fn find(wanted: Option<&'static [&'static str]>, row: &dyn Row) -> Result<Self> {
        let names: Vec<&str> = (0..row.len()).map(|index| row.name(index)).collect();
        let Some(wanted) = wanted else {
            return Ok(Self::Found(Columns::new(None, names), None));
        };
        let positions = wanted
            .iter()
            .map(|name| {
                names.iter().position(|own| own == name).ok_or_else(|| {
                    Error::new(
                        ErrorKind::FieldDoesNotExist,
                        format!(
                            "the result has no column '{name}'; its columns are: {}",
                            names.join(", ")
                        ),
                    )
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self::Found(
            Columns::new(None, wanted.iter().copied()),
            Some(positions),
        ))
    }
}

impl<G: Gather> RowSink for Collect<G> {
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        if let Layout::ByName(wanted) = self.layout {
            self.layout = Layout::find(wanted, row)?;
        }
        let reader = match &self.layout {
            Layout::InOrder(columns) => RowReader::new(row, columns, None),
            Layout::Found(columns, positions) => RowReader::new(row, columns, positions.as_deref()),
            Layout::Tree(tree) => RowReader::tree_of(row, tree).sharing(&self.shared),
            Layout::ByName(_) => {
                return Err(Error::new(ErrorKind::Decode, "no columns were found"));
            }
        };
        // The row is built on the driver's thread, which a panic of a user's type must not take
        // along.
        catch_unwind(AssertUnwindSafe(|| self.gathered.row(reader)))
            .unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    fn forget(&mut self) -> bool {
        self.gathered.clear();
        self.shared.clear();
        true
    }
}

#[cold]
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::new(ErrorKind::Decode, format!("reading a row panicked: {text}"))
}
