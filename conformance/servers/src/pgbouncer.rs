//! PgBouncer, in transaction mode before a Postgres.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::client::Client;
use crate::identity;
use crate::private::Private;
use crate::server::Server;
use crate::servers::Run;
use crate::url::{Url, decoded};
use crate::{Error, Kind, Result, folder};

/// The first version that can keep named statements in transaction mode.
const NAMED_STATEMENTS: (u32, u32) = (1, 21);

pub(crate) fn start(run: &Run, program: &Path, postgres: &Server) -> Result<Server> {
    let place = run.place(Kind::Pgbouncer)?;
    let behind = postgres.client();
    let (user, password) = (decoded(&behind.url.user), decoded(&behind.url.password));
    let word = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    place.file(
        "users",
        format!("{} {}\n", word(&user), word(&password)).as_bytes(),
    )?;
    place.file("ca.pem", &folder::read(&run.tls.authority())?)?;
    place.file("server.pem", &folder::read(&run.tls.server_certificate())?)?;
    place.file("server.key", &folder::read(&run.tls.server_key())?)?;
    let version = version(program, &run.folder)?;
    let (private, client) = Private::start(
        place.clone(),
        Arc::clone(&run.supervisor),
        |port| {
            let settings = settings(&behind.url, &place.folder, port, &version);
            place.file("pgbouncer.ini", settings.as_bytes())?;
            let mut server = place.command(program);
            server.arg(place.folder.join("pgbouncer.ini"));
            Ok(server)
        },
        |port| Client {
            kind: Kind::Pgbouncer,
            url: Url {
                host: "127.0.0.1".into(),
                port: Some(port),
                // TLS with whom is behind it is none of its clients' business.
                query: String::new(),
                ..behind.url.clone()
            },
            ..behind.clone()
        },
    )?;
    Ok(Server::private(client, &version, private, run.tls.clone()))
}

fn settings(behind: &Url, folder: &Path, port: u16, version: &str) -> String {
    let (host, server_port) = (behind.host_name(), behind.port.unwrap_or(5432));
    let folder = folder.display();
    let mut text = format!(
        "[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {folder}
pool_mode = transaction
auth_type = scram-sha-256
auth_file = {folder}/users
max_client_conn = 1000
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
client_tls_sslmode = allow
client_tls_ca_file = {folder}/ca.pem
client_tls_cert_file = {folder}/server.pem
client_tls_key_file = {folder}/server.key
"
    );
    // Newer versions keep them by default, and then nothing would show whether a client can do
    // without; older versions do not know the setting.
    if number(version) >= NAMED_STATEMENTS {
        text.push_str("max_prepared_statements = 0\n");
    }
    text
}

fn version(program: &Path, home: &Path) -> Result<String> {
    let mut command = Command::new(program);
    identity::clean(&mut command, home);
    let output = command
        .arg("--version")
        .output()
        .map_err(|error| Error::io("cannot run pgbouncer", error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default();
    Ok(line.trim_start_matches("PgBouncer ").to_owned())
}

fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_versions_apart() {
        assert!(number("1.18.0") < NAMED_STATEMENTS);
        assert!(number("1.24.1") > NAMED_STATEMENTS);
    }
}
