use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use queryset::{Access, Error, ErrorKind, Result};
use rusqlite::{OpenFlags, ffi};

use super::{Connection, Inline, Line, Place, Snapshot, SqliteConnection};
use crate::error::from_rusqlite;
use crate::functions;
use crate::interrupt::{self, INLINE_STEPS, PROGRESS_STEPS};
use crate::options::{JournalMode, Location, SqliteOptions};
use crate::statement::{self, Cache};

/// Opens the connections of one pool.
#[derive(Debug)]
pub(crate) struct Opener {
    options: SqliteOptions,
    /// What the first connection found out about the file.
    immutable: bool,
    /// Keeps a database in memory alive whatever happens to the pool's connections.
    _anchor: Option<Anchor>,
}

#[derive(Debug)]
struct Anchor {
    // Never used, only kept: the lock is there to make it `Sync`.
    _database: std::sync::Mutex<rusqlite::Connection>,
}

impl Opener {
    /// Opens the first connection, which shows whether the database is there and makes it where
    /// that is asked for.
    pub(crate) fn new(mut options: SqliteOptions) -> Result<(Self, Connection)> {
        options.location = options.location.resolved();
        // One connection to a shared cache waits for the steps of another, and nothing ends that.
        if options.location.shares_cache() {
            options.inline = None;
        }
        let location = &options.location;
        if let Some(path) = location.path()
            && !location.create
            && matches!(path.try_exists(), Ok(false))
        {
            return Err(missing(location));
        }
        let anchor = match location.is_memory() {
            true => Some(Anchor {
                _database: std::sync::Mutex::new(Self::database(location, false, true)?),
            }),
            false => None,
        };
        let mut opener = Self {
            immutable: location.immutable,
            options,
            _anchor: anchor,
        };
        let access = match opener.options.location.read_only {
            true => Access::Read,
            false => Access::Write,
        };
        let first = Place {
            line: Line::of(access),
            slot: 0,
        };
        let connection = opener.connect(first, true)?;
        if access == Access::Read {
            let connection = opener.readable(connection, first)?;
            return Ok((opener, connection));
        }
        opener.set_journal_mode(&connection)?;
        Ok((opener, connection))
    }

    pub(crate) fn options(&self) -> &SqliteOptions {
        &self.options
    }

    /// Opens another connection.
    pub(crate) fn open(&self, place: Place) -> Result<Connection> {
        self.connect(place, false)
    }

    fn connect(&self, place: Place, first: bool) -> Result<Connection> {
        let options = &self.options;
        let database = Self::database(&options.location, self.immutable, first)?;
        let mut connection = Connection {
            statements: Cache::new(options.statement_cache),
            snapshot: None,
            inline: None,
            handle: Arc::new(database.get_interrupt_handle()),
            database,
            busy_timeout: options.busy_timeout,
            round_decimals: options.round_decimals,
            place,
        };
        self.set_up(&mut connection)?;
        Ok(connection)
    }

    fn set_up(&self, connection: &mut Connection) -> Result<()> {
        let options = &self.options;
        let _working = connection.work_for(None);
        let inline = options
            .inline
            .filter(|_| connection.place.line.access == Access::Read);
        let steps = match inline {
            None => PROGRESS_STEPS,
            Some(_) => INLINE_STEPS,
        };
        connection
            .database
            .busy_handler(Some(interrupt::on_busy))
            .map_err(from_rusqlite)?;
        // Its result differs between the versions of rusqlite; it fails for a borrowed
        // connection only.
        let _ = connection
            .database
            .progress_handler(steps, Some(interrupt::should_stop));
        functions::register(&connection.database, options.text_functions).map_err(from_rusqlite)?;
        let writes = connection.place.line.access == Access::Write;
        let pragma = match writes {
            true => "PRAGMA foreign_keys = ON",
            false => "PRAGMA query_only = ON",
        };
        statement::run_batch(connection, pragma)
            .map_err(|error| about(error, &options.location))?;
        let mut blocking = Vec::new();
        for hook in &options.on_connect {
            let handle = SqliteConnection::new(&connection.database, writes);
            hook(&handle)?;
            blocking.append(&mut handle.into_blocking());
        }
        connection.inline = inline.map(|budget| Inline { budget, blocking });
        connection.snapshot = match writes {
            true => None,
            false => Some(Snapshot {
                begin: statement::prepare_one(connection, "BEGIN")?,
                commit: statement::prepare_one(connection, "COMMIT")?,
                open: false,
                reach: 0,
            }),
        };
        Ok(())
    }

