//! The SQLite backend through the seam that core uses.

mod support;

mod answers;
mod blocking;
mod close;
mod drops;
mod errors;
mod functions;
mod inline;
mod memory;
mod open;
mod pool;
mod reads;
mod snapshots;
mod values;
