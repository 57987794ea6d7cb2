//! Reads that share connections.
//!
//! A short read that finds no free connection joins a *lane*: a task that has a connection of the
//! pool to itself and sends its reads one behind the other, without waiting for the answers
//! between them. The task takes the rows in, so that a caller who does not look at its read keeps
//! nobody waiting, and one that goes away leaves an answer that is read like any other.

mod lane;
mod read;
mod reply;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use queryset::pool::{Pool, PoolStatus};
use queryset::{Access, Error, ErrorKind, RowSink, Statement};

use crate::connection::Opener;
use reply::{Order, Reply};
pub(crate) use reply::{Outcome, Waiting};

/// A result of more rows has a connection to itself.
const MOST_ROWS: u64 = 100;
/// A connection that has answered nothing for so long is busy with something slow, and behind that
/// nobody should queue.
const STALL: Duration = Duration::from_millis(5);

/// A lane takes nobody in for longer: it ends, and the pool sees to the age of its connection, which
/// a lane that is always joined would never give back.
const TURN: Duration = Duration::from_secs(1);

/// Shares the connections of a pool.
pub(crate) struct Pipeline {
    pool: Arc<Pool<Opener>>,
    /// The most reads on one connection.
    depth: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lanes: Vec<Lane>,
    /// Reads that found no place in a lane, in their order.
    waiting: VecDeque<Order>,
    /// Lanes that have no connection yet.
    starting: usize,
    /// How many of those wait in the pool's queue.
    queued: usize,
    /// The number of the last lane.
    latest: u64,
}

/// What callers see of a lane.
struct Lane {
    id: u64,
    /// The reads in it that are not answered.
    load: usize,
    /// Reads that its task has not taken yet.
    inbox: Vec<Order>,
    waker: Waker,
    /// When it got its connection.
    since: Instant,
    /// When a read was last answered, or the first one came.
    moved: Instant,
    /// Whether a caller went away whose read is not answered.
    forsaken: bool,
}

impl Pipeline {
    pub(crate) fn new(pool: Arc<Pool<Opener>>, depth: usize) -> Self {
        Self {
            pool,
            depth,
            state: Mutex::default(),
        }
    }

    /// Whether a read may share a connection: its result is short.
    pub(crate) fn takes(&self, statement: &Statement, max_rows: usize) -> bool {
        statement.access == Access::Read
            && statement
                .most_rows
                .is_some_and(|most| most <= MOST_ROWS && most <= max_rows as u64)
    }

    /// What the pool has, with the reads that wait here counted one by one.
    pub(crate) fn status(&self) -> PoolStatus {
        let state = self.lock();
        let mut status = self.pool.status();
        status.waiting = status.waiting.saturating_sub(state.queued) + state.waiting.len();
        status.sharing = state.lanes.iter().map(|lane| lane.load).sum();
        status
    }

    /// Sends a read behind others, or lets it wait until it can be. The sink comes back with it.
    pub(crate) fn join(self: &Arc<Self>, statement: Statement, sink: Box<dyn RowSink>) -> Waiting {
        let reply = Arc::new(Reply::new(statement, sink));
        let order = Order::new(&reply);
        let mut state = self.lock();
        let status = self.pool.status();
        let open = status.in_use + status.idle + status.connecting + status.closing;
        let room = open < self.pool.size();
        // Whoever came before is served before: a transaction that waits would never get a
        // connection that is always joined by one more read.
        let first = state.waiting.is_empty() && status.waiting <= state.queued;
        if first
            && !room
            && let Some(lane) = state.least_loaded(self.depth)
        {
            reply.enter(lane.id);
            lane.load += 1;
            lane.inbox.push(order);
            let waker = (lane.inbox.len() == 1).then(|| lane.waker.clone());
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
            return Waiting::new(self, reply, false);
        }
        state.waiting.push_back(order);
        drop(state);
        self.start_lanes(room);
        Waiting::new(self, reply, true)
    }

    /// Starts as many lanes as it takes for those who wait.
    fn start_lanes(self: &Arc<Self>, room: bool) {
        loop {
            let mut state = self.lock();
            let each = if room && state.starting < self.pool.size() {
                1
            } else {
                self.depth
            };
            if state.starting.saturating_mul(each) >= state.waiting.len() {
                return;
            }
            state.starting += 1;
            drop(state);
            lane::start(self);
        }
    }

    /// Takes a read out that nobody wants any more. Whether it was still waiting for a lane.
    fn leave(&self, reply: &Arc<Reply>) -> bool {
        let mut state = self.lock();
        let position = state
            .waiting
            .iter()
            .position(|order| Arc::ptr_eq(order.reply(), reply));
        let left = position.and_then(|position| state.waiting.remove(position));
        let mut waker = None;
        if left.is_none()
            && reply.is_forsaken()
            && let Some(lane) = state.lane(reply.lane())
        {
            lane.forsaken = true;
            waker = Some(lane.waker.clone());
        }
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        left.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lane(&mut self, id: u64) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.id == id)
    }

    /// Where one more read is answered soonest, if it can be expected to be soon.
    fn least_loaded(&mut self, depth: usize) -> Option<&mut Lane> {
        let now = Instant::now();
        let open = self.lanes.iter_mut().filter(|lane| {
            lane.load < depth
                && !lane.forsaken
                && now.saturating_duration_since(lane.since) < TURN
                && (lane.load == 0 || now.saturating_duration_since(lane.moved) < STALL)
        });
        let lane = open.min_by_key(|lane| lane.load)?;
        if lane.load == 0 {
            lane.moved = now;
        }
        Some(lane)
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

/// The error of reads whose runtime is gone.
#[cold]
fn runtime_is_gone() -> Error {
    Error::new(
        ErrorKind::Runtime,
        "the runtime did not run the task that reads for several callers: keep it alive for as \
         long as its database is used",
    )
}
