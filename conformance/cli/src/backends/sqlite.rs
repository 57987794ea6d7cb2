//! SQLite, each database in a file of its own.

use std::any::Any;
use std::path::PathBuf;
use std::time::Duration;

use queryset::runtime::BoxFuture;
use queryset::{Error, ErrorKind, Result, Value, ValueRef};
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening, SqlFunction};
use queryset_sqlite::{InlineBudget, JournalMode, SqliteConnection, SqliteOptions};

#[derive(Debug)]
pub(crate) struct Sqlite {
    /// Whether asynchronous reads may start on the thread that awaits them.
    pub(crate) inline: bool,
}

impl BackendUnderTest for Sqlite {
    fn name(&self) -> &str {
        match self.inline {
            false => "sqlite",
            true => "sqlite-inline",
        }
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, Result<Opened>> {
        let inline = self.inline;
        Box::pin(async move {
            let folder = tempfile::tempdir().map_err(|error| {
                Error::new(ErrorKind::Connection, "no temporary folder").with_source(error)
            })?;
            let path = folder.path().join("conformance.db");
            let mut options = SqliteOptions::path(&path)
                .create_if_missing(true)
                .on_connect(fast);
            if inline {
                options = options.inline(InlineBudget::default());
            }
            if let Some(readers) = opening.readers {
                options = options.readers(readers);
            }
            if opening.lockable {
                // With a log beside the file no lock of another would keep a reader waiting.
                options = options
                    .journal_mode(JournalMode::Delete)
                    .busy_timeout(Duration::from_secs(120));
            }
            for function in opening.functions {
                options = options.on_connect(move |connection| register(connection, &function));
            }
            let database = options.connect(opening.runtime).await?;
            let opened = Opened::new(database).kept_by(folder);
            Ok(match opening.lockable {
                true => opened.locked_by(move || lock(path.clone())),
                false => opened,
            })
        })
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::Unsigned64 => Some("its integers have 64 bits with a sign"),
            Capability::Server => Some("it is a library and a file"),
            Capability::WideDecimals => Some("of a decimal number it keeps 15 digits"),
            Capability::RowLocks => Some("one transaction writes at a time"),
            Capability::WeakIsolation => Some("its transactions are always serializable"),
            _ => None,
        }
    }
}

/// A power failure may take a test's file.
fn fast(connection: &SqliteConnection<'_>) -> Result<()> {
    match connection.writes() {
        true => connection.execute_batch("PRAGMA synchronous = OFF"),
        // It would ask for a lock, and a reader writes nothing.
        false => Ok(()),
    }
}

fn register(connection: &SqliteConnection<'_>, function: &SqlFunction) -> Result<()> {
    let call = function.call.clone();
    // Those of the suite may block.
    connection.create_blocking_function(function.name, Some(1), move |arguments| match arguments {
        [ValueRef::I64(argument)] => Ok(Value::I64(call(*argument))),
        _ => Err(Error::new(
            ErrorKind::Data,
            "the function takes one integer",
        )),
    })
}

/// Locks the file as another program would, by a connection beside the backend's.
fn lock(path: PathBuf) -> Result<Box<dyn Any + Send>> {
    let locked = |path| {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(60))?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        Ok::<_, rusqlite::Error>(connection)
    };
    match locked(path) {
        // Dropping the connection rolls its transaction back.
        Ok(connection) => Ok(Box::new(connection)),
        Err(error) => {
            Err(Error::new(ErrorKind::Busy, "the file was not locked").with_source(error))
        }
    }
}
