use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::BrokenBackend;
use crate::case::Setting;
use crate::{Case, Form, Outcome, cases};

/// What a broken backend never does is given up soon: nothing sound depends on it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A sound backend on a runtime, from which the suite has to tell the broken ones.
#[derive(Debug)]
pub struct Sound {
    setting: Setting,
    /// What came of each case that a broken one was tried with: asked once, since several faults
    /// share a case.
    asked: Mutex<HashMap<&'static str, Asked>>,
}

type Asked = Arc<OnceLock<Result<(), String>>>;

impl Sound {
    /// This backend on this runtime.
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            asked: Mutex::default(),
        }
    }

    /// Where the cases run.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Whether the suite tells a broken backend from this one: an error if the case that is named
    /// for it does not fail, or does not pass here.
    ///
    /// # Errors
    /// What happened instead.
    pub fn tells(&self, broken: &BrokenBackend) -> Result<String, String> {
        let case = broken.case()?;
        self.passes(case)?;
        let spoiled = Setting {
            backend: Arc::clone(&broken.under_test),
            runtime: Arc::clone(&self.setting.runtime),
            patience: self.setting.patience.min(PATIENCE),
            endurance: self.setting.endurance,
        };
        let reports = match broken.form {
            Some(Form::Async) => case.only(&[Form::Async]).run(&spoiled),
            Some(Form::Blocking) => case.only(&[Form::Blocking]).run(&spoiled),
            None => case.run(&spoiled),
        };
        let caught = reports.iter().find_map(|report| match &report.outcome {
            Outcome::Fail(detail) => Some(format!("{} ({}): {detail}", case.name(), report.method)),
            _ => None,
        });
        caught.ok_or_else(|| {
            let ends: Vec<String> = reports
                .iter()
                .map(|report| report.outcome.to_string())
                .collect();
            format!("{} ended with {}", case.name(), ends.join(" and "))
        })
    }

    fn passes(&self, case: Case) -> Result<(), String> {
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Arc::clone(all.entry(case.name()).or_default());
        drop(all);
        let passed = asked.get_or_init(|| {
            let reports = case.run(&self.setting);
            let other = reports
                .iter()
                .find(|report| report.outcome != Outcome::Pass);
            other.map_or(Ok(()), |report| {
                Err(format!(
                    "{} ends with {} on the sound backend too",
                    case.name(),
                    report.outcome
                ))
            })
        });
        passed.clone()
    }
}

impl BrokenBackend {
    /// Whether nothing else may run while it is tried, as its case measures the process.
    pub fn is_alone(&self) -> bool {
        self.case().is_ok_and(|case| case.is_alone())
    }

    fn case(&self) -> Result<Case, String> {
        let case = cases()
            .into_iter()
            .find(|case| case.name() == self.caught_by);
        case.ok_or_else(|| format!("there is no case {}", self.caught_by))
    }
}
