//! The derive macros.

mod model;
