//! Rows as flat values, which their consumer builds into its type.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sink::{Gather, Layout, panicked};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Cells, Columns, FromRow, Row, RowReader, RowSink, Shared};
use crate::value::{Value, ValueRef};

/// A chunk of rows, copied out of the driver into buffers that are used again.
///
/// Rows that are built by a thread and dropped by another cost the allocator more than the copy
/// does, and so do many rows that are built before the first is dropped.
pub(crate) struct Flat {
    layout: Layout,
    /// The wanted columns of all rows, in the wanted order.
    cells: Vec<Cell>,
    width: usize,
    rows: usize,
    /// The row to build next.
    next: usize,
    text: String,
    bytes: Vec<u8>,
    others: Vec<Value>,
    /// What a driver could not represent: an error only for who asks for that very cell.
    failures: Vec<Mutex<Option<Error>>>,
}

#[derive(Clone, Copy)]
enum Cell {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Date(i32),
    Time(i64),
    DateTime(i64),
    Timestamp(i64),
    Duration(i64),
    Text(Span),
    Json(Span),
    Bytes(Span),
    Other(usize),
    Failed(usize),
}

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The place of `len` more bytes behind `start`; `None` beyond four gigabytes.
    fn new(start: usize, len: usize) -> Option<Self> {
        let end = start.checked_add(len)?;
        Some(Self {
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
        })
    }

    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Flat {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout,
            cells: Vec::new(),
            width: 0,
            rows: 0,
            next: 0,
            text: String::new(),
            bytes: Vec::new(),
            others: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// How the rows are laid out.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Empties the chunk, and keeps its buffers.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.rows = 0;
        self.next = 0;
        self.text.clear();
        self.bytes.clear();
        self.others.clear();
        self.failures.clear();
    }

    /// The number of rows that wait to be built.
    pub(super) fn left(&self) -> usize {
        self.rows - self.next
    }

    /// The bytes that a row takes, on average; `None` without a row.
    pub(super) fn row_bytes(&self) -> Option<usize> {
        self.len_bytes().checked_div(self.rows)
    }

    /// The bytes that the rows take.
    pub(crate) fn len_bytes(&self) -> usize {
        size_of_val(&*self.cells) + self.text.len() + self.bytes.len()
    }

    /// Builds the next row.
    #[inline]
    pub(super) fn build<T: FromRow>(&mut self) -> Option<Result<T>> {
        if self.next >= self.rows {
            return None;
        }
        let start = self.next * self.width;
        self.next += 1;
        let row = FlatRow {
            cells: self.cells.get(start..start + self.width)?,
            chunk: self,
        };
        let reader = match &self.layout {
            Layout::InOrder(columns) | Layout::Found(columns, _) => RowReader::flat(row, columns),
            Layout::Tree(tree) => RowReader::flat_tree(row, tree),
            Layout::ByName(_) => return None,
        };
        // A panic of a user's type ends the read as an error, wherever its row is built.
        let built = catch_unwind(AssertUnwindSafe(|| T::from_row(&reader)));
        Some(built.unwrap_or_else(|panic| Err(panicked(&*panic))))
    }

    /// Builds all rows that are left into `into`.
    pub(super) fn pour(&mut self, into: &mut impl Gather, shared: &Shared) -> Result<()> {
        into.reserve(self.left());
        let first = std::mem::replace(&mut self.next, self.rows);
        let chunk = &*self;
        let pour = || -> Result<()> {
            for row in first..chunk.rows {
                let row = chunk.at(row);
                into.row(match &chunk.layout {
                    Layout::InOrder(columns) | Layout::Found(columns, _) => {
                        RowReader::flat(row, columns)
                    }
                    Layout::Tree(tree) => RowReader::flat_tree(row, tree).sharing(shared),
                    Layout::ByName(_) => break,
                })?;
            }
            Ok(())
        };
        // A panic of a user's type ends the read as an error, wherever its row is built.
        catch_unwind(AssertUnwindSafe(pour)).unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    /// A row of the chunk.
    #[inline]
    pub(crate) fn at(&self, row: usize) -> FlatRow<'_> {
        let start = row * self.width;
        FlatRow {
            cells: &self.cells[start..start + self.width],
            chunk: self,
        }
    }

    /// Ends a row that is put together by hand; false if it is not as long as the others.
    pub(crate) fn end_row(&mut self) -> bool {
        if self.rows == 0 {
            self.width = self.cells.len();
        }
        self.rows += 1;
        let end = self.rows * self.width;
        let fits = self.cells.len() == end;
        self.cells.resize(end, Cell::Null);
        fits
    }

    /// The rows in memory of just their size; the chunk is empty then, and keeps its own.
    pub(crate) fn pack(&mut self) -> Self {
        let packed = Self {
            layout: self.layout.clone(),
            cells: self.cells.clone(),
            width: self.width,
            rows: self.rows,
            next: self.next,
            text: self.text.clone(),
            bytes: self.bytes.clone(),
            others: std::mem::take(&mut self.others),
            failures: std::mem::take(&mut self.failures),
        };
        self.clear();
        packed
    }

    /// Builds a row; `None` if it cannot be read from its columns.
    pub(crate) fn read<T: FromRow>(&self, columns: &Columns, row: usize) -> Option<T> {
        let reader = RowReader::flat(self.at(row), columns);
        let read = catch_unwind(AssertUnwindSafe(|| T::from_row(&reader)));
        read.ok()?.ok()
    }

    /// A chunk that keeps all columns as they come.
    pub(crate) fn of_everything() -> Self {
        Self::new(Layout::ByName(None))
    }

    /// With room for so many cells and short texts in them.
    pub(crate) fn with_room(mut self, cells: usize) -> Self {
        self.cells.reserve(cells);
        self.text.reserve(16 * cells);
        self
    }

    /// Hands the next rows, at most `max_rows`, to another sink; whether more are left.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn hand_on(&mut self, sink: &mut dyn RowSink, max_rows: usize) -> Result<bool> {
        let end = self.rows.min(self.next.saturating_add(max_rows));
        while self.next < end {
            let start = self.next * self.width;
            self.next += 1;
            let (Layout::InOrder(columns) | Layout::Found(columns, _)) = &self.layout else {
                break;
            };
            let row = FlatRow {
                cells: &self.cells[start..start + self.width],
                chunk: self,
            };
            sink.row(&NamedRow { row, columns })?;
        }
        Ok(self.next < self.rows)
    }

    #[inline]
    pub(crate) fn push(&mut self, value: Result<ValueRef<'_>>) {
        // The commonest kinds, which every database has, stay in the loop over the columns. Each
        // is pushed by itself: a cell made first and pushed after the match goes by way of the
        // stack in halves, for which the processor waits longer than all the rest takes.
        match value {
            Ok(ValueRef::I64(value)) => self.push_i64(value),
            Ok(ValueRef::Text(text)) => self.push_text(text),
            Ok(ValueRef::Null) => self.push_null(),
            Ok(ValueRef::F64(value)) => self.push_f64(value),
            Ok(value) => self.rarer(value),
            Err(error) => self.failure(error),
        }
    }

    #[inline]
    pub(crate) fn push_null(&mut self) {
        self.cells.push(Cell::Null);
    }

    #[inline]
    pub(crate) fn push_i64(&mut self, value: i64) {
        self.cells.push(Cell::I64(value));
    }

    #[inline]
    pub(crate) fn push_f64(&mut self, value: f64) {
        self.cells.push(Cell::F64(value));
    }

    #[inline]
    pub(crate) fn push_text(&mut self, text: &str) {
        match Span::new(self.text.len(), text.len()) {
            Some(span) => {
                self.text.push_str(text);
                self.cells.push(Cell::Text(span));
            }
            None => self.other(ValueRef::Text(text)),
        }
    }

    #[inline(never)]
    fn rarer(&mut self, value: ValueRef<'_>) {
        let cell = match value {
            ValueRef::Bool(value) => Cell::Bool(value),
            ValueRef::U64(value) => Cell::U64(value),
            ValueRef::Date(value) => Cell::Date(value),
            ValueRef::Time(value) => Cell::Time(value),
            ValueRef::DateTime(value) => Cell::DateTime(value),
            ValueRef::Timestamp(value) => Cell::Timestamp(value),
            ValueRef::Duration(value) => Cell::Duration(value),
            ValueRef::Json(text) => match Span::new(self.text.len(), text.len()) {
                Some(span) => {
                    self.text.push_str(text);
                    Cell::Json(span)
                }
                None => return self.other(value),
            },
            ValueRef::Bytes(bytes) => match Span::new(self.bytes.len(), bytes.len()) {
                Some(span) => {
                    self.bytes.extend_from_slice(bytes);
                    Cell::Bytes(span)
                }
                None => return self.other(value),
            },
            value => return self.other(value),
        };
        self.cells.push(cell);
    }

    #[cold]
    fn other(&mut self, value: ValueRef<'_>) {
        self.cells.push(Cell::Other(self.others.len()));
        self.others.push(value.to_owned());
    }

    #[cold]
    fn failure(&mut self, error: Error) {
        self.cells.push(Cell::Failed(self.failures.len()));
        self.failures.push(Mutex::new(Some(error)));
    }
}

