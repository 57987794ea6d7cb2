//! Telling of every statement.

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use super::Database;
use super::scope::{Repeated, Watch};
use crate::error::Error;
use crate::statement::Statement;
use crate::value::Value;

/// A statement that was run.
#[non_exhaustive]
#[derive(Debug)]
pub struct StatementEvent<'e> {
    /// The text.
    pub sql: &'e str,
    /// The values that were bound.
    pub params: &'e [Value],
    /// From the call to the last row, or for an iteration to its end, its pauses included.
    pub duration: Duration,
    /// The rows that were read, or changed by a statement that returns none.
    pub rows: u64,
    /// The error, if it failed.
    pub error: Option<&'e Error>,
    /// Whether it was given up before its end: the future or the iterator was dropped.
    pub dropped: bool,
    /// The line that asked for it: of blocking methods, of `iter` and of `aiter`. A method that is
    /// an `async fn` cannot know its caller.
    pub caller: Option<&'static Location<'static>>,
    /// That the same text was read many times within one [`Scope`](crate::Scope): most often a
    /// loop that reads for each row what one statement could have read for all. It is said when
    /// the scope's limit is reached, and again whenever the number has doubled.
    pub repeated: Option<Repeated>,
}

type Hook = Arc<dyn Fn(&StatementEvent<'_>) + Send + Sync>;

/// Keeps a hook of [`Database::on_statement`](crate::Database::on_statement); dropping it takes
/// the hook back.
#[must_use = "the hook is taken back when this is dropped"]
pub struct StatementHook {
    hooks: Weak<Inner>,
    hook: Hook,
}

#[derive(Clone, Default)]
pub(crate) struct Hooks(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// How many hooks there are, so that a statement without any costs one load.
    count: AtomicUsize,
    hooks: RwLock<Vec<Hook>>,
}

impl Hooks {
    pub(super) fn add(&self, hook: Hook) -> StatementHook {
        let mut hooks = self.0.hooks.write().unwrap_or_else(PoisonError::into_inner);
        hooks.push(Arc::clone(&hook));
        self.0.count.store(hooks.len(), Ordering::Release);
        StatementHook {
            hooks: Arc::downgrade(&self.0),
            hook,
        }
    }

    fn listens(&self) -> bool {
        cfg!(feature = "tracing") || self.0.count.load(Ordering::Acquire) > 0
    }

    fn tell(&self, event: &StatementEvent<'_>) {
        #[cfg(feature = "tracing")]
        trace(event);
        let hooks = self
            .0
            .hooks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for hook in hooks {
            // A hook only watches: its panic is not the statement's.
            let _ = catch_unwind(AssertUnwindSafe(|| hook(event)));
        }
    }
}

impl Database {
    /// Begins to watch a statement, if anybody listens.
    #[track_caller]
    pub(super) fn observe(&self, statement: &Statement) -> Observed {
        self.observe_for(statement, Location::caller())
    }

    /// Begins to watch a statement that was asked for earlier.
    pub(super) fn observe_for(
        &self,
        statement: &Statement,
        caller: &'static Location<'static>,
    ) -> Observed {
        let hooks = &self.shared.hooks;
        if self.scope.is_none() && !hooks.listens() {
            return Observed(None);
        }
        Observed(Some(Box::new(Started {
            at: Instant::now(),
            statement: statement.clone(),
            hooks: hooks.clone(),
            scope: self.scope.clone(),
            caller: outside(caller),
        })))
    }
}

/// What watches the statements that a transaction sends for itself.
pub(crate) struct Observer {
    hooks: Hooks,
    scope: Option<Arc<Watch>>,
}

impl Observer {
    pub(crate) fn of(db: &Database) -> Self {
        Self {
            hooks: db.shared.hooks.clone(),
            scope: db.scope.clone(),
        }
    }

    /// Begins to watch a statement without values, if anybody listens.
    pub(crate) fn observe(&self, sql: &Arc<str>) -> Observed {
        if self.scope.is_none() && !self.hooks.listens() {
            return Observed(None);
        }
        Observed(Some(Box::new(Started {
            at: Instant::now(),
            statement: Statement::write(Arc::clone(sql), Vec::new()),
            hooks: self.hooks.clone(),
            scope: self.scope.clone(),
            caller: None,
        })))
    }
}

/// The location, unless it lies in this crate: then the caller was not handed on.
fn outside(caller: &'static Location<'static>) -> Option<&'static Location<'static>> {
    const OWN: (&str, &str) = file!().split_at(file!().len() - "database/hook.rs".len());
    (!caller.file().starts_with(OWN.0)).then_some(caller)
}

/// A statement under way. Dropped before its end, it tells that the statement was given up.
pub(crate) struct Observed(Option<Box<Started>>);

struct Started {
    at: Instant,
    statement: Statement,
    hooks: Hooks,
    scope: Option<Arc<Watch>>,
    caller: Option<&'static Location<'static>>,
}

impl Observed {
    pub(crate) fn end(mut self, rows: u64, error: Option<&Error>) {
        if let Some(started) = self.0.take() {
            started.tell(rows, error, false);
        }
    }

    /// Ends a statement that was given up after `rows` rows.
    pub(super) fn give_up(mut self, rows: u64) {
        if let Some(started) = self.0.take() {
            started.tell(rows, None, true);
        }
    }
}

impl Started {
    fn tell(&self, rows: u64, error: Option<&Error>, dropped: bool) {
        let mut event = StatementEvent {
            sql: &self.statement.sql,
            params: &self.statement.params,
            duration: self.at.elapsed(),
            rows,
            error,
            dropped,
            caller: self.caller,
            repeated: None,
        };
        if let Some(scope) = &self.scope {
            event.repeated = scope.ran(&self.statement, &event);
        }
        self.hooks.tell(&event);
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if let Some(started) = self.0.take() {
            started.tell(0, None, true);
        }
    }
}

#[cfg(feature = "tracing")]
fn trace(event: &StatementEvent<'_>) {
    let micros = u64::try_from(event.duration.as_micros()).unwrap_or(u64::MAX);
    match event.error {
        None => tracing::debug!(
            target: "queryset",
            sql = event.sql, micros, rows = event.rows, dropped = event.dropped, "statement"
        ),
        Some(error) => tracing::warn!(
            target: "queryset",
            sql = event.sql, micros, rows = event.rows, %error, "statement failed"
        ),
    }
    if let Some(repeated) = &event.repeated {
        tracing::warn!(
            target: "queryset",
            sql = &*repeated.sql, count = repeated.count, scope = repeated.scope.as_deref(),
            caller = repeated.caller.map(tracing::field::display),
            opened_at = %repeated.opened_at, "statement repeated"
        );
    }
}

impl Drop for StatementHook {
    fn drop(&mut self) {
        if let Some(inner) = self.hooks.upgrade() {
            let mut hooks = inner.hooks.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(index) = hooks.iter().position(|hook| Arc::ptr_eq(hook, &self.hook)) {
                hooks.remove(index);
            }
            inner.count.store(hooks.len(), Ordering::Release);
        }
    }
}

impl fmt::Debug for StatementHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatementHook").finish_non_exhaustive()
    }
}
