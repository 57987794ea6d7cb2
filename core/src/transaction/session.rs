//! What all levels of one transaction share: whose turn it is, and how the transaction stands.

mod turn;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use super::cursor::{Rest, TransactionCursor};
use super::{CommitOutcome, CommitState, TransactionBackend, TransactionStatus};
use crate::backend::Fetched;
use crate::cancel::CancelToken;
use crate::database::{Database, Observer};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::pool::{Pool, PoolOptions};
use crate::row::RowSink;
use crate::statement::Statement;
use crate::sync::lock;
pub(super) use turn::Turn;
use turn::Turns;

/// In which of its two forms an operation runs. The blocking one never waits but on its own
/// thread, so that its future is ready with the first poll.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form<'c> {
    Async,
    Blocking(Option<&'c CancelToken>),
}

/// A transaction under way.
pub(crate) struct Session {
    dialect: Dialect,
    reads_elsewhere: bool,
    observer: Observer,
    /// A pool of one: the turn to use the transaction's connection.
    turns: Pool<Turns>,
    progress: Mutex<Progress>,
    outcome: CommitOutcome,
}

struct Progress {
    /// Gone with the end, which gives the connection back.
    backend: Option<Arc<dyn TransactionBackend>>,
    /// The cursor that was left open on the connection, unless its reader dropped it.
    open: Weak<Rest>,
    /// The levels, the innermost last.
    frames: Vec<Frame>,
    broken: Option<Broken>,
    /// The savepoint of a level that was dropped: the next turn begins by rolling back to it.
    undo: Option<Arc<str>>,
    /// Whether the commit has been sent: from then on it alone says how the whole ends.
    committing: bool,
    savepoints: u64,
}

struct Frame {
    number: u64,
    savepoint: Option<Arc<str>>,
}

/// Why the transaction takes no statements.
struct Broken {
    message: String,
    /// Whether rolling back to a savepoint helps.
    recoverable: bool,
    /// What became of its writes, if it ended by itself.
    ended: CommitState,
}

impl Session {
    pub(super) const OUTERMOST: u64 = 0;

