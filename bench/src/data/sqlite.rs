//! SQLite's file, which stays from run to run.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::rows::{item, post, user};
use crate::Result;
use crate::workload::{POSTS, ROWS, USERS};

/// Counted up when the rows change, so that an old file is not taken for a new one.
const VERSION: u32 = 3;

/// The file with the tables, made if it is not there yet.
///
/// It lies beside the build, in a folder that needs no cleaning: `bench/target/data`, or under
/// `CARGO_TARGET_DIR`.
pub(super) fn file() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let folder = target.join("data");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("tables-{ROWS}-v{VERSION}.db"));
    if !file.exists() {
        eprintln!("making a table of {ROWS} rows, once");
        // Another name until it is whole: a run that is stopped leaves no half table behind.
        let unfinished = folder.join(format!("unfinished-{}.db", std::process::id()));
        fill(&unfinished)?;
        std::fs::rename(&unfinished, &file)?;
    }
    Ok(file)
}

fn fill(file: &Path) -> Result<()> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "off")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE items (
            id INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            note TEXT,
            qty INTEGER NOT NULL,
            price REAL NOT NULL,
            active BOOLEAN NOT NULL
        );
        CREATE TABLE users (
            id INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            email TEXT NOT NULL,
            karma INTEGER NOT NULL
        );
        CREATE TABLE posts (
            id INTEGER NOT NULL PRIMARY KEY,
            user_id INTEGER NOT NULL REFERENCES users (id),
            title TEXT NOT NULL,
            body TEXT NOT NULL,
            score INTEGER NOT NULL
        );
        CREATE INDEX posts_user ON posts (user_id)",
    )?;
    {
        let mut insert = transaction.prepare("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)")?;
        for row in (1..=ROWS).map(item) {
            insert.execute(params![
                row.id, row.name, row.note, row.qty, row.price, row.active
            ])?;
        }
        let mut insert = transaction.prepare("INSERT INTO users VALUES (?, ?, ?, ?)")?;
        for row in (1..=USERS).map(user) {
            insert.execute(params![row.id, row.name, row.email, row.karma])?;
        }
        let mut insert = transaction.prepare("INSERT INTO posts VALUES (?, ?, ?, ?, ?)")?;
        for row in (1..=POSTS).map(post) {
            insert.execute(params![row.id, row.user_id, row.title, row.body, row.score])?;
        }
    }
    transaction.commit()?;
    // The log goes into the file, which is renamed without it.
    connection.query_row("PRAGMA wal_checkpoint(truncate)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}
