use std::pin::pin;
use std::task::{Context, Poll, Waker};

use queryset::runtime::{BlockingJob, BoxFuture, SpawnError, Spawner};
use tokio::task::{JoinHandle, coop};

use crate::{Tokio, panics, task};

impl Spawner for Tokio {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        accepted(self.handle.spawn(task))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        // Tokio panics when the system has no thread to give.
        match panics::catch(|| self.handle.spawn_blocking(job)) {
            Ok(handle) => accepted(handle),
            Err(panic) => Err(SpawnError::refused("tokio", panics::message(&*panic))),
        }
    }

    fn in_async_task(&self) -> bool {
        task::is_polled()
    }
}

/// A runtime that has shut down still takes a task, but cancels it at once.
fn accepted(handle: JoinHandle<()>) -> Result<(), SpawnError> {
    if handle.is_finished() {
        // The caller's own budget has no say in this, and must not be spent.
        let joined =
            pin!(coop::unconstrained(handle)).poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(Err(error)) = joined
            && error.is_cancelled()
        {
            return Err(SpawnError::gone("tokio"));
        }
    }
    Ok(())
}
