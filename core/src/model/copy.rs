//! A row once more, without what is loaded with it.

use super::Model;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{LEFT_OUT, Row, RowReader, Tree};
use crate::value::{Value, ValueRef};

/// The row as if it were read again: its columns, and nothing that is loaded with it. What it was
/// read without, the copy is without too. `None` for a row that no database could have given.
pub(super) fn copy<M: Model>(row: &M) -> Option<M> {
    let meta = M::meta();
    let values = Values(row.values());
    let left_out = |value: &Value| matches!(value, Value::Refused(_));
    if !values.0.iter().any(left_out) {
        return M::from_row(&RowReader::new(&values, meta.result_columns(), None)).ok();
    }
    let positions = values.0.iter().enumerate();
    let positions = positions.map(|(at, value)| if left_out(value) { LEFT_OUT } else { at });
    let tree = Tree::new(meta.clone(), positions.collect(), Vec::new());
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
