//! Free ports.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use crate::{Error, Result, random};

/// What this process has given out: two servers that start side by side must not get the same.
static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

const FIRST: u16 = 10_000;

/// The first port that the system may give to clients where it does not say.
const CLIENTS: u16 = 32_768;

/// A port that nobody listens on, of those that the system never gives to clients.
///
/// One that it does would be lost to some client while the server is down for a test; and a client
/// that tries it over and over can even be connected to itself.
pub(crate) fn free() -> Result<u16> {
    let end = clients_begin().unwrap_or(CLIENTS).max(FIRST + 1_000);
    for _ in 0..1_000 {
        let offset = random::number() % u64::from(end - FIRST);
        let port = FIRST + u16::try_from(offset).unwrap_or_default();
        // In this order: to try a port is to hold it for a moment, in which the server that it was
        // given to could not have it back.
        if TAKEN.lock().is_ok_and(|mut taken| taken.insert(port)) && is_free(port) {
            return Ok(port);
        }
    }
    Err(Error::new(format!("no port from {FIRST} to {end} is free")))
}

/// Whether a server could listen there now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn clients_begin() -> Option<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_no_port_twice() {
        let ports: BTreeSet<u16> = (0..50).map(|_| free().unwrap()).collect();
        assert_eq!(ports.len(), 50);
    }
}
