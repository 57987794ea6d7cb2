//! How a database is opened.

mod inline;
mod location;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use queryset::Result;

use crate::connection::SqliteConnection;
pub use inline::InlineBudget;
pub(crate) use location::Location;

/// How a SQLite database is opened: [`connect`](crate::connect) with every choice spelled out.
///
/// ```
/// use queryset_sqlite::SqliteOptions;
///
/// let options = SqliteOptions::new("sqlite:books.db")?
///     .create_if_missing(true)
///     .readers(2);
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone)]
pub struct SqliteOptions {
    pub(crate) location: Location,
    pub(crate) readers: usize,
    pub(crate) journal_mode: Option<JournalMode>,
    pub(crate) busy_timeout: Duration,
    pub(crate) acquire_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) thread_idle: Duration,
    pub(crate) statement_cache: usize,
    pub(crate) text_functions: bool,
    pub(crate) round_decimals: bool,
    pub(crate) inline: Option<InlineBudget>,
    pub(crate) on_connect: Vec<ConnectHook>,
}

pub(crate) type ConnectHook = Arc<dyn Fn(&SqliteConnection<'_>) -> Result<()> + Send + Sync>;

/// How SQLite keeps a transaction apart from the file until it is committed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JournalMode {
    /// A log beside the file: reads and one write go on at the same time. What a new file gets.
    Wal,
    /// A rollback journal that is deleted after each transaction, SQLite's own default. A write
    /// waits for all reads, open cursors included.
    Delete,
    /// A rollback journal that is emptied after each transaction.
    Truncate,
    /// A rollback journal whose header is overwritten after each transaction.
    Persist,
    /// A rollback journal in memory: a crash during a write destroys the file.
    Memory,
    /// No journal: nothing can be rolled back.
    Off,
}

impl JournalMode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wal => "wal",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
            Self::Persist => "persist",
            Self::Memory => "memory",
            Self::Off => "off",
        }
    }
}

impl SqliteOptions {
    /// The options of a URL or a path.
    ///
    /// | spelling | what it opens |
    /// |---|---|
    /// | `sqlite:books.db`, `sqlite://books.db`, `sqlite:///srv/books.db` | the file at that path, percent-decoded |
    /// | `sqlite:books.db?mode=ro` | `mode` is `ro`, `rw` (the default) or `rwc`, which creates the file; `immutable=1` promises that nobody writes it |
    /// | `sqlite::memory:`, `:memory:` | a database of its own in memory, which lives as long as the `Database` |
    /// | `file:books.db?mode=ro` | [SQLite's own URIs](https://sqlite.org/uri.html); `file:name?mode=memory&cache=shared` is one that every `Database` of the process shares by its name |
    /// | `books.db`, `/srv/books.db` | the file at that path, taken as it is |
    ///
    /// # Errors
    /// Kind [`Value`](queryset::ErrorKind::Value): the path is empty, or a parameter of a
    /// `sqlite:` URL is not one of these.
    pub fn new(url: &str) -> Result<Self> {
        Ok(Self::at(Location::parse(url)?))
    }

    /// The options of the file at a path, taken as it is.
    pub fn path(path: impl AsRef<Path>) -> Self {
        Self::at(Location::file(path.as_ref().to_owned()))
    }

    /// The options of a database of its own in memory, which lives as long as the `Database`.
    pub fn memory() -> Self {
        Self::at(Location::memory())
    }

    fn at(location: Location) -> Self {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        Self {
            location,
            readers: cores.clamp(2, 8),
            journal_mode: None,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(30),
            thread_idle: Duration::from_millis(20),
            statement_cache: 128,
            text_functions: true,
            round_decimals: false,
            inline: None,
            on_connect: Vec::new(),
        }
    }

