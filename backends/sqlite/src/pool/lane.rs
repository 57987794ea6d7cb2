mod seat;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use queryset::{Access, Error, ErrorKind, Result};

use super::{Run, Task};
use crate::connection::{BoxConnection, Connection, Line, Place};
use crate::cursor::Parked;
use crate::error;
use crate::operation::Operation;

pub(super) use seat::Seat;

/// The connections of one kind, and their queue.
///
/// While a thread is at the head of the queue no connection is free: it would have been given
/// one. A job at the head may have to wait for a worker although a connection is free.
pub(super) struct Lane {
    line: Line,
    /// Connections that are open and free, the lowest slot last, which is used first: so those
    /// that work are always the same, and their caches are warm.
    idle: Vec<BoxConnection>,
    slots: Vec<Slot>,
    /// How many slots are empty.
    empty: usize,
    pub(super) waiters: VecDeque<Waiter>,
    /// How many operations in the queue were given up, at most.
    gone: usize,
    /// Whether nobody may begin, though a connection be free.
    pub(super) barred: bool,
    /// How many of those who wait go before others.
    pub(super) turn: usize,
    /// The thread that was handed a connection last, which may not have come for it yet.
    served: Option<Arc<Seat>>,
    /// How many operations have been queued.
    asked: u64,
    /// Whether short reads that wait may share a snapshot.
    pub(super) shares: bool,
}

enum Slot {
    Empty,
    Idle,
    Held(Holder),
}

struct Holder {
    sql: Arc<str>,
    since: Instant,
    parked: Option<Arc<Parked>>,
    /// Whether what it ran began a transaction, which has the connection now.
    transaction: bool,
}

/// What a connection was used for, and since when.
type Used = (Arc<str>, Instant);

/// A connection, or leave to open one.
pub(crate) enum Lease {
    Idle(Box<Connection>),
    New(Place),
}

pub(super) enum Waiter {
    Job {
        operation: Arc<Operation>,
        sql: Arc<str>,
        /// When it began to wait for a connection; `None` if one was free.
        since: Option<Instant>,
        /// As the how manieth it was queued.
        number: u64,
    },
    Thread(Arc<Seat>),
}

/// So many reads share a snapshot at most.
const SHARE: u64 = 64;

/// Whether a statement does nothing to the transaction that it runs in.
fn is_select(sql: &str) -> bool {
    sql.starts_with("SELECT ")
}

impl Holder {
    fn new(sql: Arc<str>, since: Instant) -> Self {
        Self {
            sql,
            since,
            parked: None,
            transaction: false,
        }
    }
}

impl Lease {
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Idle(connection) => connection.place(),
            Self::New(place) => *place,
        }
    }
}

impl Lane {
    pub(super) fn new(line: Line, limit: usize) -> Self {
        Self {
            line,
            idle: Vec::with_capacity(limit),
            slots: (0..limit).map(|_| Slot::Empty).collect(),
            empty: limit,
            waiters: VecDeque::new(),
            gone: 0,
            barred: false,
            turn: 0,
            served: None,
            asked: 0,
            shares: false,
        }
    }

    /// Queues an operation, which waits from `since` on if no connection is free.
    pub(super) fn queue(
        &mut self,
        operation: Arc<Operation>,
        sql: Arc<str>,
        since: Option<Instant>,
    ) {
        self.asked += 1;
        self.waiters.push_back(Waiter::Job {
            operation,
            sql,
            since,
            number: self.asked,
        });
    }

    /// Takes the pool's first connection in, which has the first slot.
    pub(super) fn adopt(&mut self, connection: BoxConnection) {
        self.slots[connection.place().slot] = Slot::Idle;
        self.empty -= 1;
        self.idle.push(connection);
    }

    pub(super) fn check_usable(&self) -> Result<()> {
        if self.slots.is_empty() {
            return Err(Error::new(
                ErrorKind::Operational,
                "the database was opened for reading only",
            ));
        }
        Ok(())
    }

