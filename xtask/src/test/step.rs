//! One step of the suite and what it may use.

use std::process::Command;
use std::time::{Duration, Instant};

use queryset_servers::Needs;

use super::process;
use super::servers::Shared;

/// A part of the suite that is run, timed and reported as one.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// After this long the step has hung, however slow the machine.
    pub(super) deadline: Duration,
    pub(super) work: Work,
}

/// What a step does.
pub(super) type Work = Box<dyn FnOnce(&mut Run<'_>) -> Result<(), String>>;

/// A step under way.
pub(super) struct Run<'s> {
    until: Instant,
    results: Vec<String>,
    servers: &'s mut Shared,
}

impl<'s> Run<'s> {
    pub(super) fn new(until: Instant, servers: &'s mut Shared) -> Self {
        Self {
            until,
            results: Vec::new(),
            servers,
        }
    }

    /// Starts the servers, which the commands from now on find, and says which there are.
    pub(super) fn servers(&mut self) -> Result<Needs, String> {
        self.servers.start()?;
        Ok(self.servers.needs())
    }

    /// Runs a command to its end; an error when it fails or the step's time is over.
    pub(super) fn command(&mut self, mut command: Command) -> Result<(), String> {
        if let Some((name, value)) = self.servers.variable() {
            command.env(name, value);
        }
        let line = spelled(&command);
        println!("$ {line}");
        let results = &mut self.results;
        let status = process::run(command, self.until, |printed| {
            if printed.starts_with("test result: ") {
                results.push(printed.to_owned());
            }
        });
        match status.map_err(|error| format!("`{line}` {error}"))? {
            status if status.success() => Ok(()),
            status => Err(format!("`{line}` ended with {status}")),
        }
    }

    /// Whether the time is over.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// The summary lines that the test binaries printed.
    pub(super) fn into_results(self) -> Vec<String> {
        self.results
    }

    /// The summary lines so far.
    pub(super) fn results(&self) -> &[String] {
        &self.results
    }
}

/// A command as one would type it.
fn spelled(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    // The path to the toolchain's cargo says nothing.
    let program = program
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_owned();
    let words = command
        .get_args()
        .map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
