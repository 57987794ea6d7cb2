//! A task that has a connection to itself and does the reads of many callers on it.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use queryset::pool::Lease;
use queryset::{Error, ErrorKind, Result};

use super::read::Line;
use super::reply::{Order, Reply};
use super::{Lane, Pipeline, STALL, TURN};
use crate::connection::{Connection, Opener, Stopped};
use crate::statement::Prepared;

/// Starts a lane, which has been counted as starting.
pub(super) fn start(pipeline: &Arc<Pipeline>) {
    let mut starting = Starting {
        pipeline: Arc::clone(pipeline),
        counted: true,
    };
    let Some(label) = starting.label() else {
        return;
    };
    // It has its place in the pool's queue from now on, and not only when its task begins.
    let mut acquire = pipeline.pool.acquire(&label);
    let mut asleep = Context::from_waker(Waker::noop());
    let acquired = Pin::new(&mut acquire).poll(&mut asleep);
    let queued = acquired.is_pending().then(|| Queued::new(pipeline));
    let first = async move {
        let acquired = match acquired {
            Poll::Ready(acquired) => acquired,
            Poll::Pending => acquire.await,
        };
        drop(queued);
        acquired
    };
    // Refused, the task is dropped, and who waits hears of it.
    let _ = pipeline.pool.runtime().spawn(starting.run(first));
}

/// A lane without a connection. Dropped by a runtime that ends, it fails those who wait.
struct Starting {
    pipeline: Arc<Pipeline>,
    counted: bool,
}

impl Starting {
    async fn run(mut self, first: impl Future<Output = Result<Lease<Opener>>>) {
        let mut acquired = first.await;
        loop {
            match acquired {
                Ok(lease) => {
                    if let Some(open) = self.open() {
                        open.run(lease).await;
                    }
                    return;
                }
                // Those who wait have clocks of their own.
                Err(error) if error.kind() == ErrorKind::PoolExhausted => {}
                Err(error) => self.fail(error),
            }
            let Some(label) = self.label() else {
                return;
            };
            let queued = Queued::new(&self.pipeline);
            acquired = self.pipeline.pool.acquire(&label).await;
            drop(queued);
        }
    }

    /// The statement of the first who waits; the lane is not needed if nobody does.
    fn label(&mut self) -> Option<Arc<str>> {
        let mut state = self.pipeline.lock();
        let first = state.waiting.front();
        let label = first.map(|order| Arc::clone(&order.reply().statement.sql));
        if label.is_none() {
            // In the same moment, so that who comes next does not count on it.
            state.starting -= 1;
            self.counted = false;
        }
        label
    }

    /// Takes in the first of those who wait; `None` if nobody does.
    fn open(mut self) -> Option<Open> {
        let mut state = self.pipeline.lock();
        state.starting -= 1;
        self.counted = false;
        let count = self.pipeline.depth.min(state.waiting.len());
        if count == 0 {
            return None;
        }
        state.latest += 1;
        let id = state.latest;
        let inbox: Vec<Order> = state.waiting.drain(..count).collect();
        inbox.iter().for_each(|order| order.reply().enter(id));
        let now = Instant::now();
        state.lanes.push(Lane {
            id,
            load: inbox.len(),
            inbox,
            waker: Waker::noop().clone(),
            since: now,
            moved: now,
            forsaken: false,
        });
        drop(state);
        Some(Open {
            pipeline: Arc::clone(&self.pipeline),
            id,
        })
    }

    /// Whoever has waited longest hears that no connection could be opened; of a database that was
    /// closed, and of a runtime that is gone, all do.
    #[cold]
    fn fail(&self, error: Error) {
        let mut state = self.pipeline.lock();
        let all = matches!(error.kind(), ErrorKind::Closed | ErrorKind::Runtime);
        let count = if all { state.waiting.len() } else { 1 };
        let count = count.min(state.waiting.len());
        let orders: Vec<Order> = state.waiting.drain(..count).collect();
        drop(state);
        fail(orders, error, false);
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if self.counted {
            let mut state = self.pipeline.lock();
            state.starting -= 1;
            let lost = std::mem::take(&mut state.waiting);
            drop(state);
            // They tell their callers.
            drop(lost);
        }
    }
}

/// A starting lane that waits in the pool's queue.
struct Queued(Arc<Pipeline>);

impl Queued {
    fn new(pipeline: &Arc<Pipeline>) -> Self {
        pipeline.lock().queued += 1;
        Self(Arc::clone(pipeline))
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.lock().queued -= 1;
    }
}

