//! MySQL and MariaDB for queryset, on mysql_async

mod backend;
mod bind;
mod civil;
mod connect;
mod connection;
mod cursor;
mod error;
mod options;
mod row;
mod run;
mod transaction;

pub use backend::MysqlBackend;
pub use connect::{connect, connect_blocking};
pub use connection::MysqlConnection;
pub use options::{MysqlOptions, TlsMode};
