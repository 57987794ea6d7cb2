//! The databases, and where they are.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::ValueEnum;
use queryset_servers::Kind;

use crate::Result;

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Backend {
    /// A file with a write-ahead log.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
}

/// Where a database with the tables is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite's file.
    File(PathBuf),
    /// A server's database: `postgres://…` or `mysql://user:password@host:port/database`.
    Url(String),
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mariadb, Self::Mysql];

    /// Those with a server.
    pub const SERVERS: [Self; 3] = [Self::Postgres, Self::Mariadb, Self::Mysql];

    /// The name in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }

    /// The server that it is.
    pub const fn server(self) -> Option<Kind> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(Kind::Postgres),
            Self::Mariadb => Some(Kind::Mariadb),
            Self::Mysql => Some(Kind::Mysql),
        }
    }

    /// The connections that concurrent tasks share, in every peer's pool.
    pub const fn connections(self) -> usize {
        match self {
            Self::Sqlite => 4,
            _ => 8,
        }
    }

    /// Whether it speaks MySQL's protocol.
    pub const fn is_mysql_like(self) -> bool {
        matches!(self, Self::Mariadb | Self::Mysql)
    }
}

impl Place {
    /// A file's path, or a server's URL.
    pub fn new(backend: Backend, text: String) -> Self {
        match backend.server() {
            None => Self::File(text.into()),
            Some(_) => Self::Url(text),
        }
    }

    /// The path or the URL.
    pub fn as_os_str(&self) -> &OsStr {
        match self {
            Self::File(file) => file.as_os_str(),
            Self::Url(url) => url.as_ref(),
        }
    }

    /// SQLite's file.
    ///
    /// # Errors
    /// It is a server.
    pub fn file(&self) -> Result<&PathBuf> {
        match self {
            Self::File(file) => Ok(file),
            Self::Url(_) => Err("a file was expected, and not a server".into()),
        }
    }

    /// A server's URL, without TLS in mind.
    ///
    /// # Errors
    /// It is a file.
    pub fn url(&self) -> Result<&str> {
        match self {
            Self::Url(url) => Ok(url),
            Self::File(_) => Err("a server was expected, and not a file".into()),
        }
    }
}