    pub(super) fn new(backend: Arc<dyn TransactionBackend>, db: &Database) -> Self {
        let options = PoolOptions::new()
            .in_order()
            .max_size(1)
            .idle_timeout(None)
            .max_lifetime(None);
        Self {
            dialect: backend.dialect().clone(),
            reads_elsewhere: backend.reads_elsewhere(),
            observer: Observer::of(db),
            turns: Pool::with_connection(Turns, (), options, db.runtime().clone()),
            progress: Mutex::new(Progress {
                backend: Some(backend),
                open: Weak::new(),
                frames: vec![Frame {
                    number: Self::OUTERMOST,
                    savepoint: None,
                }],
                broken: None,
                undo: None,
                committing: false,
                savepoints: 0,
            }),
            outcome: CommitOutcome::open(),
        }
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    pub(super) fn reads_elsewhere(&self) -> bool {
        self.reads_elsewhere
    }

    pub(super) fn outcome(&self) -> &CommitOutcome {
        &self.outcome
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }

    pub(super) async fn fetch(
        session: &Arc<Self>,
        form: Form<'_>,
        number: u64,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> Result<Fetched> {
        let sql = Arc::clone(&statement.sql);
        let turn = session.turn_alone(form, number, &sql).await?;
        let fetched = match form {
            Form::Async => turn.backend.fetch(statement, sink, max_rows).await,
            Form::Blocking(cancel) => turn
                .backend
                .fetch_blocking(statement, sink, max_rows, cancel),
        };
        let Fetched { sink, cursor } = turn.note(fetched, &sql)?;
        let cursor = cursor.map(|cursor| {
            let (cursor, rest) = TransactionCursor::open(session, number, sql, cursor);
            turn.leave_open(&rest);
            Box::new(cursor) as _
        });
        Ok(Fetched { sink, cursor })
    }

    pub(super) async fn execute(
        &self,
        form: Form<'_>,
        number: u64,
        statement: Statement,
    ) -> Result<u64> {
        let sql = Arc::clone(&statement.sql);
        let turn = self.turn_alone(form, number, &sql).await?;
        let executed = turn.execute(form, statement).await;
        turn.note(executed, &sql)
    }

    /// Sets a savepoint; the number of the new level.
    pub(super) async fn nest(&self, form: Form<'_>, outer: u64) -> Result<u64> {
        let (number, savepoint) = {
            let mut progress = self.progress();
            progress.savepoints += 1;
            let number = progress.savepoints;
            (number, Arc::<str>::from(format!("queryset_{number}")))
        };
        let sql: Arc<str> = format!("SAVEPOINT {savepoint}").into();
        let turn = self.turn_alone(form, outer, &sql).await?;
        turn.control(form, sql).await?;
        let mut progress = self.progress();
        // The level around it may have been left meanwhile, and what is within goes with it.
        if progress
            .frames
            .last()
            .is_none_or(|frame| frame.number != outer)
        {
            drop(progress);
            self.check_level(outer)?;
            return Err(ended_level());
        }
        progress.frames.push(Frame {
            number,
            savepoint: Some(savepoint),
        });
        Ok(number)
    }

    /// Ends a nested level, whose changes become the outer one's.
    pub(super) async fn release(&self, form: Form<'_>, number: u64) -> Result<()> {
        self.innermost(number)?;
        let savepoint = self.savepoint(number).ok_or_else(ended_level)?;
        let sql: Arc<str> = format!("RELEASE SAVEPOINT {savepoint}").into();
        let turn = match self.turn_alone(form, number, &sql).await {
            Ok(turn) => turn,
            Err(error) => {
                if self.innermost(number).is_ok() {
                    // The error that broke it is worth more than one of the rollback.
                    let _ = self.undo(form, number).await;
                }
                return Err(error);
            }
        };
        // Dropped from here on, it may be released, and cannot be undone any more.
        if !self.close_level(number) {
            return Err(ended_level());
        }
        let released = turn.control(form, sql).await;
        if released.is_err() {
            // A level around it that was left meanwhile undoes more.
            self.progress().undo.get_or_insert(savepoint);
            let _ = turn.undo(form).await;
        }
        released
    }

    /// Ends a nested level, and undoes its changes.
    pub(super) async fn undo(&self, form: Form<'_>, number: u64) -> Result<()> {
        self.innermost(number)?;
        // From now on it is undone, whoever comes to it.
        self.leave(number);
        let label: Arc<str> = "ROLLBACK TO SAVEPOINT".into();
        let outer = self.progress().frames.last().map(|frame| frame.number);
        let Some(outer) = outer else {
            return Ok(());
        };
        self.turn_in_line(form, outer, &label).await.map(drop)
    }

    /// Leaves a level and those within it: what they changed is undone by the next turn.
    pub(super) fn leave(&self, number: u64) {
        let mut progress = self.progress();
        let position = progress
            .frames
            .iter()
            .position(|frame| frame.number == number);
        if let Some(position) = position {
            let savepoint = progress.frames[position].savepoint.clone();
            progress.frames.truncate(position);
            progress.undo = savepoint;
        }
    }

    /// Takes the innermost level off, unless it was left meanwhile.
    fn close_level(&self, number: u64) -> bool {
        let frames = &mut self.progress().frames;
        let is_innermost = frames.last().is_some_and(|frame| frame.number == number);
        if is_innermost {
            frames.pop();
        }
        is_innermost
    }

    /// Commits the whole.
    pub(super) async fn commit(&self, form: Form<'_>) -> Result<()> {
        let sql: Arc<str> = "COMMIT".into();
        let turn = match self.turn_last(form, &sql).await {
            Ok(turn) => turn,
            Err(error) => {
                // Broken, it has nothing to commit; used wrongly, it goes on.
                if self.is_broken() {
                    let _ = self.rollback(form).await;
                }
                return Err(error);
            }
        };
        // Dropped from here on, nobody knows.
        let ending = self.begin_commit()?;
        let observed = self.observer.observe(&sql);
        let committed = match form {
            Form::Async => turn.backend.commit().await,
            Form::Blocking(_) => turn.backend.commit_blocking(),
        };
        observed.end(0, committed.as_ref().err());
        let state = match (&committed, turn.backend.status()) {
            (Ok(()), _) => CommitState::Committed,
            (Err(_), TransactionStatus::Lost) => CommitState::Unknown,
            (Err(_), TransactionStatus::Ended) => CommitState::RolledBack,
            // What cannot be rolled back is discarded; it could not have been committed either.
            (Err(_), TransactionStatus::Failed) => {
                let _ = turn.send_rollback(form).await;
                CommitState::RolledBack
            }
            // That there is something to roll back tells that it was not committed, and only that.
            (Err(_), TransactionStatus::Open) => match turn.send_rollback(form).await {
                Ok(()) => CommitState::RolledBack,
                Err(_) => CommitState::Unknown,
            },
        };
        ending.with(state);
        committed
    }

    /// From here on only the commit ends the whole; an error if something else has ended it.
    fn begin_commit(&self) -> Result<Ending<'_>> {
        let mut progress = self.progress();
        if progress.backend.is_none() {
            drop(progress);
            return Err(self.ended());
        }
        progress.committing = true;
        self.outcome.set(CommitState::Unknown);
        Ok(Ending(self, CommitState::Unknown))
    }

    /// Undoes the whole.
    pub(super) async fn rollback(&self, form: Form<'_>) -> Result<()> {
        let turn = self.wait_for_turn(form, &"ROLLBACK".into()).await?;
        self.innermost(Self::OUTERMOST)?;
        turn.lose_open();
        let ended = self.ended_by_itself();
        let ending = Ending(self, ended.unwrap_or(CommitState::RolledBack));
        let result = match ended {
            Some(_) => Ok(()),
            None => turn.send_rollback(form).await,
        };
        drop(ending);
        match turn.backend.status() {
            // By itself, for an operation that was dropped.
            TransactionStatus::Ended => Ok(()),
            _ => result,
        }
    }

    /// Ends the whole, if it has not ended and is not being committed by another handle.
    pub(super) fn abandon(&self) {
        if !self.progress().committing {
            self.end(CommitState::RolledBack);
        }
    }

    /// Ends the whole, if it has not ended, and gives the connection back as soon as nothing runs
    /// there.
    fn end(&self, state: CommitState) {
        let mut progress = self.progress();
        let Some(backend) = progress.backend.take() else {
            return;
        };
        let state = match &progress.broken {
            Some(broken) if !broken.recoverable => broken.ended,
            _ => state,
        };
        self.outcome.set(state);
        progress.frames.clear();
        let open = std::mem::take(&mut progress.open);
        drop(progress);
        if let Some(rest) = open.upgrade() {
            rest.lose();
        }
        drop(backend);
    }

    /// A turn to go on with an open cursor.
    pub(super) async fn turn(
        &self,
        form: Form<'_>,
        number: u64,
        sql: &Arc<str>,
    ) -> Result<Turn<'_>> {
        self.check_level(number)?;
        let turn = self.wait_for_turn(form, sql).await?;
        self.check_level(number)?;
        Ok(turn)
    }

