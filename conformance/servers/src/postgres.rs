//! Postgres.

use std::sync::Arc;

use crate::client::Client;
use crate::private::Private;
use crate::programs::Postgres;
use crate::server::Server;
use crate::servers::Run;
use crate::url::Url;
use crate::{Account, Kind, Result, folder};

/// Who may sign in, and how.
const ACCESS: &str = "\
local     all queryset_tls,queryset_cert              reject
local     all all                                     scram-sha-256
hostssl   all queryset_cert              127.0.0.1/32 cert
host      all queryset_cert              127.0.0.1/32 reject
hostnossl all queryset_tls               127.0.0.1/32 reject
host      all all                        127.0.0.1/32 scram-sha-256
";

/// A kill -9 of the server loses nothing that the system has taken, so that it need not wait for
/// the disk.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
fsync = off
full_page_writes = off
max_connections = 300
shared_buffers = '64MB'
timezone = 'UTC'
# Files of its folder, and not memory that would outlive a kill.
dynamic_shared_memory_type = mmap
ssl = on
ssl_ca_file = '../ca.pem'
ssl_cert_file = '../server.pem'
ssl_key_file = '../server.key'
";

pub(crate) fn start(run: &Run, programs: &Postgres) -> Result<Server> {
    let place = run.place(Kind::Postgres)?;
    let data = place.data();
    place.file("password", run.password.as_bytes())?;
    let mut init = place.command(&programs.initdb);
    init.args([
        "--locale=C.UTF-8",
        "--encoding=UTF8",
        "--auth=scram-sha-256",
    ])
    .args([
        "--no-sync",
        "--no-instructions",
        "--username",
        Account::Owner.name(),
    ])
    .arg("--pwfile")
    .arg(place.folder.join("password"))
    .arg("--pgdata")
    .arg(&data);
    place.run(init)?;
    place.file("ca.pem", &folder::read(&run.tls.authority())?)?;
    place.file("server.pem", &folder::read(&run.tls.server_certificate())?)?;
    place.file("server.key", &folder::read(&run.tls.server_key())?)?;
    place.file("access.conf", ACCESS.as_bytes())?;
    let folder = place.folder.display();
    let paths =
        format!("unix_socket_directories = '{folder}'\nhba_file = '{folder}/access.conf'\n");
    place.file(
        "data/postgresql.auto.conf",
        format!("{SETTINGS}{paths}").as_bytes(),
    )?;
    let (private, client) = Private::start(
        place.clone(),
        Arc::clone(&run.supervisor),
        |port| {
            let mut server = place.command(&programs.server);
            server.arg("-D").arg(&data).arg("-p").arg(port.to_string());
            Ok(server)
        },
        |port| client(run, programs, Kind::Postgres, port, "postgres"),
    )?;
    let password = &run.password;
    client.run(
        "postgres",
        &format!(
            "create database queryset;
             create role {} login superuser password '{password}';
             create role {} login superuser password '{password}';",
            Account::Tls.name(),
            Account::Certificate.name()
        ),
    )?;
    let client = Client {
        url: client.url.with_database("queryset"),
        ..client
    };
    let version = client.run("queryset", "show server_version;")?;
    Ok(Server::private(
        client,
        version.trim(),
        private,
        run.tls.clone(),
    ))
}

/// psql for a server of this run.
pub(crate) fn client(
    run: &Run,
    programs: &Postgres,
    kind: Kind,
    port: u16,
    database: &str,
) -> Client {
    Client {
        kind,
        program: vec![programs.client.clone()],
        is_mariadb: false,
        url: Url {
            scheme: "postgres".into(),
            user: Account::Owner.name().into(),
            password: run.password.clone(),
            host: "127.0.0.1".into(),
            port: Some(port),
            database: database.into(),
            query: String::new(),
        },
        home: run.folder.clone(),
    }
}
