//! A row as a backend lends it, and what takes rows in.

mod cells;
mod from_row;
mod reader;
mod record;
mod related;
mod shared;
mod tree;

pub use cells::Cells;
pub use from_row::FromRow;
pub use reader::RowReader;
pub(crate) use reader::last_look;
pub use record::{Columns, Record};
pub(crate) use shared::Shared;
pub(crate) use tree::{LEFT_OUT, Tree};

use std::any::Any;

use crate::error::Result;
use crate::value::ValueRef;

/// One row of a result, borrowed from the driver for as long as a [`RowSink`] looks at it.
pub trait Row {
    /// The number of columns.
    fn len(&self) -> usize;

    /// Whether there is no column.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a column, as the database tells it.
    fn name(&self, index: usize) -> &str;

    /// The value of a column, as the driver has it: nothing rounded, nothing guessed. Text that
    /// is not UTF-8 is an error of kind [`Decode`](crate::ErrorKind::Decode).
    ///
    /// # Errors
    /// The value cannot be represented.
    fn value(&self, index: usize) -> Result<ValueRef<'_>>;

    /// The text of a column, given away instead of lent: nobody asks for that column again. `None`
    /// where there is no text to give away, and then [`value`](Self::value) tells what there is.
    /// A backend may write it whose driver owns the texts of its rows.
    #[inline]
    fn take_text(&self, index: usize) -> Option<String> {
        let _ = index;
        None
    }

    /// Hands over all values, in order, as [`value`](Self::value) gives them. A backend may write
    /// it where all together cost less than each by itself.
    fn each(&self, cells: &mut Cells<'_>) {
        for index in 0..self.len() {
            cells.value(self.value(index));
        }
    }
}

/// What takes the rows of a query in, on the thread that reads them.
pub trait RowSink: Any + Send {
    /// Takes one row. An error ends the query, and the backend MUST return that same error.
    ///
    /// # Errors
    /// The row does not fit what it is read into.
    fn row(&mut self, row: &dyn Row) -> Result<()>;

    /// Forgets the rows that it took in, for a backend that reads a result from its beginning
    /// again before anybody has seen a row of it; false if it cannot, and then nothing changes.
    fn forget(&mut self) -> bool {
        false
    }
}

impl dyn RowSink {
    /// The sink as the type that it was made as; the same box again if it is another.
    ///
    /// # Errors
    /// The sink itself, if it is of another type.
    pub fn downcast<T: RowSink>(self: Box<Self>) -> std::result::Result<Box<T>, Box<Self>> {
        if (*self).type_id() == std::any::TypeId::of::<T>() {
            let any: Box<dyn Any + Send> = self;
            Ok(any.downcast().expect("the type was compared just above"))
        } else {
            Err(self)
        }
    }
}
