//! Panics that make no noise: they go around the panic hook.

use std::panic::resume_unwind;

use queryset::runtime::{TaskError, TaskHandle};

use super::{CaseResult, Stage, case, ensure, fail};
use crate::runtime::RuntimeCase;

pub(super) const CASES: &[RuntimeCase] = &[
    case("runtime.panic.payload", payload),
    case("runtime.panic.blocking_payload", blocking_payload),
    case("runtime.panic.others_run_on", others_run_on),
];

#[derive(Debug, PartialEq)]
struct Payload(u32);

fn payload(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    expect_payload(
        stage,
        running
            .runtime()
            .spawn(async { resume_unwind(Box::new(Payload(7))) })?,
    )?;
    let text = running
        .runtime()
        .spawn(async { resume_unwind(Box::new("the text")) })?;
    match stage.wait("the task that panics", text)? {
        Err(TaskError::Panicked(payload)) => ensure(
            payload.message() == "the text",
            format!("the panic's text is {:?}", payload.message()),
        ),
        Err(other) => fail(format!("the outcome of a panic is {other:?}")),
        Ok(()) => fail("a task that panics has a value"),
    }
}

fn blocking_payload(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let job = running
        .runtime()
        .spawn_blocking(|| resume_unwind(Box::new(Payload(7))))?;
    expect_payload(stage, job)
}

/// As many panics as would use up the threads of any pool that lost one to each.
fn others_run_on(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    for _ in 0..600 {
        drop(
            running
                .runtime()
                .spawn(async { resume_unwind(Box::new(())) })?,
        );
        drop(
            running
                .runtime()
                .spawn_blocking(|| resume_unwind(Box::new(())))?,
        );
    }
    let task = running.runtime().spawn(async {})?;
    stage.join("a task after 600 panics", task)?;
    let job = running.runtime().spawn_blocking(|| ())?;
    stage.join("a job after 600 panics", job)
}

fn expect_payload(stage: &Stage<'_>, task: TaskHandle<()>) -> CaseResult {
    match stage.wait("what panics", task)? {
        Err(TaskError::Panicked(payload)) => {
            let payload = payload.into_inner();
            let kept = payload.downcast_ref::<Payload>() == Some(&Payload(7));
            ensure(kept, "the panic's payload was replaced")
        }
        other => fail(format!("the outcome of a panic is {other:?}")),
    }
}
