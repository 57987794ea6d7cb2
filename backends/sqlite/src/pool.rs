//! The connections of one database, and who waits for one.
//!
//! One connection writes, several read. Whoever comes first is served first, whether it is a
//! future or a thread that blocks. A future's operation waits here without a thread; a
//! [worker](crate::worker) takes it together with a connection. A blocking caller is handed its
//! connection and works on its own thread; until it runs, another that asks may overtake it, for a
//! moment.

mod acquire;
mod close;
mod expire;
mod inline;
mod lane;
mod pace;
mod pin;
mod ripe;
mod turns;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::Waker;
use std::time::Instant;

use queryset::runtime::Runtime;
use queryset::{Access, Dialect, Error, ErrorKind, Result};

use crate::connection::{BoxConnection, Connection, Line, Opener, Place};
use crate::crew::{Call, Crew, Sprint};
use crate::cursor::Parked;
use crate::operation::{Operation, Work};
use crate::run::{self, Left};
use crate::statement::Running;
use crate::sync::lock;
use crate::transaction::Pinned;
use lane::Lane;
use pace::Paces;
use ripe::{Hint, Ripe};
use turns::Turns;

pub(crate) use acquire::NoLease;
pub(crate) use inline::Attempt;
pub(crate) use lane::Lease;
pub(crate) use ripe::wake;

/// The pool. Its lock is held for some tens of nanoseconds at a time, and never while SQLite
/// runs.
pub(crate) struct Pool {
    opener: Opener,
    dialect: Dialect,
    runtime: Runtime,
    state: Mutex<State>,
    hint: Hint,
    /// Wakes the threads that close the database.
    drained: Condvar,
}

pub(crate) struct State {
    phase: Phase,
    readers: Lane,
    writer: Lane,
    /// The connections that transactions have to themselves, each a lane with its own queue.
    transactions: Vec<Option<(Lane, Pinned)>>,
    /// What a worker can do without waiting for a connection.
    ready: VecDeque<Task>,
    pub(crate) crew: Crew,
    ripe: Ripe,
    paces: Paces,
    /// Whether a task looks after those who have waited too long.
    expiring: bool,
    /// Whether the task that closes the connections is under way.
    shutting: bool,
    closers: Vec<Arc<Operation>>,
    /// Where reads and writes keep each other out.
    turns: Option<Turns>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The handle was dropped: open cursors go on, and each connection is closed when it is free.
    Abandoned,
    /// What was asked for is finished, nothing new is taken.
    Closing,
    Closed,
}

/// What a worker does next.
pub(crate) enum Task {
    /// An operation with the connection that it waited for.
    Run(Run),
    /// An operation that has its connection: that of an open cursor, or a read that began elsewhere.
    Resume(Arc<Operation>),
    /// The end of a cursor that was dropped.
    Finish(Box<Running>),
    /// The end of a transaction that was dropped, or of a read that was to go on.
    RollBack(BoxConnection),
    /// Connections that nobody needs any more.
    Discard(Vec<BoxConnection>),
    /// The last connections of a database that is closed.
    Shut(Vec<BoxConnection>),
}

/// An operation that has begun.
pub(crate) struct Run {
    pub(crate) operation: Arc<Operation>,
    pub(crate) lease: Lease,
    /// Whether it should be short.
    pub(crate) short: bool,
    /// That it is to keep its snapshot for others, up to the how manieth that was queued.
    pub(crate) reach: Option<u64>,
}

impl Pool {
    pub(crate) fn new(
        opener: Opener,
        first: Connection,
        dialect: Dialect,
        runtime: Runtime,
    ) -> Arc<Self> {
        let options = opener.options();
        let mut readers = Lane::new(Line::of(Access::Read), options.readers);
        let mut writer = Lane::new(
            Line::of(Access::Write),
            usize::from(!options.location.read_only),
        );
        match first.place().line.access {
            Access::Read => readers.adopt(Box::new(first)),
            Access::Write => writer.adopt(Box::new(first)),
        }
        let workers = options.readers + 2;
        let turns = options.location.is_memory().then(|| Turns::new(&runtime));
        // In memory a snapshot keeps writes out, and so it does, with an error, in a shared cache.
        readers.shares = !options.location.locks_in_memory();
        Arc::new(Self {
            state: Mutex::new(State {
                phase: Phase::Open,
                readers,
                writer,
                transactions: Vec::new(),
                ready: VecDeque::new(),
                crew: Crew::new(workers),
                ripe: Ripe::default(),
                paces: Paces::new(),
                expiring: false,
                shutting: false,
                closers: Vec::new(),
                turns,
            }),
            hint: Hint::default(),
            opener,
            dialect,
            runtime,
            drained: Condvar::new(),
        })
    }

