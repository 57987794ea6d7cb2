//! What the pool's lock guards.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::PoolStatus;
use super::parked::Reclaim;
use super::turn::Turn;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::TaskHandle;
use crate::sync::lock;

pub(super) struct State<T> {
    phase: Phase,
    pub(super) slots: Vec<Slot>,
    /// The slots that are empty.
    free: Vec<usize>,
    /// Connections that are open and free. The last is lent first: its caches are warm.
    idle: Vec<Entry<T>>,
    /// Who waits, first come first. While anybody waits no connection is free.
    waiters: VecDeque<Arc<Waiter<T>>>,
    /// The thread that was served last, unless it was overtaken since.
    pub(super) served: Option<Arc<Waiter<T>>>,
    connecting: usize,
    closing: usize,
    pub(super) last_failure: Option<Failure>,
    /// Whether a task pauses before it tries again to connect.
    pub(super) retrying: bool,
    pub(super) sweeping: bool,
    /// The task that does it.
    pub(super) sweeper: Option<TaskHandle<()>>,
    pub(super) closers: Vec<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The handle was dropped: who waits is served, and each connection is closed when it is free.
    Abandoned,
    /// What was asked for is finished, nothing new is taken.
    Closing,
    Closed,
}

pub(super) enum Slot {
    Empty,
    Connecting,
    Idle,
    Held(Holder),
    Closing,
}

pub(super) struct Holder {
    pub(super) label: Arc<str>,
    pub(super) since: Instant,
    pub(super) doing: Doing,
}

pub(super) enum Doing {
    Running,
    /// A cursor waits for its next call; closing takes its connection away.
    Parked(Arc<dyn Reclaim>),
    /// A transaction has the connection to itself.
    Detached,
    /// The operation was dropped.
    Finishing,
}

/// A connection of the pool.
pub(super) struct Entry<T> {
    pub(super) connection: T,
    pub(super) slot: usize,
    pub(super) opened: Instant,
    /// The number of looks at the free connections since it became one.
    pub(super) sweeps: u32,
    /// Whether it has served an operation before.
    pub(super) used: bool,
}

/// The last attempt to connect that failed.
pub(super) struct Failure {
    pub(super) at: Instant,
    pub(super) message: String,
}

/// An operation that waits. Its own lock is taken while the pool's is held, never the other way
/// round.
pub(super) struct Waiter<T> {
    pub(super) label: Arc<str>,
    /// When it has waited too long, by the runtime's clock; `None` for one that has a clock of its
    /// own.
    pub(super) deadline: Option<Instant>,
    pub(super) wait: Mutex<Wait<T>>,
    /// That of a thread which may be overtaken.
    pub(super) turn: Option<Turn>,
}

pub(super) enum Wait<T> {
    Waiting(Option<Waker>),
    Served(Entry<T>),
    Failed(Error),
    /// It took too long.
    Late,
    Over,
}

/// What is to be done once the lock is given up.
pub(super) struct Returned<T> {
    pub(super) wakers: Vec<Waker>,
    pub(super) unwanted: Vec<Entry<T>>,
    /// The slots into which connections are to be opened.
    pub(super) connect: Vec<usize>,
}

impl<T> Returned<T> {
    // Empty vectors do not allocate.
    fn nothing() -> Self {
        Self {
            wakers: Vec::new(),
            unwanted: Vec::new(),
            connect: Vec::new(),
        }
    }
}

impl<T> Waiter<T> {
    fn end(&self, wait: Wait<T>) -> Option<Waker> {
        match std::mem::replace(&mut *lock(&self.wait), wait) {
            Wait::Waiting(waker) => waker,
            _ => None,
        }
    }
}

