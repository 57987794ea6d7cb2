//! Opening connections, in tasks of their own: whoever waits may go away without losing one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lease::Permit;
use super::state::Entry;
use super::{Connect, Shared};
use crate::error::{Error, ErrorKind, Result};

/// The pause before the next attempt, while connections in use serve those who wait.
const PAUSE: Duration = Duration::from_millis(250);

impl<C: Connect> Shared<C> {
    pub(super) fn open(self: &Arc<Self>, slot: usize) {
        let attempt = Attempt {
            permit: Some(Permit::new(self, slot)),
        };
        let connecting = self.connector.connect();
        // Refused, the task is dropped, and the attempt tells those who wait that it is lost.
        let _ = self.runtime.spawn(async move {
            let result = connecting.await;
            attempt.end(result).await;
        });
    }
}

/// An attempt under way. Dropped by a runtime that ends, it fails: nobody may wait for it.
struct Attempt<C: Connect> {
    permit: Option<Permit<C>>,
}

impl<C: Connect> Attempt<C> {
    async fn end(mut self, result: Result<C::Connection>) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let shared = Arc::clone(permit.shared());
        let Some(slot) = permit.disarm() else {
            return;
        };
        match result {
            Ok(connection) => {
                shared.lock().opened();
                shared.give_back(Entry {
                    connection,
                    slot,
                    opened: Instant::now(),
                    sweeps: 0,
                    used: false,
                });
            }
            Err(error) => {
                let (returned, again) = shared.lock().failed(slot, error);
                shared.settle(returned);
                if again {
                    shared.runtime.timer().sleep(PAUSE).await;
                    let returned = shared.lock().retry();
                    shared.settle(returned);
                }
            }
        }
    }
}

impl<C: Connect> Drop for Attempt<C> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let shared = Arc::clone(permit.shared());
            if let Some(slot) = permit.disarm() {
                let returned = shared.lock().lost(slot, lost);
                shared.settle(returned);
            }
        }
    }
}

#[cold]
fn lost() -> Error {
    Error::new(
        ErrorKind::Runtime,
        "the runtime did not run the task that opens a connection: keep it alive for as long as \
         its database is used",
    )
}