impl RowSink for Flat {
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        if let Layout::ByName(wanted) = self.layout {
            self.layout = Layout::find(wanted, row)?;
        }
        let before = self.cells.len();
        match &mut self.layout {
            Layout::Found(_, Some(positions)) => {
                // Out of the layout while the cells are pushed, and back.
                let taken = std::mem::take(positions);
                for &position in &taken {
                    self.push(row.value(position));
                }
                if let Layout::Found(_, Some(positions)) = &mut self.layout {
                    *positions = taken;
                }
            }
            _ => {
                self.cells.reserve(self.width);
                row.each(&mut Cells::new(self));
            }
        }
        let width = self.cells.len() - before;
        if self.rows > 0 && width != self.width {
            return Err(Error::new(
                ErrorKind::Operational,
                "the rows of a result have different numbers of columns",
            ));
        }
        self.width = width;
        self.rows += 1;
        Ok(())
    }

    fn forget(&mut self) -> bool {
        self.clear();
        true
    }
}

/// Chunks that nobody uses, kept so that the next read need not ask for memory that the system
/// has to give anew.
#[derive(Default)]
pub(super) struct Spares(Mutex<Kept>);

// In the boxes in which they travel as sinks.
#[allow(clippy::vec_box)]
#[derive(Default)]
struct Kept {
    large: Vec<Box<Flat>>,
    small: Vec<Box<Flat>>,
}

