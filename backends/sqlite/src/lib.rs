//! SQLite for queryset, on rusqlite

mod backend;
mod bind;
mod connect;
mod connection;
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
mod worker;

pub use backend::SqliteBackend;
pub use connect::{connect, connect_blocking};
pub use connection::SqliteConnection;
pub use options::{JournalMode, SqliteOptions};
