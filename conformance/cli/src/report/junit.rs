//! The outcomes as JUnit's XML: a suite for each backend on each runtime.

use std::path::Path;

use queryset_conformance::{Outcome, Report};
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::WriteError;

pub(crate) fn write(path: &Path, reports: &[Report]) -> Result<(), WriteError> {
    let mut junit = Junit::new("queryset conformance");
    let mut suites: Vec<TestSuite> = Vec::new();
    for report in reports {
        let name = format!("{} on {}", report.backend, report.runtime);
        let case = test_case(report);
        match suites.iter_mut().find(|suite| suite.name.as_str() == name) {
            Some(suite) => {
                suite.add_test_case(case);
            }
            None => {
                let mut suite = TestSuite::new(name);
                suite.add_test_case(case);
                suites.push(suite);
            }
        }
    }
    junit.add_test_suites(suites);
    super::write(path, junit.to_string())
}

fn test_case(report: &Report) -> TestCase {
    let mut status = match &report.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error(_) => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::Unsupported { .. } => TestCaseStatus::skipped(),
    };
    if report.outcome != Outcome::Pass {
        status.set_message(report.detail.as_str());
    }
    let name = format!("{} ({})", report.case, report.method);
    let mut case = TestCase::new(name, status);
    case.set_classname(report.method).set_time(report.took);
    if report.outcome == Outcome::Pass && !report.detail.is_empty() {
        case.set_system_out(report.detail.as_str());
    }
    case
}
