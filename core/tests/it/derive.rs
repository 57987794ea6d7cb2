//! The derive macros.

mod field;
mod from_row;
// Public, since some lints look at nothing else.
pub mod lints;
mod model;
mod ui;
