//! The time zones of MariaDB and MySQL, which know none by name until they are loaded.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::client::Client;
use crate::private::Place;
use crate::{Error, Result, folder, packages};

/// Where a system has its zones.
pub(crate) const FOLDER: &str = "/usr/share/zoneinfo";

/// Loads the zones of a folder, by the server's own tool that makes SQL of it.
pub(crate) fn load(place: &Place, client: &Client, mut tool: Command, zones: &Path) -> Result<()> {
    let failed = |error| Error::io("cannot read the time zones", error);
    // Some systems have every zone thrice, the second time with leap seconds, which takes seconds.
    let links = place.folder.join("zones");
    folder::create(&links)?;
    for entry in fs::read_dir(zones).map_err(failed)?.flatten() {
        let name = entry.file_name();
        if name != "posix" && name != "right" {
            link(&entry.path(), &links.join(name)).map_err(failed)?;
        }
    }
    let output = tool.arg(&links).output().map_err(failed)?;
    if !output.status.success() {
        return Err(Error::new(format!(
            "{} cannot read the time zones:\n{}",
            place.kind,
            packages::last_lines(&output)
        )));
    }
    client
        .run("mysql", &String::from_utf8_lossy(&output.stdout))
        .map(drop)
}

#[cfg(unix)]
fn link(to: &Path, from: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, from)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
