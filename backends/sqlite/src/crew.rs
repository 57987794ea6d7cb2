//! Who works for a pool, and who is called.
//!
//! One worker is called at a time; it calls the next when it finds more than it takes, unless all
//! that it finds is short: on a machine whose cores are at work anyway, another thread is only
//! another switch.
//!
//! Short work is guessed from its last run, and a guess may be wrong. While a worker goes by it,
//! another is the *lookout*: it is awake once in a while, wakes the callers whose answers are
//! held, and takes work that nobody began.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Who works for a pool.
#[derive(Debug)]
pub(crate) struct Crew {
    /// The largest number of workers: one for each connection, and one to clean up.
    limit: usize,
    /// Workers that have a thread or were asked for.
    workers: usize,
    /// Workers that wait. The last is called first, so that the others can leave.
    idle: Vec<Arc<Bell>>,
    /// Workers that were called and have not come yet.
    called: usize,
    /// Whether the last of them was asked for, and may yet be refused a thread.
    asked_for: bool,
    /// Workers in the middle of a read that should be short.
    sprinting: usize,
    /// Tells sprints that count from those that the lookout found standing.
    heat: u64,
    /// As many workers as there are cores for sprint at a time.
    cores: usize,
    lookout: Lookout,
    /// How much was begun, so that the lookout sees whether it goes on.
    begun: u64,
    /// How often it saw that nothing did.
    stood: u32,
    /// Whether an answer was held since the lookout last looked.
    held: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookout {
    Off,
    /// The next worker that comes is to be it.
    Wanted,
    OnDuty,
}

/// A read that should be short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sprint {
    pub(crate) since: Instant,
    heat: u64,
}

/// How a worker is called.
#[must_use]
pub(crate) enum Call {
    Ring(Arc<Bell>),
    Spawn,
}

pub(crate) struct Bell {
    thread: Thread,
    rung: AtomicBool,
}

/// How often a worker without work lets other threads run before it waits: on a busy machine the
/// caller that was just answered often asks again, and neither then pays for waking the other.
const YIELDS: u32 = 4;

/// How often it must see that work waits and nothing begins before it takes part: on a busy
/// machine a thread may have to wait for its core.
const STANDS: u32 = 4;

/// How often the lookout looks.
pub(crate) const WATCH: Duration = Duration::from_millis(1);

