//! Runs the conformance suite over backends and runtimes.

mod args;
mod backends;
mod broken;
mod django;
mod matrix;
mod progress;
mod report;
mod runtimes;
mod survey;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Matrix(wanted) => matrix::run(&wanted),
        Command::Survey(wanted) => survey::run(&wanted),
        Command::Broken(wanted) => broken::run(&wanted),
        Command::Django(wanted) => django::run(&wanted),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::from(2)
        }
    }
}
