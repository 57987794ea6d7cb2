//! Where a database is, as URLs and paths tell it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use queryset::{Error, ErrorKind, Result};

/// Where a database is and how its file may be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) source: Source,
    pub(crate) read_only: bool,
    pub(crate) create: bool,
    pub(crate) immutable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A path, taken as it is.
    File(PathBuf),
    /// One of SQLite's own URIs.
    Uri(String),
    /// A database in memory; with a name it is shared by the process.
    Memory(Option<String>),
}

impl Location {
    pub(crate) fn file(path: PathBuf) -> Self {
        Self::of(Source::File(path))
    }

    pub(crate) fn memory() -> Self {
        Self::of(Source::Memory(None))
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            read_only: false,
            create: false,
            immutable: false,
        }
    }

    pub(crate) fn parse(url: &str) -> Result<Self> {
        if url == ":memory:" {
            return Ok(Self::memory());
        }
        if let Some(rest) = url.strip_prefix("sqlite:") {
            return Self::parse_sqlite(url, rest);
        }
        if url.starts_with("file:") {
            return Ok(Self::parse_uri(url));
        }
        if url.is_empty() {
            return Err(invalid(url, "the path is empty"));
        }
        Ok(Self::file(PathBuf::from(url)))
    }

    fn parse_sqlite(url: &str, rest: &str) -> Result<Self> {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut location = match path {
            ":memory:" => Self::memory(),
            "" => return Err(invalid(url, "the path is empty")),
            _ => {
                Self::file(PathBuf::from(decode(path).ok_or_else(|| {
                    invalid(url, "the percent-encoded path is not utf-8")
                })?))
            }
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair {
                "mode=ro" => location.read_only = true,
                "mode=rw" => {}
                "mode=rwc" => location.create = true,
                "mode=memory" => location.source = Source::Memory(None),
                "immutable=1" => {
                    location.read_only = true;
                    location.immutable = true;
                }
                "immutable=0" => {}
                _ => {
                    return Err(invalid(
                        url,
                        &format!(
                            "`{pair}` is not one of the parameters mode=ro, mode=rw, mode=rwc, \
                             mode=memory and immutable=1"
                        ),
                    ));
                }
            }
        }
        Ok(location)
    }

    /// SQLite reads the URI itself; what concerns the pool is looked up.
    fn parse_uri(url: &str) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let query = query.split('#').next().unwrap_or("");
        let has = |wanted: &str| query.split('&').any(|pair| pair == wanted);
        let name = path.trim_start_matches("file:");
        if has("mode=memory") || name == ":memory:" {
            let shared = has("cache=shared").then(|| name.trim_start_matches('/').to_owned());
            return Self::of(Source::Memory(shared));
        }
        Self {
            source: Source::Uri(url.to_owned()),
            read_only: has("mode=ro") || has("immutable=1"),
            create: has("mode=rwc"),
            immutable: has("immutable=1"),
        }
    }

    /// The same place with a name of its own, if it is in memory without one: every connection
    /// has to find it.
    pub(crate) fn resolved(mut self) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);

        if let Source::Memory(name @ None) = &mut self.source {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            *name = Some(format!("queryset-{number}"));
        }
        self
    }

    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.source, Source::Memory(_))
    }

    /// Whether its connections are to share their cache, and so a lock on it.
    pub(crate) fn shares_cache(&self) -> bool {
        matches!(&self.source, Source::Uri(uri) if uri.contains("cache=shared"))
    }

    /// Whether who reads and who writes keep each other out by locks that are no file's.
    pub(crate) fn locks_in_memory(&self) -> bool {
        let in_memory = matches!(&self.source, Source::Uri(uri) if uri.contains("vfs=memdb"));
        in_memory || self.is_memory() || self.shares_cache()
    }

    /// What SQLite is given, and whether it is to read it as a URI.
    pub(crate) fn filename(&self, immutable: bool) -> (PathBuf, bool) {
        match &self.source {
            Source::File(path) if immutable => (PathBuf::from(uri_of(path)), true),
            // Else SQLite would take a file of this name for a database in memory.
            Source::File(path) if path.as_os_str() == ":memory:" => ("./:memory:".into(), false),
            Source::File(path) => (path.clone(), false),
            Source::Uri(uri) if immutable && !self.immutable => {
                let joint = if uri.contains('?') { '&' } else { '?' };
                (PathBuf::from(format!("{uri}{joint}immutable=1")), true)
            }
            Source::Uri(uri) => (PathBuf::from(uri), true),
            Source::Memory(name) => {
                let name = encode(name.as_deref().unwrap_or("queryset"));
                // The leading slash makes it one database for all connections of the process.
                (PathBuf::from(format!("file:/{name}?vfs=memdb")), true)
            }
        }
    }

    /// The path of the database's file, where it is known.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.source {
            Source::File(path) => Some(path.clone()),
            Source::Uri(uri) => {
                let path = uri.trim_start_matches("file:");
                let path = path.split(['?', '#']).next().unwrap_or(path);
                let path = path.strip_prefix("//").map_or(path, |rest| {
                    // An authority may only be empty or localhost.
                    rest.strip_prefix("localhost").unwrap_or(rest)
                });
                decode(path).map(PathBuf::from)
            }
            Source::Memory(_) => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::File(path) => write!(f, "`{}`", path.display()),
            Source::Uri(uri) => write!(f, "`{uri}`"),
            Source::Memory(_) => f.write_str("the database in memory"),
        }
    }
}

