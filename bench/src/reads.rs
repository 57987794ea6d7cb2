//! What a peer writes: one method for each workload's operation. The loops, the tasks, the threads
//! and the clock are the same for all.

mod asynchronous;
mod blocking;

pub use asynchronous::Asynchronous;
pub use blocking::Blocking;

use crate::workload::{Batch, Outcome, Workload};
use crate::{Checksum, Result};

/// What can do a batch.
pub trait Peer {
    /// Does a batch.
    ///
    /// # Errors
    /// A read fails.
    fn run(&mut self, batch: &Batch) -> Result<Outcome>;

    /// Why a workload is beyond this peer; none if it is not. Nothing is measured then.
    fn lacks(&self, workload: Workload) -> Option<&'static str>;

    /// The process whose memory the work takes.
    fn process(&self) -> u32 {
        std::process::id()
    }
}

/// An asynchronous peer. What each method reads says [`Workload`]; it takes every field of every
/// row into the checksum (see [`Checksum`]'s methods), after all rows of a `Vec` are there.
///
/// The methods run one at a time, so that a peer may keep one connection for them; they may as well
/// take one from the pool each time, if that is how the library is used.
#[expect(async_fn_in_trait, reason = "only this crate implements it")]
pub trait Reads: Sized {
    /// A task's way to the pool.
    type Reader: Reader;

    /// [`Workload::Get`].
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Count`].
    async fn count(&mut self, key: i64) -> Result<u64>;
    /// [`Workload::Exists`].
    async fn exists(&mut self, qty: i32) -> Result<bool>;
    /// [`Workload::Load10`] and the like: `limit` items from `key` on.
    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Stream`].
    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Join`].
    async fn join(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::RelJoin`]: for each post, the post and then its user.
    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::RelTwo`]: for each user, the user and then [`Checksum::posts`].
    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Build`], through [`black_box`](std::hint::black_box).
    fn build(&mut self, key: i64) -> Result<()>;
    /// The workloads that only queryset has.
    fn build_own(&mut self, workload: Workload, _key: i64) -> Result<()> {
        Err(format!("{} is not for this peer", workload.name()).into())
    }

    /// One for each task of [`Workload::Tasks64`].
    fn reader(&self) -> Result<Self::Reader>;

    /// Why a workload is beyond this peer.
    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        only_own(workload)
    }

    /// Ends what needs the runtime for it.
    async fn close(self) {}
}

/// A task's way to the pool.
pub trait Reader: Send + 'static {
    /// Takes a connection from the pool, reads one item, and gives the connection back.
    fn get(&mut self, key: i64, checksum: &mut Checksum)
    -> impl Future<Output = Result<()>> + Send;
}

/// A blocking peer, as [`Reads`].
pub trait BlockingReads {
    /// A thread's way to the pool.
    type Reader: BlockingReader;

    /// [`Workload::Get`].
    fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Count`].
    fn count(&mut self, key: i64) -> Result<u64>;
    /// [`Workload::Exists`].
    fn exists(&mut self, qty: i32) -> Result<bool>;
    /// [`Workload::Load10`] and the like: `limit` items from `key` on.
    fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Stream`].
    fn stream(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Join`].
    fn join(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::RelJoin`]: for each post, the post and then its user.
    fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::RelTwo`]: for each user, the user and then [`Checksum::posts`].
    fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()>;
    /// [`Workload::Build`], through [`black_box`](std::hint::black_box).
    fn build(&mut self, key: i64) -> Result<()>;
    /// The workloads that only queryset has.
    fn build_own(&mut self, workload: Workload, _key: i64) -> Result<()> {
        Err(format!("{} is not for this peer", workload.name()).into())
    }

    /// One for each thread of [`Workload::Tasks64`].
    fn reader(&self) -> Result<Self::Reader>;

    /// [`Workload::Tasks64`], unless threads are not how it is done.
    fn tasks(&mut self, batch: &Batch) -> Result<Outcome> {
        blocking::threads(self, batch)
    }

    /// Why a workload is beyond this peer.
    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        only_own(workload)
    }
}

/// A thread's way to the pool.
pub trait BlockingReader: Send {
    /// Takes a connection from the pool, reads one item, and gives the connection back.
    fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()>;
}

/// Why a workload is beyond every peer but queryset.
pub fn only_own(workload: Workload) -> Option<&'static str> {
    match workload {
        Workload::BuildKept | Workload::BuildLarge => Some("it is a measure of queryset alone"),
        _ => None,
    }
}