impl Crew {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            workers: 0,
            idle: Vec::with_capacity(limit),
            called: 0,
            asked_for: false,
            sprinting: 0,
            heat: 0,
            cores: thread::available_parallelism().map_or(1, usize::from),
            lookout: Lookout::Off,
            begun: 0,
            stood: 0,
            held: false,
        }
    }

    /// Somebody to call, unless one is on its way or all are at work. Who comes to be the lookout
    /// will not work.
    pub(crate) fn call(&mut self) -> Option<Call> {
        let to_watch = usize::from(self.lookout == Lookout::Wanted);
        if self.called > to_watch {
            return None;
        }
        let call = match self.idle.pop() {
            Some(bell) => Call::Ring(bell),
            None if self.workers < self.limit => {
                self.workers += 1;
                Call::Spawn
            }
            None => return None,
        };
        self.asked_for = matches!(call, Call::Spawn);
        self.called += 1;
        Some(call)
    }

    /// Whether those who are there will soon be through with `queued` operations.
    pub(crate) fn keeps_up(&self, queued: usize) -> bool {
        let wanted = (1 + queued / QUEUE).min(self.cores);
        self.sprinting >= wanted && self.is_watched()
    }

    /// Whether a lookout is there, or has a thread and is on its way.
    pub(crate) fn is_watched(&self) -> bool {
        match self.lookout {
            Lookout::Off => false,
            Lookout::Wanted => !self.asked_for,
            Lookout::OnDuty => true,
        }
    }

    /// Calls somebody for lookout.
    pub(crate) fn call_lookout(&mut self) -> Option<Call> {
        if self.lookout != Lookout::Off {
            return None;
        }
        let call = self.call();
        if self.called > 0 {
            self.lookout = Lookout::Wanted;
        }
        call
    }

    /// A worker begins with something.
    pub(crate) fn begin(&mut self) {
        self.begun = self.begun.wrapping_add(1);
    }

    /// It should be short.
    pub(crate) fn sprint(&mut self, since: Instant) -> Sprint {
        self.sprinting += 1;
        Sprint {
            since,
            heat: self.heat,
        }
    }

    pub(crate) fn end_sprint(&mut self, sprint: Sprint) {
        if sprint.heat == self.heat {
            self.sprinting -= 1;
        }
    }

    pub(crate) fn hold(&mut self) {
        self.held = true;
    }

    /// A worker came that was called. True if it is the lookout now.
    pub(crate) fn arrive(&mut self) -> bool {
        self.called -= 1;
        let watches = self.lookout == Lookout::Wanted;
        if watches {
            self.lookout = Lookout::OnDuty;
        }
        watches
    }

    /// A worker has nothing to do, until its bell rings.
    pub(crate) fn rest(&mut self, bell: &Arc<Bell>) {
        self.idle.push(Arc::clone(bell));
    }

    /// A worker will not wait longer; false if it was called at the last moment.
    pub(crate) fn stop_resting(&mut self, bell: &Arc<Bell>) -> bool {
        let place = self.idle.iter().position(|other| Arc::ptr_eq(other, bell));
        if let Some(place) = place {
            self.idle.remove(place);
        }
        place.is_some()
    }

    /// A worker goes; one that was called may never have come.
    pub(crate) fn leave(&mut self, came: bool) {
        self.workers -= 1;
        if !came {
            self.called -= 1;
            if self.called == 0 && self.lookout == Lookout::Wanted {
                self.lookout = Lookout::Off;
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.workers == 0
    }

    /// The lookout looks: whether it goes on. It does for as long as answers are held and the
    /// work goes on.
    pub(crate) fn watch(&mut self, seen: &mut u64, waiting: bool) -> bool {
        if std::mem::replace(seen, self.begun) == self.begun && waiting {
            self.stood += 1;
        } else {
            self.stood = 0;
        }
        let stands = self.stood >= STANDS;
        let held = std::mem::take(&mut self.held) || self.stood > 0;
        if held && !stands {
            return true;
        }
        self.stood = 0;
        if stands {
            self.heat += 1;
            self.sprinting = 0;
        }
        self.lookout = Lookout::Off;
        false
    }
}

/// How many operations may wait for each worker whose reads are short.
const QUEUE: usize = 4;

impl Bell {
    pub(crate) fn of_this_thread() -> Arc<Self> {
        Arc::new(Self {
            thread: thread::current(),
            rung: AtomicBool::new(false),
        })
    }

    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }

    /// Waits for a call; false if none came.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        for _ in 0..YIELDS {
            if self.rung.swap(false, Ordering::Acquire) {
                return true;
            }
            thread::yield_now();
        }
        if self.rung.swap(false, Ordering::Acquire) {
            return true;
        }
        let began = Instant::now();
        let mut left = patience;
        loop {
            thread::park_timeout(left);
            // Most often it was the bell, and the clock need not be asked.
            if self.rung.swap(false, Ordering::Acquire) {
                return true;
            }
            left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                return false;
            }
        }
    }

    /// Waits for a call that was made when the patience for it was over: heard later, it would
    /// count as the next one.
    pub(crate) fn heed(&self) {
        while !self.rung.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew() -> Crew {
        let mut crew = Crew::new(4);
        crew.cores = 1;
        crew
    }

    #[test]
    fn a_lookout_without_a_thread_watches_nothing() {
        let mut crew = crew();
        assert!(matches!(crew.call_lookout(), Some(Call::Spawn)));
        assert!(!crew.is_watched());
        crew.leave(false);
        assert!(crew.call_lookout().is_some(), "another can be asked for");
        assert!(crew.arrive());
        assert!(crew.is_watched());
    }

    #[test]
    fn one_that_rests_is_as_good_as_there() {
        let mut crew = crew();
        assert!(crew.call().is_some());
        assert!(!crew.arrive());
        crew.rest(&Bell::of_this_thread());
        assert!(matches!(crew.call_lookout(), Some(Call::Ring(_))));
        assert!(crew.is_watched());
        assert!(crew.arrive());
    }

    #[test]
    fn one_that_comes_to_watch_will_not_work() {
        let mut crew = crew();
        assert!(crew.call_lookout().is_some());
        assert!(crew.call().is_some(), "there is work, too");
        assert!(crew.call().is_none(), "one is on its way to it");
        assert!(crew.arrive());
        assert!(!crew.arrive());
        assert!(crew.call().is_some(), "both have come");
    }

    #[test]
    fn one_that_is_on_its_way_may_come_to_watch() {
        let mut crew = crew();
        assert!(crew.call().is_some());
        assert!(crew.call_lookout().is_none());
        assert!(crew.call().is_some(), "the first will not work");
        assert!(crew.arrive());
        assert!(!crew.arrive());
    }

    #[test]
    fn a_late_ring_counts_for_one_call() {
        let bell = Bell::of_this_thread();
        assert!(!bell.wait(Duration::ZERO));
        let late = Arc::clone(&bell);
        let ringing = thread::spawn(move || late.ring());
        bell.heed();
        ringing.join().unwrap();
        assert!(!bell.wait(Duration::ZERO), "it was heard before");
    }

    #[test]
    fn a_sprint_that_stands_counts_no_more() {
        let mut crew = crew();
        let _ = crew.call_lookout();
        assert!(crew.arrive());
        crew.begin();
        let sprint = crew.sprint(Instant::now());
        assert!(crew.keeps_up(3));
        let mut seen = 0;
        crew.hold();
        assert!(crew.watch(&mut seen, true));
        for _ in 1..STANDS {
            assert!(crew.watch(&mut seen, true));
        }
        assert!(!crew.watch(&mut seen, true), "the lookout works itself");
        assert!(!crew.keeps_up(3));
        crew.end_sprint(sprint);
        let next = crew.sprint(Instant::now());
        crew.end_sprint(next);
        assert_eq!(crew.sprinting, 0);
    }

    #[test]
    fn the_lookout_leaves_when_nothing_is_held() {
        let mut crew = crew();
        let _ = crew.call_lookout();
        assert!(crew.arrive());
        let mut seen = 0;
        crew.begin();
        crew.hold();
        assert!(crew.watch(&mut seen, false));
        assert!(!crew.watch(&mut seen, false));
        assert!(!crew.is_watched());
    }
}
