//! One connection: how it is opened, and what it is while it is open.

mod handle;
mod open;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use queryset::{Access, Error, ErrorKind, Result};
use rusqlite::InterruptHandle;

use crate::error;
use crate::interrupt::{Allowed, INLINE_STEPS, Interruptible, PROGRESS_STEPS, Working};
use crate::options::InlineBudget;
use crate::statement::{self, Cache, Prepared, Shape, shape};
pub use handle::SqliteConnection;
pub(crate) use open::Opener;

/// A connection of the pool.
pub(crate) struct Connection {
    // Dropped first: its statements must be gone before the connection is closed.
    pub(crate) statements: Cache,
    /// What a connection that reads keeps a snapshot with.
    snapshot: Option<Snapshot>,
    /// What lets reads start on the thread that awaits them.
    inline: Option<Inline>,
    database: rusqlite::Connection,
    handle: Arc<InterruptHandle>,
    busy_timeout: Duration,
    round_decimals: bool,
    place: Place,
}

/// What a connection needs for reads on the threads that await them.
struct Inline {
    budget: InlineBudget,
    /// The functions that may block.
    blocking: Vec<Box<str>>,
}

/// A transaction that keeps one snapshot for what would have one of its own otherwise.
struct Snapshot {
    begin: Prepared,
    commit: Prepared,
    open: bool,
    /// Up to the how manieth operation that was queued it may be used.
    reach: u64,
}

/// A connection on its way between the pool and its users: what moves is a pointer.
pub(crate) type BoxConnection = Box<Connection>;

/// Which of the pool's connections this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: Line,
    pub(crate) slot: usize,
}

/// Those among which a connection is, and who waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) access: Access,
    /// The transaction that has the connection to itself.
    pub(crate) transaction: Option<usize>,
}

impl Line {
    /// The connections that everybody may have.
    pub(crate) fn of(access: Access) -> Self {
        Self {
            access,
            transaction: None,
        }
    }
}

impl Connection {
    pub(crate) fn database(&self) -> &rusqlite::Connection {
        &self.database
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Says where the connection is from now on.
    pub(crate) fn move_to(&mut self, place: Place) {
        self.place = place;
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.database.is_autocommit()
    }

    /// Refuses what belongs to a transaction that is over: it would take effect by itself.
    pub(crate) fn check_transaction(&self) -> Result<()> {
        if self.place.line.transaction.is_none() || self.is_in_transaction() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Transaction,
            "the transaction is not open any more: sqlite rolled it back when an operation that \
             wrote was given up or failed, or a statement ended it",
        ))
    }

    pub(crate) fn round_decimals(&self) -> bool {
        self.round_decimals
    }

    /// The budget of a read on the thread that awaits it.
    pub(crate) fn inline_budget(&self) -> Option<&InlineBudget> {
        self.inline.as_ref().map(|inline| &inline.budget)
    }

    /// How a statement that reads may run on the threads that await it.
    pub(crate) fn shape(&self, sql: &str) -> Shape {
        match &self.inline {
            None => Shape::Blind,
            Some(inline) => shape::of(&self.database, sql, &inline.blocking),
        }
    }

    /// Says that this thread works on the connection for an operation, until the guard drops.
    pub(crate) fn work_for(&self, given: Option<Arc<dyn Interruptible>>) -> Working {
        let (handle, seldom) = (&self.handle, self.seldom());
        Working::begin(handle, self.busy_timeout, seldom, given, None)
    }

    /// The same for a thread that has other things to do.
    pub(crate) fn work_within(&self, allowed: Allowed) -> Working {
        let (handle, seldom) = (&self.handle, self.seldom());
        Working::begin(handle, self.busy_timeout, seldom, None, Some(allowed))
    }

    /// In how many calls of the progress handler one looks around.
    fn seldom(&self) -> u32 {
        match self.inline {
            None => 1,
            Some(_) => (PROGRESS_STEPS / INLINE_STEPS).unsigned_abs(),
        }
    }

    /// Lets what follows read one snapshot, until [`end_snapshot`](Self::end_snapshot).
    pub(crate) fn begin_snapshot(&mut self) -> Result<()> {
        let Some(snapshot) = &mut self.snapshot else {
            return Ok(());
        };
        // The progress handler may stop even this, when it is done already.
        let begun = snapshot.begin.run();
        snapshot.open = !self.database.is_autocommit();
        match begun || snapshot.open {
            true => Ok(()),
            false => Err(self.last_error("BEGIN")),
        }
    }

    /// The same for others too that were queued until then, unless there is one already.
    pub(crate) fn share_snapshot(&mut self, reach: u64) -> Result<()> {
        match &mut self.snapshot {
            Some(Snapshot { open: true, .. }) => return Ok(()),
            Some(snapshot) => snapshot.reach = reach,
            None => {}
        }
        self.begin_snapshot()
    }

    /// Up to the how manieth operation that was queued the snapshot may be used.
    pub(crate) fn reach(&self) -> u64 {
        match &self.snapshot {
            Some(snapshot) if snapshot.open => snapshot.reach,
            _ => 0,
        }
    }

    /// Ends the snapshot that an operation kept, if it did.
    pub(crate) fn end_snapshot(&mut self) -> Result<()> {
        let Some(snapshot) = &mut self.snapshot else {
            return Ok(());
        };
        if std::mem::take(&mut snapshot.open) {
            snapshot.commit.run();
            // Nothing was written that could be lost.
            self.roll_back()?;
        }
        Ok(())
    }

    /// The error of the last call, about a statement.
    #[cold]
    pub(crate) fn last_error(&self, sql: &str) -> Error {
        let error = statement::last_error(&self.database, sql);
        let Line {
            access,
            transaction,
        } = self.place.line;
        match (access, transaction) {
            (Access::Read, Some(_)) => error::in_read_only_transaction(error),
            _ => error,
        }
    }

    /// Rolls back what a statement left open; true if there was something.
    pub(crate) fn roll_back(&self) -> Result<bool> {
        if !self.is_in_transaction() {
            return Ok(false);
        }
        statement::run_batch(self, "ROLLBACK")?;
        Ok(true)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
