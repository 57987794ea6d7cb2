//! How a database is reached.

mod parse;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use queryset::Result;
use queryset::pool::PoolOptions;
use queryset::runtime::{BoxFuture, Keepalive, TcpOptions};
use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};

use crate::connection::PostgresConnection;

/// How a PostgreSQL database is reached: [`connect`](crate::connect) with every choice spelled
/// out.
///
/// ```
/// use std::time::Duration;
/// use queryset::pool::PoolOptions;
/// use queryset_postgres::PostgresOptions;
///
/// let options = PostgresOptions::new("postgres://app@db.example/shop?sslmode=verify-full")?
///     .application_name("shop")
///     .statement_timeout(Duration::from_secs(20))
///     .pool(PoolOptions::new().max_size(20));
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone)]
pub struct PostgresOptions {
    pub(crate) config: Config,
    pub(crate) tls: TlsOptions,
    pub(crate) pool: PoolOptions,
    pub(crate) tcp: TcpOptions,
    pub(crate) connect_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) statement_cache: usize,
    pub(crate) named_statements: bool,
    pub(crate) pipelining: usize,
    pub(crate) runtime_patience: Duration,
    pub(crate) on_connect: Vec<ConnectHook>,
}

/// A queue of so many reads is one that nobody waits for.
const MOST_PIPELINED: usize = 1024;

pub(crate) type ConnectHook =
    Arc<dyn for<'c> Fn(PostgresConnection<'c>) -> BoxFuture<'c, Result<()>> + Send + Sync>;

#[derive(Clone, Debug)]
pub(crate) struct TlsOptions {
    pub(crate) mode: TlsMode,
    pub(crate) root: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

pub(crate) const DEFAULT_PORT: u16 = 5432;

/// Whether a connection is encrypted, and how much the server has to prove.
///
/// A Unix socket is never encrypted.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server can; its certificate is not looked at. What an address without
    /// `sslmode` gets, as in libpq.
    Prefer,
    /// Encrypted; the server's certificate is looked at only if a root certificate is given.
    Require,
    /// Encrypted, and a known authority signed the server's certificate.
    VerifyCa,
    /// Encrypted, a known authority signed the server's certificate, and its name is the host's.
    VerifyFull,
}

/// Which of several hosts will do.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetSession {
    /// Any that answers.
    Any,
    /// One that takes writes: the primary of a cluster.
    ReadWrite,
    /// One that only reads: a standby.
    ReadOnly,
}

impl PostgresOptions {
    /// The database at an address: `postgres://user:password@host:5432/database?…`, or libpq's
    /// `host=… user=… dbname=…`.
    ///
    /// Known are libpq's `user`, `password`, `dbname`, `host` and `port` (several, with commas),
    /// `hostaddr`, `application_name`, `options`, `connect_timeout`, `target_session_attrs`,
    /// `channel_binding`, `load_balance_hosts`, `keepalives`, `keepalives_idle`,
    /// `keepalives_interval`, `keepalives_count`, `tcp_user_timeout`, `sslmode`, `sslnegotiation`,
    /// `sslrootcert`, `sslcert` and `sslkey`. A host that begins with `/` is the folder of a Unix socket.
    ///
    /// # Errors
    /// Kind [`Value`](queryset::ErrorKind::Value) for an address that is none, or a setting that
    /// is not known.
    pub fn new(address: &str) -> Result<Self> {
        let (config, tls, tcp) = parse::address(address)?;
        let connect_timeout = config.get_connect_timeout().copied();
        Ok(Self {
            config,
            tls,
            tcp,
            pool: PoolOptions::new(),
            connect_timeout: connect_timeout.unwrap_or(Duration::from_secs(10)),
            statement_timeout: None,
            statement_cache: 256,
            named_statements: true,
            pipelining: 0,
            runtime_patience: Duration::from_secs(10),
            on_connect: Vec::new(),
        })
    }

