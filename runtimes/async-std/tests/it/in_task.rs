//! What the adapter takes for a task, beyond what the suite asks of every runtime.

use async_std::task;
use libtest_mimic::{Failed, Trial};
use queryset::runtime::Spawner;
use queryset_async_std::AsyncStd;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("in_task::block_on", in_block_on),
        Trial::test("in_task::own_tasks", in_own_tasks),
        Trial::test("in_task::spawn_blocking", in_spawn_blocking),
    ]
}

fn in_block_on() -> Result<(), Failed> {
    assert!(task::block_on(async { AsyncStd.in_async_task() }));
    assert!(!AsyncStd.in_async_task());
    Ok(())
}

/// Tasks that the program spawns by itself.
fn in_own_tasks() -> Result<(), Failed> {
    assert!(task::block_on(task::spawn(async {
        AsyncStd.in_async_task()
    })));
    Ok(())
}

fn in_spawn_blocking() -> Result<(), Failed> {
    let job = async { task::spawn_blocking(|| AsyncStd.in_async_task()).await };
    assert!(!task::block_on(job));
    Ok(())
}
