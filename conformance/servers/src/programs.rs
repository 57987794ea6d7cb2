//! Where programs are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What is needed to have a Postgres of one's own.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) initdb: PathBuf,
    pub(crate) server: PathBuf,
    pub(crate) client: PathBuf,
}

impl Postgres {
    pub(crate) fn find() -> Option<Self> {
        // Debian keeps the versions apart, and all but the client out of the search path.
        let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                Some((
                    entry.file_name().to_str()?.parse::<u32>().ok()?,
                    entry.path(),
                ))
            })
            .collect();
        versions.sort_unstable();
        let debian = versions
            .into_iter()
            .rev()
            .map(|(_, folder)| folder.join("bin"));
        let path = find("initdb").and_then(|initdb| Some(initdb.parent()?.to_owned()));
        debian.chain(path).find_map(|folder| {
            Some(Self {
                initdb: file(folder.join("initdb"))?,
                server: file(folder.join("postgres"))?,
                client: file(folder.join("psql")).or_else(|| find("psql"))?,
            })
        })
    }
}

/// What is needed to have a MariaDB of one's own.
#[derive(Clone, Debug)]
pub(crate) struct Mariadb {
    pub(crate) install: PathBuf,
    pub(crate) server: PathBuf,
    pub(crate) client: PathBuf,
    pub(crate) zones: PathBuf,
}

impl Mariadb {
    pub(crate) fn find() -> Option<Self> {
        Some(Self {
            install: find("mariadb-install-db")?,
            server: find("mariadbd")?,
            client: find("mariadb")?,
            zones: find("mariadb-tzinfo-to-sql")?,
        })
    }
}

/// A program in the search path, or where the system's programs are when the path has no place
/// for them, as that of an ordinary user.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"].map(PathBuf::from);
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .chain(system)
        .find_map(|folder| file(folder.join(name)))
}

/// The path, if it is a file.
pub(crate) fn file(path: PathBuf) -> Option<PathBuf> {
    Path::is_file(&path).then_some(path)
}
