//! Short reads that are asked for one after the other.
//!
//! A worker that is called for a read takes the place of the thread that asked for it, on a machine
//! whose cores are at work, and is through with it before the next task could ask: each read then
//! costs two switches, however many tasks there are. Where others are under way too, whoever asks
//! lets them ask first and then comes again, to call a worker for all.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[derive(Debug, Default)]
pub(crate) struct Gather {
    /// How many have asked and have not got their answer yet.
    asking: AtomicUsize,
    /// Whether something was queued without a call.
    begun: AtomicBool,
}

impl Gather {
    pub(crate) fn joins(&self) {
        self.asking.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leaves(&self) {
        self.asking.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn is_worth_it(&self) -> bool {
        self.asking.load(Ordering::Relaxed) > 0
    }

    /// Under the pool's lock.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether it had begun.
    pub(super) fn end(&self) -> bool {
        self.begun.load(Ordering::Relaxed) && self.begun.swap(false, Ordering::AcqRel)
    }
}
