//! The derive macros.

mod model;
mod ui;
