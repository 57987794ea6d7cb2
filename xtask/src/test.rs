//! `cargo xtask test`: the whole test-suite, step by step.

mod counts;
mod docs;
mod ends;
mod failures;
mod plan;
mod process;
mod readme;
mod report;
mod servers;
mod step;
mod tally;
mod tether;
mod toolchain;

use std::time::{Duration, Instant};

use queryset_servers::Kind;

use crate::cargo::Workspace;
use report::{Outcome, Report};
use servers::Shared;
use step::{Run, Said, Step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leaves these steps out, or these servers (postgres, pgbouncer, mariadb, mysql) and what
    /// needs them; the table at the end says so.
    #[arg(long, value_name = "STEP|SERVER", value_delimiter = ',')]
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
    /// Writes the pages of the documentation anew that the suite would else compare, and the
    /// instructions that operations take.
    #[arg(long)]
    update: bool,
    /// Multiplies every deadline, for a slow machine.
    #[arg(long, value_name = "FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
}

/// Runs the steps in order, all of them whatever fails; an error if one did.
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let workspace = Workspace::read()?;
    let steps = plan::steps(&workspace, arguments.update);
    let mut left_out = Vec::new();
    let mut without = Vec::new();
    for name in &arguments.without {
        match name.parse::<Kind>() {
            Ok(kind) => without.push(kind),
            Err(_) => left_out.push(name),
        }
    }
    known(&steps, left_out.iter().copied().chain(&arguments.only))?;
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
    let mut servers = Shared::new(without);
    let mut report = Report::default();
    let count = steps.len();
    for (index, step) in steps.into_iter().enumerate() {
        let name = step.name;
        let left_out = left_out.iter().any(|left_out| *left_out == name)
            || !arguments.only.is_empty() && !arguments.only.iter().any(|only| only == name);
        if left_out {
            report.add(name, Outcome::LeftOut, Duration::ZERO, Said::default());
            continue;
        }
        println!("\n=== {}/{count} {name}: {}", index + 1, step.about);
        let deadline = step.deadline * arguments.patience;
        let start = Instant::now();
        let mut run = Run::new(start + deadline, &mut servers);
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
        report.add(name, outcome, start.elapsed(), run.into_said());
    }
    report.print(&servers.lines())
}

/// Refuses names of steps that do not exist: a typing error must not leave a step in or out.
fn known<'a>(steps: &[Step], names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    for name in names {
        if !steps.iter().any(|step| step.name == name) {
            let all: Vec<_> = steps.iter().map(|step| step.name).collect();
            return Err(format!(
                "there is no step or server '{name}'; the steps are: {}",
                all.join(", ")
            ));
        }
    }
    Ok(())
}

fn minutes(duration: Duration) -> String {
    format!("{} min", duration.as_secs().div_ceil(60))
}
