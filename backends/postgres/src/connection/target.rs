//! Where the hosts of an address are.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::Arc;

use queryset::runtime::{Runtime, TcpOptions};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts};

use crate::options::DEFAULT_PORT;
use crate::stream::Link;

/// One place to connect to.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Address {
    pub(super) async fn connect(
        &self,
        runtime: &Runtime,
        options: &TcpOptions,
    ) -> io::Result<Link> {
        let connector = runtime.connector();
        let stream = match self {
            Self::Tcp(address) => connector.connect_tcp(*address, options).await?,
            #[cfg(unix)]
            Self::Unix(path) => connector.connect_unix(path.clone()).await?,
        };
        Ok(Link::new(stream, Arc::clone(connector)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// A host as it was configured.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// What a certificate has to be for.
    pub(super) host: Arc<str>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Name(String, u16),
    Address(Address),
}

/// The hosts, in the order in which they are tried.
pub(super) fn targets(config: &Config) -> Vec<Target> {
    let (hosts, addresses, ports) = (
        config.get_hosts(),
        config.get_hostaddrs(),
        config.get_ports(),
    );
    let port = |index: usize| match ports {
        [] => DEFAULT_PORT,
        [one] => *one,
        several => several.get(index).copied().unwrap_or(DEFAULT_PORT),
    };
    let count = hosts.len().max(addresses.len());
    let mut targets: Vec<Target> = (0..count)
        .filter_map(|index| target(hosts.get(index), addresses.get(index).copied(), port(index)))
        .collect();
    if targets.is_empty() {
        targets.push(Target {
            host: "localhost".into(),
            place: Place::Name("localhost".into(), port(0)),
        });
    }
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        shuffle(&mut targets);
    }
    targets
}

fn target(host: Option<&Host>, address: Option<IpAddr>, port: u16) -> Option<Target> {
    Some(match (host, address) {
        #[cfg(unix)]
        (Some(Host::Unix(folder)), _) => Target {
            host: "localhost".into(),
            place: Place::Address(Address::Unix(folder.join(format!(".s.PGSQL.{port}")))),
        },
        (host, Some(address)) => Target {
            host: match host {
                Some(Host::Tcp(name)) => name.as_str().into(),
                _ => address.to_string().into(),
            },
            place: Place::Address(Address::Tcp((address, port).into())),
        },
        (Some(Host::Tcp(name)), None) => Target {
            host: name.as_str().into(),
            place: match name.parse::<IpAddr>() {
                Ok(address) => Place::Address(Address::Tcp((address, port).into())),
                Err(_) => Place::Name(name.clone(), port),
            },
        },
        (None, None) => return None,
    })
}

impl Target {
    /// The addresses of the host. Names are resolved where blocking is right.
    pub(super) async fn resolve(
        &self,
        runtime: &Runtime,
        random: bool,
    ) -> io::Result<Vec<Address>> {
        let (name, port) = match &self.place {
            Place::Address(address) => return Ok(vec![address.clone()]),
            Place::Name(name, port) => (name.clone(), *port),
        };
        let resolved = runtime
            .spawn_blocking(move || (name.as_str(), port).to_socket_addrs())
            .map_err(io::Error::other)?;
        let mut addresses: Vec<Address> = resolved
            .await
            .map_err(io::Error::other)??
            .map(Address::Tcp)
            .collect();
        if random {
            shuffle(&mut addresses);
        }
        Ok(addresses)
    }

    pub(super) fn is_unix(&self) -> bool {
        match &self.place {
            Place::Name(..) | Place::Address(Address::Tcp(_)) => false,
            #[cfg(unix)]
            Place::Address(Address::Unix(_)) => true,
        }
    }
}

/// Each new hasher of the standard library has keys of its own, which is chance enough.
fn shuffle<T>(items: &mut [T]) {
    let random = RandomState::new();
    for end in (1..items.len()).rev() {
        let other = random.hash_one(end) % (end as u64 + 1);
        items.swap(end, other as usize);
    }
}
