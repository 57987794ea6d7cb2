//! The clock of those who wait.
//!
//! A sleep of its own for each wait would cost more than all the rest of a hand-over: runtimes keep
//! sleeps in one order for all threads, and some make a call to the system for each. All wait
//! equally long, so that one sleep, until the time of whoever came first, does for all of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use super::{Connect, Shared};
use crate::runtime::BoxFuture;
use crate::sync::lock;

/// The one sleep, which outlives those that it was set for: it is set again when it ends.
pub(super) struct Alarm {
    /// Whether somebody has to look at the clock: it rang, or is not set. Set under the lock of the
    /// pool's state where nobody waits, so that who comes next sees it.
    due: AtomicBool,
    sleep: Mutex<Option<Sleep>>,
}

/// A sleep, and when it ends: a clock that stands still may not tell.
struct Sleep {
    until: Instant,
    future: BoxFuture<'static, ()>,
}

/// How much later than its time a wait may end. Without it, a sleep would end for each of those who
/// came one by one, and wake all of them each time.
const GRAIN: Duration = Duration::from_millis(50);

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

    /// Looks at the clock if it rang, which whoever waits has to do at each of its turns; false if
    /// it did not.
    #[inline]
    pub(super) fn heed_alarm(self: &Arc<Self>) -> bool {
        let due = self.alarm.due.load(Ordering::Acquire);
        if due {
            self.look_at_clock();
        }
        due
    }

    /// Ends the waits that took too long, and sets the alarm for the next of them.
    fn look_at_clock(self: &Arc<Self>) {
        let grain = GRAIN.min(self.options.acquire_timeout / 64);
        // Woken when nothing is locked any more: a waker may run whom it wakes.
        let mut over = Vec::new();
        let mut sleep = lock(&self.alarm.sleep);
        // Before the look: what rings meanwhile is looked at once more.
        self.alarm.due.store(false, Ordering::Release);
        let unset = Unset(&self.alarm);
        let waker = Waker::from(Arc::new(Bell(Arc::downgrade(self))));
        let mut context = Context::from_waker(&waker);
        let mut slept = None;
        loop {
            if let Some(Sleep { until, future }) = &mut *sleep {
                if future.as_mut().poll(&mut context).is_pending() {
                    break;
                }
                slept = Some(*until);
                *sleep = None;
            }
            let timer = self.runtime.timer();
            let now = timer.now();
            let now = slept.map_or(now, |until| now.max(until));
            let mut state = self.lock();
            let (late, next) = state.late(now);
            if next.is_none() {
                self.alarm.due.store(true, Ordering::Release);
            }
            drop(state);
            over.push(late);
            let Some(next) = next else {
                break;
            };
            let left = next.saturating_duration_since(now).max(grain);
            *sleep = Some(Sleep {
                until: now.checked_add(left).unwrap_or(next),
                future: timer.sleep(left),
            });
        }
        std::mem::forget(unset);
        drop(sleep);
        over.into_iter().for_each(|late| self.settle(late));
    }

    /// All who wait are woken, since the one that looks first may be gone before its turn.
    fn ring(&self) {
        self.alarm.due.store(true, Ordering::Release);
        let wakers = self.lock().all_who_wait();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Keeps an alarm from being taken for one that is set when the timer panicked.
struct Unset<'a>(&'a Alarm);

impl Drop for Unset<'_> {
    fn drop(&mut self) {
        self.0.due.store(true, Ordering::Release);
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
