//! Opening a database.

use std::sync::Arc;

use queryset::runtime::Runtime;
use queryset::{Database, Result};

use crate::backend::MysqlBackend;
use crate::options::MysqlOptions;

/// Opens a MySQL or MariaDB database: `mysql://user:password@host:3306/database`; see
/// [`MysqlOptions::new`] for the rest of the spelling.
///
/// The runtime is one of the adapters, by value. The first connection is opened at once, the
/// others when they are needed.
///
/// Cancel safe: dropping the future closes what was opened.
///
/// # Errors
/// Kind [`Value`](queryset::ErrorKind::Value) for an address that is none,
/// [`Connection`](queryset::ErrorKind::Connection) if the server cannot be reached,
/// [`Authentication`](queryset::ErrorKind::Authentication) if it refuses the credentials,
/// [`Runtime`](queryset::ErrorKind::Runtime) if the runtime is gone.
pub async fn connect(url: &str, runtime: impl Into<Runtime>) -> Result<Database> {
    let runtime = runtime.into();
    MysqlOptions::new(url)?.connect(runtime).await
}

/// The blocking twin of [`connect`].
///
/// # Errors
/// As [`connect`].
pub fn connect_blocking(url: &str, runtime: impl Into<Runtime>) -> Result<Database> {
    MysqlOptions::new(url)?.connect_blocking(runtime)
}

impl MysqlOptions {
    /// Opens the database.
    ///
    /// Cancel safe: dropping the future closes what was opened.
    ///
    /// # Errors
    /// As [`connect`].
    pub async fn connect(self, runtime: impl Into<Runtime>) -> Result<Database> {
        let runtime = runtime.into();
        let backend = MysqlBackend::open(self, runtime.clone()).await?;
        Ok(Database::new(Arc::new(backend), runtime))
    }

    /// Opens the database, blocking; the runtime has to be driven meanwhile.
    ///
    /// # Errors
    /// As [`connect`].
    pub fn connect_blocking(self, runtime: impl Into<Runtime>) -> Result<Database> {
        let runtime = runtime.into();
        let backend = MysqlBackend::open_blocking(self, runtime.clone())?;
        Ok(Database::new(Arc::new(backend), runtime))
    }
}
