//! The matrix in plain text: a line for each method, a column for each backend on each runtime.

use std::fmt::{self, Write};

use queryset_conformance::{Form, Method, Outcome, Report};

/// How many of a cell's cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) errors: usize,
    pub(crate) unsupported: usize,
}

impl Counts {
    pub(crate) fn of<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Self {
        let mut counts = Self::default();
        for report in reports {
            match report.outcome {
                Outcome::Pass => counts.passed += 1,
                Outcome::Fail(_) => counts.failed += 1,
                Outcome::Error(_) => counts.errors += 1,
                Outcome::Unsupported { .. } => counts.unsupported += 1,
            }
        }
        counts
    }

    pub(crate) fn total(self) -> usize {
        self.passed + self.failed + self.errors + self.unsupported
    }

    pub(crate) fn is_good(self) -> bool {
        self.failed + self.errors == 0
    }
}

/// A cell: `12`, `11/12` where some failed, with what does not apply in brackets.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total() == 0 {
            return f.write_str("-");
        }
        write!(f, "{}", self.passed)?;
        if !self.is_good() {
            write!(f, "/{} FAIL", self.passed + self.failed + self.errors)?;
        }
        if self.unsupported > 0 {
            write!(f, " (+{})", self.unsupported)?;
        }
        Ok(())
    }
}

/// The methods that were tried, each with its name, in the order of [`Method::ALL`].
pub(crate) fn methods(reports: &[Report]) -> Vec<&'static str> {
    Method::ALL
        .into_iter()
        .flat_map(|method| Form::BOTH.map(|form| method.name(form)))
        .filter(|name| reports.iter().any(|report| report.method == *name))
        .collect()
}

/// The pairs of backend and runtime, in the order in which they come.
pub(crate) fn places(reports: &[Report]) -> Vec<(&str, &str)> {
    let mut places: Vec<(&str, &str)> = Vec::new();
    for report in reports {
        let place = (report.backend.as_str(), report.runtime.as_str());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// The counts of a method at a place.
pub(crate) fn cell(reports: &[Report], method: &str, place: (&str, &str)) -> Counts {
    Counts::of(reports.iter().filter(|report| {
        report.method == method && (report.backend.as_str(), report.runtime.as_str()) == place
    }))
}

pub(crate) fn render(reports: &[Report]) -> String {
    let places = places(reports);
    let mut rows: Vec<Vec<String>> = vec![vec!["method".to_owned()]];
    rows[0].extend(
        places
            .iter()
            .map(|(backend, runtime)| format!("{backend}/{runtime}")),
    );
    for method in methods(reports) {
        let mut row = vec![method.to_owned()];
        row.extend(
            places
                .iter()
                .map(|place| cell(reports, method, *place).to_string()),
        );
        rows.push(row);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..=places.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(text, "{cell:<width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        text.push('\n');
    }
    text
}
