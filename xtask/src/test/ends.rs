//! The SQLite backend with the oldest and the newest rusqlite that it allows.
//!
//! The backend takes a range, so that it can share a lockfile with other users of SQLite. Cargo
//! builds with one version only, so each end is tested in a copy of the workspace whose lockfile
//! names it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::step::Run;
use crate::cargo::{cargo, root};

/// The ends of the range, which a test compares with the manifest.
const ENDS: [&str; 2] = ["0.39.0", "0.41.1"];

/// Tests the backend with each end that the workspace's own lockfile does not already use.
pub(super) fn test(run: &mut Run<'_>, target: &Path) -> Result<(), String> {
    let locked = locked(&read(&root().join("Cargo.lock"))?);
    for end in ENDS {
        if locked.as_deref() == Some(end) {
            println!("rusqlite {end} is the lockfile's own, which the other steps test");
            continue;
        }
        println!("rusqlite {end} in a copy of the workspace");
        let copy = target.join("xtask").join(format!("rusqlite-{end}"));
        copy_workspace(&copy)?;
        let command = |arguments: &[&str]| -> Command {
            let mut command = cargo(arguments.iter().copied());
            command.current_dir(&copy).env("CARGO_TARGET_DIR", target);
            command
        };
        run.command(command(&[
            "update",
            "--package",
            "rusqlite",
            "--precise",
            end,
        ]))?;
        let now = self::locked(&read(&copy.join("Cargo.lock"))?);
        if now.as_deref() != Some(end) {
            return Err(format!(
                "the copy's lockfile has rusqlite {now:?} and not {end}"
            ));
        }
        run.command(command(&[
            "test",
            "--locked",
            "--package",
            "queryset-sqlite",
        ]))?;
    }
    Ok(())
}

/// The version of rusqlite in a lockfile.
fn locked(lockfile: &str) -> Option<String> {
    let mut lines = lockfile.lines();
    lines.find(|line| *line == "name = \"rusqlite\"")?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    version.strip_suffix('"').map(str::to_owned)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Copies the sources of the workspace, over an earlier copy's: what did not change keeps its
/// time, so that cargo does not build it again.
fn copy_workspace(to: &Path) -> Result<(), String> {
    copy(&root(), to)
        .map_err(|error| format!("cannot copy the workspace to {}: {error}", to.display()))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name == ".git" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            let text = fs::read(entry.path())?;
            if fs::read(&target).ok().as_deref() != Some(&text) {
                fs::write(&target, text)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_the_manifests() {
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let line = manifest
            .lines()
            .find(|line| line.starts_with("rusqlite "))
            .unwrap();
        assert!(line.contains("\">=0.39, <0.42\""), "{line}");
        assert!(ENDS[0].starts_with("0.39.") && ENDS[1].starts_with("0.41."));
    }

    #[test]
    fn finds_the_locked_version() {
        let lockfile = "[[package]]\nname = \"ring\"\nversion = \"1.0.0\"\n\n\
                        [[package]]\nname = \"rusqlite\"\nversion = \"0.40.2\"\n";
        assert_eq!(locked(lockfile).as_deref(), Some("0.40.2"));
        assert_eq!(locked("[[package]]\nname = \"ring\"\n"), None);
    }
}