#[cold]
fn invalid(url: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("`{url}` is not the address of a sqlite database: {why}"),
    )
}

fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = match bytes[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A path that is not UTF-8 has no URI; then the text's nearest form will not be found, which is
/// an error and not the wrong file.
fn uri_of(path: &Path) -> String {
    format!("file:{}?immutable=1", encode(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> String {
        let location = Location::parse(url).unwrap();
        location
            .filename(location.immutable)
            .0
            .display()
            .to_string()
    }

    #[test]
    fn urls_and_paths() {
        assert_eq!(path("sqlite:books.db"), "books.db");
        assert_eq!(path("sqlite://books.db"), "books.db");
        assert_eq!(path("sqlite:///srv/my%20books.db"), "/srv/my books.db");
        assert_eq!(path("sqlite:100%.db"), "100%.db");
        assert_eq!(path("my%20books.db"), "my%20books.db");
        assert_eq!(path("file:books.db?mode=ro"), "file:books.db?mode=ro");
        assert_eq!(
            path("sqlite:/srv/books.db?immutable=1"),
            "file:/srv/books.db?immutable=1"
        );
    }

    #[test]
    fn parameters() {
        let location = Location::parse("sqlite:books.db?mode=ro").unwrap();
        assert!(location.read_only && !location.create && !location.immutable);
        assert!(Location::parse("sqlite:books.db?mode=rwc").unwrap().create);
        assert!(
            Location::parse("file:books.db?cache=private&mode=rwc")
                .unwrap()
                .create
        );
        assert!(
            Location::parse("file:books.db?immutable=1")
                .unwrap()
                .read_only
        );
        assert_eq!(
            Location::parse("sqlite:books.db?modus=ro")
                .unwrap_err()
                .to_string(),
            "`sqlite:books.db?modus=ro` is not the address of a sqlite database: `modus=ro` is \
             not one of the parameters mode=ro, mode=rw, mode=rwc, mode=memory and immutable=1"
        );
        assert_eq!(
            Location::parse("sqlite://").unwrap_err().kind(),
            ErrorKind::Value
        );
    }

    #[test]
    fn memory_has_a_name_of_its_own_or_a_shared_one() {
        for url in [
            ":memory:",
            "sqlite::memory:",
            "sqlite://:memory:",
            "file::memory:",
        ] {
            let (one, two) = (Location::parse(url).unwrap(), Location::parse(url).unwrap());
            assert!(one.is_memory());
            assert_ne!(one.resolved(), two.resolved(), "{url}");
        }
        assert_eq!(
            path("file:a b?mode=memory&cache=shared"),
            "file:/a%20b?vfs=memdb"
        );
    }

    #[test]
    fn the_path_of_a_uri() {
        let path = |uri: &str| Location::parse(uri).unwrap().path();
        assert_eq!(path("file:a%20b.db?mode=ro"), Some("a b.db".into()));
        assert_eq!(path("file:///srv/a.db"), Some("/srv/a.db".into()));
        assert_eq!(path("file://localhost/srv/a.db"), Some("/srv/a.db".into()));
        assert_eq!(path(":memory:"), None);
    }
}
