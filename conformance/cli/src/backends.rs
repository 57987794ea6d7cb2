//! The backends of this workspace, as the suite needs them.

mod cleaner;
mod mysql;
mod postgres;
mod sqlite;

use std::error::Error;
use std::sync::Arc;

use clap::ValueEnum;
use queryset::ErrorKind;
use queryset_conformance::{BackendUnderTest, Opening};
use queryset_servers::{Database, Kind, Needs, Server, Servers};

/// A backend's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    Sqlite,
    /// SQLite whose reads may start on the thread that awaits them.
    SqliteInline,
    Postgres,
    Mariadb,
    Mysql,
}

impl Backend {
    /// Those that are tested unless others are named: each database once.
    pub(crate) const USUAL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mariadb, Self::Mysql];

    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// The server that it needs.
    fn needs(self) -> Option<Kind> {
        match self {
            Self::Sqlite | Self::SqliteInline => None,
            Self::Postgres => Some(Kind::Postgres),
            Self::Mariadb => Some(Kind::Mariadb),
            Self::Mysql => Some(Kind::Mysql),
        }
    }
}

/// The URL by which a case wants its database to be reached.
fn url_for(database: &Database, opening: &Opening) -> queryset::Result<String> {
    if opening.via.is_none() {
        return Ok(database.url().to_owned());
    }
    let found = || -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(database.url_at(opening.address(database.address()?)?)?)
    };
    found().map_err(|error| {
        queryset::Error::new(ErrorKind::Connection, "no way to the server").with_source(error)
    })
}

/// Backends with their servers, which run for as long as this is kept.
pub(crate) struct Backends {
    servers: Arc<Servers>,
}

impl Backends {
    /// Starts what these need: before the first case, since to install a server takes longer than
    /// a case may.
    pub(crate) fn start(backends: &[Backend]) -> Result<Self, Box<dyn Error>> {
        let needs: Needs = backends
            .iter()
            .filter_map(|backend| backend.needs())
            .collect();
        let servers = Servers::start_with(needs, |line| eprintln!("{line}"))?;
        Ok(Self {
            servers: Arc::new(servers),
        })
    }

    pub(crate) fn under_test(
        &self,
        backend: Backend,
    ) -> Result<Arc<dyn BackendUnderTest>, Box<dyn Error>> {
        let servers = Arc::clone(&self.servers);
        Ok(match backend {
            Backend::Sqlite => Arc::new(sqlite::Sqlite { inline: false }),
            Backend::SqliteInline => Arc::new(sqlite::Sqlite { inline: true }),
            Backend::Postgres => Arc::new(postgres::Postgres::new(servers)?),
            Backend::Mariadb => Arc::new(mysql::Mysql::new(servers, Kind::Mariadb)?),
            Backend::Mysql => Arc::new(mysql::Mysql::new(servers, Kind::Mysql)?),
        })
    }

    /// The versions of the databases, by the backends' names.
    pub(crate) fn versions(
        &self,
        backends: &[Backend],
    ) -> Result<Vec<(String, String)>, Box<dyn Error>> {
        let version = |backend: &Backend| {
            let version = match self.server(*backend)? {
                Some(server) => server.version().to_owned(),
                None => rusqlite::version().to_owned(),
            };
            Ok((backend.name(), version))
        };
        backends.iter().map(version).collect()
    }

    /// The server of a backend.
    pub(crate) fn server(&self, backend: Backend) -> Result<Option<&Server>, Box<dyn Error>> {
        let server = backend.needs().map(|kind| self.servers.server(kind));
        Ok(server.transpose()?)
    }
}
