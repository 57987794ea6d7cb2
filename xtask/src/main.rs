//! What a checkout needs beyond cargo: `cargo xtask test`, `cargo xtask servers`,
//! `cargo xtask tree`.

mod cargo;
mod servers;
mod test;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole test-suite.
    Test(test::Arguments),
    /// Starts private database servers and prints their URLs, until standard input ends or Ctrl-C.
    Servers(servers::Arguments),
    /// Checks, a package at a time, that no crate depends on what it must not know.
    Tree,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Servers(arguments) => servers::run(&arguments),
        Command::Tree => tree::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
