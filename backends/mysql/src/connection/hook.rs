//! What a hook for new connections gets.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use queryset::Result;

use super::Server;
use crate::error;

/// A connection that is being set up, in the hands of
/// [`MysqlOptions::on_connect`](crate::MysqlOptions::on_connect).
#[derive(Debug)]
pub struct MysqlConnection {
    pub(super) conn: Conn,
    pub(super) server: Server,
}

impl MysqlConnection {
    /// Runs one or more statements; what they return is left out.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn execute(&mut self, sql: &str) -> Result<()> {
        let result = self.conn.query_drop(sql).await;
        result.map_err(|error| error::in_statement(error, sql))
    }

    /// Whether the server is MariaDB and not MySQL.
    pub fn is_mariadb(&self) -> bool {
        self.server.is_mariadb
    }

    /// The server's version as it spells it.
    pub fn version(&self) -> &str {
        &self.server.version
    }
}