    /// A turn for a statement of this level, with nothing open on the connection.
    async fn turn_alone(&self, form: Form<'_>, number: u64, sql: &Arc<str>) -> Result<Turn<'_>> {
        let turn = self.turn_in_line(form, number, sql).await?;
        self.check_sound()?;
        Ok(turn)
    }

    /// The same also for a transaction that is broken.
    async fn turn_in_line(&self, form: Form<'_>, number: u64, sql: &Arc<str>) -> Result<Turn<'_>> {
        self.innermost(number)?;
        let turn = self.wait_for_turn(form, sql).await?;
        self.innermost(number)?;
        turn.keep_open(form).await;
        turn.undo(form).await?;
        Ok(turn)
    }

    /// A turn to end the whole with: what is open is given up.
    async fn turn_last(&self, form: Form<'_>, sql: &Arc<str>) -> Result<Turn<'_>> {
        self.innermost(Self::OUTERMOST)?;
        let turn = self.wait_for_turn(form, sql).await?;
        self.innermost(Self::OUTERMOST)?;
        turn.lose_open();
        turn.undo(form).await?;
        self.check_sound()?;
        Ok(turn)
    }

    async fn wait_for_turn(&self, form: Form<'_>, sql: &Arc<str>) -> Result<Turn<'_>> {
        let acquired = match form {
            Form::Async => self.turns.acquire(sql).await,
            Form::Blocking(cancel) => self.turns.acquire_blocking(sql, cancel),
        };
        let lease = acquired.map_err(|error| match error.kind() {
            ErrorKind::PoolExhausted => Error::new(
                ErrorKind::PoolExhausted,
                "another operation of the transaction did not end: one that was begun has to be \
                 awaited or dropped",
            )
            .with_source(error),
            _ => error,
        })?;
        let backend = self.progress().backend.clone();
        Ok(Turn {
            session: self,
            _lease: lease,
            backend: backend.ok_or_else(|| self.ended())?,
        })
    }

    /// Refuses a level that has ended.
    fn check_level(&self, number: u64) -> Result<()> {
        let progress = self.progress();
        match progress.frames.iter().any(|frame| frame.number == number) {
            true => Ok(()),
            false if progress.backend.is_some() => Err(ended_level()),
            false => Err(self.ended()),
        }
    }

    /// Refuses a level that has ended, or has another within it.
    fn innermost(&self, number: u64) -> Result<()> {
        self.check_level(number)?;
        match self.progress().frames.last() {
            Some(frame) if frame.number == number => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Transaction,
                "a transaction that is nested in this one is open: use that one, or end it first",
            )),
        }
    }

    fn check_sound(&self) -> Result<()> {
        match &self.progress().broken {
            None => Ok(()),
            Some(broken) => Err(Error::new(ErrorKind::Transaction, broken.message.clone())),
        }
    }

    /// How it ended, if the database ended it for an error.
    fn ended_by_itself(&self) -> Option<CommitState> {
        let progress = self.progress();
        let broken = progress.broken.as_ref();
        broken
            .filter(|broken| !broken.recoverable)
            .map(|broken| broken.ended)
    }

    /// Notes that the savepoint was rolled back to. A level around it that was left meanwhile is
    /// still to be undone.
    fn undone(&self, savepoint: &Arc<str>) {
        let mut progress = self.progress();
        if progress.undo.as_ref() == Some(savepoint) {
            progress.undo = None;
        }
        progress.broken = None;
    }

    fn is_broken(&self) -> bool {
        self.progress().broken.is_some()
    }

    fn savepoint(&self, number: u64) -> Option<Arc<str>> {
        let progress = self.progress();
        let mut frames = progress.frames.iter();
        let frame = frames.find(|frame| frame.number == number)?;
        frame.savepoint.clone()
    }

    #[cold]
    fn ended(&self) -> Error {
        let message = match self.outcome.state() {
            CommitState::Committed => "the transaction has been committed, and takes nothing more",
            CommitState::Unknown => {
                "the transaction's commit was given up or lost, and it takes nothing more: nobody \
                 knows whether it was committed"
            }
            CommitState::Open | CommitState::RolledBack => {
                "the transaction has been rolled back, and takes nothing more"
            }
        };
        Error::new(ErrorKind::Transaction, message)
    }
}

#[cold]
fn ended_level() -> Error {
    Error::new(
        ErrorKind::Transaction,
        "the nested transaction has ended, and takes nothing more",
    )
}

impl Drop for Session {
    fn drop(&mut self) {
        self.turns.forget();
    }
}

/// The end of a transaction under way. Dropped, it is what happened.
struct Ending<'s>(&'s Session, CommitState);

impl Ending<'_> {
    fn with(mut self, state: CommitState) {
        self.1 = state;
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.progress();
        f.debug_struct("Session")
            .field("backend", &progress.backend)
            .field("nested", &progress.frames.len().saturating_sub(1))
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
