//! The smol adapter of queryset.
//!
//! ```
//! use queryset::runtime::{Runtime, TaskError};
//! use queryset_smol::Smol;
//!
//! # smol::block_on(async {
//! let runtime = Runtime::from(Smol);
//! let job = runtime.spawn_blocking(|| 6 * 7).expect("smol takes every job");
//! assert_eq!(job.await?, 42);
//! # Ok::<(), TaskError>(())
//! # }).unwrap();
//! ```
//!
//! Tasks run on smol's global executor ([`Smol::global`]) or on an executor of the program
//! ([`Smol::on`]). Blocking jobs, timers and sockets are smol's own in either case: they belong to
//! the process and cannot be shut down.

mod connector;
mod executor;
mod spawner;
mod timer;

use queryset::runtime::Runtime;

pub use executor::Executor;

/// smol, as what queryset needs of a runtime.
///
/// # Blocking reads
///
/// They are refused in the tasks that queryset itself spawns, and on the threads of smol's global
/// executor, which run nothing but tasks and are known by their names (`smol-1`, …). Not
/// recognised are the program's own tasks on its own executor, and the future of
/// `smol::block_on`: smol gives no sign of those. They work in `unblock`.
#[derive(Debug, Clone, Default)]
pub struct Smol {
    executor: Executor,
}

/// smol with its global executor, so that `Smol` is a value as the other adapters are:
/// [`Smol::global`] in one word.
#[allow(non_upper_case_globals)]
pub const Smol: Smol = Smol {
    executor: Executor::Global,
};

impl Smol {
    /// Runs tasks on smol's global executor, which starts with its first task.
    ///
    /// It has one thread, or as many as the environment variable `SMOL_THREADS` says.
    pub fn global() -> Self {
        Self {
            executor: Executor::Global,
        }
    }

    /// Runs tasks on an executor of the program, which has to run it: from an `Arc`, or from a
    /// `static`.
    ///
    /// An `Arc` is not kept alive: once the program has dropped its last one, tasks are refused.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use queryset::runtime::Runtime;
    /// use queryset_smol::Smol;
    ///
    /// let executor = Arc::new(smol::Executor::new());
    /// let runtime = Runtime::from(Smol::on(&executor));
    /// let task = runtime.spawn(async { 6 * 7 })?;
    /// assert_eq!(smol::block_on(executor.run(task)).unwrap(), 42);
    ///
    /// drop(executor);
    /// assert!(runtime.spawn(async {}).is_err());
    /// # Ok::<(), queryset::runtime::SpawnError>(())
    /// ```
    pub fn on(executor: impl Into<Executor>) -> Self {
        Self {
            executor: executor.into(),
        }
    }
}

impl From<Smol> for Runtime {
    fn from(smol: Smol) -> Self {
        Runtime::new(smol.clone(), smol.clone(), smol)
    }
}
