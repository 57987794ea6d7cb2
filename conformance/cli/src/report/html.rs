//! The outcomes as one page to look at, which needs nothing but itself.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use askama::Template;
use queryset_conformance::{Outcome, Report};

use super::WriteError;
use super::table::{self, Counts};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'r> {
    counts: Counts,
    cases: usize,
    /// None where the page shall be alike whenever the outcomes are.
    seconds: Option<String>,
    places: Vec<Column<'r>>,
    rows: Vec<Row<'r>>,
    entries: Vec<Entry<'r>>,
}

/// A backend on a runtime.
struct Column<'r> {
    backend: &'r str,
    runtime: &'r str,
    counts: Counts,
}

struct Row<'r> {
    method: &'r str,
    cells: Vec<Cell<'r>>,
}

struct Cell<'r> {
    counts: Counts,
    class: &'static str,
    backend: &'r str,
    runtime: &'r str,
}

/// One form of one case, in all places where it ended alike.
struct Entry<'r> {
    case: &'r str,
    method: &'r str,
    word: &'static str,
    detail: &'r str,
    places: Vec<String>,
    millis: Option<u128>,
}

/// Without the time that it took, the page has no times and no figures at all.
pub(crate) fn write(
    path: &Path,
    reports: &[Report],
    took: Option<Duration>,
) -> Result<(), WriteError> {
    let places = table::places(reports);
    let rows = table::methods(reports).into_iter().map(|method| Row {
        method,
        cells: places
            .iter()
            .map(|place| cell(reports, method, *place))
            .collect(),
    });
    let page = Page {
        counts: Counts::of(reports),
        cases: reports
            .iter()
            .map(|report| report.case)
            .collect::<BTreeSet<_>>()
            .len(),
        seconds: took.map(|took| format!("{:.1}", took.as_secs_f64())),
        rows: rows.collect(),
        places: places
            .iter()
            .map(|(backend, runtime)| Column {
                backend,
                runtime,
                counts: Counts::of(reports.iter().filter(|report| {
                    (report.backend.as_str(), report.runtime.as_str()) == (*backend, *runtime)
                })),
            })
            .collect(),
        entries: entries(reports, took.is_some()),
    };
    super::write(path, page.render())
}

fn cell<'r>(reports: &[Report], method: &str, place: (&'r str, &'r str)) -> Cell<'r> {
    let counts = table::cell(reports, method, place);
    let class = match counts {
        Counts { .. } if counts.total() == 0 => "empty",
        Counts { .. } if !counts.is_good() => "fail",
        Counts { passed: 0, .. } => "unsupported",
        _ => "pass",
    };
    Cell {
        counts,
        class,
        backend: place.0,
        runtime: place.1,
    }
}

/// What did not pass first; the rest in the order of the cases.
fn entries(reports: &[Report], figures: bool) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for report in reports {
        let place = format!("{}/{}", report.backend, report.runtime);
        let word = report.outcome.word();
        let detail = match report.outcome {
            Outcome::Pass if !figures => "",
            _ => report.detail.as_str(),
        };
        let millis = figures.then_some(report.took.as_millis());
        let alike = entries.iter_mut().find(|entry| {
            (entry.case, entry.method, entry.word, entry.detail)
                == (report.case, report.method, word, detail)
        });
        match alike {
            Some(entry) => {
                entry.places.push(place);
                entry.millis = entry.millis.max(millis);
            }
            None => entries.push(Entry {
                case: report.case,
                method: report.method,
                word,
                detail,
                places: vec![place],
                millis,
            }),
        }
    }
    entries.sort_by_key(|entry| !matches!(entry.word, "fail" | "error"));
    entries
}
