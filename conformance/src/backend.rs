//! What an author of a backend implements.

use std::any::Any;
use std::fmt;
use std::io;
use std::net::SocketAddr;
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
    /// Whether the case is going to use [`Opened::watched_by`], for [`Capability::Server`].
    pub watched: bool,
    /// Where the case wants to be between the backend and its server, for
    /// [`Capability::Server`]: the database MUST connect to the address that this gives for the
    /// server's, over TCP and unencrypted. What is kept for the case beside the database goes
    /// straight to the server.
    pub via: Option<Via>,
}

impl Opening {
    /// A database with nothing special about it.
    pub fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            readers: None,
            functions: Vec::new(),
            lockable: false,
            watched: false,
            via: None,
        }
    }

    /// Where to connect to for a server at this address.
    ///
    /// # Errors
    /// What the case has between cannot be opened.
    pub fn address(&self, server: SocketAddr) -> io::Result<SocketAddr> {
        match &self.via {
            Some(via) => (via.open)(server),
            None => Ok(server),
        }
    }
}

/// A case's own place between a backend and its server.
#[derive(Clone)]
pub struct Via {
    open: Arc<dyn Fn(SocketAddr) -> io::Result<SocketAddr> + Send + Sync>,
}

impl Via {
    pub(crate) fn new(
        open: impl Fn(SocketAddr) -> io::Result<SocketAddr> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Arc::new(open),
        }
    }
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Via").finish_non_exhaustive()
    }
}

/// What a case asks the server that its database is on.
#[derive(Clone, Debug)]
pub struct Watch {
    /// A handle of the same server with connections of its own.
    pub monitor: Database,
    /// A read of one row with one integer that takes the server ten minutes.
    pub sleep: String,
    /// A read of rows with one integer and a thousand characters each, which the server sends
    /// for minutes, a few at a time.
    pub trickle: String,
    /// A read with a row for each session that the database under test has on the server: its
    /// number, an integer, and the text of the statement that it runs, NULL if none.
    pub sessions: String,
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
    watch: Option<Watch>,
    own_name: Option<String>,
    keep: Vec<Box<dyn Any + Send>>,
}

impl Opened {
    /// An open database.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            lock: None,
            watch: None,
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

    /// How the database's server can be watched.
    #[must_use]
    pub fn watched_by(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
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

    /// How the server can be watched, if there is one.
    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
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
