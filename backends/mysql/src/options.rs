//! How a database is reached.

mod parse;

use std::fmt;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use queryset::Result;
use queryset::pool::PoolOptions;
use queryset::runtime::BoxFuture;

use crate::connection::MysqlConnection;

/// How a MySQL or MariaDB database is reached: [`connect`](crate::connect) with every choice
/// spelled out.
///
/// ```
/// use std::time::Duration;
/// use queryset::pool::PoolOptions;
/// use queryset_mysql::{MysqlOptions, TlsMode};
///
/// let options = MysqlOptions::new("mysql://app@db.example/shop")?
///     .password("secret")
///     .tls(TlsMode::VerifyFull)
///     .statement_timeout(Duration::from_secs(20))
///     .pool(PoolOptions::new().max_size(20));
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone)]
pub struct MysqlOptions {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) tls: TlsOptions,
    pub(crate) pool: PoolOptions,
    pub(crate) connect_timeout: Duration,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) statement_cache: NonZero<usize>,
    pub(crate) sql_mode: String,
    pub(crate) application_name: Option<String>,
    pub(crate) on_connect: Vec<ConnectHook>,
}

pub(crate) type ConnectHook =
    Arc<dyn for<'c> Fn(&'c mut MysqlConnection) -> BoxFuture<'c, Result<()>> + Send + Sync>;

#[derive(Clone, Debug)]
pub(crate) struct TlsOptions {
    pub(crate) mode: TlsMode,
    pub(crate) root: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

const STATEMENT_CACHE: NonZero<usize> = NonZero::new(128).unwrap();

/// What makes a value that does not fit an error, and dates real ones.
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,\
                        NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// Whether a connection is encrypted, and how much the server has to prove.
///
/// A Unix socket is never encrypted.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Never encrypted. The password is still never sent as it is.
    Disable,
    /// Encrypted if the server can; its certificate is not looked at. What an address without
    /// `ssl-mode` gets, as with MySQL's own programs.
    Prefer,
    /// Encrypted; the server's certificate is not looked at.
    Require,
    /// Encrypted, and a known authority signed the server's certificate, whose name may be
    /// another than the host's.
    ///
    /// The certificate needs a name all the same, as a subject alternative name: those that MySQL
    /// makes for itself at its first start have none, and are refused.
    VerifyCa,
    /// Encrypted, a known authority signed the server's certificate, and its name is the host's.
    VerifyFull,
}

impl MysqlOptions {
    /// The database at an address: `mysql://user:password@host:3306/database?…`; `mariadb://` is
    /// the same.
    ///
    /// | parameter | |
    /// |---|---|
    /// | `ssl-mode` | `disabled`, `preferred`, `required`, `verify_ca` or `verify_identity`; see [`tls`](Self::tls) |
    /// | `ssl-ca`, `ssl-cert`, `ssl-key` | files in PEM; see [`tls_root`](Self::tls_root), [`tls_identity`](Self::tls_identity) |
    /// | `socket` | the path of a Unix socket |
    /// | `connect-timeout` | seconds |
    ///
    /// What is not one of the letters `A`–`Z`, digits or `-._~` is written with percent signs.
    ///
    /// # Errors
    /// Kind [`Value`](queryset::ErrorKind::Value) for an address that is none, or a parameter that
    /// is not known.
    pub fn new(url: &str) -> Result<Self> {
        parse::address(url)
    }

    fn at(host: String, port: u16) -> Self {
        Self {
            host,
            port,
            socket: None,
            user: None,
            password: None,
            database: None,
            tls: TlsOptions {
                mode: TlsMode::Prefer,
                root: None,
                certificate: None,
                key: None,
            },
            pool: PoolOptions::new(),
            connect_timeout: Duration::from_secs(10),
            keepalive: Some(Duration::from_secs(60)),
            statement_timeout: None,
            statement_cache: STATEMENT_CACHE,
            sql_mode: SQL_MODE.to_owned(),
            application_name: None,
            on_connect: Vec::new(),
        }
    }

