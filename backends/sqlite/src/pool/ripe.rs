//! Answers that are there, and whose callers have not been told.
//!
//! A waker that is called from a worker makes the runtime wake one of its threads, through the
//! kernel, and on a busy machine that thread takes the worker's place at once: each answer of a
//! full queue then costs two switches. A worker that goes on with a short read therefore leaves
//! its waker here. Whoever asks for something or fetches an answer wakes the others, from the
//! runtime's own thread, which needs no system call; and what nobody woke meanwhile the worker
//! wakes after a while. While an answer is held a [lookout](crate::crew) is awake, so that none
//! waits for long, whatever the worker runs into.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Pool;
use crate::panics;

/// The wakers of those whose answers are there, the oldest first.
#[derive(Default)]
pub(crate) struct Ripe {
    wakers: VecDeque<Waker>,
    /// When the oldest was put here, or some time before.
    since: Option<Instant>,
}

impl Ripe {
    /// So many answers are worth more than one switch less.
    const MOST: usize = 32;
    /// How long the first of them waits.
    const LONGEST: Duration = Duration::from_micros(100);

    pub(super) fn is_empty(&self) -> bool {
        self.wakers.is_empty()
    }

    /// Whether another may be kept at a time.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        self.wakers.len() < Self::MOST
            && self
                .since
                .is_none_or(|since| now.saturating_duration_since(since) < Self::LONGEST)
    }

    pub(super) fn push(&mut self, waker: Waker, now: Instant) {
        self.since.get_or_insert(now);
        self.wakers.push_back(waker);
    }

    fn pop(&mut self) -> Option<Waker> {
        let waker = self.wakers.pop_front();
        if self.wakers.is_empty() {
            self.since = None;
        }
        waker
    }
}

/// Whether there is something in [`Ripe`], to be seen without the pool's lock.
#[derive(Debug, Default)]
pub(super) struct Hint(AtomicBool);

impl Hint {
    pub(super) fn set(&self, ripe: &Ripe) {
        let some = !ripe.is_empty();
        if self.0.load(Ordering::Relaxed) != some {
            self.0.store(some, Ordering::Relaxed);
        }
    }
}

impl Pool {
    /// Wakes those whose answers are there, if there are any. Who is late to see them leaves them
    /// to the worker.
    #[inline]
    pub(crate) fn wake_waiting(&self) {
        if self.hint.0.load(Ordering::Relaxed) {
            self.wake_all();
        }
    }

    /// Wakes those whose answers are there. One by one: the first may take this thread's place,
    /// and then wakes the others at less cost.
    #[cold]
    pub(crate) fn wake_all(&self) {
        loop {
            let mut state = self.lock();
            let waker = state.ripe.pop();
            let more = !state.ripe.is_empty();
            self.hint.set(&state.ripe);
            drop(state);
            if let Some(waker) = waker {
                wake(waker);
            }
            if !more {
                return;
            }
        }
    }
}

/// A waker is another's code: its panic must not cost the pool a worker, nor a neighbour its
/// answer.
pub(crate) fn wake(waker: Waker) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
        drop(panics::error("a waker", &*panic));
    }
}
