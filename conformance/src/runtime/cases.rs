//! The cases, by what they are about.

mod abort;
mod blocking;
mod connect;
mod gone;
mod in_task;
mod panic;
mod place;
mod spawn;
mod timer;

use std::fmt::Display;
use std::time::{Duration, Instant};

use queryset::CancelToken;
use queryset::runtime::{Runtime, TaskHandle, block_on_until};

use super::{Capability, Running, RuntimeCase, RuntimeUnderTest};

pub(super) fn all() -> Vec<RuntimeCase> {
    [
        spawn::CASES,
        blocking::CASES,
        abort::CASES,
        panic::CASES,
        timer::CASES,
        connect::CASES,
        in_task::CASES,
        gone::CASES,
        place::CASES,
    ]
    .concat()
}

/// Where a case plays.
pub(super) struct Stage<'a> {
    pub(super) under_test: &'a dyn RuntimeUnderTest,
    pub(super) patience: Duration,
}

impl Stage<'_> {
    fn start(&self) -> Running {
        self.under_test.start()
    }

    /// The value of a future, on the case's own thread and by a deadline that needs no runtime.
    fn wait<F: Future>(&self, what: &str, future: F) -> Result<F::Output, Failure> {
        block_on_until(future, Instant::now() + self.patience)
            .ok_or_else(|| Failure(format!("{what}: nothing within {:?}", self.patience)))
    }

    /// The value of a task.
    fn join<T>(&self, what: &str, task: TaskHandle<T>) -> Result<T, Failure> {
        self.wait(what, task)?
            .map_err(|error| Failure(format!("{what}: {error}")))
    }

    /// The value of a future that runs as a task.
    fn in_task<F>(&self, runtime: &Runtime, future: F) -> Result<F::Output, Failure>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.join("the case's task", runtime.spawn(future)?)
    }

    fn happens(&self, what: &str, event: &CancelToken) -> CaseResult {
        self.wait(what, event.cancelled())
    }
}

pub(super) type CaseResult = Result<(), Failure>;

/// Why a case fails. Not an error itself, so that any error turns into one.
pub(super) struct Failure(String);

impl Failure {
    pub(super) fn into_message(self) -> String {
        self.0
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            message = format!("{message}: {error}");
            source = error.source();
        }
        Self(message)
    }
}

fn fail<T>(message: impl Display) -> Result<T, Failure> {
    Err(Failure(message.to_string()))
}

fn ensure(holds: bool, message: impl Display) -> CaseResult {
    if holds { Ok(()) } else { fail(message) }
}

const fn case(name: &'static str, body: fn(&Stage<'_>) -> CaseResult) -> RuntimeCase {
    RuntimeCase {
        name,
        needs: None,
        body,
    }
}

const fn needing(
    capability: Capability,
    name: &'static str,
    body: fn(&Stage<'_>) -> CaseResult,
) -> RuntimeCase {
    RuntimeCase {
        name,
        needs: Some(capability),
        body,
    }
}
