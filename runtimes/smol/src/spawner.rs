use std::future::poll_fn;
use std::thread;

use queryset::runtime::{BlockingJob, BoxFuture, SpawnError, Spawner, is_polling, while_polling};

use crate::{Executor, Smol};

impl Spawner for Smol {
    fn spawn(&self, mut task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        let task = poll_fn(move |cx| while_polling(|| task.as_mut().poll(cx)));
        let task = match &self.executor {
            Executor::Global => smol::spawn(task),
            Executor::Static(executor) => executor.spawn(task),
            Executor::Shared(executor) => match executor.upgrade() {
                Some(executor) => executor.spawn(task),
                None => return Err(SpawnError::gone("smol")),
            },
        };
        // smol cancels what is dropped.
        task.detach();
        Ok(())
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        smol::unblock(job).detach();
        Ok(())
    }

    fn in_async_task(&self) -> bool {
        is_polling() || is_executor_thread()
    }
}

/// Whether this is a thread of the global executor, by its name: asked once a thread.
fn is_executor_thread() -> bool {
    thread_local! {
        static IS_EXECUTOR: bool = thread::current()
            .name()
            .and_then(|name| name.strip_prefix("smol-"))
            .is_some_and(|number| number.parse::<u32>().is_ok());
    }
    IS_EXECUTOR.try_with(|is| *is).unwrap_or(false)
}
