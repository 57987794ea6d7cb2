//! The seam between the core and an open transaction of a backend.

use crate::backend::{Backend, block_on};
use crate::error::Result;
use crate::runtime::BoxFuture;

/// A transaction that is open on one connection of a [`Backend`], which begins it by
/// [`Backend::begin`].
///
/// # The contract
/// - The core begins one operation at a time, and none while a cursor is open. An operation or a
///   cursor that was dropped counts as ended: what it left on the connection MUST be stopped or
///   drained before the next operation runs, and the transaction MUST NOT be ended by that unless
///   the database itself does so.
/// - Once the transaction is not open any more, whatever ended it, every operation MUST be refused
///   with kind [`Transaction`](crate::ErrorKind::Transaction). Otherwise a statement that belongs
///   to the transaction takes effect by itself.
/// - An operation MUST NOT be sent again on another connection.
/// - A commit that the database turned into a rollback MUST be an error.
/// - Dropping it gives the connection back. If the transaction is still open then, or nobody knows,
///   it MUST be rolled back or the connection discarded before anybody else uses it; the drop
///   itself MUST NOT block or panic.
/// - [`close`](Backend::close) and [`begin`](Backend::begin) are never called.
pub trait TransactionBackend: Backend {
    /// How the transaction stands after the last operation. It asks nobody.
    fn status(&self) -> TransactionStatus;

    /// Makes what was written visible to all, and ends the transaction. After an error the status
    /// tells whether it is still open.
    fn commit(&self) -> BoxFuture<'static, Result<()>>;

    /// The blocking twin of [`commit`](Self::commit).
    ///
    /// # Errors
    /// What the database reports.
    fn commit_blocking(&self) -> Result<()> {
        block_on(self.commit(), None)
    }

    /// Undoes what was written, and ends the transaction.
    fn rollback(&self) -> BoxFuture<'static, Result<()>>;

    /// The blocking twin of [`rollback`](Self::rollback).
    ///
    /// # Errors
    /// What the database reports.
    fn rollback_blocking(&self) -> Result<()> {
        block_on(self.rollback(), None)
    }
}

/// How a transaction stands, as its backend knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionStatus {
    /// It takes statements.
    Open,
    /// An error broke it. It takes nothing but to be rolled back, as a whole or to a savepoint.
    Failed,
    /// It has ended: by its commit or rollback, or because the database rolled it back.
    Ended,
    /// The connection was lost.
    Lost,
}
