use std::sync::Arc;

use super::level::Level;
use super::{Transaction, TransactionOptions};
use crate::database::Database;
use crate::error::{Error, Result};

impl Database {
    /// Runs `body` within a transaction, which is committed if it returns `Ok` and rolled back if
    /// it returns an error or panics. On a [`Transaction`] it is nested: an error undoes what
    /// `body` did, and no more.
    ///
    /// ```
    /// # use queryset::{Database, Error, Value};
    /// fn transfer(db: &Database, from: i64, to: i64, amount: i64) -> Result<(), Error> {
    ///     db.atomic(|tx| {
    ///         let change = "UPDATE account SET balance = balance + ? WHERE id = ?";
    ///         tx.execute(change, vec![Value::I64(-amount), Value::I64(from)])?;
    ///         tx.execute(change, vec![Value::I64(amount), Value::I64(to)])?;
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    /// That of `body` as it is, whatever becomes of the rollback; those of
    /// [`begin`](Self::begin) and [`commit`](Transaction::commit).
    pub fn atomic<T, E: From<Error>>(
        &self,
        body: impl FnOnce(Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.atomic_with(TransactionOptions::new(), body)
    }

    /// The asynchronous twin of [`atomic`](Self::atomic): `body` is an async closure.
    ///
    /// Dropped midway, the transaction is rolled back; in the middle of the commit, its outcome is
    /// unknown: see [`CommitOutcome`](crate::CommitOutcome).
    ///
    /// ```
    /// # use queryset::{Database, Error, Value};
    /// async fn transfer(db: &Database, from: i64, to: i64, amount: i64) -> Result<(), Error> {
    ///     db.aatomic(async |tx| {
    ///         let change = "UPDATE account SET balance = balance + ? WHERE id = ?";
    ///         tx.aexecute(change, vec![Value::I64(-amount), Value::I64(from)]).await?;
    ///         tx.aexecute(change, vec![Value::I64(amount), Value::I64(to)]).await?;
    ///         Ok(())
    ///     })
    ///     .await
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`atomic`](Self::atomic).
    pub async fn aatomic<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.aatomic_with(TransactionOptions::new(), body).await
    }

    /// [`atomic`](Self::atomic), begun in a certain way.
    ///
    /// # Errors
    /// As [`atomic`](Self::atomic), and those of [`begin_with`](Self::begin_with).
    pub fn atomic_with<T, E: From<Error>>(
        &self,
        options: TransactionOptions,
        body: impl FnOnce(Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.begin_with(options)?;
        let _end = EndWithBody(Arc::clone(&tx.level));
        let result = body(tx.clone());
        match result {
            Ok(value) => {
                tx.commit()?;
                Ok(value)
            }
            Err(error) => {
                // The body's error is worth more, and what cannot be rolled back is discarded.
                let _ = tx.rollback();
                Err(error)
            }
        }
    }

    /// The asynchronous twin of [`atomic_with`](Self::atomic_with), with what holds of
    /// [`aatomic`](Self::aatomic).
    ///
    /// # Errors
    /// As [`atomic_with`](Self::atomic_with).
    pub async fn aatomic_with<T, E: From<Error>>(
        &self,
        options: TransactionOptions,
        body: impl AsyncFnOnce(Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.abegin_with(options).await?;
        let _end = EndWithBody(Arc::clone(&tx.level));
        let result = body(tx.clone()).await;
        match result {
            Ok(value) => {
                tx.acommit().await?;
                Ok(value)
            }
            Err(error) => {
                let _ = tx.arollback().await;
                Err(error)
            }
        }
    }
}

/// Ends the transaction whatever happens: also when the body panics or is dropped, or left a clone
/// of the handle or a nested transaction elsewhere.
struct EndWithBody(Arc<Level>);

impl Drop for EndWithBody {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
