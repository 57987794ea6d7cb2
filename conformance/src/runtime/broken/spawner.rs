use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use queryset::runtime::{
    BlockingJob, BoxFuture, Runtime, SpawnError, Spawner, block_on, while_polling,
};

use super::{Break, breaking};
use crate::runtime::Capability;

pub(super) const BREAKS: &[Break] = &[
    breaking(
        "runs tasks inline",
        "runtime.spawn.never_inline",
        None,
        |runtime| broken(runtime, |spawner| InlineTasks { spawner }),
    ),
    breaking(
        "polls one task at a time",
        "runtime.spawn.tasks_take_turns",
        None,
        |runtime| {
            broken(runtime, |spawner| Serial {
                spawner,
                queue: Arc::default(),
            })
        },
    ),
    breaking(
        "polls a task once",
        "runtime.spawn.woken_from_outside",
        None,
        |runtime| broken(runtime, |spawner| PollsOnce { spawner }),
    ),
    breaking("loses tasks", "runtime.spawn.many", None, |runtime| {
        broken(runtime, |spawner| Loses {
            spawner,
            seen: AtomicUsize::new(0),
        })
    }),
    breaking(
        "runs jobs inline",
        "runtime.blocking.never_inline",
        None,
        |runtime| broken(runtime, |spawner| InlineJobs { spawner }),
    ),
    breaking(
        "runs jobs on its tasks' threads",
        "runtime.blocking.not_on_executor_thread",
        None,
        |runtime| broken(runtime, |spawner| JobsAsTasks { spawner }),
    ),
    breaking(
        "runs one job at a time",
        "runtime.blocking.in_parallel",
        None,
        |runtime| {
            broken(runtime, |spawner| SerialJobs {
                spawner,
                queue: Arc::default(),
            })
        },
    ),
    breaking(
        "loses jobs",
        "runtime.many_blocking_jobs",
        None,
        |runtime| {
            broken(runtime, |spawner| Loses {
                spawner,
                seen: AtomicUsize::new(0),
            })
        },
    ),
    breaking(
        "loses jobs without a word",
        "runtime.drop.blocking_jobs_run",
        None,
        |runtime| {
            broken(runtime, |spawner| Loses {
                spawner,
                seen: AtomicUsize::new(0),
            })
        },
    ),
    breaking(
        "takes jobs for tasks",
        "runtime.in_task.not_in_blocking_job",
        None,
        |runtime| broken(runtime, |spawner| MarksJobs { spawner }),
    ),
    breaking(
        "takes everything for a task",
        "runtime.in_task.not_outside",
        None,
        |runtime| {
            broken(runtime, |spawner| Says {
                spawner,
                in_task: true,
            })
        },
    ),
    breaking(
        "takes nothing for a task",
        "runtime.in_task.recognised",
        Some(Capability::TasksRecognised),
        |runtime| {
            broken(runtime, |spawner| Says {
                spawner,
                in_task: false,
            })
        },
    ),
    breaking(
        "keeps its tasks when it is gone",
        "runtime.gone.lost",
        Some(Capability::ShutDown),
        |runtime| broken(runtime, |spawner| KeepsTasks { spawner }),
    ),
    breaking(
        "says yes when it is gone",
        "runtime.gone.refuses",
        Some(Capability::ShutDown),
        |runtime| broken(runtime, |spawner| SaysYes { spawner }),
    ),
    breaking(
        "panics when it is gone",
        "runtime.gone.refuses",
        Some(Capability::ShutDown),
        |runtime| broken(runtime, |spawner| Panics { spawner }),
    ),
];

type Inner = Arc<dyn Spawner>;
type Spawned = Result<(), SpawnError>;

fn broken<S: Spawner>(runtime: Runtime, wrap: impl FnOnce(Inner) -> S) -> Runtime {
    let inner = Arc::clone(runtime.spawner());
    runtime.with_spawner(wrap(inner))
}

/// A wrapper whose other methods are the sound ones.
macro_rules! wrapper {
    ($name:ident { $($field:ident: $type:ty),* } $($method:item)*) => {
        struct $name {
            spawner: Inner,
            $($field: $type,)*
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.spawner).finish()
            }
        }

        impl Spawner for $name {
            $($method)*
        }
    };
}

wrapper! { InlineTasks {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        block_on(task);
        Ok(())
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn_blocking(job)
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

wrapper! { InlineJobs {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        job();
        Ok(())
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

wrapper! { JobsAsTasks {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn(Box::pin(async move { job() }))
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

wrapper! { PollsOnce {}
    fn spawn(&self, mut task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(Box::pin(poll_fn(move |cx| {
            // Ended or not.
            let _ = task.as_mut().poll(cx);
            Poll::Ready(())
        })))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn_blocking(job)
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

wrapper! { Loses { seen: AtomicUsize }
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        if self.seen.fetch_add(1, Ordering::Relaxed) % 100 == 99 {
            return Ok(());
        }
        self.spawner.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        if self.seen.fetch_add(1, Ordering::Relaxed) % 100 == 99 {
            return Ok(());
        }
        self.spawner.spawn_blocking(job)
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

wrapper! { MarksJobs {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn_blocking(Box::new(move || while_polling(job)))
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task() || queryset::runtime::is_polling()
    }
}

wrapper! { Says { in_task: bool }
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn_blocking(job)
    }

    fn in_async_task(&self) -> bool {
        self.in_task
    }
}

wrapper! { KeepsTasks {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(Box::pin(Kept(Some(task))))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn_blocking(job)
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

struct Kept(Option<BoxFuture<'static, ()>>);

impl Future for Kept {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0
            .as_mut()
            .map_or(Poll::Ready(()), |task| task.as_mut().poll(cx))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        mem::forget(self.0.take());
    }
}

wrapper! { SaysYes {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        let _ = self.spawner.spawn(task);
        Ok(())
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        let _ = self.spawner.spawn_blocking(job);
        Ok(())
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

wrapper! { Panics {}
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(task).or_else(|error| std::panic::resume_unwind(Box::new(error.to_string())))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner
            .spawn_blocking(job)
            .or_else(|error| std::panic::resume_unwind(Box::new(error.to_string())))
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

// One job a wrapper at a time, whatever the pool has.
wrapper! { SerialJobs { queue: Arc<Mutex<Queue>> }
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        self.spawner.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        serially(&self.spawner, &self.queue, job)
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

// Tasks as jobs that are run to their end, one after the other.
wrapper! { Serial { queue: Arc<Mutex<Queue>> }
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Spawned {
        serially(&self.spawner, &self.queue, Box::new(move || block_on(task)))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Spawned {
        self.spawner.spawn_blocking(job)
    }

    fn in_async_task(&self) -> bool {
        self.spawner.in_async_task()
    }
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<BlockingJob>,
    is_served: bool,
}

fn serially(spawner: &Inner, queue: &Arc<Mutex<Queue>>, job: BlockingJob) -> Spawned {
    let mut waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.jobs.push_back(job);
    if mem::replace(&mut waiting.is_served, true) {
        return Ok(());
    }
    let queue = Arc::clone(queue);
    spawner.spawn_blocking(Box::new(move || {
        loop {
            let mut waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(job) = waiting.jobs.pop_front() else {
                waiting.is_served = false;
                return;
            };
            drop(waiting);
            job();
        }
    }))
}
