//! What databases make of types, and how else they differ: for tables in documentation.
//!
//! Everything is asked of a real database through the public interface. Nothing here is an
//! expectation but one: what a database can't hold it refuses, so [`Kept::Changed`] is a fault.

mod column;
mod difference;
mod round_trip;
mod sample;

pub use column::{SurveyedColumn, columns};
pub use difference::{Difference, differences};
pub use round_trip::{Kept, RoundTrip, round_trips};
