//! MySQL and MariaDB, each case in a database of its own on one server.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use queryset::pool::PoolOptions;
use queryset::runtime::{BoxFuture, Threads};
use queryset::{ErrorKind, Result};
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening, Watch};
use queryset_mysql::{MysqlOptions, TlsMode};
use queryset_servers::{Kind, Server, Servers};

use super::cleaner::Cleaner;
use super::url_for;

/// A server, on which the cases have databases whose names begin like one of ours.
pub(crate) struct Mysql {
    shared: Arc<Shared>,
    databases: AtomicU64,
}

struct Shared {
    kind: Kind,
    cleaner: Cleaner,
    database: queryset_servers::Database,
    servers: Arc<Servers>,
}

impl Shared {
    fn server(&self) -> queryset_servers::Result<&Server> {
        self.servers.server(self.kind)
    }
}

impl Mysql {
    pub(crate) fn new(
        servers: Arc<Servers>,
        kind: Kind,
    ) -> std::result::Result<Self, Box<dyn Error>> {
        let database = servers.server(kind)?.create_database("conformance")?;
        let url = database.url().to_owned();
        let cleaner = Cleaner::start(move || options(&url)?.connect_blocking(Threads))?;
        Ok(Self {
            shared: Arc::new(Shared {
                kind,
                cleaner,
                database,
                servers,
            }),
            databases: AtomicU64::new(0),
        })
    }
}

/// How to reach a server: without TLS, whose handshakes would take most of the suite's time, and
/// which the backend's own tests have.
fn options(url: &str) -> Result<MysqlOptions> {
    Ok(MysqlOptions::new(url)?.tls(TlsMode::Disable))
}

impl BackendUnderTest for Mysql {
    fn name(&self) -> &str {
        self.shared.kind.name()
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, Result<Opened>> {
        let shared = Arc::clone(&self.shared);
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let name = format!("{}_{number}", shared.database.name());
            let set = format!(
                "CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; \
                 USE {name}"
            );
            let reached = options(&url_for(&shared.database, &opening)?)?;
            let mut reached = reached.on_connect(move |connection| {
                let set = set.clone();
                Box::pin(async move { connection.execute(&set).await })
            });
            if let Some(readers) = opening.readers {
                reached = reached.pool(PoolOptions::new().max_size(readers));
            }
            let database = reached.connect(opening.runtime.clone()).await?;
            let own = Own {
                name: name.clone(),
                shared: Arc::clone(&shared),
            };
            let mut opened = Opened::new(database).named(&name).kept_by(own);
            if opening.watched {
                // MySQL's older list has no letters for an emoji in anybody's statement, and is an
                // error then.
                let list = match shared.kind {
                    Kind::Mysql => "performance_schema.processlist",
                    _ => "information_schema.processlist",
                };
                let monitor = options(shared.database.url())?;
                let monitor = monitor.pool(PoolOptions::new().max_size(1));
                opened = opened.watched_by(Watch {
                    monitor: monitor.connect(opening.runtime).await?,
                    sleep: "SELECT SLEEP(600)".to_owned(),
                    trickle: "SELECT a.id, REPEAT('x', 1000 + SLEEP(0.0002)) \
                              FROM number a, number b"
                        .to_owned(),
                    sessions: format!(
                        "SELECT CAST(id AS SIGNED), info FROM {list} WHERE db = '{name}'"
                    ),
                });
            }
            Ok(match opening.lockable {
                true => {
                    let tables = OnceLock::new();
                    opened.locked_by(move || lock(&shared, &name, &tables))
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
            .field("kind", &self.shared.kind)
            .finish_non_exhaustive()
    }
}

/// A case's database.
struct Own {
    name: String,
    shared: Arc<Shared>,
}

impl Drop for Own {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {}", self.name);
        self.shared.cleaner.run(drop);
    }
}

/// Locks the tables as another program would.
fn lock(shared: &Shared, name: &str, tables: &OnceLock<String>) -> Result<Box<dyn Any + Send>> {
    if tables.get().is_none() {
        let named = shared
            .server()
            .and_then(|server| server.sql_in(name, "show tables;"))
            .map_err(|error| {
                queryset::Error::new(ErrorKind::Busy, "the tables were not locked")
                    .with_source(error)
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
    let options = options(shared.database.url())?
        .pool(PoolOptions::new().max_size(1))
        .on_connect(move |connection| {
            let sql = sql.clone();
            Box::pin(async move { connection.execute(&sql).await })
        });
    let locked = options.connect_blocking(Threads)?;
    Ok(Box::new(Closing(locked)))
}

/// Lets the lock go when it is dropped, and not some time later.
struct Closing(queryset::Database);

impl Drop for Closing {
    fn drop(&mut self) {
        let _ = self.0.close();
    }
}
