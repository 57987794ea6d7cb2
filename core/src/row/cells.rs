//! The values of a row, handed over together.

use std::fmt;

use crate::database::Flat;
use crate::error::Result;
use crate::value::ValueRef;

/// What [`Row::each`](super::Row::each) hands a row's values to, in the order of the columns.
pub struct Cells<'f>(&'f mut Flat);

impl<'f> Cells<'f> {
    #[inline]
    pub(crate) fn new(flat: &'f mut Flat) -> Self {
        Self(flat)
    }

    /// The next value, or why it cannot be represented.
    #[inline]
    pub fn value(&mut self, value: Result<ValueRef<'_>>) {
        self.0.push(value);
    }

    /// The next value, a NULL.
    #[inline]
    pub fn null(&mut self) {
        self.0.push_null();
    }

    /// The next value, an integer.
    #[inline]
    pub fn i64(&mut self, value: i64) {
        self.0.push_i64(value);
    }

    /// The next value, a floating-point number.
    #[inline]
    pub fn f64(&mut self, value: f64) {
        self.0.push_f64(value);
    }

    /// The next value, a text.
    #[inline]
    pub fn text(&mut self, value: &str) {
        self.0.push_text(value);
    }
}

impl fmt::Debug for Cells<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells").finish_non_exhaustive()
    }
}
