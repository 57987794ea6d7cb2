//! What an author of a backend implements.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use queryset::runtime::{BoxFuture, Runtime};
use queryset::{Database, Result};

use crate::Capability;

/// A backend, as the suite needs it: something that opens empty databases.
///
/// Two methods are enough; [`lacks`](Self::lacks) says what the database cannot do.
///
/// # Contract
/// - Each [`open`](Self::open) MUST give an empty database of its own (a file, a schema), since
///   cases run side by side and create tables of the same names.
/// - What it needs while it is used (a temporary folder, a server's schema) goes into
///   [`Opened::kept_by`] and is removed when that is dropped.
/// - The database MUST use the runtime of the [`Opening`] and no other.
pub trait BackendUnderTest: fmt::Debug + Send + Sync + 'static {
    /// The backend's name, as reports show it.
    fn name(&self) -> &str;

    /// Opens a fresh, empty database. The future is polled as a task of the opening's runtime.
    fn open(&self, opening: Opening) -> BoxFuture<'static, Result<Opened>>;

    /// Why the backend lacks a capability; `None` if it has it.
    fn lacks(&self, capability: Capability) -> Option<&str> {
        let _ = capability;
        None
    }
}

/// What a case wants of its database.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The runtime to use.
    pub runtime: Runtime,
    /// How many reads are served at once, for [`Capability::BoundedPool`]; the backend's own
    /// choice if it is `None`.
    pub readers: Option<usize>,
    /// Functions to register on every connection, for [`Capability::SqlFunctions`].
    pub functions: Vec<SqlFunction>,
    /// Whether the case is going to use [`Opened::locked_by`], for [`Capability::HeldLock`]:
    /// reads then have to wait for the lock, for a minute at least.
    pub lockable: bool,
}

impl Opening {
    /// A database with nothing special about it.
    pub fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            readers: None,
            functions: Vec::new(),
            lockable: false,
        }
    }
}

/// A function of one integer that SQL can call. It may block.
#[derive(Clone)]
pub struct SqlFunction {
    /// The name in SQL.
    pub name: &'static str,
    /// The function.
    pub call: Arc<dyn Fn(i64) -> i64 + Send + Sync>,
}

impl fmt::Debug for SqlFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlFunction").field(&self.name).finish()
    }
}

type Lock = Arc<dyn Fn() -> Result<Box<dyn Any + Send>> + Send + Sync>;

/// An open database, and what it needs to be kept for it.
pub struct Opened {
    database: Database,
    lock: Option<Lock>,
    own_name: Option<String>,
    keep: Vec<Box<dyn Any + Send>>,
}

impl Opened {
    /// An open database.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            lock: None,
            own_name: None,
            keep: Vec::new(),
        }
    }

    /// Keeps something for as long as the database is used, and drops it then.
    #[must_use]
    pub fn kept_by(mut self, keep: impl Any + Send) -> Self {
        self.keep.push(Box::new(keep));
        self
    }

    /// How another program would lock the database, so that reads wait until what the closure
    /// returns is dropped. The closure may block.
    #[must_use]
    pub fn locked_by(
        mut self,
        lock: impl Fn() -> Result<Box<dyn Any + Send>> + Send + Sync + 'static,
    ) -> Self {
        self.lock = Some(Arc::new(lock));
        self
    }

    /// The database's own name, which may be in messages and differs each time: it is left out
    /// where the two forms of a case are compared.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.own_name = Some(name.into());
        self
    }

    /// A text without the database's own name.
    pub(crate) fn without_name(&self, text: String) -> String {
        match &self.own_name {
            Some(name) => text.replace(name, "this database"),
            None => text,
        }
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The same, through a wrapper of its database.
    #[must_use]
    pub fn map(mut self, wrap: impl FnOnce(Database) -> Database) -> Self {
        self.database = wrap(self.database);
        self
    }

    /// Locks the database, if it can be locked.
    pub(crate) fn lock(&self) -> Option<Result<Box<dyn Any + Send>>> {
        self.lock.as_ref().map(|lock| lock())
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