    /// The user, where the address names none: otherwise the one who runs the program.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.config.user(user);
        self
    }

    /// The user's password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// The database's name, the user's own by default.
    #[must_use]
    pub fn database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }

    /// Another host to try after those named before: a name, an IP address, or the folder of a
    /// Unix socket.
    #[must_use]
    pub fn host(mut self, host: &str, port: u16) -> Self {
        // One port alone stands for all hosts, so those before get theirs first.
        let before = self
            .config
            .get_ports()
            .first()
            .copied()
            .unwrap_or(DEFAULT_PORT);
        while self.config.get_ports().len() < self.config.get_hosts().len() {
            self.config.port(before);
        }
        self.config.host(host).port(port);
        self
    }

    /// What the server shows in its list of connections.
    #[must_use]
    pub fn application_name(mut self, name: &str) -> Self {
        self.config.application_name(name);
        self
    }

    /// Which of several hosts will do; any by default.
    #[must_use]
    pub fn target_session(mut self, target: TargetSession) -> Self {
        self.config.target_session_attrs(match target {
            TargetSession::Any => TargetSessionAttrs::Any,
            TargetSession::ReadWrite => TargetSessionAttrs::ReadWrite,
            TargetSession::ReadOnly => TargetSessionAttrs::ReadOnly,
        });
        self
    }

    /// How long one attempt at one address may take, the login included; 10 seconds by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How a silent TCP connection is probed, so that one whose other end has vanished is noticed;
    /// `None` never does. By default after a minute, unless the address says otherwise.
    #[must_use]
    pub fn keepalive(mut self, keepalive: impl Into<Option<Keepalive>>) -> Self {
        self.tcp.keepalive = keepalive.into();
        self
    }

    /// How long what was sent may stay unacknowledged before the connection counts as lost
    /// (`TCP_USER_TIMEOUT`, on Linux alone); the system's choice by default.
    #[must_use]
    pub fn tcp_user_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.tcp.user_timeout = timeout.into();
        self
    }

    /// How long the server works on one statement before it gives up with an error of kind
    /// [`Timeout`](queryset::ErrorKind::Timeout); the server's own setting by default.
    ///
    /// It is a setting of the session, so [`named_statements`](Self::named_statements)`(false)`
    /// cannot have it: set it on the role there.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// Whether connections are encrypted, and how much the server has to prove.
    #[must_use]
    pub fn tls(mut self, mode: TlsMode) -> Self {
        self.set_tls(mode);
        self
    }

    /// The file with the certificates of the authorities to trust, in PEM; by default those that
    /// the operating system trusts.
    #[must_use]
    pub fn root_certificate(mut self, path: impl Into<PathBuf>) -> Self {
        self.tls.root = Some(path.into());
        self
    }

    /// The files with the certificate that this client shows and its key, in PEM.
    #[must_use]
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.tls.certificate = Some(certificate.into());
        self.tls.key = Some(key.into());
        self
    }

    /// The limits of the pool.
    #[must_use]
    pub fn pool(mut self, pool: PoolOptions) -> Self {
        self.pool = pool;
        self
    }

    /// How many prepared statements each connection keeps; 256 by default.
    #[must_use]
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// Whether statements are prepared under a name and kept, as they are by default.
    ///
    /// `false` is for a proxy that hands a session to another server connection after each
    /// transaction, such as PgBouncer in transaction mode: nothing is left behind on the server.
    /// A statement that a connection has not seen before costs some round trips more then.
    #[must_use]
    pub fn named_statements(mut self, named: bool) -> Self {
        self.named_statements = named;
        self
    }

    /// How many short reads may share one connection when no connection is free: they are sent one
    /// behind the other, without waiting for the answers between them. 1, the default, switches
    /// this off; 8 is a good start.
    ///
    /// Short are reads whose statement says that it has at most 100 rows: `get`, `first`, `count`,
    /// `exists`, an aggregate, a slice. They take a free connection as ever. Where none is free and
    /// the pool has its full size, they queue on the connection with the fewest reads, but never on
    /// one that a transaction, a stream, a longer read or a write has, and never before somebody
    /// who waits for a connection of his own.
    ///
    /// What is to be known:
    /// - **A slow neighbour.** A server answers in order, so a read waits for those before it on its
    ///   connection. Who finds that a connection has answered nothing for five milliseconds does
    ///   not queue there; who queued before waits. 64 tasks with short reads on eight connections
    ///   and a depth of 8, all on one core, do 82,000 reads a second (38,000 without pipelining),
    ///   of which one in a hundred takes more than 1.4 ms (2.3). With another task beside them that
    ///   reads for 100 ms each time they do 77,000 (38,000), and one in a thousand takes more than
    ///   27 ms (2.7); with four such tasks as many, and one in a thousand takes more than 102 ms
    ///   (4.2), the longest 331 ms. `cargo run --profile quick --manifest-path bench/Cargo.toml --bin
    ///   slow-neighbour` measures it.
    /// - **Answers in groups.** Requests that leave together, of one statement that was answered within
    ///   five milliseconds when it was last asked, are answered together, up to eight of them: the
    ///   server writes once, where it would write for each, and the first waits for the last. For
    ///   the server a group is one transaction, with one `now()`. Where one of it fails, those behind
    ///   it are asked again; what a function that writes has done for those before it is rolled back,
    ///   so do not call one in a short read. With `default_transaction_isolation = serializable` only
    ///   the last of a group is told that they could not be serialized.
    /// - **A read that is given up** (dropped, cancelled, past its deadline) returns at once, but the
    ///   server goes on with it, since PostgreSQL cancels by connection and would hit a neighbour:
    ///   those behind it wait for as long as [`statement_timeout`](Self::statement_timeout) lets
    ///   it, so set one. Nobody joins them, and once nobody wants any of a connection's reads they
    ///   are cancelled.
    /// - A connection that is lost takes all its reads with it, each with an error of kind
    ///   [`Connection`](queryset::ErrorKind::Connection), unless the server had answered nothing since
    ///   the first of them: then they are asked again on another. A read that was handed to the driver
    ///   in the moment of the loss gets that error too, though it may never have been sent: the driver
    ///   does not tell which of its requests have left.
    /// - Rows are handed over by the task that reads for all, so a row with a value of many
    ///   megabytes, or a [`FromRow`](queryset::FromRow) that takes long, keeps the neighbours.
    ///
    /// It needs [`named_statements`](Self::named_statements). A depth of more than 1024 is taken as
    /// 1024.
    #[must_use]
    pub fn pipelining(mut self, depth: usize) -> Self {
        self.pipelining = depth.min(MOST_PIPELINED);
        self
    }

    /// How long a blocking operation stands a runtime that does not move before it fails with an
    /// error of kind [`Runtime`](queryset::ErrorKind::Runtime); 10 seconds by default. A
    /// current-thread runtime moves only while something blocks on it.
    ///
    /// It takes a runtime to connect, to end what was given up before its end, to share connections by
    /// [`pipelining`](Self::pipelining), and for all else where its connector keeps its sockets to itself
    /// ([`Connector::release`](queryset::runtime::Connector::release)) and on systems other than Unix.
    /// Otherwise a thread that blocks waits for the server by itself.
    #[must_use]
    pub fn runtime_patience(mut self, patience: Duration) -> Self {
        self.runtime_patience = patience;
        self
    }

    /// Prepares each new connection, before its first statement; its error fails the attempt to
    /// connect.
    ///
    /// ```
    /// # use queryset_postgres::PostgresOptions;
    /// let options = PostgresOptions::new("postgres://localhost/shop")?.on_connect(|mut connection| {
    ///     Box::pin(async move { connection.execute_batch("SET search_path = app").await })
    /// });
    /// # Ok::<(), queryset::Error>(())
    /// ```
    #[must_use]
    pub fn on_connect(
        mut self,
        hook: impl for<'c> Fn(PostgresConnection<'c>) -> BoxFuture<'c, Result<()>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.on_connect.push(Arc::new(hook));
        self
    }

    fn set_tls(&mut self, mode: TlsMode) {
        self.tls.mode = mode;
        self.config.ssl_mode(driver_mode(mode));
    }
}

/// The part of a mode that the driver knows; the rest is the certificate's verification.
fn driver_mode(mode: TlsMode) -> SslMode {
    match mode {
        TlsMode::Disable => SslMode::Disable,
        TlsMode::Prefer => SslMode::Prefer,
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            // The driver leaves the password out.
            .field("config", &self.config)
            .field("tls", &self.tls)
            .field("tcp", &self.tcp)
            .field("pool", &self.pool)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("statement_cache", &self.statement_cache)
            .field("named_statements", &self.named_statements)
            .field("pipelining", &self.pipelining)
            .field("runtime_patience", &self.runtime_patience)
            .field("on_connect", &self.on_connect.len())
            .finish()
    }
}
