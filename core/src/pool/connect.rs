use std::fmt::Debug;

use crate::error::Result;
use crate::runtime::BoxFuture;

/// What a pool needs to know of a driver.
///
/// # Contract
///
/// - The futures run as tasks of the pool's runtime, or are dropped unfinished with it; a
///   connection inside MUST then end by being dropped.
/// - `health` is asked under no lock whenever a connection comes back. It MUST be cheap and ask
///   nobody: state that the driver keeps anyway, never a ping.
/// - A connection on which an operation may still be under way MUST be
///   [`Unfinished`](Health::Unfinished): handed on, it would answer the next read with the rows of
///   the one before.
pub trait Connect: Debug + Send + Sync + 'static {
    /// An open connection. Box a large one: it is moved in and out of the pool.
    type Connection: Send + 'static;

    /// Opens a connection. It SHOULD end by a timeout of its own.
    fn connect(&self) -> BoxFuture<'static, Result<Self::Connection>>;

    /// What a connection that comes back can do.
    fn health(&self, connection: &Self::Connection) -> Health;

    /// Cancels or drains what is under way on a connection that comes back unfinished; `None` if
    /// that failed, which discards it. It SHOULD end by a timeout of its own.
    fn finish(&self, connection: Self::Connection) -> BoxFuture<'static, Option<Self::Connection>>;

    /// Closes a connection in the way that the server likes. Dropping one closes it too.
    fn close(&self, connection: Self::Connection) -> BoxFuture<'static, ()>;
}

/// What a connection that comes back can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It serves the next operation.
    Ready,
    /// Its operation was dropped midway: [`Connect::finish`] comes first.
    Unfinished,
    /// It is lost or in doubt, and is dropped.
    Broken,
}
