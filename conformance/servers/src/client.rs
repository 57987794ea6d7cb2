//! SQL through the clients that come with the servers.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crate::identity::clean;
use crate::url::{Url, decoded};
use crate::{Error, Kind, Result};

/// How long a statement may take, in seconds, before something must be wrong.
const LIMIT: &str = "120";

/// A client program, and the server that it talks to.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) kind: Kind,
    /// The program, after the words that it is started with.
    pub(crate) program: Vec<PathBuf>,
    /// Whether the program is MariaDB's, which can talk to MySQL too but has other options.
    pub(crate) is_mariadb: bool,
    pub(crate) url: Url,
    pub(crate) home: PathBuf,
}

impl Client {
    /// Runs statements in a database, and returns the rows: columns apart by tabs, without names.
    pub(crate) fn run(&self, database: &str, sql: &str) -> Result<String> {
        let mut command = Command::new("timeout");
        command.arg(LIMIT).args(&self.program);
        clean(&mut command, &self.home);
        match self.kind {
            Kind::Postgres | Kind::Pgbouncer => self.postgres(&mut command, database),
            Kind::Mariadb | Kind::Mysql => self.mysql(&mut command, database),
        }
        let failed = |error| Error::io(format!("cannot run the client of {}", self.kind), error);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let input = child.stdin.take();
        let output = thread::scope(|scope| {
            // Apart from reading: a client whose rows nobody takes stops taking statements.
            scope.spawn(move || {
                // One that refuses the statements says why.
                let _ = input.map(|mut input| input.write_all(sql.as_bytes()));
            });
            child.wait_with_output()
        })
        .map_err(failed)?;
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Some(124) => Err(Error::new(format!(
                "{} did not answer within {LIMIT} s",
                self.kind
            ))),
            _ => Err(Error::new(format!(
                "{} refused the statement: {}",
                self.kind,
                String::from_utf8_lossy(&output.stderr).trim()
            ))),
        }
    }

    fn postgres(&self, command: &mut Command, database: &str) {
        let url = Url {
            // Other users can read the words of a command, but not its environment.
            password: String::new(),
            ..self.url.with_database(database)
        };
        command
            .env("PGPASSWORD", decoded(&self.url.password))
            .env("PGCONNECT_TIMEOUT", "10")
            .args([
                "--no-psqlrc",
                "--quiet",
                "--no-align",
                "--tuples-only",
                "--no-password",
            ])
            .args(["--field-separator=\t", "--set=ON_ERROR_STOP=1", "--file=-"])
            .arg(format!("--dbname={}", url.text()));
    }

    fn mysql(&self, command: &mut Command, database: &str) {
        // First, or the client reads what the system has configured.
        command.arg("--no-defaults");
        command.arg(match self.is_mariadb {
            true => "--skip-ssl-verify-server-cert",
            // Without TLS the password is encrypted by a key that the server is asked for.
            false => "--get-server-public-key",
        });
        command
            .env("MYSQL_PWD", decoded(&self.url.password))
            .args(["--batch", "--skip-column-names", "--raw", "--protocol=tcp"])
            .args(["--connect-timeout=10", "--default-character-set=utf8mb4"])
            .arg(format!("--user={}", decoded(&self.url.user)))
            .arg(format!("--host={}", self.url.host_name()))
            .arg(format!("--port={}", self.url.port.unwrap_or(3306)))
            .arg(format!("--database={database}"));
    }
}
