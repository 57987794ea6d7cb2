//! One connection, driven by whoever uses it.

mod driver;
mod finish;
mod open;
mod target;

use std::fmt;
use std::sync::Arc;

use queryset::pool::{Connect, Health};
use queryset::runtime::{BoxFuture, Runtime};
use queryset::{Error, ErrorKind, Result};
use rustls::ClientConfig;
use tokio_postgres::Client;

use crate::error;
use crate::options::PostgresOptions;
use crate::statement::{Cache, CustomTypes};
pub(crate) use driver::{Driver, Lost};
pub(crate) use target::Address;

/// A connection of the pool.
pub(crate) struct Connection {
    // Dropped before the statements, which otherwise would send a request each to be closed.
    pub(crate) client: Client,
    pub(crate) driver: Driver,
    pub(crate) statements: Cache,
    /// Whether this connection knows the types that others came upon.
    pub(crate) knows_types: bool,
    /// Whether the operation may leave a transaction open.
    pub(crate) begins: bool,
    /// Whether the server has said anything since the operation began.
    pub(crate) answered: bool,
    phase: Phase,
    address: Address,
    host: Arc<str>,
    pub(crate) opener: Arc<Opening>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    /// An operation was begun, and its answer is not read to the end.
    Busy,
    /// The server or the driver is not to be trusted with it any more.
    Broken,
}

/// What all connections of a database share.
pub(crate) struct Opening {
    pub(crate) options: PostgresOptions,
    pub(crate) runtime: Runtime,
    pub(crate) types: CustomTypes,
    tls: Option<Arc<ClientConfig>>,
}

/// Why an operation could not go on.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) error: Error,
    /// Whether nothing of it reached the server, so that another connection may do it.
    pub(crate) unsent: bool,
    /// Whether the connection ended without a word about it, as one does that ended while nobody
    /// used it and nobody heard of that yet.
    pub(crate) silent: bool,
}

impl Connection {
    pub(crate) fn begin(&mut self) {
        self.phase = Phase::Busy;
        self.answered = false;
        self.begins = false;
        self.driver.begin();
    }

    /// The server has answered to the end.
    pub(crate) fn end(&mut self) {
        self.phase = Phase::Idle;
    }

    /// Whether the server has answered to the end, and the connection can go on.
    pub(crate) fn rests(&self) -> bool {
        self.phase == Phase::Idle && !self.driver.is_over()
    }

    /// What became of the operation, by the error of one of its requests.
    #[cold]
    pub(crate) fn stop(&mut self, failed: tokio_postgres::Error, sql: &str) -> Stopped {
        match failed.as_db_error() {
            Some(reported) if error::is_fatal(reported) => self.phase = Phase::Broken,
            // What follows is read by whoever sends next: the answers come in order.
            Some(_) => self.phase = Phase::Idle,
            None if is_refusal(&failed) => self.phase = Phase::Idle,
            None => self.phase = Phase::Broken,
        }
        Stopped {
            error: error::in_statement(failed, sql),
            unsent: false,
            silent: false,
        }
    }

    /// What became of the operation when the connection was lost.
    #[cold]
    pub(crate) fn lost(&mut self, lost: Lost) -> Stopped {
        self.phase = Phase::Broken;
        let unsent = !self.driver.has_sent();
        let mut silent = !self.answered;
        let error = match lost.error {
            Some(error) => error::from_driver(error),
            None => Error::new(ErrorKind::Connection, "postgres: the connection was lost"),
        };
        // The server's last words on it (a shutdown, an idle limit) have kinds of their own, but
        // the operation failed because the connection is gone.
        let error = match error.kind() {
            ErrorKind::Connection => error,
            _ => {
                silent = false;
                let code = error.code().map(str::to_owned);
                let lost = Error::new(ErrorKind::Connection, "postgres: the connection was lost");
                let lost = lost.with_source(error);
                match code {
                    Some(code) => lost.with_code(code),
                    None => lost,
                }
            }
        };
        silent &= error.code().is_none();
        Stopped {
            error,
            unsent,
            silent,
        }
    }

    /// Runs statements without values, and leaves their rows.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), Stopped> {
        self.phase = Phase::Busy;
        let Self { client, driver, .. } = self;
        match driver.drive(client.batch_execute(sql)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.stop(error, sql)),
            Err(lost) => Err(self.lost(lost)),
        }
    }
}

/// Whether the driver refused a value before it sent anything.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;

    error
        .source()
        .is_some_and(|source| source.is::<crate::bind::Refused>())
}

/// What the pool asks for connections.
#[derive(Debug)]
pub(crate) struct Opener(pub(crate) Arc<Opening>);

impl Connect for Opener {
    type Connection = Box<Connection>;

    fn connect(&self) -> BoxFuture<'static, Result<Box<Connection>>> {
        open::open(Arc::clone(&self.0))
    }

    fn health(&self, connection: &Box<Connection>) -> Health {
        match connection.phase {
            _ if connection.driver.is_over() => Health::Broken,
            Phase::Broken => Health::Broken,
            Phase::Busy => Health::Unfinished,
            Phase::Idle => Health::Ready,
        }
    }

    fn finish(&self, connection: Box<Connection>) -> BoxFuture<'static, Option<Box<Connection>>> {
        Box::pin(finish::finish(connection))
    }

    fn close(&self, connection: Box<Connection>) -> BoxFuture<'static, ()> {
        Box::pin(finish::close(connection))
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("options", &self.options)
            .field("runtime", &self.runtime)
            .finish_non_exhaustive()
    }
}

/// A new connection, as a hook of
/// [`on_connect`](crate::PostgresOptions::on_connect) prepares it.
pub struct PostgresConnection<'c> {
    connection: &'c mut Connection,
}

impl PostgresConnection<'_> {
    /// Runs statements, separated by semicolons.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn execute_batch(&mut self, sql: &str) -> Result<()> {
        self.connection
            .batch(sql)
            .await
            .map_err(|stopped| stopped.error)
    }
}

impl fmt::Debug for PostgresConnection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnection")
            .field("address", &self.connection.address)
            .finish_non_exhaustive()
    }
}