    pub(super) fn size(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn in_use(&self) -> usize {
        self.slots.len() - self.idle.len() - self.empty
    }

    fn spare(&self) -> usize {
        match self.barred {
            true => 0,
            false => self.idle.len() + self.empty,
        }
    }

    /// How many connections run an operation: neither those of an open cursor between two calls
    /// nor those of a transaction.
    pub(super) fn running(&self) -> usize {
        let runs = |slot: &&Slot| matches!(slot, Slot::Held(holder) if holder.parked.is_none() && !holder.transaction);
        self.slots.iter().filter(runs).count()
    }

    /// Keeps all from beginning, or lets them. Whether an operation that was to begin soon waits
    /// from `now` on.
    pub(super) fn bar(&mut self, barred: bool, now: impl Fn() -> Instant) -> bool {
        self.barred = barred;
        if !barred {
            self.serve_threads();
            return false;
        }
        let mut waits = false;
        for waiter in &mut self.waiters {
            if let Waiter::Job {
                since: since @ None,
                ..
            } = waiter
            {
                *since = Some(now());
                waits = true;
            }
        }
        waits
    }

    /// What holds a connection for longest.
    fn oldest(&self) -> Option<&Holder> {
        let held = self.slots.iter().filter_map(|slot| match slot {
            Slot::Held(holder) => Some(holder),
            _ => None,
        });
        held.min_by_key(|holder| holder.since)
    }

    /// What it does, for a message.
    pub(super) fn longest_use(&self) -> Option<String> {
        self.oldest().map(|oldest| {
            let state = match oldest.parked {
                Some(_) => "an open cursor over",
                None if oldest.transaction => "in a transaction begun by",
                None => "running",
            };
            format!(
                "since {:.1?}, {state} `{}`",
                oldest.since.elapsed(),
                error::excerpt(&oldest.sql)
            )
        })
    }

    /// Whether a connection is free for one more than those who wait.
    pub(super) fn has_spare(&self) -> bool {
        self.waiters.len() < self.spare()
    }

    /// Whether a worker could begin with an operation.
    pub(super) fn has_job(&self) -> bool {
        self.spare() > 0 && matches!(self.waiters.front(), Some(Waiter::Job { .. }))
    }

    /// Takes a connection that is open, if one is free and nobody waits.
    pub(super) fn take_idle(&mut self, sql: &Arc<str>, now: Instant) -> Option<BoxConnection> {
        if self.barred || !self.waiters.is_empty() || self.idle.is_empty() {
            return None;
        }
        match self.lease(Arc::clone(sql), now)? {
            Lease::Idle(connection) => Some(connection),
            Lease::New(_) => None,
        }
    }

    /// Takes a connection for a statement. Only where one is free.
    pub(super) fn lease(&mut self, sql: Arc<str>, now: Instant) -> Option<Lease> {
        let (slot, lease) = match self.idle.pop() {
            Some(connection) => (connection.place().slot, Lease::Idle(connection)),
            None => {
                let slot = self
                    .slots
                    .iter()
                    .position(|slot| matches!(slot, Slot::Empty))?;
                self.empty -= 1;
                let line = self.line;
                (slot, Lease::New(Place { line, slot }))
            }
        };
        self.slots[slot] = Slot::Held(Holder::new(sql, now));
        Some(lease)
    }

    /// Whether the operation at the head of the queue is a short read that may share a snapshot
    /// with others that were queued before it.
    fn may_share(&self, is_short: impl Fn(&Arc<str>) -> bool) -> Option<u64> {
        match self.waiters.front() {
            Some(Waiter::Job { sql, number, .. }) if self.shares && !self.barred => {
                (is_select(sql) && is_short(sql)).then_some(*number)
            }
            _ => None,
        }
    }

    /// The operation at the head of the queue for a connection that keeps a snapshot, if it was
    /// queued before that was taken; and what the connection was used for, and since when.
    pub(super) fn pick_for(
        &mut self,
        connection: BoxConnection,
        now: Instant,
        is_short: impl Fn(&Arc<str>) -> bool,
    ) -> Result<(Run, Option<Used>), BoxConnection> {
        while self
            .may_share(&is_short)
            .is_some_and(|number| number <= connection.reach())
        {
            let Some(Waiter::Job { operation, sql, .. }) = self.waiters.pop_front() else {
                break;
            };
            self.turn = self.turn.saturating_sub(1);
            if !operation.begin() {
                self.gone = self.gone.saturating_sub(1);
                continue;
            }
            self.serve_threads();
            let slot = connection.place().slot;
            let held = Slot::Held(Holder::new(sql, now));
            let before = match std::mem::replace(&mut self.slots[slot], held) {
                Slot::Held(holder) => Some((holder.sql, holder.since)),
                Slot::Empty | Slot::Idle => None,
            };
            let run = Run {
                operation,
                reach: Some(connection.reach()),
                lease: Lease::Idle(connection),
                short: true,
            };
            return Ok((run, before));
        }
        Err(connection)
    }

    /// The operation at the head of the queue, with a connection.
    pub(super) fn pick(
        &mut self,
        now: Instant,
        is_short: impl Fn(&Arc<str>) -> bool,
    ) -> Option<Task> {
        while self.has_job() {
            let Some(Waiter::Job { operation, sql, .. }) = self.waiters.pop_front() else {
                return None;
            };
            self.turn = self.turn.saturating_sub(1);
            let short = is_short(&sql);
            let shares = short && is_select(&sql);
            let lease = self.lease(sql, now)?;
            if !operation.begin() {
                self.gone = self.gone.saturating_sub(1);
                self.return_lease(lease);
                continue;
            }
            self.serve_threads();
            let short = short && matches!(lease, Lease::Idle(_));
            let reach = self
                .may_share(&is_short)
                .filter(|_| short && shares)
                .map(|number| self.asked.min(number + SHARE));
            return Some(Task::Run(Run {
                operation,
                lease,
                short,
                reach,
            }));
        }
        None
    }

    fn return_lease(&mut self, lease: Lease) {
        match lease {
            Lease::Idle(connection) => {
                self.free(connection);
            }
            Lease::New(place) => self.vacate(place.slot),
        }
    }

    /// A connection is free again. What it was used for, and since when.
    pub(super) fn free(&mut self, connection: Box<Connection>) -> Option<Used> {
        let slot = connection.place().slot;
        let before = std::mem::replace(&mut self.slots[slot], Slot::Idle);
        let at = self.idle.partition_point(|other| other.place().slot > slot);
        self.idle.insert(at, connection);
        self.serve_threads();
        match before {
            Slot::Held(holder) => Some((holder.sql, holder.since)),
            Slot::Empty | Slot::Idle => None,
        }
    }

    /// A connection is no more.
    pub(super) fn vacate(&mut self, slot: usize) {
        self.slots[slot] = Slot::Empty;
        self.empty += 1;
        self.serve_threads();
    }

    /// The connection of a slot is a transaction's from now on.
    pub(super) fn note_transaction(&mut self, slot: usize) {
        if let Slot::Held(holder) = &mut self.slots[slot] {
            holder.transaction = true;
        }
    }

    pub(super) fn park(&mut self, slot: usize, parked: Arc<Parked>) {
        if let Slot::Held(holder) = &mut self.slots[slot] {
            holder.parked = Some(parked);
        }
    }

    pub(super) fn unpark(&mut self, slot: usize) -> Option<Arc<Parked>> {
        match &mut self.slots[slot] {
            Slot::Held(holder) => holder.parked.take(),
            _ => None,
        }
    }

    /// All cursors that wait for their next call.
    pub(super) fn parked(&mut self) -> impl Iterator<Item = Arc<Parked>> {
        self.slots.iter_mut().filter_map(|slot| match slot {
            Slot::Held(holder) => holder.parked.take(),
            _ => None,
        })
    }

    /// Takes all free connections out.
    pub(super) fn clear(&mut self) -> Vec<BoxConnection> {
        let connections = std::mem::take(&mut self.idle);
        for connection in &connections {
            self.slots[connection.place().slot] = Slot::Empty;
            self.empty += 1;
        }
        connections
    }

    /// Whether nobody waits and no connection is held.
    pub(super) fn is_quiet(&self) -> bool {
        self.waiters.is_empty() && self.idle.len() + self.empty == self.slots.len()
    }

    /// An operation in the queue was given up: its entry goes once there are many such.
    pub(super) fn forget_gone(&mut self) {
        self.gone += 1;
        if self.gone > 16 && self.gone * 2 > self.waiters.len()
            || matches!(self.waiters.front(), Some(Waiter::Job { operation, .. }) if operation.is_gone())
        {
            self.waiters.retain(
                |waiter| !matches!(waiter, Waiter::Job { operation, .. } if operation.is_gone()),
            );
            self.gone = 0;
            self.serve_threads();
        }
    }

    /// Takes the operations out that have waited since `before`; the next of them tells since
    /// when it waits.
    pub(super) fn expire(
        &mut self,
        before: Instant,
        expired: &mut Vec<Arc<Operation>>,
    ) -> Option<Instant> {
        self.waiters.retain(|waiter| match waiter {
            Waiter::Job {
                operation,
                since: Some(since),
                ..
            } if *since <= before => {
                expired.push(Arc::clone(operation));
                false
            }
            _ => true,
        });
        self.serve_threads();
        self.waiters.iter().find_map(|waiter| match waiter {
            Waiter::Job { since, .. } => *since,
            Waiter::Thread(_) => None,
        })
    }

    pub(super) fn strand(&mut self, operations: &mut Vec<Arc<Operation>>) {
        self.waiters.retain(|waiter| match waiter {
            Waiter::Job { operation, .. } => {
                operations.push(Arc::clone(operation));
                false
            }
            Waiter::Thread(_) => true,
        });
        self.gone = 0;
        self.serve_threads();
    }

    /// The error of a wait that took too long, perhaps for a `write` that kept reads out.
    #[cold]
    pub(super) fn exhausted(&self, waited: Duration, write: Option<&str>) -> Error {
        if let (true, Access::Read, Some(write)) = (self.barred, self.line.access, write) {
            let message = format!(
                "no read could begin within {waited:?}: in memory a write keeps reads out, and \
                 there is one {write}; what reads while its own transaction is open has to read \
                 through that"
            );
            return Error::new(ErrorKind::PoolExhausted, message);
        }
        let what = match self.line.access {
            Access::Read => "reading",
            Access::Write => "writing",
        };
        let mut message = format!(
            "no connection for {what} became free within {waited:?}: {} of {} are in use",
            self.in_use(),
            self.slots.len(),
        );
        if let Some(longest) = self.longest_use() {
            message.push_str(&format!(", the longest {longest}"));
        }
        Error::new(ErrorKind::PoolExhausted, message)
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("limit", &self.slots.len())
            .field("idle", &self.idle.len())
            .field("in_use", &self.in_use())
            .field("waiting", &self.waiters.len())
            .finish()
    }
}
