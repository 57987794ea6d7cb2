//! A server that can be used.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::client::Client;
use crate::private::Private;
use crate::url::Url;
use crate::{Account, Database, Error, Kind, Result, Tls, random};

/// A running server: a private one, or one of somebody's own.
#[derive(Debug)]
pub struct Server {
    client: Client,
    version: String,
    whose: Whose,
}

/// Who ends a server.
#[derive(Debug)]
enum Whose {
    /// We do.
    Private(Private, Tls),
    /// The process that lends it.
    Lent(Lent),
    /// Somebody.
    Own,
}

#[derive(Debug)]
struct Lent {
    address: SocketAddr,
    folder: PathBuf,
    tls: Tls,
}

impl Server {
    pub(crate) fn private(client: Client, version: &str, private: Private, tls: Tls) -> Self {
        Self {
            client,
            version: version.to_owned(),
            whose: Whose::Private(private, tls),
        }
    }

    pub(crate) fn lent(
        client: Client,
        version: &str,
        address: SocketAddr,
        folder: PathBuf,
        tls: Tls,
    ) -> Self {
        Self {
            client,
            version: version.to_owned(),
            whose: Whose::Lent(Lent {
                address,
                folder,
                tls,
            }),
        }
    }

    pub(crate) fn own(client: Client, version: &str) -> Self {
        Self {
            client,
            version: version.to_owned(),
            whose: Whose::Own,
        }
    }

    /// Which server it is.
    pub fn kind(&self) -> Kind {
        self.client.kind
    }

    /// Its version, as it says itself.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether it is somebody's own, and not private.
    pub fn is_own(&self) -> bool {
        matches!(self.whose, Whose::Own)
    }

    /// The URL of its first database as [`Account::Owner`].
    pub fn url(&self) -> String {
        self.client.url.text()
    }

    /// The URL of another of its databases.
    pub fn url_for_database(&self, name: &str) -> String {
        self.client.url.with_database(name).text()
    }

    /// The URL of its first database as another account.
    ///
    /// # Errors
    /// Unsupported for a server of somebody's own, and for PgBouncer, which knows the owner alone.
    pub fn url_for(&self, account: Account) -> Result<String> {
        if account != Account::Owner && (self.is_own() || self.kind() == Kind::Pgbouncer) {
            return Err(self.unsupported("signed in to by other accounts"));
        }
        let url = Url {
            user: match account {
                Account::Owner => self.client.url.user.clone(),
                other => other.name().to_owned(),
            },
            ..self.client.url.clone()
        };
        Ok(url.text())
    }

    /// The port that a private server listens on, at 127.0.0.1.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.whose {
            Whose::Private(private, _) => Some((Ipv4Addr::LOCALHOST, private.port()).into()),
            Whose::Lent(lent) => Some(lent.address),
            Whose::Own => None,
        }
    }

    /// The Unix socket that a private server listens on. Clients of Postgres and PgBouncer take its
    /// folder for the host.
    pub fn socket(&self) -> Option<PathBuf> {
        let name = match self.kind().is_mysql_like() {
            true => "socket".to_owned(),
            false => format!(".s.PGSQL.{}", self.address()?.port()),
        };
        Some(self.folder()?.join(name))
    }

    /// The certificates of a private server.
    pub fn tls(&self) -> Option<&Tls> {
        match &self.whose {
            Whose::Private(_, tls) | Whose::Lent(Lent { tls, .. }) => Some(tls),
            Whose::Own => None,
        }
    }

    /// Runs statements in the first database by the server's own client program, and returns the
    /// rows: a line each, with tabs between the columns.
    ///
    /// # Errors
    /// The server can't be reached or refuses a statement.
    pub fn sql(&self, sql: &str) -> Result<String> {
        self.client.run(&self.client.url.database, sql)
    }

    /// As [`sql`](Self::sql), in another database.
    ///
    /// # Errors
    /// The server can't be reached or refuses a statement.
    pub fn sql_in(&self, database: &str, sql: &str) -> Result<String> {
        self.client.run(database, sql)
    }

    /// Creates an empty database, whose name begins with `prefix` and is like no other's.
    ///
    /// # Errors
    /// The prefix is more than lower-case letters, digits and underscores, or the server refuses.
    pub fn create_database(&self, prefix: &str) -> Result<Database> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        // Both servers' names end at 63 or 64 bytes.
        if prefix.len() > 32
            || !prefix.starts_with(|first: char| first.is_ascii_lowercase())
            || !prefix.bytes().all(plain)
        {
            return Err(Error::new(format!(
                "'{prefix}' is no beginning of a database's name"
            )));
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{prefix}_{:08x}_{count}", random::number() >> 32);
        self.sql(&format!("create database {name};"))?;
        Ok(Database {
            url: self.url_for_database(&name),
            drops: (!matches!(self.whose, Whose::Private(..)))
                .then(|| (self.client.clone(), self.client.url.database.clone())),
            name,
        })
    }

    /// Ends all processes of the server at once, as by `kill -9`. Its data stays.
    ///
    /// # Errors
    /// Unsupported for a server that this process has not started.
    pub fn kill(&self) -> Result<()> {
        self.ours("killed")?.kill()
    }

    /// Starts the server again after [`kill`](Self::kill), on the same port and data, and waits
    /// until it answers. Where it still runs, it is killed first.
    ///
    /// # Errors
    /// It does not start or answer within two minutes; unsupported for a server that this process has
    /// not started.
    pub fn start_again(&self) -> Result<()> {
        self.ours("started again")?.start_again(&self.client)
    }

    /// Stops all processes of the server where they are: it takes connections, and answers nothing.
    /// Processes that come later, as those that a new connection to Postgres gets, do not exist
    /// until it is resumed.
    ///
    /// # Errors
    /// Unsupported for a server that this process has not started.
    pub fn pause(&self) -> Result<()> {
        self.ours("paused")?.pause()
    }

    /// Lets the server go on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// Unsupported for a server that this process has not started.
    pub fn resume(&self) -> Result<()> {
        self.ours("resumed")?.resume()
    }

    /// Whether a private server runs; none for another's, which we can't know of.
    pub fn is_running(&self) -> Option<bool> {
        match &self.whose {
            Whose::Private(private, _) => Some(private.is_running()),
            Whose::Lent(_) | Whose::Own => None,
        }
    }

    /// All that a private server has written into its log, over all its starts.
    ///
    /// # Errors
    /// Unsupported for a server that this process has not started.
    pub fn log(&self) -> Result<String> {
        Ok(self.ours("read the log of")?.log())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.whose {
            Whose::Private(private, _) => Some(private.folder()),
            Whose::Lent(lent) => Some(&lent.folder),
            Whose::Own => None,
        }
    }

    fn ours(&self, what: &str) -> Result<&Private> {
        match &self.whose {
            Whose::Private(private, _) => Ok(private),
            Whose::Lent(_) | Whose::Own => Err(self.unsupported(what)),
        }
    }

    fn unsupported(&self, what: &str) -> Error {
        Error::unsupported(format!(
            "this {} can't be {what}: it is not this process's own",
            self.kind()
        ))
    }
}
