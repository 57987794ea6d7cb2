//! Reading the columns of a row by position, with errors that say where.

use super::{Columns, Row};
use crate::database::FlatRow;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{DecodeError, Field};
use crate::value::{Value, ValueRef};

/// A row whose columns are in the order that the reading type wants.
pub struct RowReader<'r> {
    source: Source<'r>,
    columns: &'r Columns,
    /// Where the wanted columns stand in the row; `None` where they stand in order.
    positions: Option<&'r [usize]>,
    /// The row's own number of columns, asked for once a row and not once a column.
    len: usize,
}

enum Source<'r> {
    Driver(&'r dyn Row),
    Flat(FlatRow<'r>),
}

impl<'r> RowReader<'r> {
    /// A reader over a driver's row.
    pub(crate) fn new(
        row: &'r dyn Row,
        columns: &'r Columns,
        positions: Option<&'r [usize]>,
    ) -> Self {
        Self {
            source: Source::Driver(row),
            columns,
            positions,
            len: row.len(),
        }
    }

    /// A reader over a row whose columns are the wanted ones.
    #[inline]
    pub(crate) fn flat(row: FlatRow<'r>, columns: &'r Columns) -> Self {
        Self {
            len: row.len(),
            source: Source::Flat(row),
            columns,
            positions: None,
        }
    }

    /// The number of columns that the reader offers.
    pub fn len(&self) -> usize {
        self.positions.map_or(self.len, <[usize]>::len)
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns of the result.
    pub fn columns(&self) -> &Columns {
        self.columns
    }

    /// The value of column `index`, read as `T`.
    ///
    /// # Errors
    /// Kind [`Decode`](ErrorKind::Decode): the value does not fit; the message names table,
    /// column, the value's kind and the wanted type.
    #[inline]
    pub fn get<T: Field>(&self, index: usize) -> Result<T> {
        let value = self.value(index)?;
        match T::from_value(value) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.misfit(index, value, T::TYPE.name(), &error)),
        }
    }

    /// The value of column `index` as the driver lends it.
    ///
    /// # Errors
    /// There is no such column, or the driver cannot represent the value.
    #[inline]
    pub fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let position = match self.positions {
            None => index,
            Some(positions) => match positions.get(index) {
                Some(&position) => position,
                None => return Err(self.missing(index)),
            },
        };
        if position >= self.len {
            return Err(self.missing(index));
        }
        match &self.source {
            Source::Driver(row) => row.value(position),
            Source::Flat(row) => row.value(position),
        }
    }

    /// The value of column `index`, owned.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn owned(&self, index: usize) -> Result<Value> {
        self.value(index).map(ValueRef::to_owned)
    }

    #[cold]
    fn missing(&self, index: usize) -> Error {
        Error::new(
            ErrorKind::Decode,
            format!(
                "column {} was asked for, but the row has {}",
                index + 1,
                self.len()
            ),
        )
    }

    #[cold]
    fn misfit(
        &self,
        index: usize,
        value: ValueRef<'_>,
        wanted: &str,
        error: &DecodeError,
    ) -> Error {
        misfit(self.columns, index, value, wanted, error)
    }
}

/// The error for a value that does not fit the type that it is read into.
#[cold]
pub(crate) fn misfit(
    columns: &Columns,
    index: usize,
    value: ValueRef<'_>,
    wanted: &str,
    error: &DecodeError,
) -> Error {
    let column = columns.name(index).unwrap_or("?");
    let place = match columns.table() {
        Some(table) => format!("{table}.{column}"),
        None => column.to_owned(),
    };
    let mut result = Error::new(
        ErrorKind::Decode,
        format!(
            "column {place} holds a value of type {} where {wanted} is wanted: {error}",
            value.kind()
        ),
    )
    .with_column(column);
    if let Some(table) = columns.table() {
        result = result.with_table(table);
    }
    result
}

impl std::fmt::Debug for RowReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowReader")
            .field("columns", self.columns)
            .finish_non_exhaustive()
    }
}
