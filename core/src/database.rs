//! The handle through which queries reach a database.

mod capture;
mod flat;
mod hook;
mod iterate;
mod read;
mod scope;
mod sink;

pub use capture::{Capture, Captured};
pub(crate) use flat::{Flat, FlatRow};
pub(crate) use hook::Observer;
pub use hook::{StatementEvent, StatementHook};
pub(crate) use iterate::Together;
pub use iterate::{AsyncIter, Iter};
pub(crate) use read::{Limits, Read};
pub use scope::{Repeated, Scope};
pub(crate) use sink::{Gather, Layout};

use std::fmt;
use std::sync::Arc;

use crate::backend::Backend;
use crate::compile::Cache;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::Runtime;
use crate::statement::Statement;
use crate::transaction::Level;
use crate::value::Value;
use crate::zone::Zone;

/// A database: one type, whatever the backend and the runtime behind it.
///
/// It is made by a backend's crate (`queryset_sqlite::connect`), cheap to clone, and clones share
/// its connections. A library takes `&Database` and leaves both choices to its user.
///
/// Every operation comes twice: `execute` blocks the calling thread, `aexecute` is asynchronous.
/// A blocking operation that is called inside a task of the database's runtime returns an error
/// of kind [`SynchronousOnly`](ErrorKind::SynchronousOnly) instead of stalling the runtime, where
/// the runtime's adapter can recognise its tasks.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
    /// What counts the statements of this handle and of its clones.
    scope: Option<Arc<scope::Watch>>,
    zone: Zone,
}

struct Shared {
    backend: Arc<dyn Backend>,
    runtime: Runtime,
    /// Shared with the transactions of the database, as all below.
    cache: Arc<Cache>,
    hooks: hook::Hooks,
    spares: Arc<flat::Spares>,
    /// What makes this database a transaction.
    level: Option<Arc<Level>>,
}

impl Database {
    /// A handle to `backend`, whose deadlines and tasks are `runtime`'s. A backend's crate calls
    /// this; its users call `connect` there.
    pub fn new(backend: Arc<dyn Backend>, runtime: Runtime) -> Self {
        let shared = Shared {
            backend,
            runtime,
            cache: Arc::default(),
            hooks: hook::Hooks::default(),
            spares: Arc::default(),
            level: None,
        };
        Self {
            shared: Arc::new(shared),
            scope: None,
            zone: Zone::UTC,
        }
    }

    /// The same database within a transaction.
    pub(crate) fn within(&self, level: Arc<Level>) -> Self {
        let shared = Shared {
            backend: Arc::<Level>::clone(&level),
            runtime: self.shared.runtime.clone(),
            cache: Arc::clone(&self.shared.cache),
            hooks: self.shared.hooks.clone(),
            spares: Arc::clone(&self.shared.spares),
            level: Some(level),
        };
        Self {
            shared: Arc::new(shared),
            scope: self.scope.clone(),
            zone: self.zone.clone(),
        }
    }

    /// What makes this database a transaction, if it is one.
    pub(crate) fn level(&self) -> Option<&Arc<Level>> {
        self.shared.level.as_ref()
    }

    /// What the database understands.
    pub fn dialect(&self) -> &Dialect {
        self.shared.backend.dialect()
    }

    /// The backend.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.shared.backend
    }

    /// The same database, whose queries take parts of instants (`created__date`, `created__year`)
    /// in this zone; `db` itself is left as it is. What Django calls the current time zone.
    ///
    /// MySQL and MariaDB need their tables of time zones for it (`mysql_tzinfo_to_sql`): without
    /// them a part in another zone than UTC is NULL there.
    ///
    /// ```no_run
    /// # fn example(db: &queryset::Database) -> queryset::Result<()> {
    /// let there = db.in_time_zone(queryset::Zone::named("Asia/Tokyo")?);
    /// # let _ = there;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_time_zone(&self, zone: Zone) -> Self {
        Self {
            zone,
            ..self.clone()
        }
    }

    /// The zone in which parts of instants are taken.
    pub fn time_zone(&self) -> &Zone {
        &self.zone
    }

    /// The runtime that the database was opened with.
    pub fn runtime(&self) -> &Runtime {
        &self.shared.runtime
    }

    /// Calls `hook` after every statement, with its duration and its number of rows, until the
    /// returned guard is dropped.
    ///
    /// ```no_run
    /// # fn example(db: &queryset::Database) {
    /// let _slow = db.on_statement(|event| {
    ///     if event.duration.as_millis() > 100 {
    ///         eprintln!("{:?} for {} rows: {}", event.duration, event.rows, event.sql);
    ///     }
    /// });
    /// # }
    /// ```
    pub fn on_statement(
        &self,
        hook: impl Fn(&StatementEvent<'_>) + Send + Sync + 'static,
    ) -> StatementHook {
        self.shared.hooks.add(Arc::new(hook))
    }

    /// Runs a statement that returns no rows; the number of rows that it changed.
    ///
    /// # Errors
    /// What the database reports; kind [`SynchronousOnly`](ErrorKind::SynchronousOnly) inside a
    /// task.
    #[track_caller]
    pub fn execute(&self, sql: impl Into<Arc<str>>, params: Vec<Value>) -> Result<u64> {
        self.enter("execute")?;
        let statement = Statement::write(sql, params);
        let observed = self.observe(&statement);
        let result = self.shared.backend.execute_blocking(statement, None);
        observed.end(*result.as_ref().unwrap_or(&0), result.as_ref().err());
        result
    }

    /// The asynchronous twin of [`execute`](Self::execute).
    ///
    /// Cancel safe in that nothing is lost or mixed up; whether a dropped statement took effect
    /// is not known.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn aexecute(&self, sql: impl Into<Arc<str>>, params: Vec<Value>) -> Result<u64> {
        let statement = Statement::write(sql, params);
        let observed = self.observe(&statement);
        let result = self.shared.backend.execute(statement).await;
        observed.end(*result.as_ref().unwrap_or(&0), result.as_ref().err());
        result
    }

    /// Closes the database for all its clones, once the operations under way have ended. What is
    /// asked for afterwards is an error of kind [`Closed`](ErrorKind::Closed).
    ///
    /// # Errors
    /// What the backend reports; kind [`SynchronousOnly`](ErrorKind::SynchronousOnly) inside a
    /// task.
    pub fn close(&self) -> Result<()> {
        self.enter("close")?;
        self.shared.backend.close_blocking()
    }

    /// The asynchronous twin of [`close`](Self::close). Dropped midway, the database is closed to
    /// new operations and the rest happens as those under way end.
    ///
    /// # Errors
    /// What the backend reports.
    pub async fn aclose(&self) -> Result<()> {
        self.shared.backend.close().await
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    /// Refuses a blocking method inside a task, which it would stall.
    pub(crate) fn enter(&self, method: &str) -> Result<()> {
        if self.shared.runtime.spawner().in_async_task() {
            return Err(Error::new(
                ErrorKind::SynchronousOnly,
                format!(
                    "`{method}` blocks its thread, so it cannot be called inside an async task; \
                     call `a{method}` there, or `{method}` inside spawn_blocking"
                ),
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("backend", &self.shared.backend)
            .field("runtime", &self.shared.runtime)
            .finish_non_exhaustive()
    }
}
