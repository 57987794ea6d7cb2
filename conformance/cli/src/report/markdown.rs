//! The outcomes as a page of the documentation, which is alike whenever the outcomes are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use queryset_conformance::{Outcome, Report};

use super::WriteError;
use super::table::{self, Counts};

/// What a page says of the databases, one a line; what compares two pages passes over these lines.
pub(crate) const VERSION: &str = "- version of ";

pub(crate) fn write(
    path: &Path,
    reports: &[Report],
    versions: &[(String, String)],
) -> Result<(), WriteError> {
    super::write(path, Ok::<_, std::fmt::Error>(page(reports, versions)))
}

fn page(reports: &[Report], versions: &[(String, String)]) -> String {
    let mut page = String::from(
        "# The conformance matrix\n\n\
         Written by `cargo xtask test`, which fails where it no longer holds.\n\n\
         Every case runs on every database and every runtime, in its blocking and in its \
         asynchronous form, and both forms have to give the same answers. A number is that of the \
         cases that passed; behind a plus are those that do not apply, because the database or \
         the runtime lacks what they are about. Such a case runs all the same, and fails if it \
         passes.\n\n",
    );
    for (backend, version) in versions {
        let _ = writeln!(page, "{VERSION}{backend}: {version}");
    }
    page.push('\n');
    methods(&mut page, reports);
    lacks(&mut page, reports);
    cases(&mut page, reports);
    page
}

/// A table for each backend: the methods by the runtimes.
fn methods(page: &mut String, reports: &[Report]) {
    let places = table::places(reports);
    for backend in backends(reports) {
        let places: Vec<_> = places.iter().filter(|place| place.0 == backend).collect();
        let _ = write!(page, "## Methods on {backend}\n\n| method |");
        for (_, runtime) in &places {
            let _ = write!(page, " {runtime} |");
        }
        let _ = writeln!(page, "\n|---|{}", "---:|".repeat(places.len()));
        for method in table::methods(reports) {
            let _ = write!(page, "| `{method}` |");
            for place in &places {
                let _ = write!(page, " {} |", cell(table::cell(reports, method, **place)));
            }
            page.push('\n');
        }
        let _ = write!(page, "| in all |");
        for place in &places {
            let here = reports
                .iter()
                .filter(|report| (report.backend.as_str(), report.runtime.as_str()) == **place);
            let _ = write!(page, " {} |", cell(Counts::of(here)));
        }
        page.push_str("\n\n");
    }
}

fn cell(counts: Counts) -> String {
    match (counts.total(), counts.failed + counts.errors) {
        (0, _) => "–".to_owned(),
        (all, failed @ 1..) => format!("**{failed} of {all} FAIL**"),
        _ if counts.unsupported > 0 => format!("{} + {}", counts.passed, counts.unsupported),
        _ => counts.passed.to_string(),
    }
}

/// What is lacking, why, and how many runs it concerns.
fn lacks(page: &mut String, reports: &[Report]) {
    let mut lacks: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for report in reports {
        if let Outcome::Unsupported { capability, reason } = &report.outcome {
            let runtimes = lacks
                .entry((report.backend.as_str(), capability, reason))
                .or_default();
            if !runtimes.contains(&report.runtime.as_str()) {
                runtimes.push(&report.runtime);
            }
        }
    }
    let all = runtimes(reports).len();
    page.push_str(
        "## What does not apply\n\n| database | runtime | lacks | because |\n|---|---|---|---|\n",
    );
    for ((backend, capability, reason), runtimes) in lacks {
        let runtimes = match runtimes.len() == all {
            true => "all".to_owned(),
            false => runtimes.join(", "),
        };
        let _ = writeln!(page, "| {backend} | {runtimes} | {capability} | {reason} |");
    }
    page.push('\n');
}

/// Each case by the backends; what holds on every runtime is said once.
fn cases(page: &mut String, reports: &[Report]) {
    let backends = backends(reports);
    page.push_str(
        "## Cases\n\n\
         `yes` is a pass on every runtime, `–` a case that does not apply on any, and otherwise \
         the runtimes are named on which it does not apply.\n\n| case | methods |",
    );
    for backend in &backends {
        let _ = write!(page, " {backend} |");
    }
    let _ = writeln!(page, "\n|---|---|{}", "---|".repeat(backends.len()));
    let mut rows: Vec<(&str, Vec<&Report>)> = Vec::new();
    for report in reports {
        match rows.iter_mut().find(|(case, _)| *case == report.case) {
            Some((_, reports)) => reports.push(report),
            None => rows.push((report.case, vec![report])),
        }
    }
    for (case, reports) in rows {
        let mut methods: Vec<String> = Vec::new();
        for report in &reports {
            let method = format!("`{}`", report.method);
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        let _ = write!(page, "| {case} | {} |", methods.join(", "));
        for backend in &backends {
            let here = reports.iter().filter(|report| report.backend == *backend);
            let _ = write!(
                page,
                " {} |",
                on_backend(&here.copied().collect::<Vec<_>>())
            );
        }
        page.push('\n');
    }
}

fn on_backend(reports: &[&Report]) -> String {
    let runtimes_where = |wanted: &dyn Fn(&Outcome) -> bool| {
        let mut runtimes: Vec<&str> = Vec::new();
        for report in reports.iter().filter(|report| wanted(&report.outcome)) {
            if !runtimes.contains(&report.runtime.as_str()) {
                runtimes.push(&report.runtime);
            }
        }
        runtimes
    };
    let all = runtimes_where(&|_| true).len();
    let failed = runtimes_where(&|outcome| !outcome.is_ok());
    let lacking = runtimes_where(&|outcome| matches!(outcome, Outcome::Unsupported { .. }));
    match (failed.is_empty(), lacking.len()) {
        (false, _) => format!("**FAIL** on {}", failed.join(", ")),
        (true, 0) => "yes".to_owned(),
        (true, some) if some == all => "–".to_owned(),
        (true, _) => format!("not on {}", lacking.join(", ")),
    }
}

fn backends(reports: &[Report]) -> Vec<&str> {
    let places = table::places(reports).into_iter();
    unique(places.map(|(backend, _)| backend))
}

fn runtimes(reports: &[Report]) -> Vec<&str> {
    let places = table::places(reports).into_iter();
    unique(places.map(|(_, runtime)| runtime))
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut unique = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}
