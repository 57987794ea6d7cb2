//! Giving up what a connection is doing, without touching what it does next.
//!
//! `sqlite3_interrupt` ends whatever the connection runs, so one that comes a moment late hits
//! the next read. Each operation therefore has an [`Interrupt`] of its own: a connection is
//! reachable through it only between [`arm`](Interrupt::arm) and the guard's drop, and both that
//! drop and the interrupting happen under one lock. What comes late finds nothing.
//!
//! The reverse race exists too: SQLite forgets an interrupt that comes just before the first step
//! of a statement. The flag stays set, and the progress handler and the busy handler read it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rusqlite::InterruptHandle;

use crate::options::InlineBudget;
use crate::statement::shape;
use crate::sync::lock;
use crate::worker;

/// How often the progress handler runs, in steps of SQLite's virtual machine: some tens of
/// microseconds apart, and too seldom to be measured.
pub(crate) const PROGRESS_STEPS: i32 = 2000;

/// The same where reads may start on the thread that awaits them, which has to be left in time.
pub(crate) const INLINE_STEPS: i32 = 64;

/// After this, a read that should be short is not.
const STUMBLE: Duration = Duration::from_micros(100);

/// The way to give one operation up.
#[derive(Default)]
pub(crate) struct Interrupt {
    cancelled: AtomicBool,
    /// The connection that works for the operation, while it does.
    running: Mutex<Option<Arc<InterruptHandle>>>,
    /// Wakes the busy handler.
    woken: Condvar,
    /// A thread that may wait for a connection.
    waiting: Option<Thread>,
}

impl Interrupt {
    /// For an operation of this thread, which is woken when it waits for a connection.
    pub(crate) fn of_this_thread() -> Self {
        Self {
            waiting: Some(std::thread::current()),
            ..Self::default()
        }
    }

