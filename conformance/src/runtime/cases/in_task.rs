use super::{CaseResult, Stage, case, ensure, needing};
use crate::runtime::{Capability, RuntimeCase};

pub(super) const CASES: &[RuntimeCase] = &[
    needing(
        Capability::TasksRecognised,
        "runtime.in_task.recognised",
        recognised,
    ),
    case("runtime.in_task.not_in_blocking_job", not_in_blocking_job),
    case("runtime.in_task.not_outside", not_outside),
];

fn recognised(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let spawner = running.runtime().spawner().clone();
    let timer = running.runtime().timer().clone();
    let (before, after) = stage.in_task(running.runtime(), async move {
        let before = spawner.in_async_task();
        timer.sleep(std::time::Duration::from_millis(1)).await;
        (before, spawner.in_async_task())
    })?;
    ensure(before, "a task is not recognised")?;
    ensure(after, "a task is not recognised after a wait")
}

/// Also in a job whose thread has run tasks' code before, and asked again and again.
fn not_in_blocking_job(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let (runtime, spawner) = (
        running.runtime().clone(),
        running.runtime().spawner().clone(),
    );
    let from_task = stage.in_task(running.runtime(), async move {
        runtime.spawn_blocking(move || (0..1_000).any(|_| spawner.in_async_task()))
    })??;
    let taken = stage.join("a job", from_task)?;
    ensure(!taken, "a blocking job is taken for a task")
}

fn not_outside(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let spawner = running.runtime().spawner();
    ensure(
        !spawner.in_async_task(),
        "a thread outside the runtime is taken for a task",
    )
}
