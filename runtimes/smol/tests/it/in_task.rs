//! What the adapter takes for a task, beyond what the suite asks of every runtime, and what it
//! does without its executor.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use queryset::runtime::{Runtime, Spawner, TaskError, block_on};
use queryset_smol::Smol;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("in_task::own_tasks", in_own_tasks),
        Trial::test("in_task::unblock", in_unblock),
        Trial::test("in_task::documented_limits", documented_limits),
        Trial::test("executor::static", on_a_static),
        Trial::test("executor::dropped", on_a_dropped_one),
    ]
}

/// Tasks that the program spawns by itself, on the global executor.
fn in_own_tasks() -> Result<(), Failed> {
    assert!(smol::block_on(smol::spawn(async { Smol.in_async_task() })));
    Ok(())
}

fn in_unblock() -> Result<(), Failed> {
    let job = smol::spawn(async { smol::unblock(|| Smol.in_async_task()).await });
    assert!(!smol::block_on(job));
    Ok(())
}

/// smol gives no sign of these.
fn documented_limits() -> Result<(), Failed> {
    assert!(!smol::block_on(async { Smol.in_async_task() }));
    let executor = smol::Executor::new();
    let task = executor.spawn(async { Smol.in_async_task() });
    assert!(!smol::block_on(executor.run(task)));
    Ok(())
}

fn on_a_static() -> Result<(), Failed> {
    static EXECUTOR: smol::Executor<'static> = smol::Executor::new();
    let runtime = Runtime::from(Smol::on(&EXECUTOR));
    let task = runtime.spawn(async { 7 })?;
    assert_eq!(smol::block_on(EXECUTOR.run(task))?, 7);
    Ok(())
}

fn on_a_dropped_one() -> Result<(), Failed> {
    let executor = Arc::new(smol::Executor::new());
    let runtime = Runtime::from(Smol::on(&executor));
    let task = runtime.spawn(std::future::pending::<()>())?;
    drop(executor);
    assert!(matches!(block_on(task), Err(TaskError::Lost)));
    assert!(runtime.spawn(async {}).unwrap_err().is_gone());
    Ok(())
}