impl<T> State<T> {
    pub(super) fn new(size: usize) -> Self {
        Self {
            phase: Phase::Open,
            slots: (0..size).map(|_| Slot::Empty).collect(),
            // From the end, so that the first slot is used first.
            free: (0..size).rev().collect(),
            idle: Vec::with_capacity(size),
            waiters: VecDeque::new(),
            served: None,
            connecting: 0,
            closing: 0,
            last_failure: None,
            retrying: false,
            sweeping: false,
            sweeper: None,
            closers: Vec::new(),
        }
    }

    /// Takes in the first connection of a pool.
    pub(super) fn adopt(&mut self, connection: T) {
        if let Some(slot) = self.free.pop() {
            self.slots[slot] = Slot::Idle;
            self.idle.push(Entry {
                connection,
                slot,
                opened: Instant::now(),
                sweeps: 0,
                used: true,
            });
        }
    }

    pub(super) fn status(&self) -> PoolStatus {
        PoolStatus {
            in_use: self.in_use(),
            idle: self.idle.len(),
            connecting: self.connecting,
            closing: self.closing,
            waiting: self.waiters.len(),
            sharing: 0,
        }
    }

    fn in_use(&self) -> usize {
        self.slots.len() - self.free.len() - self.idle.len() - self.connecting - self.closing
    }

    pub(super) fn check_open(&self) -> Result<()> {
        match self.phase {
            Phase::Open | Phase::Abandoned => Ok(()),
            Phase::Closing | Phase::Closed => Err(closed()),
        }
    }

    pub(super) fn has_idle(&self) -> bool {
        !self.idle.is_empty()
    }

    /// A free connection, if nobody was here before.
    pub(super) fn take(&mut self, label: &Arc<str>) -> Option<Entry<T>> {
        if !self.waiters.is_empty() {
            return None;
        }
        let mut entry = self.idle.pop()?;
        entry.sweeps = 0;
        self.hold(entry.slot, Arc::clone(label));
        Some(entry)
    }

    pub(super) fn hold(&mut self, slot: usize, label: Arc<str>) {
        self.slots[slot] = Slot::Held(Holder {
            label,
            since: Instant::now(),
            doing: Doing::Running,
        });
    }

    /// Says what the holder of a slot does; the operation it was parked for, to be dropped
    /// without the lock.
    pub(super) fn now(&mut self, slot: usize, doing: Doing) -> Option<Doing> {
        match &mut self.slots[slot] {
            Slot::Held(holder) => Some(std::mem::replace(&mut holder.doing, doing)),
            _ => None,
        }
    }

    /// Notes an operation that waits for its caller; given back when the pool closes.
    pub(super) fn park(
        &mut self,
        slot: usize,
        operation: Arc<dyn Reclaim>,
    ) -> Option<Arc<dyn Reclaim>> {
        match (self.phase, &mut self.slots[slot]) {
            (Phase::Open | Phase::Abandoned, Slot::Held(holder)) => {
                holder.doing = Doing::Parked(operation);
                None
            }
            _ => Some(operation),
        }
    }

    /// Queues one who waits.
    pub(super) fn wait(&mut self, waiter: Arc<Waiter<T>>) -> Returned<T> {
        self.waiters.push_back(waiter);
        let mut returned = Returned::nothing();
        self.balance(&mut returned);
        returned
    }

    /// Queues one before all others.
    pub(super) fn wait_first(&mut self, waiter: Arc<Waiter<T>>) -> Returned<T> {
        self.waiters.push_front(waiter);
        let mut returned = Returned::nothing();
        self.balance(&mut returned);
        returned
    }

    /// Takes one who waits out of the queue.
    pub(super) fn leave(&mut self, waiter: &Arc<Waiter<T>>) -> Returned<T> {
        self.waiters.retain(|other| !Arc::ptr_eq(other, waiter));
        // It cannot be overtaken, and come back into the queue, from now on.
        self.served.take_if(|served| Arc::ptr_eq(served, waiter));
        let mut returned = Returned::nothing();
        self.told_if_drained(&mut returned);
        returned
    }

