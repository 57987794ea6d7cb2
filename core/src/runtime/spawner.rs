use std::fmt::Debug;

use super::{BoxFuture, SpawnError};

/// A job for a thread that may block.
pub type BlockingJob = Box<dyn FnOnce() + Send + 'static>;

/// What runs tasks and blocking jobs.
///
/// # Contract
///
/// - Neither method may block, nor run what it was given before it returns: a job that ran inline
///   would stall the task that spawned it.
/// - An accepted task or job MUST be run to its end for as long as the runtime lives, whether or
///   not anybody waits for it. Where the runtime gives up a handle, the adapter detaches it: a
///   connection's clean-up runs in a task that nobody holds.
/// - When the runtime shuts down it MUST drop what it will not run, since that is how those who
///   wait learn of it ([`TaskError::Lost`](super::TaskError::Lost)). Kept, it would hang them.
/// - A runtime that is gone, or cannot start a thread, MUST answer with an error and never panic.
///   Both methods may be called from any thread, in the runtime's context or outside.
/// - `spawn_blocking` MUST accept more jobs than there are threads, and MUST run them on threads
///   that run no tasks.
///
/// Panics need no care: core catches them before they reach the adapter.
pub trait Spawner: Debug + Send + Sync + 'static {
    /// Runs a task to its end.
    ///
    /// # Errors
    ///
    /// The runtime is gone or refuses; `task` has been dropped.
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError>;

    /// Runs a job on a thread that may block.
    ///
    /// # Errors
    ///
    /// The runtime is gone or refuses; `job` has been dropped.
    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError>;

    /// Whether the calling thread is known to be polling a task of this runtime.
    ///
    /// Blocking reads refuse to run where this is true, since they would stall every task of the
    /// thread. It MUST be false on the threads of `spawn_blocking`, where blocking is right, and
    /// costs next to nothing outside the runtime, since each blocking read asks. An adapter that
    /// cannot tell says `false`; each documents what it recognises. Tasks of other runtimes need
    /// not be recognised.
    fn in_async_task(&self) -> bool {
        false
    }
}
