use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How a transaction ended, for whoever has to know although its commit was given up.
///
/// It is taken from [`Transaction::outcome`](crate::Transaction::outcome) before the commit, and
/// can be asked at any time.
///
/// ```
/// # use queryset::{CommitState, Database, Result};
/// # use std::time::Duration;
/// async fn commit_soon(db: &Database) -> Result<CommitState> {
///     let tx = db.abegin().await?;
///     let outcome = tx.outcome();
///     let sleep = db.runtime().timer().sleep(Duration::from_secs(1));
///     let commit = std::pin::pin!(tx.acommit());
///     // Whoever loses is dropped.
///     futures_util::future::select(commit, sleep).await;
///     Ok(outcome.state())
/// }
/// ```
#[derive(Clone)]
pub struct CommitOutcome(Arc<AtomicU8>);

/// How a transaction stands.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CommitState {
    /// It has not ended.
    Open,
    /// The commit was sent, and its answer has not come; or never will, since the future was
    /// dropped or the connection was lost. It may have been committed or not: only reading what
    /// it would have written tells.
    Unknown,
    /// It was committed.
    Committed,
    /// It was rolled back, or is about to be.
    RolledBack,
}

impl CommitOutcome {
    pub(super) fn open() -> Self {
        Self(Arc::new(AtomicU8::new(CommitState::Open as u8)))
    }

    pub(super) fn set(&self, state: CommitState) {
        self.0.store(state as u8, Ordering::Release);
    }

    /// How the transaction stands now. What has ended stays as it is.
    pub fn state(&self) -> CommitState {
        match self.0.load(Ordering::Acquire) {
            0 => CommitState::Open,
            2 => CommitState::Committed,
            3 => CommitState::RolledBack,
            _ => CommitState::Unknown,
        }
    }
}

impl fmt::Debug for CommitOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CommitOutcome").field(&self.state()).finish()
    }
}
