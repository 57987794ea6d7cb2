//! MySQL from Debian's development suite, in a folder of ours.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages::{RootShell, last_lines};
use crate::private::Place;
use crate::{Error, Result, folder};

/// Debian's packages of MySQL and of all that it needs down to the C library, unpacked.
///
/// They are never installed and none of their scripts runs. MySQL is started by the loader of its
/// own C library, so that it needs no other root folder either and runs beside an older system as
/// any user.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    libraries: PathBuf,
    loader: PathBuf,
}

impl Tree {
    /// The tree in the cache folder, if it is there.
    pub(crate) fn find() -> Option<Self> {
        Self::at(&folder::cache().ok()?.join("mysql"))
    }

    /// Fetches it, unless another run did so meanwhile.
    pub(crate) fn fetch(notify: &dyn Fn(&str)) -> Result<Self> {
        let cache = folder::cache()?;
        let name = cache.join("lock");
        let failed = |error| Error::io(format!("cannot lock {}", name.display()), error);
        let lock = File::create(&name).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let root = cache.join("mysql");
        if let Some(tree) = Self::at(&root) {
            return Ok(tree);
        }
        let shell = RootShell::find().ok_or_else(|| {
            Error::new(
                "fetching MySQL takes root, or a sudo that asks for no password; name a MySQL of \
                 your own by QUERYSET_MYSQL_URL, or leave mysql out",
            )
        })?;
        let mirror = mirror()?;
        notify("fetching MySQL and its libraries from Debian's development suite");
        let arguments = [path(&root)?, &mirror, &proxy()];
        let output = shell.run(include_str!("tree/fetch.sh"), &arguments)?;
        if !output.status.success() {
            return Err(Error::new(format!(
                "fetching MySQL failed:\n{}",
                last_lines(&output)
            )));
        }
        Self::at(&root).ok_or_else(|| {
            Error::new(format!(
                "there is no MySQL in the packages in {}",
                root.display()
            ))
        })
    }

    fn at(root: &Path) -> Option<Self> {
        let libraries = entry(&root.join("usr/lib"), |name| name.contains("-linux-gnu"))?;
        let loader = entry(&libraries, |name| name.starts_with("ld-linux"))?;
        root.join("usr/sbin/mysqld").is_file().then(|| Self {
            root: root.to_owned(),
            libraries,
            loader,
        })
    }

    /// The start of a command of one of its programs.
    pub(crate) fn command(&self, place: &Place, program: &str) -> Command {
        let mut command = place.command(&self.loader);
        command.args(self.loading(program));
        command
    }

    pub(crate) fn zones(&self) -> PathBuf {
        self.root.join("usr/share/zoneinfo")
    }

    pub(crate) fn client(&self) -> Vec<PathBuf> {
        let mut words = vec![self.loader.clone()];
        words.extend(self.loading("usr/bin/mysql"));
        words
    }

    /// Where the server finds what it looks for below `/usr` unless told.
    pub(crate) fn options(&self) -> Vec<String> {
        let option =
            |name: &str, folder: &str| format!("--{name}={}", self.root.join(folder).display());
        vec![
            option("basedir", "usr"),
            option("plugin-dir", "usr/lib/mysql/plugin"),
            option("lc-messages-dir", "usr/share/mysql"),
            option("character-sets-dir", "usr/share/mysql/charsets"),
        ]
    }

    /// What the loader is told to start a program with the tree's libraries.
    fn loading(&self, program: &str) -> [PathBuf; 4] {
        [
            // The system's list of libraries would lead to the system's.
            "--inhibit-cache".into(),
            "--library-path".into(),
            self.libraries.clone(),
            self.root.join(program),
        ]
    }
}

/// The first entry of a folder with such a name.
fn entry(folder: &Path, is_it: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.flatten();
    let entry = entries.find(|entry| entry.file_name().to_str().is_some_and(&is_it))?;
    Some(entry.path())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| Error::new(format!("{} is not UTF-8", path.display())))
}

/// The mirror of Debian's archive that this system uses: the archive has every suite.
fn mirror() -> Result<String> {
    if let Some(mirror) = known_mirror()? {
        return Ok(mirror);
    }
    // A system where apt has read nothing yet does not know whose archive its sources are.
    if let Some(shell) = RootShell::find() {
        shell.run("apt-get -qq update", &[])?;
    }
    known_mirror()?.ok_or_else(|| {
        Error::new(
            "MySQL comes from Debian's archive, which is not among apt's sources; name a MySQL of \
             your own by QUERYSET_MYSQL_URL, or leave mysql out",
        )
    })
}

fn known_mirror() -> Result<Option<String>> {
    let mut command = Command::new("apt-get");
    command.args([
        "indextargets",
        "--format",
        "$(ORIGIN)|$(LABEL)|$(REPO_URI)",
        "Created-By: Packages",
    ]);
    let output = command
        .output()
        .map_err(|error| Error::io("cannot ask apt for its sources", error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The label of the security updates, which are another archive, is not this.
    let mirror = text
        .lines()
        .find_map(|line| line.strip_prefix("Debian|Debian|"));
    Ok(mirror.map(str::to_owned))
}

/// The proxy that apt uses, or nothing.
fn proxy() -> String {
    let mut command = Command::new("apt-config");
    let output = command
        .args(["dump", "--format", "%v%n", "Acquire::http::Proxy"])
        .output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