    /// The user.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// The user's password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// The database's name.
    #[must_use]
    pub fn database(mut self, name: &str) -> Self {
        self.database = Some(name.to_owned());
        self
    }

    /// The Unix socket to use instead of the host and the port (default: none, also where the
    /// server is on this machine).
    #[must_use]
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket = Some(path.into());
        self
    }

    /// Whether connections are encrypted (default: if the server can).
    #[must_use]
    pub fn tls(mut self, mode: TlsMode) -> Self {
        self.tls.mode = mode;
        self
    }

    /// The file of the authorities, in PEM, that [`TlsMode::VerifyCa`] and [`TlsMode::VerifyFull`]
    /// trust (default: those of the operating system).
    #[must_use]
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls.root = Some(file.into());
        self
    }

    /// The files, in PEM, of the certificate and the key by which the client proves itself.
    #[must_use]
    pub fn tls_identity(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.tls.certificate = Some(certificate.into());
        self.tls.key = Some(key.into());
        self
    }

    /// The limits of the pool of connections.
    #[must_use]
    pub fn pool(mut self, pool: PoolOptions) -> Self {
        self.pool = pool;
        self
    }

    /// How long opening a connection may take (default: 10 seconds).
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// After how long a silent connection is probed, so that a dead one is noticed; `None` never
    /// (default: a minute).
    #[must_use]
    pub fn keepalive(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.keepalive = interval.into();
        self
    }

    /// How long the server lets a statement run before it ends it, an error of kind
    /// [`Timeout`](queryset::ErrorKind::Timeout) (default: the server's own choice).
    ///
    /// MariaDB applies it to all statements, MySQL only to reads.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How many prepared statements each connection keeps, at least one (default: 128).
    #[must_use]
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = NonZero::new(statements).unwrap_or(NonZero::<usize>::MIN);
        self
    }

    /// The session's `sql_mode` (default: strict, as MySQL's own `TRADITIONAL`, with
    /// `ONLY_FULL_GROUP_BY`).
    ///
    /// Without strictness the server changes values that do not fit. Strict or not, a decimal
    /// or a time with more places than a column of yours keeps is rounded, as on PostgreSQL;
    /// the columns that `create_table` makes keep all places. With
    /// `NO_BACKSLASH_ESCAPES` the text lookups find the wrong rows.
    #[must_use]
    pub fn sql_mode(mut self, mode: &str) -> Self {
        mode.clone_into(&mut self.sql_mode);
        self
    }

    /// The program's name in the server's list of connections (`performance_schema`).
    ///
    /// MySQL hears of it on connections without TLS alone: before TLS the driver does not announce
    /// that it is going to tell.
    #[must_use]
    pub fn application_name(mut self, name: &str) -> Self {
        self.application_name = Some(name.to_owned());
        self
    }

    /// Runs `hook` on each new connection, after those that were given before.
    ///
    /// Its error fails the operation that needed the connection.
    ///
    /// ```
    /// use queryset_mysql::MysqlOptions;
    ///
    /// let options = MysqlOptions::new("mysql://app@db.example/shop")?.on_connect(|connection| {
    ///     Box::pin(connection.execute("SET SESSION innodb_lock_wait_timeout = 5"))
    /// });
    /// # Ok::<(), queryset::Error>(())
    /// ```
    #[must_use]
    pub fn on_connect(
        mut self,
        hook: impl for<'c> Fn(&'c mut MysqlConnection) -> BoxFuture<'c, Result<()>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.on_connect.push(Arc::new(hook));
        self
    }
}

impl fmt::Debug for MysqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All but the password.
        f.debug_struct("MysqlOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("socket", &self.socket)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("tls", &self.tls)
            .field("pool", &self.pool)
            .field("connect_timeout", &self.connect_timeout)
            .field("keepalive", &self.keepalive)
            .field("statement_timeout", &self.statement_timeout)
            .field("statement_cache", &self.statement_cache)
            .field("sql_mode", &self.sql_mode)
            .field("application_name", &self.application_name)
            .field("on_connect", &self.on_connect.len())
            .finish()
    }
}
