use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use super::polling::{is_polling, while_polling};
use super::{
    BlockingJob, BoxFuture, BoxStream, Connector, Runtime, SpawnError, Spawner, TcpOptions, Timer,
    block_on,
};

mod executor;
mod pool;
mod sleep;

/// A runtime of nothing but `std`'s threads, for a program that has no runtime: a command-line
/// tool, a desktop program's `main`, a test.
///
/// Everything is shared by the whole process, starts with its first use and gives its threads back
/// after a second without work: as many threads as there are cores poll tasks, up to 512 run
/// blocking jobs (more jobs wait their turn), and one serves the timers.
///
/// It serves SQLite fully. It opens no sockets: a backend that needs one gets an
/// [`io::ErrorKind::Unsupported`] that says so.
///
/// # Blocking reads
///
/// They are refused in what its threads poll and in [`Threads::block_on`]. They work in its
/// blocking jobs, on every other thread, and in [`block_on`], which is no runtime.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Threads;

impl Threads {
    /// Runs a future as a task on the calling thread, for an asynchronous `main`.
    ///
    /// ```
    /// use queryset::runtime::{Runtime, Spawner, Threads};
    ///
    /// let answer = Threads.block_on(async {
    ///     let runtime = Runtime::from(Threads);
    ///     assert!(Threads.in_async_task());
    ///     let job = runtime.spawn_blocking(|| (6 * 7, Threads.in_async_task()))?;
    ///     Ok::<_, queryset::runtime::SpawnError>(job.await)
    /// })?;
    /// assert_eq!(answer.unwrap(), (42, false));
    /// # Ok::<(), queryset::runtime::SpawnError>(())
    /// ```
    pub fn block_on<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        block_on(poll_fn(|cx| while_polling(|| future.as_mut().poll(cx))))
    }
}

impl Spawner for Threads {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        executor::spawn(task).map_err(|error| SpawnError::refused("threads", error))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        pool::BLOCKING
            .push(job)
            .map_err(|error| SpawnError::refused("threads", error))
    }

    fn in_async_task(&self) -> bool {
        is_polling()
    }
}

impl Timer for Threads {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(sleep::Sleep::new(duration))
    }
}

impl Connector for Threads {
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        _: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        Box::pin(async move { Err(no_sockets(&addr)) })
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        Box::pin(async move { Err(no_sockets(&path.display())) })
    }
}

impl From<Threads> for Runtime {
    fn from(threads: Threads) -> Self {
        Runtime::new(threads, threads, threads)
    }
}

fn no_sockets(address: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!(
            "the threads runtime opens no sockets, so it cannot connect to {address}: use the \
             adapter of an async runtime, such as queryset-tokio"
        ),
    )
}
