//! The runtime seam: how queryset runs tasks and blocking jobs, sleeps, and opens sockets.
//!
//! A [`Runtime`] is three small parts, chosen by value and never found in ambient state: a
//! [`Spawner`], a [`Timer`] and a [`Connector`]. Crates such as `queryset-tokio` bring adapters;
//! [`Threads`] needs only `std` and lives here.
//!
//! ```
//! use queryset::runtime::{block_on, Runtime, Threads};
//!
//! let runtime = Runtime::from(Threads);
//! let answer = runtime.spawn_blocking(|| 6 * 7)?;
//! assert_eq!(block_on(answer).unwrap(), 42);
//! # Ok::<(), queryset::runtime::SpawnError>(())
//! ```
//!
//! # Writing an adapter
//!
//! Implement the three traits on one type, and `From` it for [`Runtime`]. This one runs everything
//! on a thread of its own and has no sockets:
//!
//! ```
//! use queryset::runtime::*;
//! use std::{io, net::SocketAddr, thread, time::Duration};
//!
//! #[derive(Debug, Clone, Copy)]
//! struct ThreadEach;
//!
//! impl Spawner for ThreadEach {
//!     fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
//!         self.spawn_blocking(Box::new(move || block_on(task)))
//!     }
//!     fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
//!         match thread::Builder::new().spawn(job) {
//!             Ok(_) => Ok(()),
//!             Err(error) => Err(SpawnError::refused("thread-each", error)),
//!         }
//!     }
//! }
//!
//! impl Timer for ThreadEach {
//!     fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
//!         Threads.sleep(duration)
//!     }
//! }
//!
//! impl Connector for ThreadEach {
//!     fn connect_tcp(
//!         &self,
//!         _: SocketAddr,
//!         _: &TcpOptions,
//!     ) -> BoxFuture<'static, io::Result<BoxStream>> {
//!         Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
//!     }
//! }
//!
//! impl From<ThreadEach> for Runtime {
//!     fn from(threads: ThreadEach) -> Runtime {
//!         Runtime::new(threads, threads, threads)
//!     }
//! }
//!
//! let runtime = Runtime::from(ThreadEach);
//! assert_eq!(block_on(runtime.spawn(async { 1 + 1 })?).unwrap(), 2);
//! # Ok::<(), SpawnError>(())
//! ```
//!
//! `queryset-conformance` has a suite of cases that shows whether an adapter keeps the contracts.

mod block_on;
mod connector;
mod driven;
mod error;
mod polling;
mod socket;
#[cfg(feature = "sockets")]
#[cfg_attr(not(unix), path = "runtime/socket_wait/elsewhere.rs")]
mod socket_wait;
mod spawner;
mod task;
mod threads;
mod timer;
pub(crate) mod watchdog;

use std::fmt;
use std::sync::Arc;

pub use block_on::{block_on, block_on_until};
pub use connector::{BoxStream, ByteStream, Connector, Keepalive, TcpOptions};
pub use driven::block_on_driven;
pub use error::{MissingRuntime, SpawnError};
pub use futures_core::future::BoxFuture;
pub use polling::{is_polling, while_polling};
pub use socket::Socket;
#[cfg(feature = "sockets")]
pub use socket_wait::SocketWait;
pub use spawner::{BlockingJob, Spawner};
pub use task::{PanicPayload, TaskError, TaskHandle};
pub use threads::Threads;
pub use timer::Timer;

/// A runtime, chosen by value: what runs tasks and jobs, what sleeps, and what opens sockets.
///
/// Cheap to clone. Each part can be replaced or wrapped by itself, which tests and metrics use.
#[derive(Clone)]
pub struct Runtime {
    spawner: Arc<dyn Spawner>,
    timer: Arc<dyn Timer>,
    connector: Arc<dyn Connector>,
}

impl Runtime {
    /// A runtime of these three parts.
    pub fn new(spawner: impl Spawner, timer: impl Timer, connector: impl Connector) -> Self {
        Self {
            spawner: Arc::new(spawner),
            timer: Arc::new(timer),
            connector: Arc::new(connector),
        }
    }

    /// What runs tasks and blocking jobs.
    pub fn spawner(&self) -> &Arc<dyn Spawner> {
        &self.spawner
    }

    /// What sleeps.
    pub fn timer(&self) -> &Arc<dyn Timer> {
        &self.timer
    }

    /// What opens sockets.
    pub fn connector(&self) -> &Arc<dyn Connector> {
        &self.connector
    }

    /// The same runtime with another spawner.
    pub fn with_spawner(mut self, spawner: impl Spawner) -> Self {
        self.spawner = Arc::new(spawner);
        self
    }

    /// The same runtime with another timer.
    pub fn with_timer(mut self, timer: impl Timer) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// The same runtime with another connector.
    pub fn with_connector(mut self, connector: impl Connector) -> Self {
        self.connector = Arc::new(connector);
        self
    }

    /// Runs a future as a task of its own.
    ///
    /// Dropping the handle detaches the task, which runs on; [`TaskHandle::abort`] ends it.
    ///
    /// # Errors
    ///
    /// The runtime refuses: it is gone, or out of threads. The future has then been dropped.
    pub fn spawn<F>(&self, future: F) -> Result<TaskHandle<F::Output>, SpawnError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (promise, handle) = task::promise();
        self.spawner.spawn(Box::pin(task::run(future, promise)))?;
        Ok(handle)
    }

    /// Runs a closure on a thread that may block.
    ///
    /// Dropping the handle detaches the job, which runs even if it had not begun;
    /// [`TaskHandle::abort`] takes a job back that has not begun, and does nothing to one that has.
    ///
    /// # Errors
    ///
    /// The runtime refuses: it is gone, or out of threads. The closure has then been dropped.
    pub fn spawn_blocking<T, F>(&self, job: F) -> Result<TaskHandle<T>, SpawnError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (promise, handle) = task::promise();
        self.spawner
            .spawn_blocking(Box::new(move || task::run_blocking(job, promise)))?;
        Ok(handle)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("spawner", &self.spawner)
            .field("timer", &self.timer)
            .field("connector", &self.connector)
            .finish()
    }
}

impl From<&Runtime> for Runtime {
    fn from(runtime: &Runtime) -> Self {
        runtime.clone()
    }
}
