//! The threads that run what futures wait for.
//!
//! A worker is one blocking job of the runtime's [`Spawner`](queryset::runtime::Spawner). It
//! serves the pool's queue for as long as there is work, waits a moment for more, and gives its
//! thread back: a hop to a thread that is there costs half of a new job, and a job that never
//! ended would hang the end of its runtime.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use queryset::{Error, ErrorKind, Fetched, Result};

use crate::connection::Place;
use crate::crew::{Bell, Call, Sprint, WATCH};
use crate::cursor::Cursor;
use crate::operation::{Operation, Outcome, Work};
use crate::pool::{Lease, Pool, Run, Task, wake};
use crate::run::{self, Left, Ran, Rows};
use crate::transaction::SqliteTransaction;

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
        if !state.crew.is_empty() {
            return;
        }
        let (operations, tasks) = state.strand();
        drop(state);
        for operation in operations {
            match operation.begin_and_take() {
                Some(Work::Fill { running, .. }) => self.finish(running),
                Some(Work::Again { connection, .. }) => {
                    self.give_back(connection.place(), run::roll_back(connection));
                }
                _ => {}
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
            Task::Run(Run {
                operation,
                lease,
                reach,
                ..
            }) => {
                let place = lease.place();
                let (result, left) = self.run(&operation, lease, reach);
                self.report(place, operation, result, left)
            }
            Task::Resume(operation) => {
                let interrupt = Some(&operation);
                let work = operation.begin_and_take();
                let (place, (result, left)) = match work {
                    Some(Work::Fill {
                        running,
                        sink,
                        max_rows,
                    }) => (
                        running.connection().place(),
                        run::fill(running, sink, max_rows, interrupt),
                    ),
                    Some(Work::Again {
                        connection,
                        statement,
                        sink,
                        max_rows,
                    }) => (
                        connection.place(),
                        run::fetch(connection, statement, sink, max_rows, None, interrupt),
                    ),
                    _ => return (None, None),
                };
                self.report(place, operation, result.map(fetched), left)
            }
            Task::Finish(running) => {
                let place = running.connection().place();
                (Some((place, run::finish(running))), None)
            }
            Task::RollBack(connection) => {
                let place = connection.place();
                (Some((place, run::roll_back(connection))), None)
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

    fn run(
        self: &Arc<Self>,
        operation: &Arc<Operation>,
        lease: Lease,
        reach: Option<u64>,
    ) -> Ran<Outcome> {
        let interrupt = Some(operation);
        let connection = match self.open(lease) {
            Ok(connection) => connection,
            Err(error) => return (Err(error), Left::Broken),
        };
        match operation.take() {
            Some(Work::Fetch {
                statement,
                sink,
                max_rows,
            }) => {
                let (result, left) =
                    run::fetch(connection, statement, sink, max_rows, reach, interrupt);
                (result.map(fetched), left)
            }
            Some(Work::Execute { statement }) => {
                let (result, left) = run::execute(connection, statement, interrupt);
                (result.map(Outcome::Executed), left)
            }
            Some(Work::Begin { sql }) => match run::begin(connection, &sql, interrupt) {
                (Ok(()), Left::Free(connection)) => {
                    let transaction = SqliteTransaction::on(self, connection);
                    (Ok(Outcome::Begun(transaction)), Left::Pinned)
                }
                (Err(error), left) => (Err(error), left),
                // A transaction that was begun leaves its connection free.
                (Ok(()), left) => (Err(crate::pool::closed()), left),
            },
            // The others wait for no connection.
            _ => (Err(crate::pool::closed()), Left::Free(connection)),
        }
    }

    fn report(
        self: &Arc<Self>,
        place: Place,
        operation: Arc<Operation>,
        mut result: Result<Outcome>,
        left: Left,
    ) -> Performed {
        self.note_transaction(place, &left);
        let left = match left {
            Left::Open(running) => {
                let cursor = Cursor::new(self, running, true);
                if let Ok(Outcome::Fetched(fetched, _)) = &mut result {
                    fetched.cursor = Some(Box::new(cursor));
                }
                None
            }
            Left::Pinned => None,
            other => Some((place, other)),
        };
        (left, Some((operation, result)))
    }
}

type Performed = (
    Option<(Place, Left)>,
    Option<(Arc<Operation>, Result<Outcome>)>,
);

/// The rows of a read; its cursor, if it is still open, is made of what it left.
fn fetched(rows: Rows) -> Outcome {
    let fetched = Fetched {
        sink: rows.sink,
        cursor: None,
    };
    Outcome::Fetched(fetched, rows.spent)
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
        let bell = Bell::of_this_thread();
        let _sprints = Sprints::of_this_thread(&pool);
        let mut left = None;
        let mut report: Option<(Arc<Operation>, Result<Outcome>)> = None;
        let mut called = true;
        let mut began = None;
        loop {
            // The answer first: whoever is woken finds it, and the connection free or with the next.
            let answered = report
                .take()
                .and_then(|(operation, result)| operation.answer(result));
            let mut state = pool.lock();
            if let Some(sprint) = SPRINT.take() {
                state.crew.end_sprint(sprint);
            }
            if std::mem::take(&mut called) && state.crew.arrive() {
                drop(state);
                pool.watch();
                continue;
            }
            let mut picked = None;
            if let Some((place, Left::Shared(connection))) = left {
                left = None;
                match state.pick_for(connection, began) {
                    Ok(task) => picked = Some(task),
                    Err(connection) => {
                        drop(state);
                        left = Some((place, run::end_snapshot(connection)));
                        state = pool.lock();
                    }
                }
            }
            let next = pool.next(&mut state, left.take(), picked, began, answered);
            // Already while it reports: a caller that asks again at once calls this thread, which
            // has not even gone to sleep, and not another.
            let rests = next.task.is_none() && next.unwanted.is_none();
            if rests {
                state.crew.rest(&bell);
            }
            drop(state);
            SPRINT.set(next.sprint);
            pool.make(next.call);
            drop(next.unwanted);
            if next.drained {
                pool.notify_drained();
            }
            let wakes = next.wakes || next.answered.is_some();
            if let Some(waker) = next.answered {
                wake(waker);
            }
            if next.wakes {
                pool.wake_all();
            }
            if let Some(task) = next.task {
                // Those who were woken may have been quicker than this thread.
                began = wakes.then(Instant::now);
                (left, report) = pool.perform(task);
            } else if rests {
                if !bell.wait(idle) {
                    if self.pool.lock().crew.stop_resting(&bell) {
                        return;
                    }
                    bell.heed();
                }
                called = true;
            }
        }
    }
}

impl Pool {
    /// Is the lookout, for as long as one is needed.
    fn watch(self: &Arc<Self>) {
        let mut seen = 0;
        loop {
            thread::park_timeout(WATCH);
            let mut state = self.lock();
            let waiting = state.has_work();
            let goes_on = state.crew.watch(&mut seen, waiting);
            drop(state);
            self.wake_waiting();
            if !goes_on {
                return;
            }
        }
    }

    /// What should have been short is not: the answers that are held go out, and another worker
    /// is called.
    fn overrun(self: &Arc<Self>, sprint: Sprint) {
        let mut state = self.lock();
        state.crew.end_sprint(sprint);
        let call = state.call();
        drop(state);
        self.make(call);
        self.wake_waiting();
    }
}

thread_local! {
    /// The pool of this thread, if it is a worker's.
    static POOL: RefCell<Option<Arc<Pool>>> = const { RefCell::new(None) };
    /// The read that this worker is in the middle of, if it should be short.
    static SPRINT: Cell<Option<Sprint>> = const { Cell::new(None) };
}

/// Lets [`stumble`] find the pool, while this is alive.
struct Sprints;

impl Sprints {
    fn of_this_thread(pool: &Arc<Pool>) -> Self {
        POOL.set(Some(Arc::clone(pool)));
        Self
    }
}

impl Drop for Sprints {
    fn drop(&mut self) {
        if let (Some(pool), Some(sprint)) = (POOL.take(), SPRINT.take()) {
            pool.overrun(sprint);
        }
    }
}

/// A read that should be short takes longer than `allowed`.
pub(crate) fn stumble(allowed: Duration) {
    if let Some(sprint) = SPRINT.get()
        && (allowed.is_zero() || sprint.since.elapsed() > allowed)
        && let Some(pool) = POOL.with_borrow(Clone::clone)
    {
        SPRINT.set(None);
        pool.overrun(sprint);
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.crew.leave(self.taken);
        if self.taken {
            // Work that came just now finds no idle worker and calls one.
            let call = state.call();
            drop(state);
            self.pool.make(call);
            self.pool.wake_waiting();
            return;
        }
        drop(state);
        if self.fate.dropped() {
            self.pool.strand(&LOST);
        }
    }
}