/// A lane that callers can join. Dropped, it is none any more, and what it had not begun waits for
/// another.
struct Open {
    pipeline: Arc<Pipeline>,
    id: u64,
}

/// Why a lane has stopped to drive its connection.
enum Pause {
    /// There is nothing to do.
    Idle,
    /// Somebody has joined, and others may be about to.
    Gather,
    /// Nobody wants what is under way, or the connection cannot go on.
    Left,
}

impl Open {
    async fn run(self, mut lease: Lease<Opener>) {
        let reused = lease.is_reused();
        lease.begin();
        lease.driver.look_at_once();
        let waker = lease.driver.waker();
        if let Some(lane) = self.pipeline.lock().lane(self.id) {
            lane.waker = waker;
        }
        let Connection {
            client,
            driver,
            statements,
            ..
        } = &mut **lease;
        let line = Line::new(client, statements, driver.grouping().clone());
        let mut work = Work {
            lane: &self,
            line: &line,
            begin: |reply| line.read(reply),
            spare: Vec::new(),
            reads: Vec::with_capacity(self.pipeline.depth),
            inbox: Vec::new(),
            gathered: false,
            moved: Instant::now(),
        };
        let ended = loop {
            let work = pin!(poll_fn(|context| work.poll(context)));
            match driver.drive(work).await {
                Ok(Pause::Idle) => {
                    // Those who were answered just now may ask for more.
                    yield_now().await;
                    if self.close_if_idle() {
                        break Ok(true);
                    }
                }
                // Requests that leave together cost the server and us one wake-up instead of many.
                Ok(Pause::Gather) => yield_now().await,
                Ok(Pause::Left) => break Ok(false),
                Err(lost) => break Err(lost),
            }
        };
        let left: Vec<Order> = work.reads.drain(..).map(|read| read.order).collect();
        drop(work);
        let (answered, broken) = (line.is_answered(), line.is_broken());
        // Nobody joins any more.
        drop(self);
        match ended {
            Ok(true) => lease.end(),
            Ok(false) if broken => {
                lease.break_off();
                let message = "postgres: the connection was lost";
                fail(left, Error::new(ErrorKind::Connection, message), false);
            }
            // The pool finishes what is under way.
            Ok(false) => drop(left),
            Err(lost) => {
                lease.answered = answered;
                let stopped = lease.lost(lost);
                // Of which nothing was answered, that may be asked again.
                let unsent = stopped.unsent || (stopped.silent && reused);
                fail(left, stopped.error, unsent);
            }
        }
    }

    /// Ends the lane if nobody has joined it.
    fn close_if_idle(&self) -> bool {
        let mut state = self.pipeline.lock();
        let idle = state.lane(self.id).is_none_or(|lane| lane.load == 0);
        if idle {
            state.lanes.retain(|lane| lane.id != self.id);
        }
        idle
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.pipeline.lock();
        let Some(position) = state.lanes.iter().position(|lane| lane.id == self.id) else {
            return;
        };
        let mut lane = state.lanes.swap_remove(position);
        // Who was given up has left already, and nobody would take it out.
        lane.inbox.retain(|order| !order.reply().is_forsaken());
        let replies: Vec<_> = lane.inbox.iter().map(|o| Arc::clone(o.reply())).collect();
        for order in lane.inbox.drain(..).rev() {
            order.reply().enter(0);
            state.waiting.push_front(order);
        }
        drop(state);
        if replies.is_empty() {
            return;
        }
        self.pipeline.start_lanes(false);
        // They wait for a connection from now on, and set their clocks.
        replies.iter().for_each(|reply| reply.call());
    }
}

/// Tells all of them the same.
#[cold]
fn fail(orders: Vec<Order>, error: Error, unsent: bool) {
    let again = |like: &Error| {
        let again = Error::new(like.kind(), like.to_string());
        match like.code() {
            Some(code) => again.with_code(code),
            None => again,
        }
    };
    let mut errors: Vec<Error> = (1..orders.len()).map(|_| again(&error)).collect();
    errors.push(error);
    // The first to be told gets the one with its source.
    for order in orders {
        if let Some(error) = errors.pop() {
            let mut stopped = Stopped::here(error);
            stopped.unsent = unsent;
            order.tell(Err(stopped));
        }
    }
}

/// A read under way.
struct Read<F> {
    order: Order,
    running: Pin<Box<F>>,
}

