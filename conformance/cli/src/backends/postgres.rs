//! PostgreSQL, each case in a schema of its own on one server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use queryset::pool::PoolOptions;
use queryset::runtime::BoxFuture;
use queryset::{Error, ErrorKind, Result};
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening};
use queryset_postgres::PostgresOptions;
use queryset_servers::{Kind, Needs, Servers};

/// A server that runs from its first use to the end of the process.
#[derive(Default)]
pub(crate) struct Postgres {
    running: Mutex<Option<Running>>,
    schemas: AtomicU64,
}

/// A server with a database of ours. The database is dropped before its server.
pub(crate) struct Running {
    database: queryset_servers::Database,
    _servers: Servers,
}

impl Running {
    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }
}

impl Postgres {
    fn url(&self) -> Result<String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            return Ok(running.url().to_owned());
        }
        let started = start().map_err(|error| {
            Error::new(ErrorKind::Connection, "no server was started").with_source(error)
        })?;
        Ok(running.insert(started).url().to_owned())
    }
}

pub(crate) fn start() -> queryset_servers::Result<Running> {
    let servers = Servers::start(Needs::none().with(Kind::Postgres))?;
    let database = servers.postgres()?.create_database("conformance")?;
    Ok(Running {
        database,
        _servers: servers,
    })
}

impl BackendUnderTest for Postgres {
    fn name(&self) -> &str {
        "postgres"
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, Result<Opened>> {
        let url = self.url();
        let schema = format!("case_{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        Box::pin(async move {
            // The first connection is alone, so that only one makes the schema.
            let set = format!(
                "SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS {schema}; \
                 SET search_path = {schema}"
            );
            let mut options = PostgresOptions::new(&url?)?.on_connect(move |mut connection| {
                let set = set.clone();
                Box::pin(async move { connection.execute_batch(&set).await })
            });
            if let Some(readers) = opening.readers {
                options = options.pool(PoolOptions::new().max_size(readers));
            }
            Ok(Opened::new(options.connect(opening.runtime).await?))
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
