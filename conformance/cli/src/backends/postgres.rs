//! PostgreSQL, each case in a schema of its own on one server.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use queryset::Result;
use queryset::pool::PoolOptions;
use queryset::runtime::BoxFuture;
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening};
use queryset_postgres::PostgresOptions;
use queryset_servers::{Database, Servers};
use queryset_smol::Smol;

use super::cleaner::Cleaner;

/// A database of ours, for as long as this lives. It is dropped before its server.
pub(crate) struct Postgres {
    cleaner: Arc<Cleaner>,
    database: Database,
    schemas: AtomicU64,
    _servers: Arc<Servers>,
}

impl Postgres {
    pub(crate) fn new(servers: Arc<Servers>) -> std::result::Result<Self, Box<dyn Error>> {
        let database = servers.postgres()?.create_database("conformance")?;
        let url = database.url().to_owned();
        let cleaner = Cleaner::start(move || {
            let one = PoolOptions::new().max_size(1);
            PostgresOptions::new(&url)?
                .pool(one)
                .connect_blocking(Smol::default())
        });
        Ok(Self {
            cleaner: Arc::new(cleaner?),
            database,
            schemas: AtomicU64::new(0),
            _servers: servers,
        })
    }
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
        let url = self.database.url().to_owned();
        let schema = format!("case_{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        let cleaner = Arc::clone(&self.cleaner);
        Box::pin(async move {
            // The first connection is alone, so that only one makes the schema.
            let set = format!(
                "SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS {schema}; \
                 SET search_path = {schema}"
            );
            let mut options = PostgresOptions::new(&url)?.on_connect(move |mut connection| {
                let set = set.clone();
                Box::pin(async move { connection.execute_batch(&set).await })
            });
            if let Some(readers) = opening.readers {
                options = options.pool(PoolOptions::new().max_size(readers));
            }
            let database = options.connect(opening.runtime).await?;
            Ok(Opened::new(database).kept_by(Own {
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
