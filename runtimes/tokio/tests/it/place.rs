//! Where an adapter can be made and used.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use queryset::runtime::{Runtime, block_on, block_on_until};
use queryset_tokio::Tokio;
use tokio::runtime::Builder;

use crate::under_test::forever;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("place::messages", messages),
        Trial::test("place::undriven", undriven),
        Trial::test("place::shut_down_from_a_task", shut_down_from_a_task),
    ]
}

fn messages() -> Result<(), Failed> {
    let outside = Tokio::current().unwrap_err();
    assert_eq!(
        outside.to_string(),
        "tokio is missing a runtime on this thread: call `Tokio::current()` inside \
         `#[tokio::main]`, `block_on` or a task, or pass a handle to `Tokio::from_handle`"
    );
    let without = |builder: &mut Builder| {
        let tokio = builder.build().unwrap();
        Tokio::from_handle(tokio.handle().clone())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        without(Builder::new_current_thread().enable_io()),
        "tokio is missing the runtime's time driver: call `enable_time` or `enable_all` on the \
         runtime's builder"
    );
    assert_eq!(
        without(Builder::new_current_thread().enable_time()),
        "tokio is missing the runtime's I/O driver: call `enable_io` or `enable_all` on the \
         runtime's builder"
    );
    Ok(())
}

/// A current-thread runtime that nobody drives runs jobs, and nothing that waits for it hangs for
/// longer than its own deadline.
fn undriven() -> Result<(), Failed> {
    let tokio = Builder::new_current_thread().enable_all().build()?;
    let runtime = Runtime::from(Tokio::from_handle(tokio.handle().clone())?);
    assert_eq!(block_on(runtime.spawn_blocking(|| 7)?)?, 7);
    let task = runtime.spawn(async { 7 })?;
    let soon = Instant::now() + Duration::from_millis(20);
    assert!(block_on_until(task, soon).is_none());
    Ok(())
}

/// Dropping the last of a runtime inside one of its blocking jobs, with a task left over.
fn shut_down_from_a_task() -> Result<(), Failed> {
    let tokio = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let runtime = Runtime::from(Tokio::from_handle(tokio.handle().clone())?);
    let left = runtime.spawn(forever())?;
    let job = runtime.spawn_blocking(move || tokio.shutdown_background())?;
    block_on(job)?;
    assert!(block_on(left).is_err());
    Ok(())
}
