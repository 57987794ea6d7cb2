//! The results, for a person and for a program.

use std::path::Path;

use serde::Serialize;

use crate::Result;

/// One peer on one workload.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The database.
    pub backend: &'static str,
    /// The workload.
    pub workload: String,
    /// The peer.
    pub peer: &'static str,
    /// The runtime; `none` for what runs on the caller's thread.
    pub runtime: String,
    /// Of one operation, in nanoseconds.
    pub median_ns: f64,
    /// To the peer `raw`.
    pub ratio: f64,
    /// The highest resident memory of the process, where that is asked for.
    pub peak_rss_kib: Option<u64>,
    /// The fastest round, in nanoseconds: for the table only.
    #[serde(skip)]
    pub fastest_ns: f64,
    /// By how much the resident memory grew: for the table only.
    #[serde(skip)]
    pub grown_kib: Option<u64>,
}

/// Writes the lines as a JSON list.
pub fn write_json(lines: &[Line], file: &Path) -> Result<()> {
    let mut text = serde_json::to_string_pretty(lines)?;
    text.push('\n');
    Ok(std::fs::write(file, text)?)
}

/// The lines as a table.
pub fn table(lines: &[Line]) -> String {
    let mut rows = vec![
        [
            "workload",
            "peer",
            "runtime",
            "median",
            "fastest",
            "ratio",
            "peak memory",
        ]
        .map(str::to_owned),
    ];
    let mut last = "";
    for line in lines {
        let repeated = last == line.workload;
        last = &line.workload;
        rows.push([
            if repeated {
                String::new()
            } else {
                line.workload.clone()
            },
            line.peer.to_owned(),
            line.runtime.clone(),
            time(line.median_ns),
            time(line.fastest_ns),
            format!("{:.2}", line.ratio),
            memory(line),
        ]);
    }
    let widths: Vec<usize> = (0..7)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| match column {
                0..=2 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
        if index == 0 {
            let rules: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, &width)| match column {
                    0..=2 => "-".repeat(width),
                    _ => format!("{}:", "-".repeat(width - 1)),
                })
                .collect();
            text.push_str(&format!("| {} |\n", rules.join(" | ")));
        }
    }
    text
}

fn time(nanos: f64) -> String {
    match nanos {
        ..1e3 => format!("{nanos:.0} ns"),
        ..1e6 => format!("{:.2} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}

fn memory(line: &Line) -> String {
    match (line.peak_rss_kib, line.grown_kib) {
        (Some(peak), Some(grown)) => {
            format!(
                "{:.1} MiB (+{:.1})",
                peak as f64 / 1024.0,
                grown as f64 / 1024.0
            )
        }
        _ => String::new(),
    }
}
