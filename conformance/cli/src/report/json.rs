//! The outcomes as a list in JSON.

use std::path::Path;

use queryset_conformance::Report;
use serde::Serialize;

use super::WriteError;

#[derive(Debug, Serialize)]
struct Entry<'r> {
    case: &'r str,
    method: &'r str,
    backend: &'r str,
    runtime: &'r str,
    outcome: &'r str,
    detail: &'r str,
    millis: u64,
}

pub(crate) fn write(path: &Path, reports: &[Report]) -> Result<(), WriteError> {
    let entries: Vec<Entry<'_>> = reports
        .iter()
        .map(|report| Entry {
            case: report.case,
            method: report.method,
            backend: &report.backend,
            runtime: &report.runtime,
            outcome: report.outcome.word(),
            detail: &report.detail,
            millis: u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        })
        .collect();
    super::write(
        path,
        serde_json::to_string_pretty(&entries).map(|text| text + "\n"),
    )
}
