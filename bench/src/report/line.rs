//! What was measured, as JSON.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Result;

/// One peer on one workload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The database.
    pub backend: String,
    /// The workload.
    pub workload: String,
    /// The peer.
    pub peer: String,
    /// The runtime; `none` for what runs on the caller's thread.
    pub runtime: String,
    /// Of one operation, in nanoseconds.
    pub median_ns: f64,
    /// To the peer `raw`; none where it has no such work.
    pub ratio: Option<f64>,
    /// The highest resident memory of the process, where that is asked for.
    pub peak_rss_kib: Option<u64>,
    /// The fastest round, in nanoseconds: for the table only.
    #[serde(skip)]
    pub fastest_ns: f64,
    /// By how much the resident memory grew: for the table only.
    #[serde(skip)]
    pub grown_kib: Option<u64>,
}

/// Against what the cost is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Tasks or threads that read at once, each one row by its key, on a pool of a fixed size.
    Readers,
    /// Rows that one read loads.
    Rows,
}

/// One peer at one size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Point {
    /// The database.
    pub backend: String,
    /// Against what.
    pub axis: Axis,
    /// How many of them.
    pub at: u64,
    /// The peer.
    pub peer: String,
    /// The runtime; `none` for what runs on the caller's thread.
    pub runtime: String,
    /// Of one operation, in nanoseconds.
    pub median_ns: f64,
    /// To the peer `raw`.
    pub ratio: Option<f64>,
}

/// Writes a JSON list.
pub fn write_json<T: Serialize>(list: &[T], file: &Path) -> Result<()> {
    let mut text = serde_json::to_string_pretty(list)?;
    text.push('\n');
    Ok(std::fs::write(file, text)?)
}

/// Reads what [`write_json`] has written.
pub fn read_json<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}
