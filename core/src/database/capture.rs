//! Every statement of a piece of code, for tests.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Database, Scope, StatementEvent};
use crate::statement::Statement;
use crate::value::Value;

/// A [`Scope`] that keeps each of its statements: Django's `CaptureQueriesContext`.
///
/// It derefs to [`Database`], and only what is sent through it or its clones is kept, so tests
/// that run side by side on one database do not see each other's statements. It does not matter
/// whether they are sent by blocking or by asynchronous methods.
///
/// ```
/// use queryset::{Database, raw};
/// # use queryset::{Dialect, Family, recording::Recording};
///
/// async fn titles(db: &Database) -> queryset::Result<Vec<(String,)>> {
///     raw("SELECT title FROM book", vec![]).alist(db).await
/// }
/// # let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
/// # recording.expect("SELECT title FROM book", ["title"], [["Emma".into()]]);
/// # let db = recording.database();
/// # queryset::runtime::block_on(async {
///
/// let capture = db.capture();
/// titles(&capture).await?;
///
/// let statements = capture.statements();
/// assert_eq!(&*statements[0].sql, "SELECT title FROM book");
/// assert_eq!(statements[0].rows, 1);
/// # recording.finish()
/// # })?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Capture {
    scope: Scope,
}

/// A statement that a [`Capture`] kept.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Captured {
    /// The text.
    pub sql: Arc<str>,
    /// The values that were bound.
    pub params: Vec<Value>,
    /// From the call to the last row.
    pub duration: Duration,
    /// The rows that were read, or changed by a statement that returns none.
    pub rows: u64,
    /// What the error said, if it failed.
    pub error: Option<Box<str>>,
    /// Whether it was given up before its end.
    pub dropped: bool,
    /// The line that asked for it, where that is known; see [`StatementEvent::caller`].
    pub caller: Option<&'static Location<'static>>,
}

impl Database {
    /// Keeps every statement of the handle that it returns.
    #[track_caller]
    pub fn capture(&self) -> Capture {
        Capture {
            scope: Scope::open(self, Some(Mutex::default())),
        }
    }

    /// Calls `run` with a handle of its own and asserts that it sends this many statements through
    /// it: Django's `assertNumQueries`, for tests.
    ///
    /// ```
    /// use queryset::raw;
    /// # use queryset::{Dialect, Family, recording::Recording};
    /// # let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    /// # recording.expect("SELECT title FROM book", ["title"], [["Emma".into()]]);
    /// # let db = recording.database();
    ///
    /// let titles: Vec<(String,)> = db.assert_num_queries(1, |db| {
    ///     raw("SELECT title FROM book", vec![]).list(db)
    /// })?;
    /// # assert_eq!(titles.len(), 1);
    /// # Ok::<(), queryset::Error>(())
    /// ```
    ///
    /// # Panics
    /// If it sends fewer or more; the message shows them.
    #[track_caller]
    pub fn assert_num_queries<T>(&self, wanted: usize, run: impl FnOnce(&Database) -> T) -> T {
        let capture = self.capture();
        let value = run(&capture);
        capture.assert_count(wanted);
        value
    }

    /// The asynchronous twin of [`assert_num_queries`](Self::assert_num_queries).
    ///
    /// ```
    /// use queryset::raw;
    /// # use queryset::{Dialect, Family, recording::Recording};
    /// # let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    /// # recording.expect("SELECT title FROM book", ["title"], [["Emma".into()]]);
    /// # let db = recording.database();
    /// # queryset::runtime::block_on(async {
    ///
    /// let titles: Vec<(String,)> = db
    ///     .aassert_num_queries(1, async |db| raw("SELECT title FROM book", vec![]).alist(db).await)
    ///     .await?;
    /// # assert_eq!(titles.len(), 1);
    /// # Ok::<(), queryset::Error>(())
    /// # })?;
    /// # Ok::<(), queryset::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`assert_num_queries`](Self::assert_num_queries).
    #[track_caller]
    pub fn aassert_num_queries<T>(
        &self,
        wanted: usize,
        run: impl AsyncFnOnce(&Database) -> T,
    ) -> impl Future<Output = T> {
        let capture = self.capture();
        // An `async fn` would not know who called it.
        let caller = Location::caller();
        async move {
            let value = run(&capture).await;
            capture.check(wanted, caller);
            value
        }
    }
}

impl Capture {
    /// The statements that have ended so far, in that order.
    pub fn statements(&self) -> Vec<Captured> {
        self.with(|kept| kept.clone())
    }

    /// The statements that have ended so far, which are then forgotten.
    pub fn take(&self) -> Vec<Captured> {
        self.with(std::mem::take)
    }

    /// Asserts that this many statements have ended.
    ///
    /// # Panics
    /// If it were fewer or more; the message shows them.
    #[track_caller]
    pub fn assert_count(&self, wanted: usize) {
        self.check(wanted, Location::caller());
    }

    fn check(&self, wanted: usize, caller: &Location<'_>) {
        let found = self.with(|kept| kept.len());
        assert!(
            found == wanted,
            "{caller}: {wanted} statements were wanted, {found} were sent{self}"
        );
    }

    fn with<T>(&self, of: impl FnOnce(&mut Vec<Captured>) -> T) -> T {
        match &self.scope.watch().kept {
            Some(kept) => of(&mut kept.lock().unwrap_or_else(PoisonError::into_inner)),
            None => of(&mut Vec::new()),
        }
    }
}

impl Deref for Capture {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

/// The statements, one a line, numbered.
impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, statement) in (1..).zip(self.statements()) {
            write!(f, "\n{number:>4}. {statement}")?;
        }
        Ok(())
    }
}

impl Captured {
    pub(super) fn new(statement: &Statement, event: &StatementEvent<'_>) -> Self {
        Self {
            sql: Arc::clone(&statement.sql),
            params: statement.params.clone(),
            duration: event.duration,
            rows: event.rows,
            error: event.error.map(|error| error.to_string().into()),
            dropped: event.dropped,
            caller: event.caller,
        }
    }
}

/// The text, the values, and how it ended.
impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.sql, self.params)?;
        match (&self.error, self.dropped) {
            (Some(error), _) => write!(f, " failed: {error}")?,
            (None, true) => write!(f, " given up after {} rows", self.rows)?,
            (None, false) => write!(f, " {} rows in {:?}", self.rows, self.duration)?,
        }
        match self.caller {
            Some(caller) => write!(f, ", by {caller}"),
            None => Ok(()),
        }
    }
}
