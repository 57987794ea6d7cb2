//! The row on which a statement stands, by SQLite's storage classes.

use std::ffi::{CStr, c_int};
use std::slice;

use queryset::{Cells, Error, ErrorKind, Result, Row, ValueRef};
use rusqlite::ffi;

use super::Running;
use crate::error;

impl Row for Running {
    fn len(&self) -> usize {
        usize::try_from(self.columns).unwrap_or(0)
    }

    fn name(&self, index: usize) -> &str {
        let Ok(index) = c_int::try_from(index) else {
            return "";
        };
        // SAFETY: the statement is alive. The text stays until the statement is prepared again,
        // which takes a step, and stepping takes `&mut self`.
        unsafe {
            let name = ffi::sqlite3_column_name(self.prepared.pointer.as_ptr(), index);
            if name.is_null() {
                return "";
            }
            CStr::from_ptr(name).to_str().unwrap_or("(not utf-8)")
        }
    }

    #[inline]
    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let column = match c_int::try_from(index) {
            Ok(column) if column < self.columns => column,
            _ => return Err(self.no_column(index)),
        };
        self.cell(column)
    }

    fn each(&self, cells: &mut Cells<'_>) {
        for column in 0..self.columns {
            match self.cell(column) {
                Ok(ValueRef::I64(value)) => cells.i64(value),
                Ok(ValueRef::Text(text)) => cells.text(text),
                Ok(ValueRef::Null) => cells.null(),
                Ok(ValueRef::F64(value)) => cells.f64(value),
                other => cells.value(other),
            }
        }
    }
}

impl Running {
    /// The value of one of the columns that there are.
    #[inline(always)]
    fn cell(&self, column: c_int) -> Result<ValueRef<'_>> {
        let statement = self.prepared.pointer.as_ptr();
        // The cell is looked up once: through `sqlite3_column_…`, which look it up again in each
        // call, a row takes a fifth longer to read.
        //
        // SAFETY: the statement is alive and stands on a row. The functions for values ask for one
        // whose connection is locked; a connection opened without a mutex, as all are here, has
        // nothing to lock and is used by this thread alone. Texts and bytes stay where they are
        // until the next step or reset, which take `&mut self` or the whole; a conversion, which
        // would move them, cannot happen: text is only asked for as text and bytes as bytes.
        unsafe {
            let cell = ffi::sqlite3_column_value(statement, column);
            Ok(match ffi::sqlite3_value_type(cell) {
                ffi::SQLITE_INTEGER => ValueRef::I64(ffi::sqlite3_value_int64(cell)),
                ffi::SQLITE_FLOAT => ValueRef::F64(ffi::sqlite3_value_double(cell)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_value_text(cell);
                    let length = ffi::sqlite3_value_bytes(cell);
                    match std::str::from_utf8(bytes(start, length)) {
                        Ok(text) if !start.is_null() => ValueRef::Text(text),
                        Ok(_) => return Err(self.out_of_memory()),
                        Err(error) => return Err(self.not_utf8(column, error)),
                    }
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_value_blob(cell);
                    let length = ffi::sqlite3_value_bytes(cell);
                    ValueRef::Bytes(bytes(start.cast(), length))
                }
                _ => ValueRef::Null,
            })
        }
    }

    #[cold]
    fn no_column(&self, index: usize) -> Error {
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
    fn not_utf8(&self, column: c_int, source: std::str::Utf8Error) -> Error {
        let name = self.name(usize::try_from(column).unwrap_or(usize::MAX));
        Error::new(
            ErrorKind::Decode,
            format!("column `{name}` holds text that is not utf-8"),
        )
        .with_column(name)
        .with_source(source)
    }

    #[cold]
    fn out_of_memory(&self) -> Error {
        error::from_code(ffi::SQLITE_NOMEM, "out of memory")
    }
}

/// The bytes that SQLite lends; no bytes for a null pointer.
///
/// # Safety
/// `start` points to `length` bytes that stay for `'a`, or is null.
unsafe fn bytes<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: the caller's promise.
        Ok(length) if !start.is_null() => unsafe { slice::from_raw_parts(start, length) },
        _ => &[],
    }
}
