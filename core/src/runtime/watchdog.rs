//! One thread for the whole process that acts at points in time, with no runtime.
//!
//! It serves the sleeps of [`Threads`](super::Threads) and the deadlines of
//! [`CancelToken`](crate::CancelToken), starts with the first of them, and ends when it has been
//! without any for a while.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::sync::lock;

/// What happens at the point in time, on the watchdog's thread: it must be short and never block.
pub(crate) trait Fire: Send + Sync {
    fn fire(&self);
}

/// Fires `target` at `at`, unless the guard or the target is dropped before.
///
/// When the system has no thread to give, the target waits until a later call gets one.
#[must_use = "dropping the guard forgets the point in time"]
pub(crate) fn watch(at: Instant, target: Weak<dyn Fire>) -> Watch {
    let mut state = lock(&STATE);
    let key = (at, state.next_id);
    state.next_id += 1;
    state.entries.insert(key, target);
    if !state.running {
        let thread = thread::Builder::new().name("queryset-watchdog".into());
        state.running = thread.spawn(run).is_ok();
        state.wakes_at = None;
    } else if state.wakes_at.is_some_and(|wakes_at| at < wakes_at) {
        // Only an earlier point is news: deadlines that come and go farther out, one for each
        // read, never wake the thread.
        CHANGED.notify_one();
    }
    Watch { key }
}

/// Keeps a point in time; dropping it forgets the point.
#[derive(Debug)]
pub(crate) struct Watch {
    key: Key,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let removed = lock(&STATE).entries.remove(&self.key);
        // Freed outside the lock, like everything that is not the watchdog's own.
        drop(removed);
    }
}

type Key = (Instant, u64);

struct State {
    entries: BTreeMap<Key, Weak<dyn Fire>>,
    next_id: u64,
    running: bool,
    /// When the sleeping thread looks again by itself; `None` while it is awake.
    wakes_at: Option<Instant>,
}

static STATE: Mutex<State> = Mutex::new(State {
    entries: BTreeMap::new(),
    next_id: 0,
    running: false,
    wakes_at: None,
});
static CHANGED: Condvar = Condvar::new();

/// How long the thread stays without anything to do, and so also its longest sleep.
const IDLE: Duration = Duration::from_secs(1);

fn run() {
    let mut idle_since = Instant::now();
    let mut state = lock(&STATE);
    loop {
        let now = Instant::now();
        let wakes_at = match state.entries.first_entry() {
            Some(first) if first.key().0 <= now => {
                let target = first.remove();
                drop(state);
                if let Some(target) = target.upgrade() {
                    // A callback that panics must not take everybody's deadlines with it.
                    let _ = catch_unwind(AssertUnwindSafe(|| target.fire()));
                }
                state = lock(&STATE);
                idle_since = now;
                continue;
            }
            Some(first) => {
                idle_since = now;
                first.key().0.min(now + IDLE)
            }
            None if now.duration_since(idle_since) >= IDLE => {
                state.running = false;
                return;
            }
            None => idle_since + IDLE,
        };
        state.wakes_at = Some(wakes_at);
        let waited = CHANGED.wait_timeout(state, wakes_at.saturating_duration_since(now));
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.wakes_at = None;
    }
}

#[cfg(test)]
pub(crate) fn is_running() -> bool {
    lock(&STATE).running
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    struct Send(Mutex<mpsc::Sender<u32>>, u32);

    impl Fire for Send {
        fn fire(&self) {
            let _ = lock(&self.0).send(self.1);
        }
    }

    #[test]
    fn fires_in_order_forgets_what_was_dropped_and_ends() {
        let (sender, fired) = mpsc::channel();
        let targets: Vec<Arc<dyn Fire>> = (0..4)
            .map(|n| Arc::new(Send(Mutex::new(sender.clone()), n)) as Arc<dyn Fire>)
            .collect();
        let now = Instant::now();
        // From the latest to the earliest, so that each is news to the sleeping thread.
        let mut watches: Vec<Watch> = (0..4_u32)
            .rev()
            .map(|n| {
                let at = now + Duration::from_millis(300 + 20 * u64::from(n));
                watch(at, Arc::downgrade(&targets[n as usize]))
            })
            .collect();
        drop(watches.remove(1));
        let order: Vec<u32> = (0..3)
            .map(|_| fired.recv_timeout(Duration::from_secs(30)).unwrap())
            .collect();
        assert_eq!(order, [0, 1, 3]);
        assert!(now.elapsed() >= Duration::from_millis(360));

        // Other tests of this process use the watchdog too: it ends at the latest after them.
        let patience = Instant::now() + Duration::from_secs(60);
        while is_running() {
            assert!(Instant::now() < patience, "the watchdog did not end");
            thread::sleep(Duration::from_millis(50));
        }
    }
}
