//! Every case on every backend and every runtime.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use queryset_conformance::{BackendUnderTest, Suite, broken_backends};

use crate::args::Matrix;
use crate::backends::Backends;
use crate::progress::{Progress, line};
use crate::report::table::Counts;
use crate::report::{html, json, junit, markdown, table};

/// Whether all is well.
pub(crate) fn run(wanted: &Matrix) -> Result<bool, Box<dyn Error>> {
    let mut suite = Suite::default()
        .patience(wanted.place.patience())
        .endurance(wanted.place.endurance());
    for prefix in &wanted.cases {
        suite = suite.only(prefix);
    }
    let cases = suite.cases();
    if cases.is_empty() {
        return Err(format!("no case starts with {}", wanted.cases.join(" or ")).into());
    }
    if wanted.list {
        for case in cases {
            println!(
                "{:<40} {}",
                case.name(),
                case.method().name(case.forms()[0])
            );
        }
        return Ok(true);
    }
    let backends = Backends::start(&wanted.backends())?;
    let suite = places(suite, wanted, &backends)?;
    let started = Instant::now();
    let mut progress = Progress::new(cases.len() * suite.settings().len());
    let reports = suite.run(|reports| progress.ended(reports));
    progress.finish();
    if let Some(path) = &wanted.json {
        json::write(path, &reports)?;
    }
    if let Some(path) = &wanted.junit {
        junit::write(path, &reports)?;
    }
    if let Some(path) = &wanted.html {
        html::write(path, &reports, Some(started.elapsed()))?;
    }
    if let Some(folder) = &wanted.docs {
        let versions = backends.versions(&wanted.backends())?;
        markdown::write(&folder.join("conformance.md"), &reports, &versions)?;
        html::write(&folder.join("conformance.html"), &reports, None)?;
    }
    print!("{}", table::render(&reports));
    let notes = reports
        .iter()
        .filter(|report| !report.detail.is_empty() && report.outcome.is_ok());
    for report in notes {
        println!(
            "{} ({}) on {}/{}: {}",
            report.case, report.method, report.backend, report.runtime, report.detail
        );
    }
    let counts = Counts::of(&reports);
    if !counts.is_good() {
        // Once more, where it is looked for, and headed as test binaries do.
        println!("failures:");
        for report in reports.iter().filter(|report| !report.outcome.is_ok()) {
            println!("{}", line(report));
        }
    }
    println!(
        "{} cases in {:.1} s: {} passed, {} failed, {} errors, {} unsupported",
        counts.total(),
        started.elapsed().as_secs_f64(),
        counts.passed,
        counts.failed,
        counts.errors,
        counts.unsupported
    );
    Ok(counts.is_good())
}

/// The suite with everything that was asked for.
fn places(mut suite: Suite, wanted: &Matrix, backends: &Backends) -> Result<Suite, Box<dyn Error>> {
    for backend in wanted.backends() {
        let sound = backends.under_test(backend)?;
        suite = suite.backend(under_test(sound, wanted.fault.as_deref())?);
    }
    for runtime in wanted.place.runtimes() {
        suite = suite.runtime(runtime.under_test());
    }
    Ok(suite.jobs(wanted.place.jobs()))
}

fn under_test(
    sound: Arc<dyn BackendUnderTest>,
    fault: Option<&str>,
) -> Result<Arc<dyn BackendUnderTest>, String> {
    let Some(fault) = fault else { return Ok(sound) };
    let broken = broken_backends(&sound)
        .into_iter()
        .find(|broken| broken.name == fault);
    broken
        .map(|broken| broken.under_test)
        .ok_or_else(|| format!("there is no fault named '{fault}'"))
}
