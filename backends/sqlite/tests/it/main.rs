//! The SQLite backend through the seam that core uses.

mod support;

mod answers;
mod blocking;
mod close;
mod drops;
mod errors;
mod functions;
mod memory;
mod inline;
mod open;
mod pool;
mod reads;
mod values;