    fn database(location: &Location, immutable: bool, first: bool) -> Result<rusqlite::Connection> {
        let (filename, uri) = location.filename(immutable);
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= match location.read_only {
            true => OpenFlags::SQLITE_OPEN_READ_ONLY,
            false => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        flags.set(OpenFlags::SQLITE_OPEN_URI, uri);
        flags.set(
            OpenFlags::SQLITE_OPEN_CREATE,
            // What a URI asks for has to be allowed each time.
            location.is_memory() || (location.create && (first || uri)),
        );
        rusqlite::Connection::open_with_flags(filename, flags)
            .map_err(|error| about(from_rusqlite(error), location))
    }

    /// Sees to it that a read-only file can be read, or tells why it cannot.
    fn readable(&mut self, connection: Connection, place: Place) -> Result<Connection> {
        let Err(error) = probe(&connection) else {
            return Ok(connection);
        };
        let location = &self.options.location;
        let primary = error
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .map(|code| code & 0xff);
        if !matches!(primary, Some(ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY)) {
            return Err(about(error, location));
        }
        // A file with a write-ahead log in a folder that cannot be written: the log's index
        // cannot be made. Without a log there is nothing to index.
        let Some(path) = location.path() else {
            return Err(about(error, location));
        };
        let log = beside(path, "-wal");
        match std::fs::metadata(&log) {
            Ok(metadata) if metadata.len() > 0 => Err(Error::new(
                ErrorKind::Connection,
                format!(
                    "{location} cannot be read: its write-ahead log holds changes, and reading \
                     them needs a folder that can be written; copy the file and its `-wal` \
                     elsewhere, or open it once where it can be written"
                ),
            )
            .with_source(error)),
            Ok(_) => self.reopen(connection, place),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => self.reopen(connection, place),
            Err(unknown) => Err(about(error, location).with_source(unknown)),
        }
    }

    fn reopen(&mut self, unreadable: Connection, place: Place) -> Result<Connection> {
        drop(unreadable);
        self.immutable = true;
        let connection = self.connect(place, true)?;
        probe(&connection).map_err(|error| about(error, &self.options.location))?;
        Ok(connection)
    }

    /// A new file gets a write-ahead log; an existing one keeps what it has, unless asked.
    fn set_journal_mode(&self, connection: &Connection) -> Result<()> {
        let location = &self.options.location;
        let _working = connection.work_for(None);
        let ask = |sql: &str| {
            connection
                .database
                .query_row(sql, [], |row| row.get::<_, String>(0))
        };
        let pages: i64 = connection
            .database
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .map_err(|error| about(from_rusqlite(error), location))?;
        if location.is_memory() {
            return Ok(());
        }
        let wanted = match self.options.journal_mode {
            Some(mode) => mode,
            None if pages == 0 => JournalMode::Wal,
            None => return Ok(()),
        };
        let began = Instant::now();
        let mode = loop {
            let error = match ask(&format!("PRAGMA journal_mode = {}", wanted.name())) {
                Ok(mode) => break mode,
                Err(error) => from_rusqlite(error),
            };
            // Another connection is about to leave, or a second program makes the same file: for
            // this pragma SQLite does not ask its busy handler.
            if error.kind() != ErrorKind::Busy || began.elapsed() >= self.options.busy_timeout {
                return Err(about(error, location));
            }
            thread::sleep(Duration::from_millis(2));
        };
        // An unasked-for log is a convenience: some file systems have no shared memory.
        if mode != wanted.name() && self.options.journal_mode.is_some() {
            return Err(Error::new(
                ErrorKind::Operational,
                format!(
                    "{location} stays in journal mode {mode} and does not change to {}",
                    wanted.name()
                ),
            ));
        }
        Ok(())
    }
}

/// Reads the file's header, which takes the locks that any read takes.
fn probe(connection: &Connection) -> Result<()> {
    let _working = connection.work_for(None);
    statement::run_batch(connection, "SELECT count(*) FROM sqlite_schema")
}

#[cold]
fn missing(location: &Location) -> Error {
    Error::new(
        ErrorKind::Connection,
        format!(
            "{location} does not exist: check the path, or ask for the file to be made with \
             `?mode=rwc` or `create_if_missing(true)`"
        ),
    )
    .with_code(ffi::SQLITE_CANTOPEN.to_string())
}

/// The same error, naming the database.
#[cold]
fn about(error: Error, location: &Location) -> Error {
    let hint = match error.kind() {
        ErrorKind::Connection if !location.is_memory() => cannot_open(location),
        _ => "",
    };
    let mut named = Error::new(error.kind(), format!("{location} cannot be opened{hint}"));
    if let Some(code) = error.code() {
        named = named.with_code(code);
    }
    named.with_source(error)
}

fn cannot_open(location: &Location) -> &'static str {
    let Some(path) = location.path() else {
        return "";
    };
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => ": it is a folder",
        Ok(_) => "",
        Err(_) => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
                ": its folder does not exist"
            }
            _ => ": check the path and the permissions of its folder",
        },
    }
}

fn beside(path: PathBuf, suffix: &str) -> PathBuf {
    let mut name = path.into_os_string();
    name.push(suffix);
    name.into()
}
