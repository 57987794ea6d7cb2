//! SQLite for queryset, on rusqlite
//!
//! ```
//! use queryset::runtime::Threads;
//! use queryset::{Statement, Value};
//!
//! # fn main() -> queryset::Result<()> {
//! # let folder = std::env::temp_dir().join(format!("queryset-docs-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! # let path = folder.join("books.db");
//! # let url = format!("sqlite:{}?mode=rwc", path.display());
//! let db = queryset_sqlite::connect_blocking(&url, Threads)?;   // sqlite:books.db?mode=rwc
//! db.execute("CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, title TEXT)", vec![])?;
//! let rows = db.execute("INSERT INTO book (title) VALUES (?)", vec![Value::Text("Emma".into())])?;
//! assert_eq!(rows, 1);
//! db.close()?;
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! [`connect`] takes a URL or a path, and a runtime by value; [`SqliteOptions`] spells every
//! choice out. SQLite itself is compiled in.
//!
//! # How it works
//!
//! One connection writes, several read; those who wait for one are served in turn, futures and
//! blocking threads alike.
//!
//! - The **asynchronous** reads run on blocking threads of the runtime, which serve as many reads
//!   as there are and are given back after some milliseconds without any. A read costs one hop,
//!   and its connection is free again when the last row has been read. Short reads that wait for
//!   a connection may read one snapshot, which is begun after they were asked for. An open cursor
//!   holds its connection, and no thread.
//! - The **blocking** reads run on the caller's thread and need no runtime. A thread that waited
//!   may be overtaken before it runs again, for 200 microseconds at most.
//! - **Giving up**: a read whose future is dropped, or whose token is cancelled, never begins if
//!   it was queued, and is interrupted if it runs, also while it waits for a lock. An interrupt
//!   reaches the statement that it is meant for and no other. Only a registered function, or the
//!   decoding of a row, runs to its own end. A write that is dropped may have been committed
//!   already.
//! - A new file gets a write-ahead log, so that reads and a write go on side by side. An existing
//!   file keeps its journal mode unless [asked](SqliteOptions::journal_mode). With a rollback
//!   journal, and in memory, a write waits for the reads, open cursors included. In memory a read
//!   waits for a write too, a whole transaction included: in the pool's queue, by turns. What
//!   reads through the `Database` while its own task has such a transaction open waits for itself,
//!   and is told so when the acquire timeout has passed.
//! - A **transaction** has its connection to itself: the one that writes, or, if it is
//!   [read-only](queryset::TransactionOptions::read_only), one of those that read. One that writes
//!   begins `IMMEDIATE` unless [asked](queryset::TransactionOptions::sqlite_lock) otherwise, since
//!   a lock for reading can be turned into one for writing only while nobody has written. A write
//!   in it that is given up while it runs makes SQLite roll the whole transaction back.
//! - A transaction that a statement leaves open elsewhere is rolled back, and the statement is an
//!   error: the connection serves others next.
//!
//! # Values
//!
//! | value | in SQLite |
//! |---|---|
//! | bool, integers | INTEGER; an integer above `i64::MAX` is refused |
//! | floats | REAL; NaN is refused, since SQLite would store NULL |
//! | decimals | INTEGER or REAL; more than 15 significant digits are [refused or rounded](SqliteOptions::round_decimals) |
//! | dates and times | TEXT as Django writes it, such as `2020-02-29 12:00:00.000001`; years before 0 are refused |
//! | durations | INTEGER, in microseconds |
//! | UUIDs | TEXT, 32 hexadecimal digits |
//! | JSON | TEXT |
//!
//! What is read comes as its storage class, whatever the column was declared as: text in an
//! integer column is text, and an error where an integer is wanted. Text has to be UTF-8.
//!
//! # Text lookups
//!
//! `contains`, `icontains` and the others answer as on PostgreSQL, through functions that each
//! connection registers, where SQLite's own `LIKE` ignores the case of ASCII letters always and of
//! all others never. Measured over 100,000 rows of 40 letters, in comparison with `LIKE`: the
//! case-sensitive ones 1.1 to 1.4 times, `iexact` and `istartswith` 1.6 to 2.2 times, `icontains`
//! 2.3 times, and 5 times where letters are not ASCII. They use no index, as `LIKE '%…%'` does
//! not either. [`SqliteOptions::text_functions`] switches them off.
//!
//! # What it does not do
//!
//! Attached databases other than by [`on_connect`](SqliteOptions::on_connect), encryption,
//! extensions that are loaded at run time.

mod asking;
mod backend;
mod bind;
mod connect;
mod connection;
mod crew;
mod cursor;
mod error;
mod functions;
mod interrupt;
mod operation;
mod options;
mod panics;
mod pool;
mod run;
mod statement;
mod sync;
mod transaction;
mod worker;

pub use backend::SqliteBackend;
pub use connect::{connect, connect_blocking};
pub use connection::SqliteConnection;
pub use options::{InlineBudget, JournalMode, SqliteOptions};
