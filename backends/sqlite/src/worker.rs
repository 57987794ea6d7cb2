//! The threads that run what futures wait for.
//!
//! A worker is one blocking job of the runtime's [`Spawner`](queryset::runtime::Spawner). It
//! serves the pool's queue for as long as there is work, waits a moment for more, and gives its
//! thread back: a hop to a thread that is there costs half of a new job, and a job that never
//! ended would hang the end of its runtime. One worker is called at a time; it calls the next
//! when it finds more than it takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use queryset::{Error, ErrorKind, Fetched, Result, RowSink};

use crate::connection::Place;
use crate::cursor::Cursor;
use crate::operation::{Operation, Outcome, Work};
use crate::panics;
use crate::pool::{Lease, Pool, Task};
use crate::run::{self, Left, Ran};

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
}

/// How a worker is called.
#[must_use]
pub(crate) enum Call {
    Ring(Arc<Bell>),
    Spawn,
}

#[derive(Debug)]
pub(crate) struct Bell {
    thread: Thread,
    rung: AtomicBool,
}

impl Crew {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            workers: 0,
            idle: Vec::with_capacity(limit),
            called: 0,
        }
    }

    /// Somebody to call, unless one is on its way or all are at work.
    pub(crate) fn call(&mut self) -> Option<Call> {
        if self.called > 0 {
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
        self.called += 1;
        Some(call)
    }
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }

    /// Waits for a call; false if none came.
    fn wait(&self, patience: Duration) -> bool {
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
}

impl Pool {
    /// Makes a call, without the pool's lock.
    pub(crate) fn make(self: &Arc<Self>, call: Option<Call>) {
        match call {
            None => {}
            Some(Call::Ring(bell)) => bell.ring(),
            Some(Call::Spawn) => self.spawn_worker(),
        }
    }

    #[cold]
    fn spawn_worker(self: &Arc<Self>) {
        let fate = Arc::new(Fate::default());
        let post = Post {
            pool: Arc::clone(self),
            fate: Arc::clone(&fate),
            taken: false,
        };
        let spawned = self
            .runtime()
            .spawner()
            .spawn_blocking(Box::new(move || post.work()));
        match spawned {
            Ok(()) if fate.accepted() => {}
            Ok(()) => self.strand(&LOST),
            Err(error) => self.strand(&error),
        }
    }

    /// There is no thread for those who wait, unless another worker is there.
    #[cold]
    fn strand(self: &Arc<Self>, why: &dyn std::fmt::Display) {
        let mut state = self.lock();
        if state.crew.workers > 0 {
            return;
        }
        let (operations, tasks) = state.strand();
        drop(state);
        for operation in operations {
            if let Some(Work::Fill { running, .. }) = operation.begin() {
                self.finish(running);
            }
            operation.complete(Err(Error::new(ErrorKind::Runtime, why.to_string())));
        }
        // What nobody waits for is done here, late but not never.
        for task in tasks {
            let (left, report) = self.perform(task);
            if let Some((place, left)) = left {
                self.give_back(place, left);
            }
            if let Some((operation, result)) = report {
                operation.complete(result);
            }
        }
    }

    /// Does a task: what is left of its connection, and the result with the one who waits.
    fn perform(self: &Arc<Self>, task: Task) -> Performed {
        match task {
            Task::Run(operation, lease) => {
                let place = lease.place();
                let Some(work) = operation.begin() else {
                    return (Some((place, unused(lease))), None);
                };
                let (result, left) = self.run(&operation, work, lease);
                self.report(place, operation, result, left)
            }
            Task::Resume(operation) => {
                let Some(Work::Fill {
                    running,
                    sink,
                    max_rows,
                }) = operation.begin()
                else {
                    return (None, None);
                };
                let place = running.connection().place();
                let (result, left) =
                    run::fill(running, sink, max_rows, Some(operation.interrupt()));
                self.report(place, operation, result.map(Came::Rows), left)
            }
            Task::Finish(running) => {
                let place = running.connection().place();
                (Some((place, run::finish(running))), None)
            }
            Task::Discard(connections) => {
                drop(connections);
                (None, None)
            }
            Task::Shut(connections) => {
                self.shut(connections);
                (None, None)
            }
        }
    }

    fn run(self: &Arc<Self>, operation: &Operation, work: Work, lease: Lease) -> Ran<Came> {
        let interrupt = Some(operation.interrupt());
        let connection = match self.open(lease) {
            Ok(connection) => connection,
            Err(error) => return (Err(error), Left::Broken),
        };
        match work {
            Work::Fetch {
                statement,
                sink,
                max_rows,
            } => {
                let (result, left) = run::fetch(connection, statement, sink, max_rows, interrupt);
                (result.map(Came::Rows), left)
            }
            Work::Execute { statement } => {
                let (result, left) = run::execute(connection, statement, interrupt);
                (result.map(Came::Changes), left)
            }
            // Neither waits for a connection.
            Work::Fill { .. } | Work::Close => (Err(crate::pool::closed()), Left::Free(connection)),
        }
    }

