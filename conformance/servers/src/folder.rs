//! Where the servers' files are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::identity::{Identity, is_root};
use crate::{Error, Result, random};

/// The name of everything that we put into a shared folder.
const NAME: &str = "queryset-servers";

/// Makes the folder of a run, which its servers can enter.
pub(crate) fn of_run(identity: &Identity) -> Result<PathBuf> {
    // A folder for temporary files may be the caller's alone. Its path must be short as well: that
    // of a Unix socket has 107 bytes.
    let candidates = [env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    let parent = candidates
        .iter()
        .find(|folder| folder.as_os_str().len() < 60 && identity.reaches(folder))
        .ok_or_else(|| {
            Error::new("there is no folder for temporary files that servers can enter")
        })?;
    let folder = parent.join(format!(
        "{NAME}-{}-{:08x}",
        std::process::id(),
        random::number() >> 32
    ));
    create(&folder)?;
    Ok(folder)
}

/// The folder for what is worth keeping between runs.
pub(crate) fn cache() -> Result<PathBuf> {
    let folder = if is_root() {
        // The servers' user can't enter root's own.
        PathBuf::from("/var/cache")
    } else {
        match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
            (Some(cache), _) if !cache.is_empty() => cache.into(),
            (_, Some(home)) => Path::new(&home).join(".cache"),
            _ => {
                return Err(Error::new(
                    "neither XDG_CACHE_HOME nor HOME names a folder to keep MySQL in",
                ));
            }
        }
    };
    let folder = folder.join(NAME);
    create(&folder)?;
    Ok(folder)
}

/// Makes a folder that only the servers' user can enter.
pub(crate) fn private(folder: &Path, identity: &Identity) -> Result<()> {
    create(folder)?;
    set_mode(folder, 0o700)?;
    identity.own(folder)
}

/// Writes a file that only the servers' user can read.
pub(crate) fn write_private(file: &Path, bytes: &[u8], identity: &Identity) -> Result<()> {
    write(file, bytes)?;
    set_mode(file, 0o600)?;
    identity.own(file)
}

pub(crate) fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .map_err(|error| Error::io(format!("cannot create {}", folder.display()), error))
}

pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes)
        .map_err(|error| Error::io(format!("cannot write {}", file.display()), error))
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| Error::io(format!("cannot read {}", file.display()), error))
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| Error::io(format!("cannot restrict {}", path.display()), error))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> Result<()> {
    Ok(())
}
