//! The command line.

mod contestants;
mod page;
mod run;
mod scale;

use std::io::{IsTerminal, Write};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{Backend, PeerKind, Result, RuntimeKind, pin, stream_once};

/// queryset beside the raw drivers and its peers, in one interleaved run on one core.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures the workloads and prints a table.
    Run(run::Run),
    /// Measures the cost against 1 to 512 concurrent readers and 10 to a million rows.
    Scale(scale::Scale),
    /// Makes one page of what several runs have written as JSON.
    Page(page::Compose),
    /// Streams all rows once and prints the memory that it took (`run` starts this by itself).
    #[command(hide = true)]
    Memory(Memory),
}

#[derive(Debug, Args)]
struct Memory {
    #[arg(long)]
    backend: Backend,
    #[arg(long)]
    peer: PeerKind,
    #[arg(long)]
    runtime: RuntimeKind,
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> Result<()> {
        // First, so that whatever is started inherits it: threads, servers, children.
        let core = pin()?;
        match self.command {
            Command::Run(run) => run.run(core),
            Command::Scale(scale) => scale.run(core),
            Command::Page(page) => page.run(),
            Command::Memory(Memory {
                backend,
                peer,
                runtime,
            }) => {
                let memory = stream_once(backend, peer, runtime)?;
                println!("{}", serde_json::to_string(&memory)?);
                Ok(())
            }
        }
    }
}

/// Shows what is going on, on a terminal.
fn progress(text: &str) {
    let mut errors = std::io::stderr();
    if errors.is_terminal() {
        // Nothing to be done where even the progress cannot be shown.
        let _ = write!(errors, "\r\x1b[K{text}").and_then(|()| errors.flush());
    }
}

fn or_all<T: ValueEnum + Clone>(chosen: Vec<T>) -> Vec<T> {
    if chosen.is_empty() {
        T::value_variants().to_vec()
    } else {
        chosen
    }
}

/// Ends with an error if there were any, once everything else has been shown.
fn said(failures: &[String]) -> Result<()> {
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.join("\n").into()),
    }
}