    pub(crate) fn opener(&self) -> &Opener {
        &self.opener
    }

    pub(crate) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Queues an operation that needs a connection.
    pub(crate) fn enqueue(
        self: &Arc<Self>,
        operation: &Arc<Operation>,
        line: Line,
        sql: Arc<str>,
    ) -> Result<()> {
        let mut state = self.lock();
        let lane = state.open_lane(line)?;
        lane.check_usable()?;
        let waits = !lane.has_spare();
        let since = waits.then(|| self.runtime.timer().now());
        lane.queue(Arc::clone(operation), sql, since);
        let waits = state.take_turns() || waits;
        let expire = waits && !std::mem::replace(&mut state.expiring, true);
        let call = state.call();
        drop(state);
        self.make(call);
        if expire {
            expire::start(self);
        }
        self.wake_waiting();
        Ok(())
    }

    /// Queues an operation that has its connection.
    pub(crate) fn resume(self: &Arc<Self>, operation: &Arc<Operation>) {
        self.add(Task::Resume(Arc::clone(operation)));
    }

    /// Ends a cursor on a worker: it is dropped where nothing may block.
    pub(crate) fn retire(self: &Arc<Self>, running: Box<Running>) {
        self.add(Task::Finish(running));
    }

    fn add(self: &Arc<Self>, task: Task) {
        let mut state = self.lock();
        state.ready.push_back(task);
        let call = state.call();
        drop(state);
        self.make(call);
    }

    /// Forgets an operation whose caller went away before it began.
    pub(crate) fn withdraw(self: &Arc<Self>, work: Work) {
        match work {
            Work::Fill { running, .. } => return self.retire(running),
            Work::Again { connection, .. } => return self.add(Task::RollBack(connection)),
            Work::Fetch { .. } | Work::Execute { .. } | Work::Begin { .. } | Work::Close => {}
        }
        let mut state = self.lock();
        state.lanes().for_each(Lane::forget_gone);
        let drained = self.settle(&mut state);
        let call = state.call();
        drop(state);
        if drained {
            self.drained.notify_all();
        }
        self.make(call);
    }

    /// Takes back what an operation left, on a thread that is no worker's.
    pub(crate) fn give_back(self: &Arc<Self>, place: Place, left: Left) {
        let mut state = self.lock();
        let unwanted = state.take_back(place, left, None);
        let drained = self.settle(&mut state);
        let call = state.call();
        drop(state);
        drop(unwanted);
        if drained {
            self.drained.notify_all();
        }
        self.make(call);
    }

    /// Ends an open statement on this thread.
    pub(crate) fn finish(self: &Arc<Self>, running: Box<Running>) {
        let place = running.connection().place();
        let left = run::finish(running);
        self.give_back(place, left);
    }

    /// Notes a cursor that waits for its next call, so that closing finds it.
    pub(crate) fn park(self: &Arc<Self>, place: Place, parked: &Arc<Parked>) {
        let mut state = self.lock();
        // Closing waits for transactions, and their cursors are theirs.
        if place.line.transaction.is_none() && matches!(state.phase, Phase::Closing | Phase::Closed)
        {
            drop(state);
            if let Some(running) = parked.take() {
                self.finish(running);
            }
            return;
        }
        if let Some(lane) = state.lane(place.line) {
            lane.park(place.slot, Arc::clone(parked));
        }
        state.take_turns();
        let call = state.call();
        drop(state);
        self.make(call);
    }

    /// Notes that a cursor works again.
    pub(crate) fn unpark(self: &Arc<Self>, place: Place) {
        let mut state = self.lock();
        let parked = state.lane(place.line).map(|lane| lane.unpark(place.slot));
        self.settle_turns(state);
        drop(parked);
    }

