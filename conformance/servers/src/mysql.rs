//! MySQL.

mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

pub(crate) use tree::Tree;

use crate::client::Client;
use crate::mysql_options::{NO_AIO, NO_SYNC, accounts, options, prepare};
use crate::private::{Place, Private};
use crate::programs::find;
use crate::server::Server;
use crate::servers::Run;
use crate::url::Url;
use crate::{Account, Error, Kind, Result, zones};

/// Where MySQL is.
#[derive(Clone, Debug)]
pub(crate) enum Programs {
    /// In the system, as in Ubuntu.
    System { server: PathBuf, client: PathBuf },
    /// In a folder of ours.
    Tree(Tree),
}

impl Programs {
    /// The system's own.
    pub(crate) fn of_system() -> Option<Self> {
        let (server, client) = (find("mysqld")?, find("mysql")?);
        // MariaDB goes by the same names.
        let is_mysql = |program| is_mariadb(program) == Some(false);
        (is_mysql(&server) && is_mysql(&client)).then_some(Self::System { server, client })
    }

    fn server(&self, place: &Place) -> Command {
        match self {
            Self::System { server, .. } => {
                let mut command = place.command(server);
                command.arg("--no-defaults");
                command
            }
            Self::Tree(tree) => {
                let mut command = tree.command(place, "usr/sbin/mysqld");
                command.arg("--no-defaults").args(tree.options());
                command
            }
        }
    }

    /// What reads the time zones, and from where.
    fn zones(&self, place: &Place) -> Result<(Command, PathBuf)> {
        match self {
            Self::System { .. } => {
                let tool = find("mysql_tzinfo_to_sql")
                    .ok_or_else(|| Error::new("MySQL is here without its mysql_tzinfo_to_sql"))?;
                Ok((place.command(&tool), zones::FOLDER.into()))
            }
            Self::Tree(tree) => Ok((
                tree.command(place, "usr/bin/mysql_tzinfo_to_sql"),
                tree.zones(),
            )),
        }
    }

    fn client(&self) -> Vec<PathBuf> {
        match self {
            Self::System { client, .. } => vec![client.clone()],
            Self::Tree(tree) => tree.client(),
        }
    }
}

/// Whether a program is MariaDB's; none if it can't say.
pub(crate) fn is_mariadb(program: &Path) -> Option<bool> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.contains("MariaDB"))
}

pub(crate) fn start(run: &Run, programs: &Programs) -> Result<Server> {
    let place = run.place(Kind::Mysql)?;
    let mut init = programs.server(&place);
    init.arg("--initialize-insecure")
        // Nobody goes on with what is half initialised.
        .args(["--innodb-doublewrite=OFF", "--innodb-redo-log-capacity=8M"])
        .args(["--performance-schema=OFF", NO_SYNC, NO_AIO])
        .arg(format!("--datadir={}", place.data().display()))
        .arg(format!("--tmpdir={}", place.folder.display()));
    place.run(init)?;
    prepare(
        &place,
        &run.tls,
        &accounts(&run.password, "with caching_sha2_password by"),
    )?;
    let (private, client) = Private::start(
        place.clone(),
        Arc::clone(&run.supervisor),
        |port| {
            let mut server = programs.server(&place);
            // The X protocol has a port of its own.
            server.args(["--mysqlx=OFF", "--skip-log-bin", "--secure-file-priv=NULL"]);
            options(&mut server, &place, port);
            Ok(server)
        },
        |port| client(run, Kind::Mysql, programs.client(), port),
    )?;
    let (tool, folder) = programs.zones(&place)?;
    zones::load(&place, &client, tool, &folder)?;
    let version = client.run("", "select version();")?;
    Ok(Server::private(
        client,
        version.trim(),
        private,
        run.tls.clone(),
    ))
}

/// A client for a server of this run.
pub(crate) fn client(run: &Run, kind: Kind, program: Vec<PathBuf>, port: u16) -> Client {
    Client {
        kind,
        program,
        is_mariadb: kind == Kind::Mariadb,
        url: Url {
            scheme: "mysql".into(),
            user: Account::Owner.name().into(),
            password: run.password.clone(),
            host: "127.0.0.1".into(),
            port: Some(port),
            database: "queryset".into(),
            query: String::new(),
        },
        home: run.folder.clone(),
    }
}
