//! Reading the columns of a row by position, with errors that say where.

use std::sync::Arc;

use super::tree::{LEFT_OUT, Tree};
use super::{Columns, FromRow, Row, Shared};
use crate::database::FlatRow;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{DecodeError, Field};
use crate::model::Place;
use crate::related::{Copy as CopyOf, Origins};
use crate::value::{Value, ValueRef};

/// A row whose columns are in the order that the reading type wants.
pub struct RowReader<'r> {
    source: Source<'r>,
    columns: &'r Columns,
    /// Where the wanted columns stand in the row; `None` where they stand in order.
    positions: Option<&'r [usize]>,
    /// Where they begin, if they stand in order.
    first: usize,
    /// Behind which position the reader finds none of its columns.
    end: usize,
    /// The row's own number of columns, asked for once a row and not once a column.
    len: usize,
    tree: Option<&'r Tree>,
    /// What it refers back to, and by the number of which key.
    origin: Option<(&'r Origins, u32)>,
    /// The related rows that other rows of the result have.
    shared: Option<&'r Shared>,
    /// Whether nobody looks at a column again whose field was read.
    last_look: bool,
}

#[derive(Clone, Copy)]
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
        Self::over(Source::Driver(row), row.len(), columns, positions)
    }

    /// A reader over a driver's row with related rows, or without some columns.
    pub(crate) fn tree_of(row: &'r dyn Row, tree: &'r Tree) -> Self {
        Self::over_tree(Source::Driver(row), row.len(), tree)
    }

    /// A reader over a row whose columns are the wanted ones.
    #[inline]
    pub(crate) fn flat(row: FlatRow<'r>, columns: &'r Columns) -> Self {
        Self::over(Source::Flat(row), row.len(), columns, None)
    }

    /// The same over a row with related rows, or without some columns.
    #[inline]
    pub(crate) fn flat_tree(row: FlatRow<'r>, tree: &'r Tree) -> Self {
        Self::over_tree(Source::Flat(row), row.len(), tree)
    }

    #[inline]
    fn over(
        source: Source<'r>,
        len: usize,
        columns: &'r Columns,
        positions: Option<&'r [usize]>,
    ) -> Self {
        Self {
            source,
            columns,
            positions,
            first: 0,
            end: len,
            len,
            tree: None,
            origin: None,
            shared: None,
            last_look: false,
        }
    }

    #[inline]
    fn over_tree(source: Source<'r>, len: usize, tree: &'r Tree) -> Self {
        let positions = tree.positions();
        let (positions, first, end) = match tree.first() {
            Some(first) => (None, first, len.min(first + positions.len())),
            None => (Some(positions), 0, len),
        };
        Self {
            source,
            columns: tree.meta().result_columns(),
            positions,
            first,
            end,
            len,
            tree: Some(tree),
            origin: None,
            shared: None,
            last_look: false,
        }
    }

    /// The row as one that shares its related rows with others of the result.
    #[inline]
    pub(crate) fn sharing<'s>(self, shared: &'s Shared) -> RowReader<'s>
    where
        'r: 's,
    {
        RowReader {
            shared: Some(shared),
            ..self
        }
    }

    /// The row as `T`, for a reference to it: the one that another reference has, if there is one.
    pub(crate) fn referred<T: FromRow + Sync>(&self) -> Result<Arc<T>> {
        let (Some(shared), Some(tree)) = (self.shared, self.tree) else {
            return Ok(Arc::new(T::from_row(self)?));
        };
        if !shared.wants(tree) {
            return Ok(Arc::new(T::from_row(self)?));
        }
        let key = tree.meta().single_key();
        let key = match key.and_then(|key| tree.positions().get(key)) {
            Some(&position) if position != LEFT_OUT => self.raw(position)?,
            _ => ValueRef::Null,
        };
        let ValueRef::I64(key) = key else {
            return Ok(Arc::new(T::from_row(self)?));
        };
        let known = shared.find(tree, key, self);
        if let Some(Ok(row)) = known.map(Arc::downcast) {
            return Ok(row);
        }
        let row = Arc::new(T::from_row(self)?);
        shared.keep(tree, key, self, Arc::clone(&row) as _);
        Ok(row)
    }

    /// The row as one that was looked for by the key of this number.
    #[inline]
    pub(crate) fn referring_to<'s>(self, origins: &'s Origins, number: u32) -> RowReader<'s>
    where
        'r: 's,
    {
        RowReader {
            origin: Some((origins, number)),
            ..self
        }
    }

    /// The row that this one was looked for by, if that is what a relation leads to.
    #[inline]
    pub(crate) fn origin<T: Send + Sync + 'static>(&self, relation: usize) -> Option<CopyOf<T>> {
        let (origins, number) = self.origin?;
        if origins.relation != relation {
            return None;
        }
        origins.rows.get(number as usize)?.as_ref()?.of()
    }

    /// The row that this one was looked for by, and the name of the relation that leads to it.
    pub(super) fn named_origin<T: Send + Sync + 'static>(&self) -> Option<(&'r str, CopyOf<T>)> {
        let (origins, _) = self.origin?;
        Some((&origins.name, self.origin(origins.relation)?))
    }

    /// How the row is laid out, where that is not simply in order.
    pub(crate) fn tree(&self) -> Option<&'r Tree> {
        self.tree
    }

    /// The related row that came with this one: nothing if it was not asked for, and `Some(None)`
    /// if there is no such row.
    #[inline]
    pub(crate) fn related(&self, relation: usize) -> Result<Option<Option<RowReader<'r>>>> {
        match self.tree {
            None => Ok(None),
            Some(tree) => self.related_in(tree, relation),
        }
    }

    fn related_in(&self, tree: &'r Tree, relation: usize) -> Result<Option<Option<RowReader<'r>>>> {
        let mut related = tree.related().iter();
        let Some((_, tree)) = related.find(|(own, _)| *own == relation) else {
            return Ok(None);
        };
        let mut reader = Self::over_tree(self.source, self.len, tree);
        reader.shared = self.shared;
        // An outer join leaves NULLs where there is no row, also in the key.
        let key = tree.meta().primary_key();
        let is_null = |&position: &usize| -> Result<bool> {
            Ok(position == LEFT_OUT || matches!(self.raw(position)?, ValueRef::Null))
        };
        let mut missing = true;
        if key.is_empty() {
            for position in tree.positions() {
                missing = missing && is_null(position)?;
            }
        } else {
            for &column in key {
                missing = missing && tree.positions().get(column).map_or(Ok(true), is_null)?;
            }
        }
        Ok(Some((!missing).then_some(reader)))
    }

    /// Where a column that was left out is found; `None` for one that was not.
    #[inline]
    pub(crate) fn left_out(&self, index: usize) -> Result<Option<Place>> {
        match (self.tree, self.positions) {
            (Some(tree), Some(positions)) if positions.get(index) == Some(&LEFT_OUT) => {
                let key = tree.meta().primary_key();
                let key = key.iter().map(|&column| self.owned(column));
                Ok(Some(Place {
                    meta: tree.meta().clone(),
                    column: index,
                    key: key.collect::<Result<_>>()?,
                }))
            }
            _ => Ok(None),
        }
    }

    /// The value at a position of the row itself, whatever the reader offers.
    pub(crate) fn raw(&self, position: usize) -> Result<ValueRef<'r>> {
        if position >= self.len {
            return Err(self.missing(position));
        }
        match self.source {
            Source::Driver(row) => row.value(position),
            Source::Flat(row) => row.value(position),
        }
    }

    /// Whether the value there is kept as one that could not be represented, whose error the first
    /// who asks for it takes.
    #[inline]
    pub(super) fn is_failed(&self, position: usize) -> bool {
        match self.source {
            Source::Driver(_) => false,
            Source::Flat(row) => row.is_failed(position),
        }
    }

    /// The number of columns that the reader offers.
    pub fn len(&self) -> usize {
        let in_order = self.end.saturating_sub(self.first);
        self.positions.map_or(in_order, <[usize]>::len)
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
        let Some(position) = self.position(index) else {
            return Err(self.missing(index));
        };
        match self.source {
            Source::Driver(row) => row.value(position),
            Source::Flat(row) => row.value(position),
        }
    }

    /// Where column `index` stands in the row.
    #[inline]
    fn position(&self, index: usize) -> Option<usize> {
        let position = match self.positions {
            None => self.first.saturating_add(index),
            Some(positions) => *positions.get(index)?,
        };
        (position < self.end).then_some(position)
    }

    /// A text that the row gives away, where this is the last look at the row.
    #[inline]
    pub(crate) fn take_text(&self, index: usize) -> Option<String> {
        match self.source {
            Source::Driver(row) if self.last_look => row.take_text(self.position(index)?),
            _ => None,
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
        if self
            .tree
            .is_some_and(|tree| tree.positions().get(index) == Some(&LEFT_OUT))
        {
            let column = self.columns.name(index).unwrap_or("?");
            return Error::new(
                ErrorKind::NotLoaded,
                format!("the column {column} was left out of the query"),
            );
        }
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

/// The row as `T`, after which nobody looks at it: its texts need not be copied where it has them
/// to give away and the type itself never looks back.
#[inline]
pub(crate) fn last_look<T: FromRow>(row: &RowReader<'_>) -> Result<T> {
    // In a tree, the key is read again for what was left out.
    let last_look = T::NEVER_LOOKS_BACK && row.tree.is_none();
    T::from_row(&RowReader { last_look, ..*row })
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
