//! Statements that belong together, counted so that repetitions are seen.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::capture::Captured;
use super::{Database, StatementEvent};
use crate::statement::{Access, Statement};

/// As often as this may one text be read within a scope before it is told of.
const LIMIT: u64 = 10;

/// A handle to a database whose statements are counted together, and with them those of its
/// clones: a web request, a job, a test.
///
/// It derefs to [`Database`], so it is passed wherever a `&Database` is wanted. Statements that
/// other handles send are not counted. A scope that is opened from a scope counts for both.
///
/// One text that is read again and again within a scope is most often a loop that sends a
/// statement for each row (the *N + 1* problem). When the text is read for the tenth time, or as
/// [`warn_after`](Self::warn_after) says, the [`StatementEvent`] of that read carries a
/// [`Repeated`], and so it does whenever the number has doubled; with the feature `tracing` a
/// warning is emitted. Outside a scope nothing is counted, and nothing is to pay.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use queryset::{Database, Value, raw};
/// # use queryset::{Dialect, Family, recording::Recording};
/// # const TITLE: &str = "SELECT title FROM book WHERE id = ?";
///
/// fn page(db: &Database) -> queryset::Result<()> {
///     for id in 1..=3 {
///         let title = "SELECT title FROM book WHERE id = ?";
///         raw::<(String,)>(title, vec![Value::I64(id)]).first(db)?;
///     }
///     Ok(())
/// }
/// # let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
/// # for _ in 0..3 { recording.expect(TITLE, ["title"], [["Emma".into()]]); }
/// # let db = recording.database();
///
/// let warnings = Arc::new(Mutex::new(Vec::new()));
/// let kept = Arc::clone(&warnings);
/// let _hook = db.on_statement(move |event| {
///     if let Some(repeated) = &event.repeated {
///         kept.lock().unwrap().push(repeated.to_string());
///     }
/// });
///
/// let request = db.scope().named("GET /books").warn_after(3);
/// page(&request)?;
///
/// assert_eq!(request.count(), 3);
/// assert!(warnings.lock().unwrap()[0].starts_with("3 times in GET /books: SELECT title"));
/// # recording.finish()?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone)]
pub struct Scope {
    db: Database,
    watch: Arc<Watch>,
}

/// One text that was read many times within a [`Scope`].
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Repeated {
    /// The text.
    pub sql: Arc<str>,
    /// How many times it was read so far.
    pub count: u64,
    /// The scope's name, if it has one.
    pub scope: Option<Box<str>>,
    /// Where the scope was opened.
    pub opened_at: &'static Location<'static>,
    /// The line that read it last, where that is known; see [`StatementEvent::caller`].
    pub caller: Option<&'static Location<'static>>,
}

impl Database {
    /// Opens a scope: a handle to the same database whose statements are counted together.
    #[track_caller]
    pub fn scope(&self) -> Scope {
        Scope::open(self, None)
    }
}

impl Scope {
    #[track_caller]
    pub(super) fn open(db: &Database, kept: Option<Kept>) -> Self {
        let watch = Arc::new(Watch {
            opened_at: Location::caller(),
            outer: db.scope.clone(),
            name: OnceLock::new(),
            limit: AtomicU64::new(LIMIT),
            counts: Mutex::default(),
            kept,
        });
        let db = Database {
            scope: Some(Arc::clone(&watch)),
            ..db.clone()
        };
        Self { db, watch }
    }

    /// Names the scope in what is told of it; the first name stays.
    #[must_use]
    pub fn named(self, name: impl Into<Box<str>>) -> Self {
        let _ = self.watch.name.set(name.into());
        self
    }

    /// Tells of a text when it is read for the `limit`-th time, instead of the tenth; never for 0.
    #[must_use]
    pub fn warn_after(self, limit: u64) -> Self {
        self.watch.limit.store(limit, Ordering::Relaxed);
        self
    }

    /// How many statements have ended so far, those that failed or were given up included.
    pub fn count(&self) -> u64 {
        self.watch.counts().all
    }

    /// The texts that were read so often that they are told of, the most frequent first.
    pub fn repeated(&self) -> Vec<Repeated> {
        let limit = self.watch.limit.load(Ordering::Relaxed);
        let counts = self.watch.counts();
        let mut repeated: Vec<_> = counts
            .reads
            .iter()
            .filter(|(_, reads)| limit > 0 && reads.count >= limit)
            .map(|(sql, reads)| self.watch.repeated(sql, reads))
            .collect();
        repeated.sort_by(|a, b| (b.count, &a.sql).cmp(&(a.count, &b.sql)));
        repeated
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }
}

impl Deref for Scope {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.db
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("name", &self.watch.name.get())
            .field("opened_at", &self.watch.opened_at)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// `10 times in GET /books: SELECT …, by src/page.rs:12:30`.
impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} times in ", self.count)?;
        match &self.scope {
            Some(name) => f.write_str(name)?,
            None => write!(f, "the scope of {}", self.opened_at)?,
        }
        write!(f, ": {}", self.sql)?;
        match self.caller {
            Some(caller) => write!(f, ", by {caller}"),
            None => Ok(()),
        }
    }
}

/// The statements that a capture keeps.
pub(super) type Kept = Mutex<Vec<Captured>>;

/// What a scope knows; every handle of the scope carries it.
pub(super) struct Watch {
    opened_at: &'static Location<'static>,
    /// The scope that this one was opened from.
    outer: Option<Arc<Watch>>,
    name: OnceLock<Box<str>>,
    limit: AtomicU64,
    counts: Mutex<Counts>,
    pub(super) kept: Option<Kept>,
}

#[derive(Default)]
struct Counts {
    all: u64,
    /// By their texts. One that was written by hand comes each time in an allocation of its own,
    /// so it is the letters that are compared.
    reads: HashMap<Arc<str>, Reads, foldhash::fast::RandomState>,
}

#[derive(Clone, Copy, Default)]
struct Reads {
    count: u64,
    caller: Option<&'static Location<'static>>,
}

impl Watch {
    /// Counts a statement that ended, here and in the scopes around; what there is to tell.
    pub(super) fn ran(
        &self,
        statement: &Statement,
        event: &StatementEvent<'_>,
    ) -> Option<Repeated> {
        if let Some(kept) = &self.kept {
            let captured = Captured::new(statement, event);
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(captured);
        }
        let own = self.counted(statement, event);
        let outer = self.outer.as_ref();
        let outer = outer.and_then(|outer| outer.ran(statement, event));
        own.or(outer)
    }

    fn counted(&self, statement: &Statement, event: &StatementEvent<'_>) -> Option<Repeated> {
        let mut counts = self.counts();
        counts.all += 1;
        // The same INSERT many times is a fixture or an import, and seldom a mistake.
        if statement.access == Access::Write {
            return None;
        }
        let reads = match counts.reads.get_mut(&*statement.sql) {
            Some(reads) => reads,
            None => counts.reads.entry(Arc::clone(&statement.sql)).or_default(),
        };
        reads.count += 1;
        reads.caller = event.caller;
        let limit = self.limit.load(Ordering::Relaxed);
        let is_due = limit > 0
            && reads.count.is_multiple_of(limit)
            && (reads.count / limit).is_power_of_two();
        let reads = *reads;
        is_due.then(|| self.repeated(&statement.sql, &reads))
    }

    fn repeated(&self, sql: &Arc<str>, reads: &Reads) -> Repeated {
        Repeated {
            sql: Arc::clone(sql),
            count: reads.count,
            scope: self.name.get().cloned(),
            opened_at: self.opened_at,
            caller: reads.caller,
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
