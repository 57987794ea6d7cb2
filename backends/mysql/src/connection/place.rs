//! Who drives the sockets: the tokio runtime that we are in, or a helper thread of our own.
//!
//! The driver's sockets are tokio's, and belong to the runtime in whose context they are opened.
//! Once open they can be polled anywhere, as long as somebody drives that runtime.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use queryset::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Who drives the sockets of a connection.
#[derive(Clone)]
pub(crate) enum Place {
    /// The runtime that the connection was opened in.
    Here,
    /// The helper thread, which lives as long as somebody has this.
    Helper(Arc<Helper>),
}

impl Place {
    /// Where the calling task can open connections: on its own runtime if that is tokio.
    ///
    /// # Errors
    /// Kind [`Runtime`](ErrorKind::Runtime): the helper thread cannot be started.
    pub(crate) fn current() -> Result<Self> {
        match Handle::try_current() {
            Ok(_) => Ok(Self::Here),
            Err(_) => Helper::get().map(Self::Helper),
        }
    }

    /// Runs a future where it can open sockets; the calling task has to be the one of
    /// [`current`](Self::current), or another of its runtime.
    ///
    /// # Errors
    /// Kind [`Runtime`](ErrorKind::Runtime): the helper thread is gone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Here => Ok(future.await),
            Self::Helper(helper) => {
                let task = AbortOnDrop(helper.handle.spawn(future));
                let mut task = task;
                (&mut task.0).await.map_err(|error| {
                    Error::new(ErrorKind::Runtime, "the helper thread did not do its work")
                        .with_source(error)
                })
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Here => "Here",
            Self::Helper(_) => "Helper",
        })
    }
}

/// Whoever goes away does not want its connection to be opened either.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A thread that drives the sockets of all connections of the process that are not on tokio.
pub(crate) struct Helper {
    handle: Handle,
    /// Dropped with the helper, which ends the thread.
    _alive: oneshot::Sender<()>,
}

/// Not kept alive by itself: the last connection stops the thread.
static HELPER: Mutex<Weak<Helper>> = Mutex::new(Weak::new());

impl Helper {
    fn get() -> Result<Arc<Self>> {
        let mut helper = HELPER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(helper) = helper.upgrade() {
            return Ok(helper);
        }
        let started = Arc::new(Self::start().map_err(|error| {
            Error::new(
                ErrorKind::Runtime,
                "the helper thread that mysql needs was not started",
            )
            .with_source(error)
        })?);
        *helper = Arc::downgrade(&started);
        Ok(started)
    }

    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        let (alive, gone) = oneshot::channel();
        thread::Builder::new()
            .name("queryset-mysql".to_owned())
            .spawn(move || {
                // An error says the same: nobody is there any more.
                let _ = runtime.block_on(gone);
                // A file that is being read must not hold the thread.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            _alive: alive,
        })
    }
}
