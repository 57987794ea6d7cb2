//! One step of the suite and what it may use.

use std::process::Command;
use std::time::{Duration, Instant};

use queryset_servers::Needs;

use super::failures::Failures;
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

/// What the test binaries of a step said that is worth telling again.
#[derive(Default)]
pub(super) struct Said {
    /// Their summary lines.
    pub(super) results: Vec<String>,
    pub(super) failures: Failures,
}

/// A step under way.
pub(super) struct Run<'s> {
    until: Instant,
    said: Said,
    servers: &'s mut Shared,
}

impl<'s> Run<'s> {
    pub(super) fn new(until: Instant, servers: &'s mut Shared) -> Self {
        Self {
            until,
            said: Said::default(),
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
        let said = &mut self.said;
        let status = process::run(command, self.until, |printed| {
            said.failures.line(printed);
            if printed.starts_with("test result: ") {
                said.results.push(printed.to_owned());
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

    /// What the test binaries said.
    pub(super) fn into_said(self) -> Said {
        self.said
    }

    /// The summary lines so far.
    pub(super) fn results(&self) -> &[String] {
        &self.said.results
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
