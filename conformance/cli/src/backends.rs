//! The backends of this workspace, as the suite needs them.

pub(crate) mod mysql;
pub(crate) mod postgres;
mod sqlite;

use std::sync::Arc;

use clap::ValueEnum;
use queryset_conformance::BackendUnderTest;
use queryset_servers::Kind;

/// A backend's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    Sqlite,
    Mariadb,
    Mysql,
    Postgres,
}

impl Backend {
    pub(crate) fn under_test(self) -> Arc<dyn BackendUnderTest> {
        match self {
            Self::Sqlite => Arc::new(sqlite::Sqlite),
            Self::Mariadb => Arc::new(mysql::Mysql::new(Kind::Mariadb)),
            Self::Mysql => Arc::new(mysql::Mysql::new(Kind::Mysql)),
            Self::Postgres => Arc::new(postgres::Postgres::default()),
        }
    }
}
