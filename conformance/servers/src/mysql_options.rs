//! What MariaDB and MySQL are told alike.

use std::path::Path;
use std::process::Command;

use crate::private::Place;
use crate::{Account, Tls};

/// What the system has taken survives a kill -9 of the server, so that it need not wait for the
/// disk.
pub(crate) const NO_SYNC: &str = "--innodb-flush-method=nosync";

/// The kernel's asynchronous requests are counted over the whole machine: where other programs have
/// used them up, a server that wants them does not start.
pub(crate) const NO_AIO: &str = "--innodb-use-native-aio=OFF";

/// The options of a running server.
pub(crate) fn options(command: &mut Command, place: &Place, port: u16) {
    let folder = &place.folder;
    let path = |option: &str, path: &Path| format!("--{option}={}", path.display());
    command
        .arg(path("datadir", &place.data()))
        .arg(path("socket", &folder.join("socket")))
        .arg(path("pid-file", &folder.join("pid")))
        .arg(path("tmpdir", folder))
        .arg(path("init-file", &folder.join("accounts.sql")))
        .arg(path("ssl-ca", &folder.join("ca.pem")))
        .arg(path("ssl-cert", &folder.join("server.pem")))
        .arg(path("ssl-key", &folder.join("server.key")))
        .arg(format!("--port={port}"))
        .args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--max-connections=300",
            NO_SYNC,
            NO_AIO,
            // Written at each commit, so that a kill -9 loses none.
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=64M",
            "--max-allowed-packet=64M",
        ]);
}

/// The accounts, a statement a line as the servers want it: they run it at each start, before
/// they let anybody in.
pub(crate) fn accounts(password: &str, identified: &str) -> String {
    let mut lines = vec![
        "create database if not exists queryset collate utf8mb4_bin;".to_owned(),
        // It has none after the initialisation.
        format!("alter user 'root'@'localhost' identified {identified} '{password}';"),
    ];
    for (account, requires) in [
        (Account::Owner, "none"),
        (Account::Tls, "ssl"),
        (Account::Certificate, "x509"),
    ] {
        let name = account.name();
        for host in ["127.0.0.1", "localhost"] {
            lines.push(format!(
                "create user if not exists '{name}'@'{host}' identified {identified} '{password}' require {requires};"
            ));
            lines.push(format!(
                "grant all on *.* to '{name}'@'{host}' with grant option;"
            ));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Copies what the server reads for TLS to where only its user can read it.
pub(crate) fn prepare(place: &Place, tls: &Tls, accounts: &str) -> crate::Result<()> {
    place.file("ca.pem", &crate::folder::read(&tls.authority())?)?;
    place.file(
        "server.pem",
        &crate::folder::read(&tls.server_certificate())?,
    )?;
    place.file("server.key", &crate::folder::read(&tls.server_key())?)?;
    place.file("accounts.sql", accounts.as_bytes())
}
