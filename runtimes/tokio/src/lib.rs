//! The tokio adapter of queryset.
//!
//! ```
//! use queryset::runtime::{Runtime, block_on};
//! use queryset_tokio::Tokio;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let answer = tokio.block_on(async {
//!     let runtime = Runtime::from(Tokio::current()?);
//!     let job = runtime.spawn_blocking(|| 6 * 7)?;
//!     Ok::<_, Box<dyn std::error::Error>>(job.await?)
//! })?;
//! assert_eq!(answer, 42);
//! # Ok(())
//! # }
//! ```
//!
//! [`Tokio`] holds a handle of one runtime, of either flavour, and works from any thread. The
//! runtime needs its time and I/O drivers (`enable_all`, or `#[tokio::main]`); without them, or
//! outside tokio, making a [`Tokio`] is an error.
//!
//! A current-thread runtime makes progress only while somebody runs its `block_on`.

mod connector;
mod panics;
mod probe;
mod spawner;
mod stream;
mod task;
mod timer;

use queryset::runtime::{MissingRuntime, Runtime};
use tokio::runtime::Handle;

/// One tokio runtime, as what queryset needs of a runtime.
///
/// # Blocking reads
///
/// They are refused in everything that this thread's tokio polls, whichever tokio runtime it is:
/// tasks, the futures of `block_on`, a `LocalSet`. They work in `spawn_blocking`, in
/// `block_in_place` and outside tokio. Not recognised is what runs inside
/// [`tokio::task::unconstrained`], which switches off what the adapter goes by.
#[derive(Debug, Clone)]
pub struct Tokio {
    handle: Handle,
}

impl Tokio {
    /// The runtime that the calling thread is in.
    ///
    /// # Errors
    ///
    /// The thread is in no tokio runtime, or in one without a time or an I/O driver.
    pub fn current() -> Result<Self, MissingRuntime> {
        match Handle::try_current() {
            Ok(handle) => Self::from_handle(handle),
            Err(error) => Err(MissingRuntime::new(
                "tokio",
                "a runtime on this thread",
                "call `Tokio::current()` inside `#[tokio::main]`, `block_on` or a task, or pass a \
                 handle to `Tokio::from_handle`",
            )
            .with_source(error)),
        }
    }

    /// The runtime of a handle.
    ///
    /// # Errors
    ///
    /// The runtime has no time or no I/O driver.
    ///
    /// Tokio tells neither but by a panic, which is caught and kept out of the panic hook. In a
    /// program built with `panic = "abort"`, which can catch nothing, a missing driver therefore
    /// ends the program here, with tokio's own message; so does, later, a sleep that is polled
    /// after its runtime has shut down.
    pub fn from_handle(handle: Handle) -> Result<Self, MissingRuntime> {
        probe::drivers(&handle)?;
        Ok(Self { handle })
    }

    /// The runtime's handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl From<Tokio> for Runtime {
    fn from(tokio: Tokio) -> Self {
        Runtime::new(tokio.clone(), tokio.clone(), tokio)
    }
}