    /// Takes those out of the queue who have waited too long; the deadline of the next.
    pub(super) fn late(&mut self, now: Instant) -> (Returned<T>, Option<Instant>) {
        let mut returned = Returned::nothing();
        let mut next = None;
        self.waiters.retain(|waiter| match waiter.deadline {
            Some(deadline) if deadline <= now => {
                returned.wakers.extend(waiter.end(Wait::Late));
                false
            }
            Some(deadline) => {
                next.get_or_insert(deadline);
                true
            }
            None => true,
        });
        self.told_if_drained(&mut returned);
        (returned, next)
    }

    /// Who is to be woken if everybody is.
    pub(super) fn all_who_wait(&self) -> Vec<Waker> {
        let waits = self.waiters.iter().map(|waiter| lock(&waiter.wait));
        let wakers = waits.map(|wait| match &*wait {
            Wait::Waiting(waker) => waker.clone(),
            _ => None,
        });
        wakers.flatten().collect()
    }

    /// A connection that can serve comes back, or is new.
    pub(super) fn give_back(
        &mut self,
        mut entry: Entry<T>,
        max_lifetime: Option<Duration>,
    ) -> Returned<T> {
        let mut returned = Returned::nothing();
        let slot = entry.slot;
        let expired =
            max_lifetime.is_some_and(|limit| entry.used && entry.opened.elapsed() >= limit);
        let wanted = match self.phase {
            Phase::Open => !expired,
            Phase::Abandoned | Phase::Closing => !expired && !self.waiters.is_empty(),
            Phase::Closed => false,
        };
        if !wanted {
            self.slots[slot] = Slot::Closing;
            self.closing += 1;
            returned.unwanted.push(entry);
            self.balance(&mut returned);
        } else if let Some(waiter) = self.waiters.pop_front() {
            self.hold(slot, Arc::clone(&waiter.label));
            entry.sweeps = 0;
            returned.wakers.extend(waiter.end(Wait::Served(entry)));
            if let Some(turn) = &waiter.turn {
                turn.begin(Instant::now());
                self.served = Some(waiter);
            }
        } else {
            self.slots[slot] = Slot::Idle;
            self.idle.push(entry);
        }
        returned
    }

    /// A slot's connection is gone, whatever it was.
    pub(super) fn vacate(&mut self, slot: usize) -> Returned<T> {
        match std::mem::replace(&mut self.slots[slot], Slot::Empty) {
            Slot::Closing => self.closing -= 1,
            Slot::Connecting => self.connecting -= 1,
            Slot::Held(_) | Slot::Idle | Slot::Empty => {}
        }
        self.free.push(slot);
        let mut returned = Returned::nothing();
        self.balance(&mut returned);
        self.told_if_drained(&mut returned);
        returned
    }

    /// A connection was opened.
    pub(super) fn opened(&mut self) {
        self.connecting -= 1;
    }

    /// A connection could not be opened. Whoever has waited longest hears of it, unless a
    /// connection is in use and may come back. True if the caller is to try again in a while.
    pub(super) fn failed(&mut self, slot: usize, error: Error) -> (Returned<T>, bool) {
        self.slots[slot] = Slot::Empty;
        self.connecting -= 1;
        self.free.push(slot);
        self.last_failure = Some(Failure {
            at: Instant::now(),
            message: with_sources(&error),
        });
        let mut returned = Returned::nothing();
        if self.in_use() > 0 {
            let again = !self.waiters.is_empty() && !self.retrying;
            self.retrying |= again;
            return (returned, again);
        }
        if let Some(waiter) = self.waiters.pop_front() {
            returned.wakers.extend(waiter.end(Wait::Failed(error)));
        }
        self.balance(&mut returned);
        self.told_if_drained(&mut returned);
        (returned, false)
    }

