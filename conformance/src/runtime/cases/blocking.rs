use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use queryset::CancelToken;
use queryset::runtime::{TaskError, block_on};

use super::{CaseResult, Stage, case, ensure, fail};
use crate::runtime::RuntimeCase;

pub(super) const CASES: &[RuntimeCase] = &[
    case("runtime.blocking.runs", runs),
    case("runtime.blocking.never_inline", never_inline),
    case(
        "runtime.blocking.not_on_executor_thread",
        not_on_executor_thread,
    ),
    case("runtime.blocking.in_parallel", in_parallel),
    case("runtime.blocking.nested", nested),
    case("runtime.many_blocking_jobs", many),
    case("runtime.drop.blocking_jobs_run", dropped_jobs_run),
];

fn runs(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let job = running.runtime().spawn_blocking(|| 6 * 7)?;
    let value = stage.join("the job", job)?;
    ensure(value == 42, format!("the job's value is {value}"))
}

fn never_inline(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let job = running
        .runtime()
        .spawn_blocking(|| thread::current().id())?;
    let id = stage.join("the job", job)?;
    ensure(
        id != thread::current().id(),
        "the job ran on the thread that spawned it",
    )?;

    let runtime = running.runtime().clone();
    let (task, job) = stage.in_task(running.runtime(), async move {
        let task = thread::current().id();
        let job = runtime.spawn_blocking(|| thread::current().id())?;
        Ok::<_, queryset::runtime::SpawnError>((task, job.await))
    })??;
    ensure(
        job? != task,
        "the job ran on the thread of the task that spawned it",
    )
}

/// Tasks run on while blocking jobs hold more threads than an executor has.
fn not_on_executor_thread(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let mut jobs = Vec::new();
    let mut gates = Vec::new();
    for _ in 0..64 {
        let (gate, open) = mpsc::channel::<()>();
        gates.push(gate);
        // Ends when the gate is dropped, also by a case that fails.
        jobs.push(
            running
                .runtime()
                .spawn_blocking(move || open.recv().is_err())?,
        );
    }
    for _ in 0..64 {
        let task = running.runtime().spawn(async {})?;
        stage.join("a task while jobs block", task)?;
    }
    drop(gates);
    for job in jobs {
        stage.join("a blocking job", job)?;
    }
    Ok(())
}

fn in_parallel(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let all = CancelToken::new();
    let left = Arc::new(AtomicUsize::new(8));
    let mut jobs = Vec::new();
    for _ in 0..8 {
        let (all, left) = (all.clone(), Arc::clone(&left));
        jobs.push(running.runtime().spawn_blocking(move || {
            if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                all.cancel();
            }
            block_on(all.cancelled());
        })?);
    }
    let mut met = Ok(());
    for job in jobs {
        met = met.and(stage.join("8 jobs that wait for each other", job));
    }
    // Lets those go that still wait.
    all.cancel();
    met
}

fn nested(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let runtime = running.runtime().clone();
    let outer = running.runtime().spawn_blocking(move || {
        let inner = runtime.spawn_blocking(|| 7)?;
        Ok::<_, queryset::runtime::SpawnError>(block_on(inner))
    })?;
    match stage.join("a job that waits for a job", outer)? {
        Ok(Ok(7)) => Ok(()),
        other => fail(format!("the inner job's outcome is {other:?}")),
    }
}

/// More jobs than any pool has threads.
fn many(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let mut jobs = Vec::new();
    for n in 0..2_000_u32 {
        jobs.push(running.runtime().spawn_blocking(move || n)?);
    }
    for (n, job) in (0..).zip(jobs) {
        match stage.wait("one of 2,000 jobs", job)? {
            Ok(value) => ensure(value == n, format!("job {n} has the value {value}"))?,
            Err(TaskError::Lost) => return fail(format!("job {n} was dropped")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn dropped_jobs_run(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let all = CancelToken::new();
    let left = Arc::new(AtomicUsize::new(300));
    for _ in 0..300 {
        let (all, left) = (all.clone(), Arc::clone(&left));
        drop(running.runtime().spawn_blocking(move || {
            if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                all.cancel();
            }
        })?);
    }
    stage.happens("300 jobs whose handles were dropped run", &all)
}
