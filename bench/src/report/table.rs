//! The results as text.

use super::{Axis, Line, Point, time};

/// The lines as a table.
pub fn table(lines: &[Line]) -> String {
    let mut rows = vec![
        [
            "backend",
            "workload",
            "peer",
            "runtime",
            "median",
            "fastest",
            "ratio",
            "peak memory",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let mut last = ("", "");
    for line in lines {
        let own = (line.backend.as_str(), line.workload.as_str());
        let shown = |repeated: bool, text: &str| match repeated {
            true => String::new(),
            false => text.to_owned(),
        };
        rows.push(vec![
            shown(last.0 == own.0, own.0),
            shown(last == own, own.1),
            line.peer.clone(),
            line.runtime.clone(),
            time(line.median_ns),
            time(line.fastest_ns),
            ratio(line.ratio),
            memory(line),
        ]);
        last = own;
    }
    aligned(&rows, 4)
}

/// The points as a table.
pub fn points_table(points: &[Point]) -> String {
    let mut rows = vec![
        ["backend", "peer", "runtime", "at", "median", "ratio"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for point in points {
        let unit = match point.axis {
            Axis::Readers => "readers",
            Axis::Rows => "rows",
        };
        rows.push(vec![
            point.backend.clone(),
            point.peer.clone(),
            point.runtime.clone(),
            format!("{} {unit}", point.at),
            time(point.median_ns),
            ratio(point.ratio),
        ]);
    }
    aligned(&rows, 3)
}

/// Columns under each other, the first `left` of them to the left.
fn aligned(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
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
            .map(|(column, (cell, &width))| match column < left {
                true => format!("{cell:<width$}"),
                false => format!("{cell:>width$}"),
            })
            .collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
        if index == 0 {
            let rules: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, &width)| match column < left {
                    true => "-".repeat(width),
                    false => format!("{}:", "-".repeat(width - 1)),
                })
                .collect();
            text.push_str(&format!("| {} |\n", rules.join(" | ")));
        }
    }
    text
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
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
