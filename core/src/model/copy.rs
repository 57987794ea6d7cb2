//! Rows once more, without what is loaded with them.

use std::fmt;

use super::Model;
use crate::database::Flat;
use crate::error::{Error, ErrorKind, Result};
use crate::field::Field;
use crate::related::{Copied, Loadable, Origin, copies};
use crate::row::{LEFT_OUT, Row, RowReader, Tree};
use crate::value::{Value, ValueRef};

/// The rows as if they were read again: their columns, and nothing that is loaded with them.
pub(super) fn copied<M: Model>(rows: &[&dyn Loadable]) -> Vec<Option<Origin>> {
    copies(
        rows,
        |row: &M, into| {
            let mut lender = Lender {
                into,
                refused: false,
            };
            row.lend(&mut lender);
            match lender.refused {
                false => Copied::Columns,
                true => copy(row).map_or(Copied::Not, Copied::Row),
            }
        },
        |values, row| values.read(M::meta().result_columns(), row),
    )
}

/// Takes the columns of a row, in the order of the metadata.
pub struct Lender<'f> {
    into: &'f mut Flat,
    /// A value is none that a database could have given.
    refused: bool,
}

impl Lender<'_> {
    /// The next column.
    #[inline]
    pub fn field<F: Field>(&mut self, field: &F) {
        field.lend(self);
    }

    /// The next column's value.
    #[inline]
    pub fn value(&mut self, value: &Value) {
        self.refused |= matches!(value, Value::Refused(_));
        self.borrowed(value.borrow());
    }

    #[inline]
    pub(crate) fn borrowed(&mut self, value: ValueRef<'_>) {
        self.into.push(Ok(value));
    }
}

impl fmt::Debug for Lender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lender").finish_non_exhaustive()
    }
}

/// A row with columns that it was read without, or that hold what no column can. What it was read
/// without, the copy is without too. `None` for a row that no database could have given.
#[cold]
fn copy<M: Model>(row: &M) -> Option<M> {
    let values = Values(row.values());
    let left_out = |value: &Value| matches!(value, Value::Refused(_));
    let positions = values.0.iter().enumerate();
    let positions = positions.map(|(at, value)| if left_out(value) { LEFT_OUT } else { at });
    let tree = Tree::new(M::meta().clone(), positions.collect(), Vec::new());
    M::from_row(&RowReader::tree_of(&values, &tree)).ok()
}

struct Values(Vec<Value>);

impl Row for Values {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, _: usize) -> &str {
        ""
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let value = self.0.get(index).map(Value::borrow);
        value.ok_or_else(|| Error::new(ErrorKind::Decode, "there is no such column"))
    }
}
