use async_std::task;
use queryset::runtime::{BlockingJob, BoxFuture, SpawnError, Spawner};

use crate::AsyncStd;

impl Spawner for AsyncStd {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        // async-std detaches what is dropped.
        drop(task::spawn(task));
        Ok(())
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        // The pool of async-std itself. Its own `spawn_blocking` sends each job through a task
        // first, which costs a second hop and waits while every executor thread is busy.
        blocking::unblock(job).detach();
        Ok(())
    }

    fn in_async_task(&self) -> bool {
        task::try_current().is_some()
    }
}
