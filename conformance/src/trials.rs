use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use crate::Outcome;
use crate::runtime::{BrokenRuntime, RuntimeUnderTest, broken_runtimes, catches, runtime_cases};

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
