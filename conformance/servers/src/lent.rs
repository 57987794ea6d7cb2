//! Private servers that one process starts and others use too.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::identity::Identity;
use crate::url::Url;
use crate::{Error, Kind, Result, Server, Tls, folder};

/// The environment variable that names the file in which a process describes what it lends.
const VARIABLE: &str = "QUERYSET_SERVERS";

/// What is to be known of servers to use them.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    servers: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    kind: String,
    version: String,
    url: String,
    program: Vec<PathBuf>,
    is_mariadb: bool,
    home: PathBuf,
    address: SocketAddr,
    folder: PathBuf,
    tls: PathBuf,
}

/// The servers that another process has lent to this one; none if nobody did.
pub(crate) fn servers() -> Result<Option<Vec<Server>>> {
    let Some(file) = env::var_os(VARIABLE).filter(|file| !file.is_empty()) else {
        return Ok(None);
    };
    let wrong = |reason: String| Error::new(format!("{VARIABLE} is of no use: {reason}"));
    let text = fs::read_to_string(&file).map_err(|error| wrong(error.to_string()))?;
    let description: Description =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let servers = description.servers.into_iter().map(server);
    servers.collect::<Result<_>>().map(Some)
}

/// Describes private servers in a file, and returns the variable that names it to a process that
/// shall use them.
pub(crate) fn lend<'s>(
    servers: impl Iterator<Item = &'s Server>,
    file: &Path,
) -> Result<(&'static str, PathBuf)> {
    let servers = servers.filter_map(entry).collect();
    let text = serde_json::to_vec(&Description { servers })
        .map_err(|error| Error::new(format!("cannot describe the servers: {error}")))?;
    // There is a password in it.
    folder::write_private(file, &text, &Identity::unchanged())?;
    Ok((VARIABLE, file.to_owned()))
}

/// A server of somebody's own is in the environment of that process as it is in ours.
fn entry(server: &Server) -> Option<Entry> {
    let client = server.client();
    Some(Entry {
        kind: server.kind().name().to_owned(),
        version: server.version().to_owned(),
        url: server.url(),
        program: client.program.clone(),
        is_mariadb: client.is_mariadb,
        home: client.home.clone(),
        address: server.address()?,
        folder: server.folder()?.to_owned(),
        tls: server.tls()?.folder().to_owned(),
    })
}

fn server(entry: Entry) -> Result<Server> {
    let client = Client {
        kind: entry.kind.parse::<Kind>()?,
        program: entry.program,
        is_mariadb: entry.is_mariadb,
        url: Url::parse(&entry.url)?,
        home: entry.home,
    };
    Ok(Server::lent(
        client,
        &entry.version,
        entry.address,
        entry.folder,
        Tls::at(entry.tls),
    ))
}
