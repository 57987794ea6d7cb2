//! A database of one's own.

use crate::client::Client;

/// A fresh, empty database of a server.
///
/// On a server of somebody's own it is dropped with this value; a private server goes with all
/// that it has.
#[derive(Debug)]
pub struct Database {
    pub(crate) name: String,
    pub(crate) url: String,
    /// Present if the database must be dropped, with the database to do it from.
    pub(crate) drops: Option<(Client, String)>,
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's URL with this database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((client, from)) = &self.drops {
            // A server that a test has made unreachable can't be tidied.
            let force = match client.kind.is_mysql_like() {
                true => "",
                false => " with (force)",
            };
            let _ = client.run(
                from,
                &format!("drop database if exists {}{force};", self.name),
            );
        }
    }
}
