//! The SQLite backend through the seam that core uses.

mod support;

mod reads;
