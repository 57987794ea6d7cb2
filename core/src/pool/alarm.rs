//! The clock of those who wait.
//!
//! A sleep of its own for each wait would cost more than all the rest of a hand-over: runtimes keep
//! sleeps in one order for all threads, and some make a call to the system for each. All wait
//! equally long, so that one sleep, until the time of whoever came first, does for all of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Wake, Waker};
use std::time::Instant;

use super::{Connect, Shared};
use crate::runtime::BoxFuture;
use crate::sync::lock;

/// The one sleep, which outlives those that it was set for: it is set again when it ends.
pub(super) struct Alarm {
    /// Whether somebody has to look at the clock: it rang, or is not set. Set under the lock of the
    /// pool's state where nobody waits, so that who comes next sees it.
    due: AtomicBool,
    sleep: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl Alarm {
    pub(super) fn new() -> Self {
        Self {
            due: AtomicBool::new(true),
            sleep: Mutex::new(None),
        }
    }
}

impl<C: Connect> Shared<C> {
    /// When a wait that begins now takes too long; never, if that is too far away to be counted.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let now = self.runtime.timer().now();
        now.checked_add(self.options.acquire_timeout)
    }

    /// Looks at the clock if it rang, which whoever waits has to do at each of its turns.
    #[inline]
    pub(super) fn heed_alarm(self: &Arc<Self>) {
        if self.alarm.due.load(Ordering::Acquire) {
            self.look_at_clock();
        }
    }

    /// Ends the waits that took too long, and sets the alarm for the next of them.
    fn look_at_clock(self: &Arc<Self>) {
        let mut sleep = lock(&self.alarm.sleep);
        // Before the look: what rings meanwhile is looked at once more.
        self.alarm.due.store(false, Ordering::Release);
        let waker = Waker::from(Arc::new(Bell(Arc::downgrade(self))));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Some(pending) = &mut *sleep {
                if pending.as_mut().poll(&mut context).is_pending() {
                    return;
                }
                *sleep = None;
            }
            let timer = self.runtime.timer();
            let now = timer.now();
            let mut state = self.lock();
            let (late, next) = state.late(now);
            if next.is_none() {
                self.alarm.due.store(true, Ordering::Release);
            }
            drop(state);
            self.settle(late);
            let Some(next) = next else {
                return;
            };
            *sleep = Some(timer.sleep(next.saturating_duration_since(now)));
        }
    }

    /// All who wait are woken, since the one that looks first may be gone before its turn.
    fn ring(&self) {
        self.alarm.due.store(true, Ordering::Release);
        let wakers = self.lock().all_who_wait();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// What the sleep wakes.
struct Bell<C: Connect>(Weak<Shared<C>>);

impl<C: Connect> Wake for Bell<C> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(shared) = self.0.upgrade() {
            shared.ring();
        }
    }
}