/// What a lane does while it drives its connection.
struct Work<'l, 'c, B, F> {
    lane: &'l Open,
    line: &'l Line<'c>,
    /// Begins a read.
    begin: B,
    /// In the order of their requests.
    reads: Vec<Read<F>>,
    /// The places of reads that are over: each would be a large allocation.
    spare: Vec<Pin<Box<F>>>,
    /// Goes to and fro, so that none is allocated.
    inbox: Vec<Order>,
    /// Whether others had a turn since somebody joined.
    gathered: bool,
    /// When a read was last answered, or the first one begun.
    moved: Instant,
}

impl<B, F> Work<'_, '_, B, F>
where
    B: Fn(Arc<Reply>) -> F,
    F: Future<Output = Result<Arc<Prepared>, Stopped>>,
{
    /// The context wakes nobody: what the reads wait for comes by this connection alone, and who
    /// joins wakes the driver.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Pause> {
        let mut answered = 0;
        let (moved, mut swift) = (self.moved, None);
        let told = Cell::new(None);
        let over = self
            .reads
            .extract_if(.., |read| match read.running.as_mut().poll(context) {
                Poll::Pending => false,
                Poll::Ready(outcome) => {
                    told.set(Some(outcome));
                    true
                }
            });
        for Read { order, running } in over {
            answered += 1;
            self.spare.push(running);
            let swift = *swift.get_or_insert_with(|| moved.elapsed() < STALL);
            if let Some(outcome) = told.take() {
                order.tell(outcome.map(|prepared| prepared.note(swift)));
            }
        }
        if answered > 0 {
            self.moved = Instant::now();
        }
        if self.line.is_broken() {
            return Poll::Ready(Pause::Left);
        }
        if self.line.is_closed() {
            // Whoever drives the connection says so, and what is not begun goes to another lane.
            return Poll::Pending;
        }
        if !self.take_orders(answered) {
            self.gathered = true;
            return Poll::Ready(Pause::Gather);
        }
        let mut refused = 0;
        if self.reads.is_empty() && !self.inbox.is_empty() {
            self.moved = Instant::now();
        }
        for order in self.inbox.drain(..) {
            if order.reply().is_forsaken() {
                refused += 1;
                continue;
            }
            let reply = Arc::clone(order.reply());
            let begun = (self.begin)(reply);
            let running = match self.spare.pop() {
                Some(mut place) => {
                    place.set(begun);
                    place
                }
                None => Box::pin(begun),
            };
            let mut read = Read { order, running };
            // Its request is on the way to the driver with this.
            match read.running.as_mut().poll(context) {
                Poll::Pending => self.reads.push(read),
                Poll::Ready(outcome) => {
                    refused += 1;
                    self.spare.push(read.running);
                    read.order.tell(outcome.map(drop));
                }
            }
        }
        if refused > 0
            && let Some(lane) = self.lane.pipeline.lock().lane(self.lane.id)
        {
            lane.load -= refused;
            lane.forsaken &= any_forsaken(&self.reads);
        }
        if self.reads.is_empty() {
            return Poll::Ready(Pause::Idle);
        }
        let forsaken = |read: &Read<F>| read.order.reply().is_forsaken();
        match self.reads.iter().all(forsaken) {
            true => Poll::Ready(Pause::Left),
            false => Poll::Pending,
        }
    }

    /// Notes what was answered, and takes what has come; false if more should have the time to come
    /// before.
    fn take_orders(&mut self, answered: usize) -> bool {
        let pipeline = &self.lane.pipeline;
        let mut state = pipeline.lock();
        let state = &mut *state;
        let Some(lane) = state.lanes.iter_mut().find(|lane| lane.id == self.lane.id) else {
            return true;
        };
        if answered > 0 {
            lane.load -= answered;
            lane.moved = self.moved;
            // Those in the inbox that were given up are not begun.
            lane.forsaken &= any_forsaken(&self.reads);
        }
        if !lane.inbox.is_empty() && !self.gathered {
            return false;
        }
        self.gathered = false;
        std::mem::swap(&mut self.inbox, &mut lane.inbox);
        // Who waits here comes before those who join, and behind those who wait for a connection
        // of their own.
        let free = pipeline.depth.saturating_sub(lane.load);
        let count = free.min(state.waiting.len());
        if count > 0
            && !lane.forsaken
            && lane.since.elapsed() < TURN
            && pipeline.pool.status().waiting <= state.queued
        {
            if lane.load == 0 {
                lane.moved = Instant::now();
            }
            lane.load += count;
            for order in state.waiting.drain(..count) {
                order.reply().enter(lane.id);
                self.inbox.push(order);
            }
        }
        true
    }
}

fn any_forsaken<F>(reads: &[Read<F>]) -> bool {
    reads.iter().any(|read| read.order.reply().is_forsaken())
}

/// Lets others have a turn.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