    fn report(
        self: &Arc<Self>,
        place: Place,
        operation: Arc<Operation>,
        result: Result<Came>,
        left: Left,
    ) -> Performed {
        let (left, cursor) = match left {
            Left::Open(running) => (None, Some(Cursor::new(self, running, true))),
            other => (Some((place, other)), None),
        };
        let result = result.map(|came| match came {
            Came::Rows(sink) => Outcome::Fetched(Fetched {
                sink,
                cursor: cursor.map(|cursor| Box::new(cursor) as _),
            }),
            Came::Changes(rows) => Outcome::Executed(rows),
        });
        (left, Some((operation, result)))
    }
}

/// How often a worker without work lets other threads run before it waits: on a busy machine the
/// caller that was just answered often asks again, and neither then pays for waking the other.
const YIELDS: u32 = 4;

type Performed = (
    Option<(Place, Left)>,
    Option<(Arc<Operation>, Result<Outcome>)>,
);

enum Came {
    Rows(Box<dyn RowSink>),
    Changes(u64),
}

fn unused(lease: Lease) -> Left {
    match lease {
        Lease::Idle(connection) => Left::Free(connection),
        Lease::New(_) => Left::Broken,
    }
}

const LOST: &str = "the runtime has shut down: keep it alive for as long as its database is used";

/// Whether a job was accepted, and whether it was dropped without being run.
#[derive(Default)]
struct Fate(AtomicU8);

const ACCEPTED: u8 = 1;
const DROPPED: u8 = 2;

impl Fate {
    /// Notes that the job was accepted; false if it has been dropped meanwhile.
    fn accepted(&self) -> bool {
        self.0.fetch_or(ACCEPTED, Ordering::AcqRel) & DROPPED == 0
    }

    /// Notes that the job was dropped; true if it had been accepted, so that nobody else sees it.
    fn dropped(&self) -> bool {
        self.0.fetch_or(DROPPED, Ordering::AcqRel) & ACCEPTED != 0
    }
}

/// A worker's place in the crew, given back when it ends or is never begun.
struct Post {
    pool: Arc<Pool>,
    fate: Arc<Fate>,
    taken: bool,
}

impl Post {
    fn work(mut self) {
        self.taken = true;
        let pool = Arc::clone(&self.pool);
        let idle = pool.opener().options().thread_idle;
        let bell = Arc::new(Bell {
            thread: thread::current(),
            rung: AtomicBool::new(false),
        });
        let mut left = None;
        let mut report: Option<(Arc<Operation>, Result<Outcome>)> = None;
        let mut called = true;
        loop {
            let mut state = pool.lock();
            if std::mem::take(&mut called) {
                state.crew.called -= 1;
            }
            let next = pool.next(&mut state, left.take());
            // Already while it reports: a caller that asks again at once calls this thread, which
            // has not even gone to sleep, and not another.
            let rests = next.task.is_none() && next.unwanted.is_none();
            if rests {
                state.crew.idle.push(Arc::clone(&bell));
            }
            drop(state);
            pool.make(next.call);
            drop(next.unwanted);
            if next.drained {
                pool.notify_drained();
            }
            // The connection is free by now, so that who is woken finds it.
            if let Some((operation, result)) = report.take() {
                complete(&operation, result);
            }
            if let Some(task) = next.task {
                (left, report) = pool.perform(task);
            } else if rests {
                called = bell.wait(idle);
                if !called && self.leave(&bell) {
                    return;
                }
                called = true;
            }
        }
    }

    /// Leaves the crew; false if it was called at the last moment.
    fn leave(&mut self, bell: &Arc<Bell>) -> bool {
        let mut state = self.pool.lock();
        let Some(at) = state
            .crew
            .idle
            .iter()
            .position(|other| Arc::ptr_eq(other, bell))
        else {
            return false;
        };
        state.crew.idle.remove(at);
        true
    }
}

/// A waker is another's code: its panic must not cost the pool a worker.
fn complete(operation: &Operation, result: Result<Outcome>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| operation.complete(result))) {
        drop(panics::error("a waker", &*panic));
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.crew.workers -= 1;
        if self.taken {
            // Work that came just now finds no idle worker and calls one.
            let call = state.call();
            drop(state);
            self.pool.make(call);
            return;
        }
        state.crew.called -= 1;
        drop(state);
        if self.fate.dropped() {
            self.pool.strand(&LOST);
        }
    }
}
