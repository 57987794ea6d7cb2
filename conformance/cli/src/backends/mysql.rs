//! MySQL and MariaDB, each case in a database of its own on one server.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use queryset::pool::PoolOptions;
use queryset::runtime::BoxFuture;
use queryset::{Error, ErrorKind, Result};
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening};
use queryset_mysql::{MysqlOptions, TlsMode};
use queryset_servers::{Kind, Needs, Server, Servers};

/// A server that runs from its first use to the end of the process.
pub(crate) struct Mysql {
    kind: Kind,
    running: Mutex<Option<Arc<Running>>>,
    databases: AtomicU64,
}

/// A server with a database of ours. The database is dropped before its server.
pub(crate) struct Running {
    kind: Kind,
    database: queryset_servers::Database,
    servers: Servers,
}

impl Running {
    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    fn server(&self) -> queryset_servers::Result<&Server> {
        match self.kind {
            Kind::Mariadb => self.servers.mariadb(),
            _ => self.servers.mysql(),
        }
    }
}

impl Mysql {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            running: Mutex::default(),
            databases: AtomicU64::new(0),
        }
    }

    fn running(&self) -> Result<Arc<Running>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            return Ok(Arc::clone(running));
        }
        let started = start(self.kind).map_err(|error| {
            Error::new(ErrorKind::Connection, "no server was started").with_source(error)
        })?;
        Ok(Arc::clone(running.insert(Arc::new(started))))
    }
}

pub(crate) fn start(kind: Kind) -> queryset_servers::Result<Running> {
    let servers = Servers::start(Needs::none().with(kind))?;
    let server = match kind {
        Kind::Mariadb => servers.mariadb()?,
        _ => servers.mysql()?,
    };
    Ok(Running {
        kind,
        database: server.create_database("conformance")?,
        servers,
    })
}

impl BackendUnderTest for Mysql {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, Result<Opened>> {
        let running = self.running();
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let running = running?;
            let name = format!("{}_{number}", running.database.name());
            let set = format!(
                "CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; \
                 USE {name}"
            );
            // Its handshakes would take most of the suite's time; the backend's own tests have them.
            let mut options = MysqlOptions::new(running.url())?
                .tls(TlsMode::Disable)
                .on_connect(move |connection| {
                    let set = set.clone();
                    Box::pin(async move { connection.execute(&set).await })
                });
            if let Some(readers) = opening.readers {
                options = options.pool(PoolOptions::new().max_size(readers));
            }
            let database = options.connect(opening.runtime).await?;
            let own = Own {
                name: name.clone(),
                running: Arc::clone(&running),
            };
            let opened = Opened::new(database).named(&name).kept_by(own);
            Ok(match opening.lockable {
                true => {
                    let tables = OnceLock::new();
                    opened.locked_by(move || lock(&running, &name, &tables))
                }
                false => opened,
            })
        })
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::SqlFunctions => Some("its functions run in the server"),
            Capability::SpawnsReads => Some("its reads are polled by their callers"),
            Capability::DecodesElsewhere => Some("its rows are decoded by the task that reads"),
            Capability::LooseColumns => Some("its columns hold their own type"),
            Capability::Infinity => Some("its floating-point columns hold no infinities"),
            _ => None,
        }
    }
}

impl fmt::Debug for Mysql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mysql")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A case's database, on a server that may be somebody's own.
struct Own {
    name: String,
    running: Arc<Running>,
}

impl Drop for Own {
    fn drop(&mut self) {
        // A private server goes with all that it has.
        if let Ok(server) = self.running.server()
            && server.is_own()
        {
            let _ = server.sql(&format!("drop database if exists {};", self.name));
        }
    }
}

/// Locks the tables as another program would.
fn lock(running: &Running, name: &str, tables: &OnceLock<String>) -> Result<Box<dyn Any + Send>> {
    if tables.get().is_none() {
        let named = running
            .server()
            .and_then(|server| server.sql_in(name, "show tables;"))
            .map_err(|error| {
                Error::new(ErrorKind::Busy, "the tables were not locked").with_source(error)
            })?;
        let named: Vec<_> = named
            .lines()
            .map(|table| format!("`{table}` WRITE"))
            .collect();
        let _ = tables.set(named.join(", "));
    }
    let tables = tables.get().map_or("", String::as_str);
    // The connection holds the lock for as long as it is open.
    let sql = format!("USE {name}; LOCK TABLES {tables}");
    let options = MysqlOptions::new(running.url())?
        .tls(TlsMode::Disable)
        .pool(PoolOptions::new().max_size(1))
        .on_connect(move |connection| {
            let sql = sql.clone();
            Box::pin(async move { connection.execute(&sql).await })
        });
    let locked = options.connect_blocking(queryset::runtime::Threads)?;
    Ok(Box::new(Closing(locked)))
}

/// Lets the lock go when it is dropped, and not some time later.
struct Closing(queryset::Database);

impl Drop for Closing {
    fn drop(&mut self) {
        let _ = self.0.close();
    }
}
