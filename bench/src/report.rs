//! What a run leaves behind: lines of JSON, a table, a page with charts.

mod chart;
mod line;
mod page;
mod table;

pub use line::{Axis, Line, Point, read_json, write_json};
pub use page::{Page, write_page};
pub use table::{points_table, table};

/// A time of so many nanoseconds, in the unit that fits.
pub(crate) fn time(nanos: f64) -> String {
    match nanos {
        ..1e3 => format!("{nanos:.0} ns"),
        ..1e6 => format!("{:.2} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}