    /// Settles who may begin, now that one more has, and sees to the end of a wait that begins
    /// with that.
    fn settle_turns(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let expire = state.take_turns() && !std::mem::replace(&mut state.expiring, true);
        drop(state);
        if expire {
            expire::start(self);
        }
    }

    /// What a worker does next, after it gives back what the last operation left. `answered` is
    /// who waits for that operation.
    pub(crate) fn next(
        self: &Arc<Self>,
        state: &mut State,
        left: Option<(Place, Left)>,
        picked: Option<(Task, Instant)>,
        began: Option<Instant>,
        answered: Option<Waker>,
    ) -> Next {
        let now = match &picked {
            Some((_, now)) => Some(*now),
            None => state.is_asked().then(Instant::now),
        };
        let unwanted = left.and_then(|(place, left)| {
            let ended = now.map(|now| (began, now));
            state.take_back(place, left, ended)
        });
        let drained = self.settle(state);
        let task = match picked {
            Some((task, _)) => Some(task),
            None => now
                .filter(|_| !state.keeps_up())
                .and_then(|now| state.pick(now)),
        };
        let mut sprint = None;
        if let Some(task) = &task {
            state.crew.begin();
            if let (Task::Run(Run { short: true, .. }), Some(now)) = (task, now) {
                sprint = Some(state.crew.sprint(now));
            }
        }
        let mut next = Next {
            sprint,
            task,
            call: None,
            unwanted,
            drained,
            answered,
            wakes: false,
        };
        if let Some(Sprint { since: now, .. }) = next.sprint
            && (next.answered.is_some() || state.has_work())
        {
            next.call = state.crew.call_lookout();
            if state.crew.is_watched() && state.ripe.has_room(now) {
                state.crew.hold();
                if let Some(waker) = next.answered.take() {
                    state.ripe.push(waker, now);
                    self.hint.set(&state.ripe);
                }
                return next;
            }
        }
        if next.call.is_none() {
            next.call = state.call();
        }
        if !state.ripe.is_empty() {
            next.wakes = true;
            // Behind those who wait for longer.
            if let Some(waker) = next.answered.take() {
                state.ripe.push(waker, now.unwrap_or_else(Instant::now));
            }
        }
        next
    }

    pub(crate) fn notify_drained(&self) {
        self.drained.notify_all();
    }
}

/// A worker's next step, and what it does on the way without the lock.
pub(crate) struct Next {
    pub(crate) task: Option<Task>,
    pub(crate) call: Option<Call>,
    pub(crate) unwanted: Option<Box<Connection>>,
    pub(crate) drained: bool,
    /// If the task should be short.
    pub(crate) sprint: Option<Sprint>,
    /// Who is to be woken.
    pub(crate) answered: Option<Waker>,
    /// Whether others are.
    pub(crate) wakes: bool,
}

impl State {
    /// The lane of a line; none for a transaction that is over.
    fn lane(&mut self, line: Line) -> Option<&mut Lane> {
        match (line.transaction, line.access) {
            (None, Access::Read) => Some(&mut self.readers),
            (None, Access::Write) => Some(&mut self.writer),
            (Some(transaction), _) => {
                let entry = self.transactions.get_mut(transaction)?;
                entry.as_mut().map(|(lane, _)| lane)
            }
        }
    }

    /// The lane for a new operation. A transaction goes on while the database closes.
    fn open_lane(&mut self, line: Line) -> Result<&mut Lane> {
        if line.transaction.is_none() {
            self.check_open()?;
        }
        self.lane(line).ok_or_else(closed)
    }

    fn lanes(&mut self) -> impl Iterator<Item = &mut Lane> {
        let own = self.transactions.iter_mut().flatten();
        [&mut self.readers, &mut self.writer]
            .into_iter()
            .chain(own.map(|(lane, _)| lane))
    }

    fn check_open(&self) -> Result<()> {
        match self.phase {
            Phase::Open | Phase::Abandoned => Ok(()),
            Phase::Closing | Phase::Closed => Err(closed()),
        }
    }

    fn pick(&mut self, now: Instant) -> Option<Task> {
        if let Some(task) = self.ready.pop_front() {
            return Some(task);
        }
        let Self {
            readers,
            writer,
            transactions,
            paces,
            ..
        } = self;
        let own = transactions.iter_mut().flatten();
        let task = readers
            .pick(now, |sql| paces.is_short(sql))
            .or_else(|| writer.pick(now, |_| false))
            .or_else(|| {
                own.map(|(lane, _)| lane)
                    .find_map(|lane| lane.pick(now, |_| false))
            });
        self.take_turns();
        task
    }

