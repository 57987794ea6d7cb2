//! Building rows beside the driver.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::row::{Columns, Row, RowReader, RowSink, Tree};

/// Collects rows as `T`.
pub(crate) struct Collect<T, F> {
    pub(super) rows: Vec<T>,
    decode: F,
    layout: Layout,
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

impl<T, F> Collect<T, F> {
    pub(super) fn new(layout: Layout, decode: F) -> Self {
        Self {
            rows: Vec::new(),
            decode,
            layout,
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

impl<T, F> RowSink for Collect<T, F>
where
    T: Send + 'static,
    F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
{
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        if let Layout::ByName(wanted) = self.layout {
            self.layout = Layout::find(wanted, row)?;
        }
        let reader = match &self.layout {
            Layout::InOrder(columns) => RowReader::new(row, columns, None),
            Layout::Found(columns, positions) => RowReader::new(row, columns, positions.as_deref()),
            Layout::Tree(tree) => RowReader::tree_of(row, tree),
            Layout::ByName(_) => {
                return Err(Error::new(ErrorKind::Decode, "no columns were found"));
            }
        };
        // The row is built on the driver's thread, which a panic of a user's type must not take
        // along.
        match catch_unwind(AssertUnwindSafe(|| (self.decode)(&reader))) {
            Ok(row) => {
                self.rows.push(row?);
                Ok(())
            }
            Err(panic) => Err(panicked(&*panic)),
        }
    }

    fn forget(&mut self) -> bool {
        self.rows.clear();
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
