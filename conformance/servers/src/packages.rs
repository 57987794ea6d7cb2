//! Installing what is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::identity::is_root;
use crate::programs::{self, find};
use crate::{Error, Kind, Result, zones};

/// Something that a server needs from the system.
pub(crate) struct Part {
    is_there: fn() -> bool,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
}

const POSTGRES: Part = Part {
    is_there: || programs::Postgres::find().is_some(),
    packages: &["postgresql"],
};
const PGBOUNCER: Part = Part {
    is_there: || find("pgbouncer").is_some(),
    packages: &["pgbouncer"],
};
const MARIADB: Part = Part {
    is_there: || programs::Mariadb::find().is_some(),
    packages: &["mariadb-server"],
};
/// Postgres's package and the folder with MySQL have them, MariaDB's package does not.
const ZONES: Part = Part {
    is_there: || Path::new(zones::FOLDER).join("Europe").is_dir(),
    packages: &["tzdata"],
};
/// Makes the certificates.
const OPENSSL: Part = Part {
    is_there: || find("openssl").is_some(),
    packages: &["openssl"],
};
/// Fetches MySQL, and what it only recommends but can't check a signature or unpack a list without.
const DEBOOTSTRAP: Part = Part {
    is_there: || find("debootstrap").is_some() && find("gpgv").is_some(),
    packages: &["debootstrap", "gpgv", "debian-archive-keyring", "xz-utils"],
};

/// The parts of private servers, whether they are there or not.
pub(crate) fn parts(kinds: &[Kind], fetches_mysql: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for kind in kinds {
        match kind {
            Kind::Postgres => parts.push(POSTGRES),
            Kind::Pgbouncer => parts.push(PGBOUNCER),
            Kind::Mariadb => parts.extend([MARIADB, ZONES]),
            Kind::Mysql if fetches_mysql => parts.push(DEBOOTSTRAP),
            Kind::Mysql => {}
        }
    }
    if !kinds.is_empty() {
        parts.push(OPENSSL);
    }
    parts
}

/// Installs the packages of the parts that are missing.
pub(crate) fn complete(parts: &[Part], notify: &dyn Fn(&str)) -> Result<()> {
    let missing: Vec<_> = missing(parts);
    if missing.is_empty() {
        return Ok(());
    }
    let otherwise = format!(
        ", name servers of your own by {}, or leave out the servers that need them",
        Kind::ALL
            .into_iter()
            .filter_map(Kind::variable)
            .collect::<Vec<_>>()
            .join(", ")
    );
    install(&missing, &otherwise, notify)?;
    match self::missing(parts).as_slice() {
        [] => Ok(()),
        still => Err(Error::new(format!(
            "the packages {} are installed, but without the programs that we expect of them",
            still.join(" ")
        ))),
    }
}

/// A program, from a Debian package that is installed if need be: for what else a checkout's tests
/// need than servers.
///
/// # Errors
/// It is missing and cannot be installed; the message says what would help.
pub fn program(name: &str, package: &str, notify: impl Fn(&str)) -> Result<PathBuf> {
    if let Some(program) = find(name) {
        return Ok(program);
    }
    install(&[package], "", &notify)?;
    find(name).ok_or_else(|| {
        Error::new(format!(
            "the package {package} is installed, but without the program {name}"
        ))
    })
}

fn install(missing: &[&str], otherwise: &str, notify: &dyn Fn(&str)) -> Result<()> {
    let list = missing.join(" ");
    let by_hand =
        format!("run `apt-get install --no-install-recommends {list}` as root{otherwise}");
    if find("apt-get").is_none() {
        return Err(Error::new(format!(
            "missing packages: {list}; this system has no apt-get to install them with, so install \
             what they are here; on Debian, {by_hand}"
        )));
    }
    let shell = RootShell::find().ok_or_else(|| {
        Error::new(format!(
            "missing packages: {list}; only root can install them: {by_hand}"
        ))
    })?;
    notify(&format!("installing {list}"));
    let output = shell.run(include_str!("packages/install.sh"), missing)?;
    if !output.status.success() {
        return Err(Error::new(format!(
            "installing {list} failed: {by_hand}\n{}",
            last_lines(&output)
        )));
    }
    Ok(())
}

/// A shell that runs as root.
pub(crate) struct RootShell {
    command: Command,
}

impl RootShell {
    /// None if we may not be root.
    pub(crate) fn find() -> Option<Self> {
        if is_root() {
            let command = Command::new("sh");
            return Some(Self { command });
        }
        // It must not wait for a password that nobody types.
        let sudo = find("sudo")?;
        let allowed = Command::new(&sudo).args(["-n", "true"]).output();
        allowed
            .is_ok_and(|output| output.status.success())
            .then(|| {
                let mut command = Command::new(sudo);
                command.args(["-n", "sh"]);
                Self { command }
            })
    }

    /// Runs a script to its end.
    pub(crate) fn run(mut self, script: &str, arguments: &[&str]) -> Result<Output> {
        self.command
            .arg("-c")
            .arg(script)
            .arg("queryset-servers")
            .args(arguments)
            .stdin(Stdio::null());
        // It puts back what it changed, so that an interrupt must not reach it.
        own_group(&mut self.command);
        let output = self.command.output();
        output.map_err(|error| Error::io("cannot run a shell as root", error))
    }
}

/// The end of what a command said.
pub(crate) fn last_lines(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

fn missing(parts: &[Part]) -> Vec<&'static str> {
    let missing = parts.iter().filter(|part| !(part.is_there)());
    missing.flat_map(|part| part.packages).copied().collect()
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}