    /// Opens for reading only (default: no).
    ///
    /// A file that keeps a write-ahead log needs a writable folder even to be read. Where the
    /// folder is not, and no log waits to be read, it is opened as immutable: fine as long as
    /// nobody writes it meanwhile.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.location.read_only = read_only;
        self
    }

    /// Makes the file if there is none (default: no, so that a mistyped path is an error and not
    /// an empty database).
    #[must_use]
    pub fn create_if_missing(mut self, create: bool) -> Self {
        self.location.create = create;
        self
    }

    /// How many connections read, beside the one that writes (default: the number of cores, at
    /// least 2 and at most 8). They are opened when they are first needed. At least 1.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// The journal mode to switch to (default: an existing file keeps its own, a new one gets
    /// [`Wal`](JournalMode::Wal)). It has no effect on a database in memory or read-only.
    #[must_use]
    pub fn journal_mode(mut self, mode: JournalMode) -> Self {
        self.journal_mode = Some(mode);
        self
    }

    /// How long a statement waits for a lock that another connection or program holds, before it
    /// is an error of kind [`Busy`](queryset::ErrorKind::Busy) (default: 5 seconds). A read that
    /// is cancelled meanwhile stops waiting at once.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How long an operation waits for a connection of the pool, before it is an error of kind
    /// [`PoolExhausted`](queryset::ErrorKind::PoolExhausted) (default: 30 seconds).
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long closing waits for operations and transactions under way (default: 30 seconds).
    /// Their connections are closed when they come back.
    #[must_use]
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// How long a thread of the runtime is kept without work (default: 20 milliseconds).
    ///
    /// The first operation after a pause costs some microseconds more, since the thread is asked
    /// for again; the end of the runtime waits at most this long.
    #[must_use]
    pub fn thread_idle(mut self, idle: Duration) -> Self {
        self.thread_idle = idle;
        self
    }

    /// How many prepared statements each connection keeps (default: 128; 0 keeps none).
    #[must_use]
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// Whether `contains`, `icontains` and the other text lookups answer as on PostgreSQL, by
    /// functions that each connection registers (default: yes).
    ///
    /// Without them they are SQLite's `LIKE`: the case of ASCII letters is ignored even in
    /// `contains`, and that of all other letters is kept even in `icontains`. See the
    /// [crate's documentation](crate#text-lookups) for what they cost.
    #[must_use]
    pub fn text_functions(mut self, register: bool) -> Self {
        self.text_functions = register;
        self
    }

    /// Whether a decimal that SQLite cannot keep is rounded to 15 significant digits, as Django
    /// does, instead of being refused (default: no).
    #[must_use]
    pub fn round_decimals(mut self, round: bool) -> Self {
        self.round_decimals = round;
        self
    }

    /// Lets asynchronous reads start on the thread that awaits them, within a budget (default: no,
    /// they all run on a blocking thread of the runtime).
    ///
    /// The hop to another thread and back costs more than the look-up of a row by its key. With a
    /// budget such a read costs what its blocking twin costs. A read that is out of its budget
    /// goes on, on a blocking thread, where it is between two rows; in the middle of a step it
    /// begins again there, in the same snapshot, before anybody has seen a row of it. It is the
    /// same read for its caller, and each row comes once.
    ///
    /// **What is promised**: awaiting a read holds the thread for at most the budget and for what
    /// SQLite does in 64 steps of its virtual machine, since it is asked as often whether to go
    /// on; such steps take a few microseconds together, but for one that calls a slow function of
    /// the program's, waits for the disk, or sorts the rows that the budget let it gather. No read
    /// waits on that thread for a lock or for a connection: where none is free at once it is
    /// queued, as without a budget. Reads that follow each other without a pause let other tasks
    /// run each time the budget's time has passed.
    ///
    /// **What starts on a blocking thread all the same**:
    ///
    /// - the first run of a statement on each connection, where it is prepared, looked at and
    ///   timed, which needs a [cache of statements](Self::statement_cache);
    /// - a statement with a step that reads a whole table, such as `count` without a filter;
    /// - a statement that was slow of late, until it has been quick eight times, or each time it
    ///   turned out slow again twice as often, up to 1,024;
    /// - pragmas, the later chunks of an iteration, transactions, and all that writes;
    /// - all that reads a file through a URI with `cache=shared`;
    /// - what calls a function that was registered as
    ///   [blocking](SqliteConnection::create_blocking_function). Any other function of the
    ///   program's may so run on a thread that awaits a read, and must not block it.
    ///
    /// ```
    /// use queryset_sqlite::{InlineBudget, SqliteOptions};
    ///
    /// let options = SqliteOptions::new("sqlite:books.db")?.inline(InlineBudget::default());
    /// # Ok::<(), queryset::Error>(())
    /// ```
    #[must_use]
    pub fn inline(mut self, budget: InlineBudget) -> Self {
        self.inline = Some(budget);
        self
    }

    /// Runs `hook` on each new connection, after those that were given before: to set a pragma,
    /// or to register a function.
    ///
    /// It runs on the thread that opens the connection, before the first statement; its error
    /// fails the operation that needed the connection.
    ///
    /// ```
    /// use queryset_sqlite::SqliteOptions;
    ///
    /// let options = SqliteOptions::memory()
    ///     .on_connect(|connection| connection.execute_batch("PRAGMA cache_size = -64000"));
    /// ```
    #[must_use]
    pub fn on_connect(
        mut self,
        hook: impl Fn(&SqliteConnection<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.on_connect.push(Arc::new(hook));
        self
    }
}

impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions")
            .field("location", &self.location)
            .field("readers", &self.readers)
            .field("journal_mode", &self.journal_mode)
            .field("busy_timeout", &self.busy_timeout)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("close_timeout", &self.close_timeout)
            .field("thread_idle", &self.thread_idle)
            .field("statement_cache", &self.statement_cache)
            .field("text_functions", &self.text_functions)
            .field("round_decimals", &self.round_decimals)
            .field("inline", &self.inline)
            .field("on_connect", &self.on_connect.len())
            .finish()
    }
}
