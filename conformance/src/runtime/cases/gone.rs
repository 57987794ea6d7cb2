//! What holds when a runtime has shut down under those who use it.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use queryset::CancelToken;
use queryset::runtime::{TaskError, TcpOptions};

use super::{CaseResult, Failure, Stage, ensure, fail, needing};
use crate::runtime::{Capability, Running, RuntimeCase};

pub(super) const CASES: &[RuntimeCase] = &[
    needing(Capability::ShutDown, "runtime.gone.lost", lost),
    needing(Capability::ShutDown, "runtime.gone.refuses", refuses),
    needing(
        Capability::ShutDown,
        "runtime.gone.jobs_answer",
        jobs_answer,
    ),
    needing(Capability::ShutDown, "runtime.gone.sleeps_end", sleeps_end),
    needing(
        Capability::ShutDown,
        "runtime.gone.connect_fails",
        connect_fails,
    ),
];

fn lost(stage: &Stage<'_>) -> CaseResult {
    let mut running = stage.start();
    let begun = CancelToken::new();
    let begins = begun.clone();
    let task = running.runtime().spawn(async move {
        begins.cancel();
        pending::<()>().await;
    })?;
    stage.happens("the task begins", &begun)?;
    shut_down(&mut running)?;
    match stage.wait("a task of a runtime that has shut down", task)? {
        Err(TaskError::Lost) => Ok(()),
        other => fail(format!("the task's outcome is {other:?}")),
    }
}

fn refuses(stage: &Stage<'_>) -> CaseResult {
    let mut running = stage.start();
    shut_down(&mut running)?;
    match running.runtime().spawn(async {}) {
        Err(error) => ensure(error.is_gone(), format!("the task's error is {error}"))?,
        Ok(_) => return fail("a runtime that has shut down takes a task"),
    }
    match running.runtime().spawn_blocking(|| ()) {
        Err(error) => ensure(error.is_gone(), format!("the job's error is {error}")),
        Ok(_) => fail("a runtime that has shut down takes a job"),
    }
}

/// Each job of a long queue runs or is lost; none is forgotten.
fn jobs_answer(stage: &Stage<'_>) -> CaseResult {
    let mut running = stage.start();
    let (gate, open) = mpsc::channel::<()>();
    let open = std::sync::Arc::new(std::sync::Mutex::new(open));
    let mut jobs = Vec::new();
    for _ in 0..1_000 {
        let open = open.clone();
        jobs.push(running.runtime().spawn_blocking(move || {
            // They wait in turn, and all go when the gate is dropped.
            drop(open.lock().map(|open| open.recv()));
        })?);
    }
    shut_down(&mut running)?;
    drop(gate);
    for job in jobs {
        match stage.wait("one of 1,000 jobs", job)? {
            Ok(()) | Err(TaskError::Lost) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Also those that were waiting at the time.
fn sleeps_end(stage: &Stage<'_>) -> CaseResult {
    let mut running = stage.start();
    let timer = running.runtime().timer().clone();
    let mut before = timer.sleep(Duration::from_millis(30));
    stage.wait(
        "a first poll",
        std::future::poll_fn(|cx| {
            // Whether it is over by now is all the same.
            let _ = before.as_mut().poll(cx);
            std::task::Poll::Ready(())
        }),
    )?;
    let unpolled = timer.sleep(Duration::from_millis(30));
    shut_down(&mut running)?;
    stage.wait("a sleep that was waiting", before)?;
    stage.wait("a sleep that was not polled yet", unpolled)?;
    stage.wait(
        "a sleep of a runtime that has shut down",
        timer.sleep(Duration::from_millis(1)),
    )
}

fn connect_fails(stage: &Stage<'_>) -> CaseResult {
    let mut running = stage.start();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr: SocketAddr = listener.local_addr()?;
    shut_down(&mut running)?;
    let connector = running.runtime().connector();
    let connected = stage.wait(
        "connecting",
        connector.connect_tcp(addr, &TcpOptions::new()),
    )?;
    ensure(
        connected.is_err(),
        "a runtime that has shut down opens a socket",
    )
}

fn shut_down(running: &mut Running) -> CaseResult {
    if running.shut_down() {
        return Ok(());
    }
    Err(Failure("`Running::shut_down_by` was not called".to_owned()))
}
