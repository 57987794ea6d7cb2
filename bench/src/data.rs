//! The table of a million rows, made once.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::workload::ROWS;
use crate::{Item, Result};

/// Counted up when the rows change, so that an old file is not taken for a new one.
const VERSION: u32 = 2;

/// The file with the table, made if it is not there yet.
///
/// It lies beside the build, in a folder that needs no cleaning: `bench/target/data`, or under
/// `CARGO_TARGET_DIR`.
pub fn dataset() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let folder = target.join("data");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("items-{ROWS}-v{VERSION}.db"));
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
        )",
    )?;
    {
        let mut insert = transaction.prepare("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)")?;
        for id in 1..=ROWS {
            let item = item(id);
            insert.execute(params![
                item.id,
                item.name,
                item.note,
                item.qty,
                item.price,
                item.active
            ])?;
        }
    }
    transaction.commit()?;
    // The log goes into the file, which is renamed without it.
    connection.query_row("PRAGMA wal_checkpoint(truncate)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn item(id: i64) -> Item {
    Item {
        id,
        name: format!("item number {id}"),
        note: (id % 3 != 0).then(|| format!("a note of some length about {id}")),
        qty: (id % 200) as i32,
        price: id as f64 + 0.25,
        active: id % 2 == 0,
    }
}