    /// The next short read for a connection that keeps a snapshot; the connection, if there is none
    /// that may share it.
    pub(crate) fn pick_for(
        &mut self,
        connection: BoxConnection,
        began: Option<Instant>,
    ) -> Result<(Task, Instant), BoxConnection> {
        let open = self.phase == Phase::Open && self.ready.is_empty();
        if !open || self.keeps_up() {
            return Err(connection);
        }
        let now = Instant::now();
        let Self { readers, paces, .. } = self;
        let (run, held) = readers.pick_for(connection, now, |sql| paces.is_short(sql))?;
        if let Some((sql, leased)) = held {
            let took = now.saturating_duration_since(began.unwrap_or(leased));
            paces.note(sql, took);
        }
        Ok((Task::Run(run), now))
    }

    /// Whether anything was asked for, be there a connection for it or not.
    fn is_asked(&self) -> bool {
        !self.ready.is_empty()
            || !self.readers.waiters.is_empty()
            || !self.writer.waiters.is_empty()
            || self.transaction_waits()
            || self.phase == Phase::Closing
    }

    fn transaction_waits(&self) -> bool {
        let mut own = self.transactions.iter().flatten();
        own.any(|(lane, _)| !lane.waiters.is_empty())
    }

    pub(crate) fn has_work(&self) -> bool {
        let own = self.transactions.iter().flatten();
        !self.ready.is_empty()
            || self.readers.has_job()
            || self.writer.has_job()
            || own.map(|(lane, _)| lane).any(Lane::has_job)
    }

    /// A worker to call, if there is work and none is on its way.
    pub(crate) fn call(&mut self) -> Option<Call> {
        if !self.has_work() || self.keeps_up() {
            return None;
        }
        self.crew.call()
    }

    /// Whether those who work will soon be through with all that was asked for.
    fn keeps_up(&self) -> bool {
        self.ready.is_empty()
            && self.writer.waiters.is_empty()
            && !self.transaction_waits()
            && self.crew.keeps_up(self.readers.waiters.len())
    }

    /// A connection that is to be dropped without the lock comes back.
    fn take_back(
        &mut self,
        place: Place,
        left: Left,
        ended: Option<(Option<Instant>, Instant)>,
    ) -> Option<Box<Connection>> {
        if let Some(transaction) = place.line.transaction {
            return self.take_back_own(transaction, left);
        }
        let open = self.phase == Phase::Open || self.phase == Phase::Closing;
        let lane = match place.line.access {
            Access::Read => &mut self.readers,
            Access::Write => &mut self.writer,
        };
        match left {
            Left::Free(connection) if open => {
                let held = lane.free(connection);
                if let (Some((sql, leased)), Some((began, now)), Access::Read) =
                    (held, ended, place.line.access)
                {
                    let took = now.saturating_duration_since(began.unwrap_or(leased));
                    self.paces.note(sql, took);
                }
                None
            }
            Left::Free(connection) => {
                lane.vacate(place.slot);
                Some(connection)
            }
            // Its snapshot ends with it.
            Left::Shared(connection) => {
                lane.vacate(place.slot);
                Some(connection)
            }
            Left::Broken => {
                lane.vacate(place.slot);
                None
            }
            // Held by its cursor or its transaction from now on.
            Left::Open(_) | Left::Pinned => None,
        }
    }

    /// Everything that waits for a worker, when there will be none.
    pub(crate) fn strand(&mut self) -> (Vec<Arc<Operation>>, Vec<Task>) {
        let mut operations = Vec::new();
        let mut tasks = Vec::new();
        for task in self.ready.drain(..) {
            match task {
                Task::Resume(operation) => operations.push(operation),
                other => tasks.push(other),
            }
        }
        self.lanes().for_each(|lane| lane.strand(&mut operations));
        (operations, tasks)
    }
}

#[cold]
pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the database has been closed")
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Pool")
            .field("options", self.opener.options())
            .field("runtime", &self.runtime)
            .field("phase", &state.phase)
            .field("readers", &state.readers)
            .field("writer", &state.writer)
            .finish_non_exhaustive()
    }
}
