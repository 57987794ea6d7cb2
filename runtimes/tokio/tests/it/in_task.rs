//! What the adapter takes for a task, beyond what the suite asks of every runtime.

use std::thread;

use libtest_mimic::{Failed, Trial};
use queryset::runtime::{Spawner, Threads, block_on};
use queryset_tokio::Tokio;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{self, LocalSet, coop};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("in_task::block_on", in_block_on),
        Trial::test("in_task::local_set", in_local_set),
        Trial::test("in_task::spawn_blocking", in_spawn_blocking),
        Trial::test("in_task::block_in_place", in_block_in_place),
        Trial::test("in_task::other_threads", on_other_threads),
        Trial::test("in_task::budget_is_restored", budget_is_restored),
        Trial::test("in_task::without_budget", without_budget),
    ]
}

fn both() -> [(Runtime, Tokio); 2] {
    [Builder::new_multi_thread(), Builder::new_current_thread()].map(|mut builder| {
        let runtime = builder.enable_all().build().unwrap();
        let tokio = Tokio::from_handle(runtime.handle().clone()).unwrap();
        (runtime, tokio)
    })
}

fn in_block_on() -> Result<(), Failed> {
    for (runtime, tokio) in both() {
        assert!(!tokio.in_async_task());
        assert!(runtime.block_on(async { tokio.in_async_task() }));
        let _context = runtime.enter();
        assert!(!tokio.in_async_task());
    }
    Ok(())
}

fn in_local_set() -> Result<(), Failed> {
    for (runtime, tokio) in both() {
        let local = LocalSet::new();
        assert!(runtime.block_on(local.run_until(async {
            task::spawn_local(async move { tokio.in_async_task() })
                .await
                .unwrap()
        })));
    }
    Ok(())
}

fn in_spawn_blocking() -> Result<(), Failed> {
    for (runtime, tokio) in both() {
        let inner = tokio.clone();
        let job = runtime.spawn_blocking(move || {
            assert!(!inner.in_async_task());
            // Asked twice: the first question must leave nothing behind.
            inner.in_async_task()
        });
        assert!(!runtime.block_on(job)?);
        // And in a job of a task, whose thread is in the runtime's context.
        let job = runtime.block_on(async move {
            task::spawn_blocking(move || {
                assert!(tokio::runtime::Handle::try_current().is_ok());
                tokio.in_async_task()
            })
            .await
        });
        assert!(!job?);
    }
    Ok(())
}

fn in_block_in_place() -> Result<(), Failed> {
    let [(runtime, tokio), _] = both();
    let task = runtime.spawn(async move {
        let before = tokio.in_async_task();
        let inside = task::block_in_place(|| tokio.in_async_task());
        (before, inside, tokio.in_async_task())
    });
    assert_eq!(runtime.block_on(task)?, (true, false, true));
    Ok(())
}

fn on_other_threads() -> Result<(), Failed> {
    for (runtime, tokio) in both() {
        let inner = tokio.clone();
        assert!(!thread::spawn(move || inner.in_async_task()).join().unwrap());
        // A task of another runtime is that runtime's to recognise.
        let inner = tokio.clone();
        let other = queryset::runtime::Runtime::from(Threads);
        let task = other.spawn(async move { inner.in_async_task() })?;
        assert!(!block_on(task)?);
        drop(runtime);
    }
    Ok(())
}

/// Asking takes nothing from the task's budget, and sees a task that has spent all of it.
fn budget_is_restored() -> Result<(), Failed> {
    for (runtime, tokio) in both() {
        runtime.block_on(async {
            for _ in 0..10_000 {
                assert!(tokio.in_async_task());
                assert!(coop::has_budget_remaining());
            }
            let left = || {
                let mut left = 0;
                while coop::has_budget_remaining() {
                    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                    let std::task::Poll::Ready(unit) = coop::poll_proceed(&mut cx) else {
                        break;
                    };
                    unit.made_progress();
                    left += 1;
                }
                left
            };
            assert!(tokio.in_async_task());
            let whole = left();
            assert!(tokio.in_async_task(), "with a spent budget");
            task::yield_now().await;
            assert_eq!(left(), whole);
        });
    }
    Ok(())
}

/// The limit that the documentation names.
fn without_budget() -> Result<(), Failed> {
    for (runtime, tokio) in both() {
        let unconstrained = coop::unconstrained(async { tokio.in_async_task() });
        assert!(!runtime.block_on(unconstrained));
    }
    Ok(())
}
