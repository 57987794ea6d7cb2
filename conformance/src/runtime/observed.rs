use std::collections::HashSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use queryset::runtime::{
    BlockingJob, BoxFuture, BoxStream, Connector, Runtime, Socket, SpawnError, Spawner, TcpOptions,
    Timer,
};

/// What went through a runtime that [`observed`] wrapped.
#[derive(Debug, Default)]
pub struct Calls {
    tasks: AtomicUsize,
    jobs: AtomicUsize,
    sleeps: AtomicUsize,
    connects: AtomicUsize,
    refuses: AtomicBool,
    job_threads: Mutex<HashSet<ThreadId>>,
}

impl Calls {
    /// How many tasks were spawned.
    pub fn tasks(&self) -> usize {
        self.tasks.load(Ordering::SeqCst)
    }

    /// How many blocking jobs were spawned.
    pub fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }

    /// How many sleeps began.
    pub fn sleeps(&self) -> usize {
        self.sleeps.load(Ordering::SeqCst)
    }

    /// How many connections were asked for.
    pub fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }

    /// Whether a blocking job has run on this thread.
    pub fn ran_job_on(&self, thread: ThreadId) -> bool {
        self.job_threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&thread)
    }

    /// From now on every task and every job is refused, or taken again.
    pub fn refuse(&self, refuse: bool) {
        self.refuses.store(refuse, Ordering::SeqCst);
    }

    fn refused(&self) -> Result<(), SpawnError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(SpawnError::refused("observed", "the test says so"));
        }
        Ok(())
    }
}

/// The same runtime, with each call counted; it can be told to refuse.
///
/// For cases that ask whether reads go through the runtime that they were given.
///
/// ```
/// use queryset::runtime::{Runtime, Threads, block_on};
/// use queryset_conformance::runtime::observed;
///
/// let (runtime, calls) = observed(Runtime::from(Threads));
/// let job = runtime.spawn_blocking(|| std::thread::current().id())?;
/// let thread = block_on(job).unwrap();
/// assert_eq!((calls.jobs(), calls.tasks()), (1, 0));
/// assert!(calls.ran_job_on(thread));
///
/// calls.refuse(true);
/// assert!(runtime.spawn(async {}).is_err());
/// # Ok::<(), queryset::runtime::SpawnError>(())
/// ```
pub fn observed(runtime: Runtime) -> (Runtime, Arc<Calls>) {
    let calls = Arc::new(Calls::default());
    let part = || Observed {
        runtime: runtime.clone(),
        calls: Arc::clone(&calls),
    };
    (Runtime::new(part(), part(), part()), calls)
}

struct Observed {
    runtime: Runtime,
    calls: Arc<Calls>,
}

impl Spawner for Observed {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        self.calls.refused()?;
        self.calls.tasks.fetch_add(1, Ordering::SeqCst);
        self.runtime.spawner().spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        self.calls.refused()?;
        self.calls.jobs.fetch_add(1, Ordering::SeqCst);
        let calls = Arc::clone(&self.calls);
        self.runtime.spawner().spawn_blocking(Box::new(move || {
            let mut threads = calls
                .job_threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            threads.insert(thread::current().id());
            drop(threads);
            job();
        }))
    }

    fn in_async_task(&self) -> bool {
        self.runtime.spawner().in_async_task()
    }
}

impl Timer for Observed {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.calls.sleeps.fetch_add(1, Ordering::SeqCst);
        self.runtime.timer().sleep(duration)
    }

    fn now(&self) -> Instant {
        self.runtime.timer().now()
    }
}

impl Connector for Observed {
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        self.calls.connects.fetch_add(1, Ordering::SeqCst);
        self.runtime.connector().connect_tcp(addr, options)
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        self.calls.connects.fetch_add(1, Ordering::SeqCst);
        self.runtime.connector().connect_unix(path)
    }

    fn release(&self, stream: BoxStream) -> Result<Socket, BoxStream> {
        self.runtime.connector().release(stream)
    }

    fn adopt(&self, socket: Socket) -> io::Result<BoxStream> {
        self.runtime.connector().adopt(socket)
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.runtime).finish()
    }
}