    /// Gives the operation up: at once if it runs, before it begins otherwise.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let running = lock(&self.running);
        if let Some(handle) = &*running {
            handle.interrupt();
        }
        drop(running);
        self.woken.notify_all();
        if let Some(thread) = &self.waiting {
            thread.unpark();
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Waits at most `duration`, and not when the operation is given up.
    fn wait(&self, duration: Duration) {
        let running = lock(&self.running);
        if !self.is_cancelled() {
            drop(
                self.woken
                    .wait_timeout(running, duration)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }
}

/// What can be given up: an [`Interrupt`], or what holds one, so that an operation and its
/// interrupt are one piece of memory.
pub(crate) trait Interruptible: Send + Sync + 'static {
    fn interrupt(&self) -> &Interrupt;
}

impl Interruptible for Interrupt {
    fn interrupt(&self) -> &Interrupt {
        self
    }
}

/// What the handlers of the connection that works on this thread go by.
struct Frame {
    /// Whether one does.
    works: bool,
    given: Option<Arc<dyn Interruptible>>,
    busy_timeout: Duration,
    busy_since: Option<Instant>,
    allowed: Option<Allowed>,
    /// In how many calls of the progress handler one looks around, and the calls since.
    seldom: u32,
    calls: u32,
}

/// What an operation may use up on a thread that has other things to do. It never waits for a
/// lock there.
pub(crate) struct Allowed {
    /// Until when, and how many calls of the progress handler.
    limit: Limit,
    spent: bool,
    /// Whether most of it is spent: a good moment to leave with what is there.
    hurries: bool,
}

struct Limit {
    since: Instant,
    time: Duration,
    calls: u32,
    left: u32,
}

impl Allowed {
    /// No more than the budget since some moment.
    pub(crate) fn at_most(budget: &InlineBudget, since: Instant) -> Self {
        Self::new(Limit {
            since,
            time: budget.most_time(),
            calls: budget.calls(),
            left: budget.calls(),
        })
    }

    /// As long as a straight program takes: a change of the schema may have made another of it.
    pub(crate) fn straight(since: Instant) -> Self {
        let calls = shape::LONGEST as u32 / INLINE_STEPS.unsigned_abs() + 2;
        Self::new(Limit {
            since,
            time: Duration::MAX,
            calls,
            left: calls,
        })
    }

    fn new(limit: Limit) -> Self {
        Self {
            limit,
            spent: false,
            hurries: false,
        }
    }

    /// The progress handler is called: whether all is spent.
    fn spend(&mut self) -> bool {
        let limit = &mut self.limit;
        limit.left = limit.left.saturating_sub(1);
        let time = limit.since.elapsed();
        self.spent = limit.left == 0 || time >= limit.time;
        self.hurries = self.spent || limit.left <= limit.calls / 4 || time >= limit.time / 4 * 3;
        self.spent
    }
}

thread_local! {
    static CURRENT: RefCell<Frame> = const {
        RefCell::new(Frame {
            works: false,
            given: None,
            busy_timeout: Duration::ZERO,
            busy_since: None,
            allowed: None,
            seldom: 1,
            calls: 0,
        })
    };
}

/// Says that a connection works for an operation on this thread; dropping it ends that.
pub(crate) struct Working {
    outer: Option<Box<Frame>>,
    given_up: bool,
}

impl Working {
    /// Announces a connection on this thread. Whatever gives `given` up reaches the
    /// connection from now on.
    pub(crate) fn begin(
        handle: &Arc<InterruptHandle>,
        busy_timeout: Duration,
        seldom: u32,
        given: Option<Arc<dyn Interruptible>>,
        allowed: Option<Allowed>,
    ) -> Self {
        let mut given_up = false;
        if let Some(given) = &given {
            let interrupt = given.interrupt();
            *lock(&interrupt.running) = Some(Arc::clone(handle));
            given_up = interrupt.is_cancelled();
        }
        let frame = Frame {
            works: true,
            given,
            busy_timeout,
            busy_since: None,
            allowed,
            seldom,
            calls: 0,
        };
        let outer = CURRENT.with_borrow_mut(|current| {
            // A registered function may itself read from a database: the outer frame comes back.
            if current.works {
                return Some(Box::new(std::mem::replace(current, frame)));
            }
            *current = frame;
            None
        });
        Self { outer, given_up }
    }

    /// Whether the operation was given up before the connection was reachable for it.
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// Whether what it is allowed is used up, and the statement was ended for it.
    pub(crate) fn is_spent(&self) -> bool {
        CURRENT.with_borrow(|current| current.allowed.as_ref().is_some_and(|a| a.spent))
    }

    /// Whether most of what it is allowed is used up.
    pub(crate) fn hurries(&self) -> bool {
        CURRENT.with_borrow(|current| current.allowed.as_ref().is_some_and(|a| a.hurries))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let given = CURRENT.with_borrow_mut(|current| match self.outer.take() {
            Some(outer) => std::mem::replace(current, *outer).given,
            None => {
                current.works = false;
                current.given.take()
            }
        });
        if let Some(given) = given {
            *lock(&given.interrupt().running) = None;
        }
    }
}

/// The progress handler: true ends the statement.
pub(crate) fn should_stop() -> bool {
    let looks = CURRENT.with_borrow_mut(|current| {
        if let Some(allowed) = &mut current.allowed {
            return Some(allowed.spend());
        }
        current.calls += 1;
        if current.calls < current.seldom {
            return Some(false);
        }
        current.calls = 0;
        None
    });
    if let Some(stops) = looks {
        return stops;
    }
    worker::stumble(STUMBLE);
    CURRENT.with(|current| {
        let current = current.borrow();
        current
            .given
            .as_ref()
            .is_some_and(|given| given.interrupt().is_cancelled())
    })
}

/// The busy handler: true tries the lock again. It waits a little longer each time, and is woken
/// when its operation is given up, which `sqlite3_interrupt` alone does not do.
pub(crate) fn on_busy(tries: i32) -> bool {
    if CURRENT.with_borrow(|current| current.allowed.is_some()) {
        return false;
    }
    worker::stumble(Duration::ZERO);
    let (given, pause) = CURRENT.with(|current| {
        let mut current = current.borrow_mut();
        let now = Instant::now();
        if tries == 0 || current.busy_since.is_none() {
            current.busy_since = Some(now);
        }
        let waited = now.duration_since(current.busy_since.unwrap_or(now));
        let left = current.busy_timeout.saturating_sub(waited);
        (current.given.clone(), pause(tries).min(left))
    });
    if pause.is_zero() {
        return false;
    }
    match given {
        Some(given) => {
            let interrupt = given.interrupt();
            interrupt.wait(pause);
            !interrupt.is_cancelled()
        }
        None => {
            std::thread::sleep(pause);
            true
        }
    }
}

/// SQLite's own steps, somewhat finer: a lock is mostly held for less than a millisecond.
fn pause(tries: i32) -> Duration {
    const STEPS: [u64; 12] = [
        100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 50_000, 100_000,
    ];
    let step = usize::try_from(tries).unwrap_or(0).min(STEPS.len() - 1);
    Duration::from_micros(STEPS[step])
}
