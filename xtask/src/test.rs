//! `cargo xtask test`: the whole test-suite, step by step.

mod ends;
mod plan;
mod process;
mod readme;
mod report;
mod step;
mod tally;
mod toolchain;

use std::time::{Duration, Instant};

use crate::cargo::Workspace;
use report::{Outcome, Report};
use step::{Run, Step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leaves these steps out; the table at the end says so.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    without: Vec<String>,
    /// Runs these steps alone.
    #[arg(
        long,
        value_name = "STEP",
        value_delimiter = ',',
        conflicts_with = "without"
    )]
    only: Vec<String>,
    /// Lists the steps with their deadlines, and runs none.
    #[arg(long)]
    list: bool,
    /// Multiplies every deadline, for a slow machine.
    #[arg(long, value_name = "FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
}

/// Runs the steps in order, all of them whatever fails; an error if one did.
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let workspace = Workspace::read()?;
    let steps = plan::steps(&workspace);
    known(&steps, arguments.without.iter().chain(&arguments.only))?;
    if arguments.list {
        for step in &steps {
            println!(
                "{:<12} {:>5}  {}",
                step.name,
                minutes(step.deadline),
                step.about
            );
        }
        return Ok(());
    }
    process::stop_with_us();
    let mut report = Report::default();
    let count = steps.len();
    for (index, step) in steps.into_iter().enumerate() {
        let name = step.name;
        let left_out = arguments.without.iter().any(|without| without == name)
            || !arguments.only.is_empty() && !arguments.only.iter().any(|only| only == name);
        if left_out {
            report.add(name, Outcome::LeftOut, Duration::ZERO, Vec::new());
            continue;
        }
        println!("\n=== {}/{count} {name}: {}", index + 1, step.about);
        let deadline = step.deadline * arguments.patience;
        let start = Instant::now();
        let mut run = Run::new(start + deadline);
        let outcome = match (step.work)(&mut run) {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                let error = match run.is_over() {
                    true => format!(
                        "{error}\nthe step '{name}' took longer than {}; `--patience 2` doubles that",
                        minutes(deadline)
                    ),
                    false => error,
                };
                eprintln!("\nerror: step '{name}' failed: {error}");
                Outcome::Failed(error)
            }
        };
        report.add(name, outcome, start.elapsed(), run.into_results());
    }
    report.print()
}

/// Refuses names of steps that do not exist: a typing error must not leave a step in or out.
fn known<'a>(steps: &[Step], names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    for name in names {
        if !steps.iter().any(|step| step.name == name) {
            let all: Vec<_> = steps.iter().map(|step| step.name).collect();
            return Err(format!(
                "there is no step '{name}'; the steps are: {}",
                all.join(", ")
            ));
        }
    }
    Ok(())
}

fn minutes(duration: Duration) -> String {
    format!("{} min", duration.as_secs().div_ceil(60))
}
