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
const ENDED: u8 = 2;

impl Standing {
    pub(super) fn open() -> Self {
        Self(Arc::new(AtomicU8::new(OPEN)))
    }

    /// Notes what the server said.
    pub(super) fn note(&self, open: bool) {
        let standing = if open { OPEN } else { ENDED };
        self.0.store(standing, Ordering::Release);
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.load(Ordering::Acquire) == NONE
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.0.load(Ordering::Acquire) == ENDED
    }

    pub(crate) fn status(&self) -> TransactionStatus {
        match self.0.load(Ordering::Acquire) {
            OPEN => TransactionStatus::Open,
            _ => TransactionStatus::Ended,
        }
    }
}
