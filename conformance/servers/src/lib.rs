//! Private database servers for tests and benchmarks: real ones, that end with the process that
//! started them.
//!
//! ```no_run
//! use queryset_servers::{Needs, Servers};
//!
//! let servers = Servers::start(Needs::all())?;
//! let database = servers.postgres()?.create_database("example")?;
//! println!("{}", database.url());
//! # Ok::<(), queryset_servers::Error>(())
//! ```
//!
//! # What is started
//! Each server listens on a free loopback port and on a Unix socket, has a data folder of its own
//! in the system's temporary folder and runs under an unprivileged user: `nobody` where the
//! caller is root, else the caller. Several processes may have servers at the same time.
//!
//! - **Postgres**, in the locale C.UTF-8.
//! - **PgBouncer** in transaction mode before that Postgres, without support for named statements.
//! - **MariaDB**, whose databases have the collation `utf8mb4_bin`.
//! - **MySQL**, with the character set and the collation that it has by default.
//!
//! The programs are found or installed: as root, or with a `sudo` that asks for no password. Debian
//! has no MySQL in its releases, so that it comes from the development suite, with the libraries
//! that it needs, into a cache folder (`/var/cache/queryset-servers` for root, else the user's
//! cache folder); nothing of it is installed. No package gets to start a server of its own.
//!
//! # When they end
//! With [`Servers`], and with the process, also when it is killed: a small supervisor holds the
//! other end of a pipe, ends the servers by their own ids when the pipe closes, and removes their
//! folder.
//!
//! # Accounts
//! All have the same password, made for the run. See [`Account`]. MySQL's use
//! `caching_sha2_password`, MariaDB's `mysql_native_password`, Postgres's SCRAM. MySQL remembers
//! who has signed in before and then spares the full exchange: `flush privileges` makes it forget.
//!
//! # Servers of your own
//! Where `QUERYSET_POSTGRES_URL`, `QUERYSET_MARIADB_URL` or `QUERYSET_MYSQL_URL` is set, that server
//! is used and none is started. It can't be killed or paused, and has one account; its user must
//! be allowed to create databases.
//!
//! # Servers of another process
//! A process that has servers can lend them to those that it starts ([`Servers::lend`]):
//! `cargo xtask test` starts them once for all of its steps. What kills or pauses servers starts
//! some [apart](Servers::start_apart).

mod account;
mod client;
mod database;
mod error;
mod folder;
mod identity;
mod kind;
mod lent;
mod mariadb;
mod mysql;
mod mysql_options;
mod needs;
mod packages;
mod pgbouncer;
mod port;
mod postgres;
mod private;
mod programs;
mod random;
mod serve;
mod server;
mod servers;
mod supervisor;
mod tls;
mod url;
mod zones;

pub use account::Account;
pub use database::Database;
pub use error::Error;
pub use kind::Kind;
pub use needs::Needs;
pub use packages::program;
pub use serve::serve;
pub use server::Server;
pub use servers::Servers;
pub use tls::Tls;

/// What this crate's operations return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
