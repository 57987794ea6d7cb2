//! The runtime cases on smol, with its global executor and with one of the program.

mod in_task;
mod under_test;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;
use queryset_conformance::runtime::RuntimeUnderTest;
use queryset_conformance::{broken_runtime_trials, runtime_trials};
use under_test::{Global, Own};

fn main() -> ExitCode {
    let executors: [Arc<dyn RuntimeUnderTest>; 2] = [Arc::new(Global), Arc::new(Own)];
    let mut trials: Vec<_> = executors
        .map(runtime_trials)
        .into_iter()
        .flatten()
        .collect();
    trials.extend(broken_runtime_trials(Arc::new(Own)));
    trials.extend(in_task::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
