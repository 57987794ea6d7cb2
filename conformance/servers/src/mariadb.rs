//! MariaDB.

use std::path::Path;
use std::sync::Arc;

use crate::mysql_options::{NO_AIO, NO_SYNC, accounts, options, prepare};
use crate::private::Private;
use crate::programs::Mariadb;
use crate::server::Server;
use crate::servers::Run;
use crate::{Kind, Result, mysql, zones};

pub(crate) fn start(run: &Run, programs: &Mariadb) -> Result<Server> {
    let place = run.place(Kind::Mariadb)?;
    let mut init = place.command(&programs.install);
    init.args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    ])
    .args(["--skip-innodb-doublewrite", NO_SYNC, NO_AIO])
    .arg(format!("--datadir={}", place.data().display()))
    // In a shared one each server that starts removes the temporary tables of all others.
    .arg(format!("--tmpdir={}", place.folder.display()));
    place.run(init)?;
    prepare(&place, &run.tls, &accounts(&run.password, "by"))?;
    let (private, client) = Private::start(
        place.clone(),
        Arc::clone(&run.supervisor),
        |port| {
            let mut server = place.command(&programs.server);
            server.arg("--no-defaults");
            server.args([
                "--character-set-server=utf8mb4",
                "--collation-server=utf8mb4_bin",
            ]);
            options(&mut server, &place, port);
            Ok(server)
        },
        |port| mysql::client(run, Kind::Mariadb, vec![programs.client.clone()], port),
    )?;
    zones::load(
        &place,
        &client,
        place.command(&programs.zones),
        Path::new(zones::FOLDER),
    )?;
    let version = client.run("", "select version();")?;
    Ok(Server::private(
        client,
        version.trim(),
        private,
        run.tls.clone(),
    ))
}
