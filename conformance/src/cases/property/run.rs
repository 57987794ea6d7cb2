//! Running a property on random input, and shrinking what fails.

use std::fmt::Debug;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::failure::{Verdict, fail};

/// How many inputs a property is tried on unless `PROPTEST_CASES` says it.
const CASES: u32 = 60;

/// The source of one property's random input: the same in each run, unless `PROPTEST_RNG_SEED`
/// names another seed.
pub(super) struct Source {
    seed: u64,
    cases: u32,
    runner: TestRunner,
}

impl Source {
    /// The source of this property; each has its own.
    pub(super) fn new(property: u64) -> Self {
        let asked = |name: &str| std::env::var(name).ok()?.parse().ok();
        let seed = asked("PROPTEST_RNG_SEED").unwrap_or(1);
        let cases = asked("PROPTEST_CASES").map_or(CASES, |cases: u64| cases as u32);
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&property.to_le_bytes());
        let config = Config {
            // The seed says it all, and the suite writes no files.
            failure_persistence: None,
            max_shrink_iters: 2000,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self {
            seed,
            cases,
            runner: TestRunner::new_with_rng(config, rng),
        }
    }

    /// How often the property is tried.
    pub(super) fn cases(&self) -> u32 {
        self.cases
    }

    /// One random value.
    pub(super) fn draw<S: Strategy>(&mut self, strategy: &S) -> Verdict<S::Value> {
        match strategy.new_tree(&mut self.runner) {
            Ok(tree) => Ok(tree.current()),
            Err(reason) => fail(format!("no random value: {reason}")),
        }
    }

    /// Tries the property this often on random values, and says the smallest that it found to
    /// fail.
    pub(super) fn holds<S>(
        &mut self,
        cases: u32,
        strategy: &S,
        property: impl Fn(&S::Value) -> Verdict,
    ) -> Verdict
    where
        S: Strategy,
        S::Value: Debug,
    {
        let config = Config {
            cases,
            ..self.runner.config().clone()
        };
        let mut runner = TestRunner::new_with_rng(config, self.runner.new_rng());
        let outcome = runner.run(strategy, |value| {
            property(&value).map_err(|failure| TestCaseError::fail(failure.message))
        });
        let seed = self.seed;
        match outcome {
            Ok(()) => Ok(()),
            Err(TestError::Fail(reason, value)) => fail(format!(
                "{value:?}: {} (PROPTEST_RNG_SEED={seed})",
                reason.message()
            )),
            Err(TestError::Abort(reason)) => fail(format!("given up: {reason}")),
        }
    }
}
