//! The user that a server runs as.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Error, Result};

/// An unprivileged user: Postgres, MySQL and PgBouncer refuse to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    /// The user and group to become; none if this process need not change.
    becomes: Option<(u32, u32)>,
}

impl Identity {
    pub(crate) fn find() -> Result<Self> {
        if !is_root() {
            return Ok(Self { becomes: None });
        }
        let users = fs::read_to_string("/etc/passwd")
            .map_err(|error| Error::io("cannot read the list of users", error))?;
        let becomes = users.lines().find_map(nobody).ok_or_else(|| {
            Error::new(
                "servers refuse to run as root, and there is no user 'nobody' to run them as",
            )
        })?;
        Ok(Self {
            becomes: Some(becomes),
        })
    }

    /// The user that this process is.
    pub(crate) const fn unchanged() -> Self {
        Self { becomes: None }
    }

    /// A command that runs as this user, with an environment of its own: what the caller has set
    /// for a server of theirs (`PGDATA`, `PGHOST`, `MYSQL_PWD`, …) must not reach ours.
    ///
    /// `end` is the signal that it gets should its parent be killed.
    pub(crate) fn command(&self, program: &Path, home: &Path, end: &str) -> Command {
        let mut command = Command::new("setpriv");
        if let Some((user, group)) = self.becomes {
            command.args(["--reuid", &user.to_string(), "--regid", &group.to_string()]);
            command.arg("--clear-groups");
        }
        command.args(["--pdeathsig", end, "--"]).arg(program);
        clean(&mut command, home);
        command
    }

    /// Makes a file or folder belong to this user.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        match self.becomes {
            None => Ok(()),
            Some((user, group)) => chown(path, user, group)
                .map_err(|error| Error::io(format!("cannot give away {}", path.display()), error)),
        }
    }

    /// Whether this user can enter a folder.
    pub(crate) fn reaches(&self, folder: &Path) -> bool {
        self.command(Path::new("test"), folder, "KILL")
            .arg("-x")
            .arg(folder)
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Gives a command an environment that says nothing but where programs are.
pub(crate) fn clean(command: &mut Command, home: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    command.env_clear().env("PATH", path);
    for (name, value) in [
        ("HOME", home.as_os_str()),
        ("LC_ALL", OsStr::new("C.UTF-8")),
        ("TZ", OsStr::new("UTC")),
    ] {
        command.env(name, value);
    }
}

/// The ids in a line of the list of users, if it is the one that owns nothing.
fn nobody(line: &str) -> Option<(u32, u32)> {
    let mut parts = line.split(':');
    if parts.next()? != "nobody" {
        return None;
    }
    let mut ids = parts.skip(1).map(|id| id.parse().ok());
    Some((ids.next()??, ids.next()??))
}

#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
pub(crate) fn is_root() -> bool {
    false
}

#[cfg(unix)]
fn chown(path: &Path, user: u32, group: u32) -> std::io::Result<()> {
    std::os::unix::fs::chown(path, Some(user), Some(group))
}

#[cfg(not(unix))]
fn chown(_: &Path, _: u32, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_nobody() {
        assert_eq!(
            nobody("nobody:x:65534:65533:nobody:/:/bin/false"),
            Some((65534, 65533))
        );
        assert_eq!(nobody("root:x:0:0:root:/root:/bin/bash"), None);
        assert_eq!(nobody("nobody:x:many:1:"), None);
    }
}
