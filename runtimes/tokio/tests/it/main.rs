//! The runtime cases on tokio, multi-threaded and on the current thread.

mod in_task;
mod place;
mod under_test;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;
use queryset_conformance::runtime::RuntimeUnderTest;
use queryset_conformance::{broken_runtime_trials, runtime_trials};
use under_test::{CurrentThread, MultiThread};

fn main() -> ExitCode {
    let flavours: [Arc<dyn RuntimeUnderTest>; 2] = [Arc::new(MultiThread), Arc::new(CurrentThread)];
    let mut trials: Vec<_> = flavours.map(runtime_trials).into_iter().flatten().collect();
    trials.extend(broken_runtime_trials(Arc::new(CurrentThread)));
    trials.extend(in_task::trials());
    trials.extend(place::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
