//! The runtime cases on async-std.

mod in_task;
mod under_test;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;
use queryset_conformance::{broken_runtime_trials, runtime_trials};
use under_test::Global;

fn main() -> ExitCode {
    let mut trials = runtime_trials(Arc::new(Global));
    trials.extend(broken_runtime_trials(Arc::new(Global)));
    trials.extend(in_task::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
