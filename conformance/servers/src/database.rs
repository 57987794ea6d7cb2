//! A database of one's own.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::client::Client;
use crate::url::Url;
use crate::{Error, Result};

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

    /// The address of the server, in numbers.
    ///
    /// # Errors
    /// The host of somebody's own server is not found.
    pub fn address(&self) -> Result<SocketAddr> {
        let url = Url::parse(&self.url)?;
        let default = match url.scheme.starts_with("postgres") {
            true => 5432,
            false => 3306,
        };
        let place = (url.host_name(), url.port.unwrap_or(default));
        let found = (place.0.as_str(), place.1).to_socket_addrs();
        let mut found =
            found.map_err(|error| Error::io("the server's host is not found", error))?;
        found
            .next()
            .ok_or_else(|| Error::new("the server's host has no address"))
    }

    /// The URL of this database for who reaches the server at another address.
    ///
    /// # Errors
    /// The server's own URL cannot be read.
    pub fn url_at(&self, address: SocketAddr) -> Result<String> {
        let mut url = Url::parse(&self.url)?;
        url.port = Some(address.port());
        url.host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Ok(url.text())
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