    /// The runtime dropped an attempt to connect. It will drop others too, so all who wait hear
    /// of it.
    pub(super) fn lost(&mut self, slot: usize, error: fn() -> Error) -> Returned<T> {
        let mut returned = Returned::nothing();
        for waiter in self.waiters.drain(..) {
            returned.wakers.extend(waiter.end(Wait::Failed(error())));
        }
        let Returned { wakers, .. } = self.vacate(slot);
        returned.wakers.extend(wakers);
        returned
    }

    /// The pause after a failure is over.
    pub(super) fn retry(&mut self) -> Returned<T> {
        self.retrying = false;
        let mut returned = Returned::nothing();
        self.balance(&mut returned);
        returned
    }

    /// As many connections are opened as there are operations waiting, within the limit.
    fn balance(&mut self, returned: &mut Returned<T>) {
        while self.connecting < self.waiters.len()
            && !self.retrying
            && let Some(slot) = self.free.pop()
        {
            self.slots[slot] = Slot::Connecting;
            self.connecting += 1;
            returned.connect.push(slot);
        }
    }

    /// Takes the free connections out that have reached a limit. The second is whether any are
    /// left to look after.
    pub(super) fn sweep(
        &mut self,
        idle_sweeps: u32,
        max_lifetime: Option<Duration>,
    ) -> (Vec<Entry<T>>, bool) {
        let mut expired = Vec::new();
        let mut index = 0;
        while index < self.idle.len() {
            let entry = &mut self.idle[index];
            entry.sweeps = entry.sweeps.saturating_add(1);
            let old = max_lifetime.is_some_and(|limit| entry.opened.elapsed() >= limit);
            if old || entry.sweeps >= idle_sweeps {
                let entry = self.idle.remove(index);
                self.slots[entry.slot] = Slot::Closing;
                self.closing += 1;
                expired.push(entry);
            } else {
                index += 1;
            }
        }
        self.sweeping = !self.idle.is_empty();
        (expired, self.sweeping)
    }

    fn take_idle(&mut self) -> Vec<Entry<T>> {
        let idle = std::mem::take(&mut self.idle);
        for entry in &idle {
            self.slots[entry.slot] = Slot::Closing;
            self.closing += 1;
        }
        idle
    }

    /// The handle was dropped.
    pub(super) fn abandon(&mut self) -> Vec<Entry<T>> {
        if self.phase == Phase::Open {
            self.phase = Phase::Abandoned;
        }
        self.take_idle()
    }

    /// Nothing new is taken from now on; the free connections, and the cursors that are parked.
    pub(super) fn begin_close(&mut self) -> (Vec<Entry<T>>, Vec<Doing>) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Closing;
        }
        let mut parked = Vec::new();
        for slot in &mut self.slots {
            if let Slot::Held(holder) = slot
                && matches!(holder.doing, Doing::Parked(_))
            {
                parked.push(std::mem::replace(&mut holder.doing, Doing::Finishing));
            }
        }
        (self.take_idle(), parked)
    }

    /// Whether nothing is left to wait for, which closes a pool for good.
    pub(super) fn drained(&mut self) -> bool {
        let drained = self.waiters.is_empty() && self.free.len() == self.slots.len();
        if drained && self.phase == Phase::Closing {
            self.phase = Phase::Closed;
        }
        drained
    }

    /// Closes for good, whatever is under way: who still waits is told so.
    pub(super) fn force_close(&mut self) -> Returned<T> {
        self.phase = Phase::Closed;
        let mut returned = Returned::nothing();
        for waiter in self.waiters.drain(..) {
            returned.wakers.extend(waiter.end(Wait::Failed(closed())));
        }
        returned
    }

    fn told_if_drained(&mut self, returned: &mut Returned<T>) {
        if !self.closers.is_empty() && self.drained() {
            returned.wakers.append(&mut self.closers);
        }
    }
}

#[cold]
pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the database has been closed")
}

/// The message of an error and of what caused it.
fn with_sources(error: &Error) -> String {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    message
}
