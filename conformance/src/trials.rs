use std::sync::{Arc, PoisonError, RwLock};

use libtest_mimic::{Failed, Trial};

use crate::runtime::{BrokenRuntime, RuntimeUnderTest, broken_runtimes, catches, runtime_cases};
use crate::{Case, Outcome, Setting, Suite};

/// Each runtime case as a named test, such as `tokio::runtime.spawn.runs`.
///
/// A case about something that the runtime declares to lack says so before its name, and its
/// reason on standard error.
pub fn runtime_trials(under_test: Arc<dyn RuntimeUnderTest>) -> Vec<Trial> {
    runtime_cases()
        .into_iter()
        .map(|case| {
            let name = format!("{}::{}", under_test.name(), case.name());
            let lacks = case
                .needs()
                .is_some_and(|needs| under_test.lacks(needs).is_some());
            let under_test = Arc::clone(&under_test);
            let trial = Trial::test(name.clone(), move || outcome(&name, case.run(&under_test)));
            if lacks {
                trial.with_kind("unsupported")
            } else {
                trial
            }
        })
        .collect()
}

/// Each broken wrapper over a sound runtime as a named test: its case must fail.
pub fn broken_runtime_trials(sound: Arc<dyn RuntimeUnderTest>) -> Vec<Trial> {
    let trial = |broken: BrokenRuntime| {
        let name = format!(
            "{}::broken::{} is caught by {}",
            sound.name(),
            broken.name,
            broken.caught_by
        );
        Trial::test(name, move || catches(&broken).map_err(Failed::from))
    };
    broken_runtimes(&sound).into_iter().map(trial).collect()
}

/// Each case of a suite as a named test, such as `read.get.multiple`, with the backend and the
/// runtime in brackets before it where there are several.
///
/// ```
/// use libtest_mimic::{Arguments, Trial};
/// use queryset_conformance::{Suite, suite_trials};
///
/// // The `main` of a test target with `harness = false`.
/// fn main_of(suite: Suite) -> ! {
///     let trials: Vec<Trial> = suite_trials(&suite);
///     libtest_mimic::run(&Arguments::from_args(), trials).exit()
/// }
/// ```
pub fn suite_trials(suite: &Suite) -> Vec<Trial> {
    let settings = suite.settings();
    let several = settings.len() > 1;
    let mut trials = Vec::new();
    for setting in settings {
        for case in suite.cases() {
            let place = format!("{}/{}", setting.backend.name(), setting.runtime.name());
            let setting = setting.clone();
            let trial = Trial::test(case.name(), move || passed(case, &setting));
            trials.push(if several {
                trial.with_kind(place)
            } else {
                trial
            });
        }
    }
    trials
}

/// Cases that measure the process wait for the others, and these for them.
static ALONE: RwLock<()> = RwLock::new(());

fn passed(case: Case, setting: &Setting) -> Result<(), Failed> {
    let reports = if case.is_alone() {
        let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
        case.run(setting)
    } else {
        let _beside = ALONE.read().unwrap_or_else(PoisonError::into_inner);
        case.run(setting)
    };
    reports.into_iter().try_for_each(|report| {
        outcome(
            &format!("{} ({})", report.case, report.method),
            report.outcome,
        )
    })
}

fn outcome(name: &str, outcome: Outcome) -> Result<(), Failed> {
    match outcome {
        Outcome::Pass => Ok(()),
        Outcome::Unsupported { .. } => {
            eprintln!("{name}: {outcome}");
            Ok(())
        }
        Outcome::Fail(_) | Outcome::Error(_) => Err(Failed::from(outcome.to_string())),
    }
}
