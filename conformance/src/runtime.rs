//! The cases that every runtime adapter passes.
//!
//! An adapter's author implements [`RuntimeUnderTest`] and runs each of [`runtime_cases`]; with the
//! feature `libtest-mimic`, [`runtime_trials`](crate::runtime_trials) makes them named tests of a
//! test binary without a harness.
//!
//! ```
//! use std::sync::Arc;
//!
//! use queryset::runtime::{Runtime, Threads};
//! use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest, runtime_cases};
//!
//! #[derive(Debug)]
//! struct Mine;
//!
//! impl RuntimeUnderTest for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!     fn start(&self) -> Running {
//!         Running::new(Runtime::from(Threads))
//!     }
//!     fn lacks(&self, capability: Capability) -> Option<&str> {
//!         match capability {
//!             Capability::Tcp | Capability::Unix => Some("std has no asynchronous sockets"),
//!             Capability::ShutDown => Some("its threads belong to the process"),
//!             Capability::PausedClock => Some("it goes by the system's clock"),
//!             Capability::Missing => Some("it needs nothing that could be missing"),
//!             _ => None,
//!         }
//!     }
//! }
//!
//! let mine: Arc<dyn RuntimeUnderTest> = Arc::new(Mine);
//! for case in runtime_cases() {
//!     let outcome = case.run(&mine);
//!     assert!(outcome.is_ok(), "{}: {outcome}", case.name());
//! }
//! ```

mod broken;
mod cases;
mod observed;
mod threads;
mod under_test;

use std::sync::Arc;
use std::time::Duration;

use crate::{Outcome, within};

pub use broken::{BrokenRuntime, broken_runtimes};
pub use observed::{Calls, observed};
pub use threads::ThreadsUnderTest;
pub use under_test::{Capability, Running, RuntimeUnderTest};

use cases::{CaseResult, Stage};

/// One case: a name, and what to do.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeCase {
    name: &'static str,
    needs: Option<Capability>,
    body: fn(&Stage<'_>) -> CaseResult,
}

/// Every case, in the order in which a report shows them.
pub fn runtime_cases() -> Vec<RuntimeCase> {
    cases::all()
}

impl RuntimeCase {
    /// Its name, such as `runtime.spawn.runs`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The capability that it is about, if not every runtime has it.
    pub fn needs(&self) -> Option<Capability> {
        self.needs
    }

    /// Runs it on a fresh runtime. Nothing in it waits longer than a minute.
    pub fn run(&self, under_test: &Arc<dyn RuntimeUnderTest>) -> Outcome {
        self.run_within(under_test, Duration::from_secs(60))
    }

    /// Runs it with another patience, after which whatever did not happen counts as not happening.
    pub fn run_within(
        &self,
        under_test: &Arc<dyn RuntimeUnderTest>,
        patience: Duration,
    ) -> Outcome {
        let lack = self.needs.and_then(|capability| {
            let reason = under_test.lacks(capability)?.to_owned();
            Some((capability, reason))
        });
        let (body, under_test) = (self.body, Arc::clone(under_test));
        // Twice as long as each single wait, so that those, which say more, end first.
        let outcome = within(patience * 2, self.name, move || {
            match body(&Stage {
                under_test: &*under_test,
                patience,
            }) {
                Ok(()) => Outcome::Pass,
                Err(failure) => Outcome::Fail(failure.into_message()),
            }
        });
        match (lack, outcome) {
            (None, outcome) => outcome,
            (Some((capability, _)), Outcome::Pass) => {
                Outcome::Fail(format!("declares that it lacks {capability}, but has it"))
            }
            (Some((capability, reason)), _) => Outcome::Unsupported {
                capability: capability.to_string(),
                reason,
            },
        }
    }
}

/// Whether the suite tells a broken runtime from a sound one: an error if the case that is named
/// for it does not fail.
///
/// What never happens is given up soon: nothing sound depends on it.
pub fn catches(broken: &BrokenRuntime) -> Result<(), String> {
    let case = runtime_cases()
        .into_iter()
        .find(|case| case.name() == broken.caught_by);
    let case = case.ok_or_else(|| format!("there is no case {}", broken.caught_by))?;
    match case.run_within(&broken.under_test, Duration::from_secs(1)) {
        Outcome::Fail(_) => Ok(()),
        outcome => Err(format!(
            "{}: {} ended with {outcome}",
            broken.name, broken.caught_by
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_pass() {
        let threads: Arc<dyn RuntimeUnderTest> = Arc::new(ThreadsUnderTest);
        for case in runtime_cases() {
            let outcome = case.run(&threads);
            assert!(outcome.is_ok(), "{}: {outcome}", case.name());
        }
    }

    #[test]
    fn a_lack_is_reported_with_its_reason() {
        let threads: Arc<dyn RuntimeUnderTest> = Arc::new(ThreadsUnderTest);
        let case = runtime_cases()
            .into_iter()
            .find(|case| case.needs() == Some(Capability::Tcp));
        let reason = "std has no asynchronous sockets".to_owned();
        assert_eq!(
            case.unwrap().run(&threads),
            Outcome::Unsupported {
                capability: "TCP".to_owned(),
                reason
            }
        );
    }
}
