use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use queryset::CancelToken;

use super::{CaseResult, Stage, case, ensure};
use crate::runtime::RuntimeCase;

pub(super) const CASES: &[RuntimeCase] = &[
    case("runtime.spawn.runs", runs),
    case("runtime.spawn.never_inline", never_inline),
    case("runtime.spawn.from_task", from_task),
    case("runtime.spawn.tasks_take_turns", tasks_take_turns),
    case("runtime.spawn.woken_from_outside", woken_from_outside),
    case("runtime.spawn.many", many),
    case("runtime.drop.detaches", drop_detaches),
];

fn runs(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let task = running.runtime().spawn(async { 6 * 7 })?;
    let value = stage.join("the task", task)?;
    ensure(value == 42, format!("the task's value is {value}"))
}

fn never_inline(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let task = running.runtime().spawn(async { thread::current().id() })?;
    let id = stage.join("the task", task)?;
    ensure(
        id != thread::current().id(),
        "the task ran on the thread that spawned it",
    )
}

fn from_task(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let runtime = running.runtime().clone();
    let value = stage.in_task(running.runtime(), async move {
        let inner = runtime.spawn(async { 7 })?;
        Ok::<_, queryset::runtime::SpawnError>(inner.await)
    })??;
    ensure(
        matches!(value, Ok(7)),
        format!("the inner task's outcome is {value:?}"),
    )
}

/// Two tasks that each wait for the other, which only works if a waiting task steps aside.
fn tasks_take_turns(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let (ping, pong) = (CancelToken::new(), CancelToken::new());
    let (pinged, ponged) = (ping.clone(), pong.clone());
    let first = running.runtime().spawn(async move {
        ping.cancel();
        ponged.cancelled().await;
    })?;
    let second = running.runtime().spawn(async move {
        pinged.cancelled().await;
        pong.cancel();
    })?;
    stage.join("the first task", first)?;
    stage.join("the second task", second)
}

fn woken_from_outside(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let (waiting, event) = (CancelToken::new(), CancelToken::new());
    let (begun, awaited) = (waiting.clone(), event.clone());
    let mut cancelled = awaited.cancelled();
    let task = running.runtime().spawn(poll_fn(move |cx| {
        let polled = Pin::new(&mut cancelled).poll(cx);
        // Only now may the event happen, so that the first poll leaves the task waiting.
        begun.cancel();
        polled
    }))?;
    stage.happens("the task waits", &waiting)?;
    event.cancel();
    stage.join("the task", task)
}

fn many(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let gate = CancelToken::new();
    let mut tasks = Vec::new();
    for n in 0..2_000_u32 {
        let gate = gate.clone();
        tasks.push(running.runtime().spawn(async move {
            gate.cancelled().await;
            n
        })?);
    }
    gate.cancel();
    for (n, task) in (0..).zip(tasks) {
        let value = stage.join("one of 2,000 tasks", task)?;
        ensure(value == n, format!("task {n} has the value {value}"))?;
    }
    Ok(())
}

fn drop_detaches(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let (gate, all) = (CancelToken::new(), CancelToken::new());
    let left = Arc::new(AtomicUsize::new(300));
    for _ in 0..300 {
        let (gate, all, left) = (gate.clone(), all.clone(), Arc::clone(&left));
        drop(running.runtime().spawn(async move {
            gate.cancelled().await;
            if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                all.cancel();
            }
        })?);
    }
    gate.cancel();
    stage.happens("300 tasks whose handles were dropped end", &all)
}
