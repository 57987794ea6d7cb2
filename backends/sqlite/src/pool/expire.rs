//! Ends the wait of those who have waited too long for a connection.
//!
//! One task looks after all of them, and only while somebody waits: a timer for each operation
//! would cost more than the operation.

use std::sync::{Arc, Weak};

use super::Pool;

/// Starts the task. Without it a wait ends when a connection is free, or the caller gives up.
pub(super) fn start(pool: &Arc<Pool>) {
    let running = Expiring {
        pool: Arc::downgrade(pool),
    };
    // A runtime that refuses takes no blocking job either, and that is what tells the callers.
    let _ = pool
        .runtime()
        .spawner()
        .spawn(Box::pin(async move { running.run().await }));
}

struct Expiring {
    pool: Weak<Pool>,
}

impl Expiring {
    async fn run(self) {
        while let Some(sleep) = self.expire() {
            sleep.await;
        }
    }

    /// Ends the waits that took too long; the sleep until the next might.
    fn expire(&self) -> Option<queryset::runtime::BoxFuture<'static, ()>> {
        let pool = self.pool.upgrade()?;
        let timer = Arc::clone(pool.runtime().timer());
        let timeout = pool.opener().options().acquire_timeout;
        let now = timer.now();
        let mut errors = Vec::new();
        let mut state = pool.lock();
        let mut next = None;
        let write = state.writer.longest_use();
        if let Some(before) = now.checked_sub(timeout) {
            for lane in state.lanes() {
                let mut expired = Vec::new();
                let since = lane.expire(before, &mut expired);
                next = [next, since].into_iter().flatten().min();
                errors.extend(
                    expired
                        .into_iter()
                        .map(|operation| (operation, lane.exhausted(timeout, write.as_deref()))),
                );
            }
        } else {
            next = Some(now);
        }
        if next.is_none() {
            state.expiring = false;
        }
        let drained = pool.settle(&mut state);
        let call = state.call();
        drop(state);
        if drained {
            pool.notify_drained();
        }
        pool.make(call);
        for (operation, error) in errors {
            operation.complete(Err(error));
        }
        let waited = now.saturating_duration_since(next?);
        Some(timer.sleep(timeout.saturating_sub(waited)))
    }
}

impl Drop for Expiring {
    fn drop(&mut self) {
        // The runtime dropped the task: the next who waits starts another.
        if let Some(pool) = self.pool.upgrade() {
            pool.lock().expiring = false;
        }
    }
}
