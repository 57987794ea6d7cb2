use std::fmt;
use std::sync::{Arc, Mutex};

use super::state::{Doing, closed};
use super::{Connect, Lease, Shared};
use crate::error::Result;
use crate::sync::lock;

/// An operation that waits for its caller, with its connection: an open cursor between two calls.
///
/// Closing the pool ends it, and the next call hears that the database has been closed; so a
/// cursor that nobody asks any more holds no close up.
pub struct Parked<C: Connect, T: Send + 'static> {
    shared: Arc<Shared<C>>,
    slot: Option<usize>,
    operation: Arc<Mutex<Option<T>>>,
}

/// What closing does to a parked operation.
pub(super) trait Reclaim: Send + Sync {
    fn reclaim(&self);
}

impl<T: Send> Reclaim for Mutex<Option<T>> {
    fn reclaim(&self) {
        let operation = lock(self).take();
        drop(operation);
    }
}

impl<C: Connect, T: Send + 'static> Parked<C, T> {
    /// Parks an operation; `lease` finds the connection in it, which the operation drops last.
    pub fn new(operation: T, lease: impl FnOnce(&T) -> &Lease<C>) -> Self {
        let lease = lease(&operation);
        let (shared, slot) = (Arc::clone(lease.shared()), lease.slot());
        let operation = Arc::new(Mutex::new(Some(operation)));
        let reclaim: Arc<dyn Reclaim> = Arc::<Mutex<Option<T>>>::clone(&operation);
        if let Some(slot) = slot {
            let refused = shared.lock().park(slot, reclaim);
            if let Some(operation) = refused {
                operation.reclaim();
            }
        }
        Self {
            shared,
            slot,
            operation,
        }
    }

    /// The operation, to go on with.
    ///
    /// # Errors
    /// Kind [`Closed`](crate::ErrorKind::Closed): the pool was closed meanwhile.
    pub fn resume(mut self) -> Result<T> {
        self.take().ok_or_else(closed)
    }

    fn take(&mut self) -> Option<T> {
        let slot = self.slot.take()?;
        let operation = lock(&self.operation).take()?;
        let before = self.shared.lock().now(slot, Doing::Running);
        drop(before);
        Some(operation)
    }
}

impl<C: Connect, T: Send + 'static> Drop for Parked<C, T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<C: Connect, T: Send + 'static> fmt::Debug for Parked<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").finish_non_exhaustive()
    }
}
