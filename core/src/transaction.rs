//! Several statements as one, with an end that is all or nothing.

mod atomic;
mod backend;
mod begin;
mod cursor;
mod level;
mod options;
mod outcome;
mod session;

pub use backend::{TransactionBackend, TransactionStatus};
pub(crate) use level::Level;
pub use options::{IsolationLevel, SqliteLock, TransactionOptions};
pub use outcome::{CommitOutcome, CommitState};

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::database::Database;
use crate::error::Result;
use session::Form;

/// A transaction under way: a [`Database`] whose statements run on one connection, and take effect
/// together with [`commit`](Self::commit) or not at all.
///
/// It is begun by [`Database::begin`], or by [`Database::atomic`], which also ends it. As it
/// derefs to [`Database`], every read and write takes it: `books.get(&tx)`, `tx.create(&book)`.
/// Clones are handles to the same transaction. Begun on a transaction instead of a database,
/// another one is nested in it, as a savepoint; until that ends, the outer one is not used.
///
/// # The end
/// After [`commit`](Self::commit) or [`rollback`](Self::rollback) every use of any clone is an
/// error of kind [`Transaction`](crate::ErrorKind::Transaction), also of an iterator that was left
/// open. When the last clone is dropped without either, the transaction is rolled back: dropping
/// neither blocks nor panics, and the connection serves nobody else until that is done.
///
/// # Errors within
/// An error that breaks the transaction (any error of the database on PostgreSQL; elsewhere one
/// for which the database rolled it back, such as a deadlock on MySQL or an interrupted write on
/// SQLite) makes whatever follows an error of kind [`Transaction`](crate::ErrorKind::Transaction).
/// What a savepoint can undo is undone with the nested transaction, and the outer one goes on.
///
/// # Operations side by side
/// There is one connection: operations run one after the other, first come, first served. An
/// iteration that is still open when another operation comes has the rest of its rows read into
/// memory first, so that a loop may write while it reads. An asynchronous read that was begun and
/// is then neither polled nor dropped holds up the others, which fail after 30 seconds with
/// [`PoolExhausted`](crate::ErrorKind::PoolExhausted).
///
/// # Cancel safety
/// A dropped operation is stopped before the next begins. What that does to the transaction is the
/// database's business: on PostgreSQL a statement that was cancelled breaks it, on SQLite one that
/// had begun to write. A commit whose future is dropped has an unknown outcome: see
/// [`CommitOutcome`].
///
/// ```no_run
/// # use queryset::{Database, Model, Result, TransactionOptions, Value};
/// # #[derive(Model)] struct Account { #[model(primary_key)] id: i64, balance: i64 }
/// # fn example(db: &Database) -> Result<()> {
/// let tx = db.begin()?;
/// tx.execute("UPDATE account SET balance = balance - 5 WHERE id = ?", vec![Value::I64(1)])?;
/// let left = Account::objects().filter(|a| a.id.eq(1)).get(&tx)?;
/// match left.balance < 0 {
///     true => tx.rollback(),
///     false => tx.commit(),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Transaction {
    db: Database,
    level: Arc<Level>,
}

impl Transaction {
    fn new(db: &Database, level: Level) -> Self {
        let level = Arc::new(level);
        Self {
            db: db.within(Arc::clone(&level)),
            level,
        }
    }

    /// Ends the transaction; what it wrote is there for all. Of a nested one it becomes part of
    /// the outer one.
    ///
    /// # Errors
    /// What the database reports, such as a constraint that was deferred or a serialization
    /// failure: the transaction is rolled back then, unless the connection was lost in the
    /// middle; see [`CommitOutcome`]. Kind [`Transaction`](crate::ErrorKind::Transaction) when an
    /// earlier error broke it, which rolls back too, when it has ended, or when a nested one is
    /// open. Kind [`SynchronousOnly`](crate::ErrorKind::SynchronousOnly) inside a task.
    pub fn commit(self) -> Result<()> {
        self.db.enter("commit")?;
        self.level.commit(Form::Blocking(None)).now()
    }

    /// The asynchronous twin of [`commit`](Self::commit).
    ///
    /// Dropped once it was polled, the commit may happen or not: see [`CommitOutcome`]. What a
    /// nested one did is then part of the outer one.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub async fn acommit(self) -> Result<()> {
        self.level.commit(Form::Async).await
    }

    /// Ends the transaction; nothing of what it wrote remains.
    ///
    /// # Errors
    /// What the database reports: the connection is discarded then, which rolls back too. Kind
    /// [`Transaction`](crate::ErrorKind::Transaction) when it has ended or a nested one is open,
    /// [`SynchronousOnly`](crate::ErrorKind::SynchronousOnly) inside a task.
    pub fn rollback(self) -> Result<()> {
        self.db.enter("rollback")?;
        self.level.rollback(Form::Blocking(None)).now()
    }

    /// The asynchronous twin of [`rollback`](Self::rollback). Dropped midway, it is rolled back
    /// all the same.
    ///
    /// # Errors
    /// As [`rollback`](Self::rollback).
    pub async fn arollback(self) -> Result<()> {
        self.level.rollback(Form::Async).await
    }

    /// What tells, after the transaction's end, how it ended; also of one whose commit was given
    /// up or lost. For a nested transaction it is that of the outermost.
    pub fn outcome(&self) -> CommitOutcome {
        self.level.session().outcome().clone()
    }
}

impl Deref for Transaction {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.db
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("level", &self.level)
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

/// A future that blocks this thread itself where it waits.
trait Now: Future + Sized {
    fn now(self) -> Self::Output;
}

impl<T, F: Future<Output = Result<T>>> Now for F {
    fn now(self) -> Result<T> {
        crate::runtime::block_on(self)
    }
}
