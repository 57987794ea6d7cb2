//! Parts of a runtime, wrapped so that a case can watch them or make them fail.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use queryset::runtime::{BlockingJob, BoxFuture, Runtime, SpawnError, Spawner, Timer};

/// What a [`WatchedSpawner`] and a [`WatchedTimer`] saw, and what they are told to do.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    tasks: AtomicU64,
    jobs: AtomicU64,
    sleeps: AtomicU64,
    refusing: AtomicBool,
    hasty: AtomicBool,
    threads: Mutex<Vec<ThreadId>>,
}

impl Watch {
    /// The tasks and jobs that were spawned.
    pub(crate) fn spawned(&self) -> u64 {
        self.tasks.load(Ordering::SeqCst) + self.jobs.load(Ordering::SeqCst)
    }

    /// The sleeps that were asked for.
    pub(crate) fn sleeps(&self) -> u64 {
        self.sleeps.load(Ordering::SeqCst)
    }

    /// From now on every task and job is refused, or none.
    pub(crate) fn refuse(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::SeqCst);
    }

    /// From now on every sleep ends at once.
    pub(crate) fn hurry(&self) {
        self.hasty.store(true, Ordering::SeqCst);
    }

    /// The threads on which jobs ran, and tasks were polled.
    pub(crate) fn threads(&self) -> Vec<ThreadId> {
        self.threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn here(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let me = thread::current().id();
        if !threads.contains(&me) {
            threads.push(me);
        }
    }

    fn check(&self) -> Result<(), SpawnError> {
        match self.refusing.load(Ordering::SeqCst) {
            true => Err(SpawnError::refused("watched", "it was told to refuse")),
            false => Ok(()),
        }
    }
}

/// The runtime with its spawner and its timer watched.
pub(crate) fn watched(runtime: &Runtime) -> (Runtime, Arc<Watch>) {
    let watch = Arc::<Watch>::default();
    let spawner = WatchedSpawner {
        inner: Arc::clone(runtime.spawner()),
        watch: Arc::clone(&watch),
    };
    let timer = WatchedTimer {
        inner: Arc::clone(runtime.timer()),
        watch: Arc::clone(&watch),
    };
    (
        runtime.clone().with_spawner(spawner).with_timer(timer),
        watch,
    )
}

#[derive(Debug)]
struct WatchedSpawner {
    inner: Arc<dyn Spawner>,
    watch: Arc<Watch>,
}

impl Spawner for WatchedSpawner {
    fn spawn(&self, mut task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        self.watch.check()?;
        self.watch.tasks.fetch_add(1, Ordering::SeqCst);
        let watch = Arc::clone(&self.watch);
        self.inner
            .spawn(Box::pin(std::future::poll_fn(move |context| {
                watch.here();
                task.as_mut().poll(context)
            })))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        self.watch.check()?;
        self.watch.jobs.fetch_add(1, Ordering::SeqCst);
        let watch = Arc::clone(&self.watch);
        self.inner.spawn_blocking(Box::new(move || {
            watch.here();
            job();
        }))
    }

    fn in_async_task(&self) -> bool {
        self.inner.in_async_task()
    }
}

#[derive(Debug)]
struct WatchedTimer {
    inner: Arc<dyn Timer>,
    watch: Arc<Watch>,
}

impl Timer for WatchedTimer {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.watch.sleeps.fetch_add(1, Ordering::SeqCst);
        match self.watch.hasty.load(Ordering::SeqCst) {
            true => Box::pin(async {}),
            false => self.inner.sleep(duration),
        }
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }
}
