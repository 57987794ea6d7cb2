//! The servers that there are.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// PgBouncer, before Postgres.
    Pgbouncer,
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
}

impl Kind {
    /// Every server, in the order of their names' use in reports.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Pgbouncer, Self::Mariadb, Self::Mysql];

    /// Its name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Pgbouncer => "pgbouncer",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }

    /// The environment variable with the URL of a server of one's own; PgBouncer has none, since
    /// only its place before our Postgres makes it useful.
    pub const fn variable(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some("QUERYSET_POSTGRES_URL"),
            Self::Pgbouncer => None,
            Self::Mariadb => Some("QUERYSET_MARIADB_URL"),
            Self::Mysql => Some("QUERYSET_MYSQL_URL"),
        }
    }

    /// Whether it speaks MySQL's protocol.
    pub(crate) const fn is_mysql_like(self) -> bool {
        matches!(self, Self::Mariadb | Self::Mysql)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                Error::new(format!("there is no server '{text}'; there are {names}"))
            })
    }
}