impl Spares {
    /// As many as one iteration uses.
    const LARGE: usize = 2;
    /// A chunk of long rows is not kept.
    const LARGEST: usize = 2 * super::iterate::CHUNK_BYTES;
    /// Many tasks may each read a row at a time.
    const SMALL: usize = 64;
    /// What a few rows take.
    const SMALLEST: usize = 2048;

    /// An empty chunk for rows laid out like this.
    pub(super) fn take(&self, layout: Layout) -> Box<Flat> {
        let mut spares = self.lock();
        let kept = spares.large.pop().or_else(|| spares.small.pop());
        drop(spares);
        Self::laid_out(kept, layout)
    }

    /// The same for a few rows.
    pub(super) fn take_small(&self, layout: Layout) -> Box<Flat> {
        let kept = self.lock().small.pop();
        Self::laid_out(kept, layout)
    }

    #[inline]
    fn laid_out(kept: Option<Box<Flat>>, layout: Layout) -> Box<Flat> {
        match kept {
            Some(mut flat) => {
                flat.layout = layout;
                flat
            }
            None => Box::new(Flat::new(layout)),
        }
    }

    /// Takes a chunk back.
    pub(super) fn give_back(&self, mut flat: Box<Flat>) {
        flat.clear();
        let capacity = flat.cells.capacity() * size_of::<Cell>()
            + flat.text.capacity()
            + flat.bytes.capacity();
        if capacity <= Self::LARGEST {
            let mut kept = self.lock();
            let (spares, most) = match capacity <= Self::SMALLEST {
                true => (&mut kept.small, Self::SMALL),
                false => (&mut kept.large, Self::LARGE),
            };
            if spares.len() < most {
                spares.push(flat);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One row of a chunk that keeps all columns, as a backend would lend it.
struct NamedRow<'r> {
    row: FlatRow<'r>,
    columns: &'r Columns,
}

impl Row for NamedRow<'_> {
    fn len(&self) -> usize {
        self.row.len()
    }

    fn name(&self, index: usize) -> &str {
        self.columns.name(index).unwrap_or_default()
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        self.row.value(index)
    }
}

/// One row of a chunk.
#[derive(Clone, Copy)]
pub(crate) struct FlatRow<'r> {
    cells: &'r [Cell],
    chunk: &'r Flat,
}

impl<'r> FlatRow<'r> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The value of a column, which must be one of the row's.
    #[inline]
    pub(crate) fn value(&self, column: usize) -> Result<ValueRef<'r>> {
        Ok(match self.cells[column] {
            Cell::I64(value) => ValueRef::I64(value),
            Cell::Text(span) => ValueRef::Text(&self.chunk.text[span.range()]),
            Cell::Null => ValueRef::Null,
            Cell::F64(value) => ValueRef::F64(value),
            rarer => return self.rarer(rarer),
        })
    }

    /// Whether a value could not be represented.
    #[inline]
    pub(crate) fn is_failed(&self, column: usize) -> bool {
        !self.chunk.failures.is_empty() && matches!(self.cells.get(column), Some(Cell::Failed(_)))
    }

    #[inline(never)]
    fn rarer(&self, cell: Cell) -> Result<ValueRef<'r>> {
        Ok(match cell {
            Cell::Null => ValueRef::Null,
            Cell::Bool(value) => ValueRef::Bool(value),
            Cell::I64(value) => ValueRef::I64(value),
            Cell::U64(value) => ValueRef::U64(value),
            Cell::F64(value) => ValueRef::F64(value),
            Cell::Date(value) => ValueRef::Date(value),
            Cell::Time(value) => ValueRef::Time(value),
            Cell::DateTime(value) => ValueRef::DateTime(value),
            Cell::Timestamp(value) => ValueRef::Timestamp(value),
            Cell::Duration(value) => ValueRef::Duration(value),
            Cell::Text(span) => ValueRef::Text(&self.chunk.text[span.range()]),
            Cell::Json(span) => ValueRef::Json(&self.chunk.text[span.range()]),
            Cell::Bytes(span) => ValueRef::Bytes(&self.chunk.bytes[span.range()]),
            Cell::Other(index) => self.chunk.others[index].borrow(),
            Cell::Failed(index) => return Err(self.failure(index)),
        })
    }

    #[cold]
    fn failure(&self, index: usize) -> Error {
        let failure = &self.chunk.failures[index];
        let failure = failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        failure.unwrap_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                "the value cannot be represented, as said before",
            )
        })
    }
}
