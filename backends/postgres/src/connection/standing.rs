//! How a transaction stands that has a connection to itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use queryset::TransactionStatus;

/// Shared by a connection and the transaction on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing(Arc<AtomicU8>);

/// No transaction was begun on purpose.
const NONE: u8 = 0;
const OPEN: u8 = 1;
const FAILED: u8 = 2;
const ENDED: u8 = 3;

impl Standing {
    fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, standing: u8) {
        self.0.store(standing, Ordering::Release);
    }

    /// From now on there is, or may be, a transaction.
    pub(crate) fn begin(&mut self) {
        *self = Self(Arc::new(AtomicU8::new(OPEN)));
    }

    /// The transaction was left by its owner, which may have ended it.
    pub(crate) fn leave(&mut self) {
        if self.get() == ENDED {
            *self = Self::default();
        }
    }

    /// There is none any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The server reported an error, which breaks a transaction.
    pub(crate) fn fail(&self) {
        if self.get() == OPEN {
            self.set(FAILED);
        }
    }

    /// Rolling back to a savepoint mended it.
    pub(crate) fn mend(&self) {
        self.set(OPEN);
    }

    pub(crate) fn end(&self) {
        self.set(ENDED);
    }

    pub(crate) fn is_none(&self) -> bool {
        self.get() == NONE
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.get() == FAILED
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.get() == ENDED
    }

    pub(crate) fn status(&self) -> TransactionStatus {
        match self.get() {
            OPEN => TransactionStatus::Open,
            FAILED => TransactionStatus::Failed,
            _ => TransactionStatus::Ended,
        }
    }
}
