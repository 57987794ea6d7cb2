use std::future::pending;
use std::sync::mpsc;
use std::thread;

use queryset::CancelToken;
use queryset::runtime::TaskError;

use super::{CaseResult, Stage, case, ensure, fail};
use crate::runtime::RuntimeCase;

pub(super) const CASES: &[RuntimeCase] = &[
    case("runtime.abort", aborts),
    case("runtime.abort.ended_task", ended_task),
    case("runtime.abort.running_job", running_job),
];

/// The future is gone by the time its handle answers.
fn aborts(stage: &Stage<'_>) -> CaseResult {
    struct Held(CancelToken);

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }

    let running = stage.start();
    let (begun, dropped) = (CancelToken::new(), CancelToken::new());
    let (begins, held) = (begun.clone(), Held(dropped.clone()));
    let task = running.runtime().spawn(async move {
        let _held = held;
        begins.cancel();
        pending::<()>().await;
    })?;
    stage.happens("the task begins", &begun)?;
    task.abort();
    match stage.wait("the aborted task", task)? {
        Err(TaskError::Aborted) => ensure(
            dropped.is_cancelled(),
            "the aborted task's future was not dropped",
        ),
        other => fail(format!("the aborted task's outcome is {other:?}")),
    }
}

fn ended_task(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let task = running.runtime().spawn(async { 7 })?;
    let job = running.runtime().spawn_blocking(|| 7)?;
    for (what, ended) in [("an ended task", task), ("an ended job", job)] {
        // Bounded by the case's own deadline.
        while !ended.is_finished() {
            thread::yield_now();
        }
        ended.abort();
        let value = stage.join(what, ended)?;
        ensure(
            value == 7,
            format!("{what} has the value {value} after an abort"),
        )?;
    }
    Ok(())
}

fn running_job(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let begun = CancelToken::new();
    let begins = begun.clone();
    let (gate, open) = mpsc::channel::<()>();
    let job = running.runtime().spawn_blocking(move || {
        begins.cancel();
        open.recv().is_err()
    })?;
    stage.happens("the job begins", &begun)?;
    job.abort();
    drop(gate);
    let value = stage.join("the job that was running when it was aborted", job)?;
    ensure(value, "the job's value is false")
}
