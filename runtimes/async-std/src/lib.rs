//! The async-std adapter of queryset.
//!
//! ```
//! use queryset::runtime::{Runtime, TaskError};
//! use queryset_async_std::AsyncStd;
//!
//! # async_std::task::block_on(async {
//! let runtime = Runtime::from(AsyncStd);
//! let job = runtime.spawn_blocking(|| 6 * 7).expect("async-std takes every job");
//! assert_eq!(job.await?, 42);
//! # Ok::<(), TaskError>(())
//! # }).unwrap();
//! ```
//!
//! async-std is one runtime for the whole process. It starts with its first use and cannot be shut
//! down, so [`AsyncStd`] can always be made, anywhere.

mod connector;
mod spawner;
mod stream;
mod timer;

use queryset::runtime::Runtime;

/// async-std, as what queryset needs of a runtime.
///
/// # Blocking reads
///
/// They are refused in tasks of async-std and in the future of its `block_on`. They work in its
/// `spawn_blocking` and outside async-std.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsyncStd;

impl From<AsyncStd> for Runtime {
    fn from(async_std: AsyncStd) -> Self {
        Runtime::new(async_std, async_std, async_std)
    }
}
