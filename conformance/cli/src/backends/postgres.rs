//! PostgreSQL, each case in a schema of its own on one server.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use queryset::Result;
use queryset::pool::PoolOptions;
use queryset::runtime::BoxFuture;
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening, Watch};
use queryset_postgres::{PostgresOptions, TlsMode};
use queryset_servers::{Database, Servers};
use queryset_smol::Smol;

use super::cleaner::Cleaner;
use super::url_for;

/// A database of ours, for as long as this lives. It is dropped before its server.
pub(crate) struct Postgres {
    cleaner: Arc<Cleaner>,
    database: Arc<Database>,
    schemas: AtomicU64,
    _servers: Arc<Servers>,
}

impl Postgres {
    pub(crate) fn new(servers: Arc<Servers>) -> std::result::Result<Self, Box<dyn Error>> {
        let database = servers.postgres()?.create_database("conformance")?;
        let url = database.url().to_owned();
        let cleaner = Cleaner::start(move || {
            let one = PoolOptions::new().max_size(1);
            options(&url)?.pool(one).connect_blocking(Smol::default())
        });
        Ok(Self {
            cleaner: Arc::new(cleaner?),
            database: Arc::new(database),
            schemas: AtomicU64::new(0),
            _servers: servers,
        })
    }
}

/// How to reach a server: without TLS, whose handshakes would take most of the suite's time, and
/// which the backend's own tests have.
fn options(url: &str) -> Result<PostgresOptions> {
    Ok(PostgresOptions::new(url)?.tls(TlsMode::Disable))
}

/// A case's schema.
struct Own {
    name: String,
    cleaner: Arc<Cleaner>,
}

impl Drop for Own {
    fn drop(&mut self) {
        self.cleaner
            .run(format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

impl BackendUnderTest for Postgres {
    fn name(&self) -> &str {
        "postgres"
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, Result<Opened>> {
        let own = Arc::clone(&self.database);
        let schema = format!("case_{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        let cleaner = Arc::clone(&self.cleaner);
        Box::pin(async move {
            // The first connection is alone, so that only one makes the schema.
            let set = format!(
                "SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS {schema}; \
                 SET search_path = {schema}"
            );
            let mut reached = options(&url_for(&own, &opening)?)?
                .application_name(&schema)
                .on_connect(move |mut connection| {
                    let set = set.clone();
                    Box::pin(async move { connection.execute_batch(&set).await })
                });
            if let Some(readers) = opening.readers {
                reached = reached.pool(PoolOptions::new().max_size(readers));
            }
            let database = reached.connect(opening.runtime.clone()).await?;
            let mut opened = Opened::new(database);
            if opening.watched {
                let monitor = options(own.url())?.pool(PoolOptions::new().max_size(1));
                opened = opened.watched_by(Watch {
                    monitor: monitor.connect(opening.runtime).await?,
                    sleep: "SELECT 1::int8 FROM pg_sleep(600)".to_owned(),
                    trickle: "SELECT generate_series(1, 1000000)::int8, \
                              repeat('x', 1000 + length(pg_sleep(0.0002)::text))"
                        .to_owned(),
                    sessions: format!(
                        "SELECT pid::int8, CASE state WHEN 'active' THEN query END \
                         FROM pg_stat_activity WHERE application_name = '{schema}'"
                    ),
                });
            }
            Ok(opened.kept_by(Own {
                name: schema,
                cleaner,
            }))
        })
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::SqlFunctions => Some("its functions run in the server"),
            Capability::HeldLock => Some("its reads wait for no lock of a writer"),
            Capability::SpawnsReads => Some("whoever waits for its connections drives them"),
            Capability::DecodesElsewhere => Some("its rows are decoded by the task that reads"),
            Capability::WithoutSockets => Some("its server is behind one"),
            Capability::LooseColumns => Some("its columns hold their own type"),
            Capability::NulInText => Some("its texts end at a NUL"),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
