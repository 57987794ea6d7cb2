//! One connection, driven by whoever uses it.

mod driver;
mod finish;
mod open;
mod standing;
mod target;

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use queryset::pool::{Connect, Health, Place};
use queryset::runtime::{BoxFuture, Runtime, block_on_driven};
use queryset::{CancelToken, Error, ErrorKind, Result};
use rustls::ClientConfig;
use tokio_postgres::Client;

use crate::error;
use crate::options::PostgresOptions;
use crate::statement::{Cache, CustomTypes};
use crate::stream::Link;
pub(crate) use driver::{Driver, Lost};
pub(crate) use standing::Standing;
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
    /// Whether rows of the operation under way have been handed out.
    streams: bool,
    pub(crate) standing: Standing,
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

impl Opening {
    /// Waits on this thread for an operation on the connection of that link, or on any if there is
    /// none.
    pub(crate) fn block_on<T>(
        &self,
        link: Option<&Link>,
        operation: impl Future<Output = Result<T>>,
        cancel: Option<&CancelToken>,
    ) -> Result<T> {
        match link.and_then(Link::wait_here) {
            Some(wait) => wait.block_on(operation, cancel),
            None => {
                let patience = self.options.runtime_patience;
                block_on_driven(&self.runtime, operation, cancel, patience)
            }
        }
    }
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
    /// Whether the server reported the error, and goes on.
    pub(crate) reported: bool,
}

impl Connection {
    pub(crate) fn begin(&mut self) {
        self.phase = Phase::Busy;
        self.answered = false;
        self.begins = false;
        self.streams = false;
        self.driver.begin();
    }

    /// Rows were handed out, and more are left.
    pub(crate) fn streams(&mut self) {
        self.streams = true;
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
        if failed.as_db_error().is_some() {
            self.standing.fail();
        }
        let goes_on = goes_on(&failed);
        // What follows is read by whoever sends next: the answers come in order.
        self.phase = if goes_on { Phase::Idle } else { Phase::Broken };
        Stopped::by(failed, sql, goes_on)
    }

    /// The server or the driver is not to be trusted with it any more.
    pub(crate) fn break_off(&mut self) {
        self.phase = Phase::Broken;
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
            reported: false,
        }
    }

    /// Runs statements without values, and leaves their rows.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), Stopped> {
        self.phase = Phase::Busy;
        let Self { client, driver, .. } = self;
        let ended = driver.drive(pin!(client.batch_execute(sql))).await;
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.stop(error, sql)),
            Err(lost) => Err(self.lost(lost)),
        }
    }
}

impl Stopped {
    /// By the error of a request; `goes_on` if the connection does.
    #[cold]
    pub(crate) fn by(failed: tokio_postgres::Error, sql: &str, goes_on: bool) -> Self {
        let reported = failed.as_db_error().is_some() && goes_on;
        Self {
            error: error::in_statement(failed, sql),
            unsent: false,
            silent: false,
            reported,
        }
    }

    /// For a reason that lies on this side.
    pub(crate) fn here(error: Error) -> Self {
        Self {
            error,
            unsent: false,
            silent: false,
            reported: false,
        }
    }
}

/// Whether the connection can go on after the error of a request.
#[cold]
pub(crate) fn goes_on(failed: &tokio_postgres::Error) -> bool {
    match failed.as_db_error() {
        Some(reported) => !error::is_fatal(reported),
        None => is_refusal(failed),
    }
}

/// Whether the driver refused a value before it sent anything.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;

    error
        .source()
        .is_some_and(|source| source.is::<crate::bind::Refused>())
}

/// What the pool asks for connections; that of a transaction has one, and no other.
#[derive(Debug)]
pub(crate) struct Opener {
    pub(crate) opening: Arc<Opening>,
    transaction: Option<Home>,
}

/// Where the connection of a transaction goes when that is over.
type Home = Mutex<Option<Place<Opener>>>;

impl Opener {
    pub(crate) fn new(opening: Arc<Opening>) -> Self {
        Self {
            opening,
            transaction: None,
        }
    }

    /// For the connection from that place alone.
    pub(crate) fn of_transaction(opening: Arc<Opening>, home: Place<Self>) -> Self {
        Self {
            opening,
            transaction: Some(Mutex::new(Some(home))),
        }
    }
}

impl Connect for Opener {
    type Connection = Box<Connection>;

    fn connect(&self) -> BoxFuture<'static, Result<Box<Connection>>> {
        if self.transaction.is_some() {
            let error = Error::new(
                ErrorKind::Connection,
                "postgres: the connection was lost, and the transaction with it",
            );
            return Box::pin(async { Err(error) });
        }
        open::open(Arc::clone(&self.opening))
    }

    fn health(&self, connection: &Box<Connection>) -> Health {
        match connection.phase {
            _ if connection.driver.is_over() => Health::Broken,
            Phase::Broken => Health::Broken,
            Phase::Busy => Health::Unfinished,
            // What was left open is rolled back.
            Phase::Idle if self.transaction.is_none() && !connection.standing.is_none() => {
                Health::Unfinished
            }
            Phase::Idle => Health::Ready,
        }
    }

    fn finish(&self, connection: Box<Connection>) -> BoxFuture<'static, Option<Box<Connection>>> {
        match &self.transaction {
            None => Box::pin(finish::finish(connection)),
            Some(_) => Box::pin(finish::finish_in_transaction(connection)),
        }
    }

    fn close(&self, connection: Box<Connection>) -> BoxFuture<'static, ()> {
        let Some(home) = &self.transaction else {
            return Box::pin(finish::close(connection));
        };
        let home = home.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(home) = home {
            let mut connection = connection;
            connection.standing.leave();
            home.give_back(connection);
        }
        Box::pin(async {})
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
