//! PostgreSQL for queryset, on tokio-postgres without tokio's runtime

mod backend;
mod bind;
mod connect;
mod connection;
mod cursor;
mod error;
mod numeric;
mod options;
mod pipeline;
mod row;
mod run;
mod statement;
mod stream;
mod tls;
mod transaction;

pub use backend::PostgresBackend;
pub use connect::{connect, connect_blocking};
pub use connection::PostgresConnection;
pub use options::{PostgresOptions, TargetSession, TlsMode};
