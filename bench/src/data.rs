//! The tables, made once for each database.

mod mysql;
mod postgres;
mod rows;
mod sqlite;

use std::fmt;

use queryset_servers::{Database, Needs, Servers};

use crate::{Backend, Place, Result};

/// Databases with the tables; the private servers among them end with this.
pub struct Databases {
    places: Vec<(Backend, Place)>,
    versions: Vec<(Backend, String)>,
    // Dropped on servers of somebody's own, so before the servers.
    _databases: Vec<Database>,
    _servers: Servers,
}

impl Databases {
    /// Starts the servers that these backends need, unless the environment names some
    /// (`QUERYSET_POSTGRES_URL` …), and fills the tables.
    ///
    /// What is started inherits the calling thread's core: [`pin`](crate::pin) before.
    ///
    /// # Errors
    /// A server does not start, or refuses a table.
    pub fn open(backends: &[Backend], progress: &dyn Fn(&str)) -> Result<Self> {
        let needs: Needs = backends.iter().filter_map(|each| each.server()).collect();
        let servers = Servers::start_with(needs, |line| eprintln!("{line}"))?;
        let mut places = Vec::new();
        let mut versions = Vec::new();
        let mut databases = Vec::new();
        for &backend in backends {
            let Some(kind) = backend.server() else {
                versions.push((backend, rusqlite::version().to_owned()));
                places.push((backend, Place::File(sqlite::file()?)));
                continue;
            };
            progress(&format!("filling the tables of {}", backend.name()));
            let server = servers.server(kind)?;
            versions.push((backend, server.version().to_owned()));
            let database = server.create_database("bench")?;
            match backend {
                Backend::Postgres => postgres::fill(database.url())?,
                _ => {
                    if !server.is_own() {
                        // The tables fit into its memory, as one would see to elsewhere.
                        server.sql("set global innodb_buffer_pool_size = 536870912;")?;
                    }
                    mysql::fill(database.url())?;
                }
            }
            places.push((backend, Place::Url(database.url().to_owned())));
            databases.push(database);
        }
        Ok(Self {
            places,
            versions,
            _databases: databases,
            _servers: servers,
        })
    }

    /// Where a backend's tables are.
    ///
    /// # Errors
    /// It was not asked for.
    pub fn place(&self, backend: Backend) -> Result<&Place> {
        let mut places = self.places.iter();
        let found = places.find(|(each, _)| *each == backend);
        Ok(&found.ok_or("a database that was not opened")?.1)
    }

    /// The versions of the databases.
    pub fn versions(&self) -> &[(Backend, String)] {
        &self.versions
    }
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Databases").field(&self.versions).finish()
    }
}
