use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

use super::state::{Doing, Entry};
use super::{Connect, Health, Shared};

/// A connection on loan. Dropping it gives it back; what its operation left unfinished is
/// finished by a task first.
pub struct Lease<C: Connect> {
    shared: Arc<Shared<C>>,
    /// There until the lease is dropped.
    entry: Option<Entry<C::Connection>>,
    reused: bool,
}

impl<C: Connect> Lease<C> {
    pub(super) fn new(shared: Arc<Shared<C>>, mut entry: Entry<C::Connection>) -> Self {
        let reused = std::mem::replace(&mut entry.used, true);
        Self {
            shared,
            entry: Some(entry),
            reused,
        }
    }

    /// Whether the connection has served before, and so may have been lost unnoticed meanwhile.
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Drops the connection, whatever its health; its place is free again.
    pub fn discard(mut self) {
        if let Some(entry) = self.entry.take() {
            drop(entry.connection);
            self.shared.vacate(entry.slot);
        }
    }

    /// Takes the connection out, for longer than one operation. Its place in the pool stays taken
    /// until it is given back there.
    pub fn detach(mut self) -> Option<(C::Connection, Place<C>)> {
        let entry = self.entry.take()?;
        let before = self.shared.lock().now(entry.slot, Doing::Detached);
        drop(before);
        let place = Place {
            opened: entry.opened,
            permit: Permit::new(&self.shared, entry.slot),
        };
        Some((entry.connection, place))
    }

    pub(super) fn slot(&self) -> Option<usize> {
        self.entry.as_ref().map(|entry| entry.slot)
    }

    pub(super) fn shared(&self) -> &Arc<Shared<C>> {
        &self.shared
    }
}

impl<C: Connect> Deref for Lease<C> {
    type Target = C::Connection;

    fn deref(&self) -> &C::Connection {
        match &self.entry {
            Some(entry) => &entry.connection,
            None => unreachable!("only a drop takes the connection out"),
        }
    }
}

impl<C: Connect> DerefMut for Lease<C> {
    fn deref_mut(&mut self) -> &mut C::Connection {
        match &mut self.entry {
            Some(entry) => &mut entry.connection,
            None => unreachable!("only a drop takes the connection out"),
        }
    }
}

impl<C: Connect> Drop for Lease<C> {
    fn drop(&mut self) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        match self.shared.connector.health(&entry.connection) {
            Health::Ready => self.shared.give_back(entry),
            Health::Unfinished => self.shared.finish(entry),
            Health::Broken => {
                drop(entry.connection);
                self.shared.vacate(entry.slot);
            }
        }
    }
}

impl<C: Connect> fmt::Debug for Lease<C>
where
    C::Connection: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("connection", &**self)
            .field("reused", &self.reused)
            .finish_non_exhaustive()
    }
}

/// Where a connection belongs that was [detached](Lease::detach). Dropped without it, the place is
/// free for another.
#[must_use = "the connection belongs there"]
pub struct Place<C: Connect> {
    opened: Instant,
    permit: Permit<C>,
}

impl<C: Connect> Place<C> {
    /// Gives the connection back, by its health as after any operation.
    pub fn give_back(self, connection: C::Connection) {
        let shared = Arc::clone(self.permit.shared());
        let Some(slot) = self.permit.disarm() else {
            return;
        };
        let before = shared.lock().now(slot, Doing::Running);
        drop(before);
        let entry = Entry {
            connection,
            slot,
            opened: self.opened,
            sweeps: 0,
            used: true,
        };
        drop(Lease::new(shared, entry));
    }
}

impl<C: Connect> fmt::Debug for Place<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// A place in the pool that a task holds. Dropped with the task, it is free again.
pub(super) struct Permit<C: Connect> {
    shared: Arc<Shared<C>>,
    slot: Option<usize>,
}

impl<C: Connect> Permit<C> {
    pub(super) fn new(shared: &Arc<Shared<C>>, slot: usize) -> Self {
        Self {
            shared: Arc::clone(shared),
            slot: Some(slot),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared<C>> {
        &self.shared
    }

    /// The slot, which the caller answers for from now on.
    pub(super) fn disarm(mut self) -> Option<usize> {
        self.slot.take()
    }
}

impl<C: Connect> Drop for Permit<C> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.shared.vacate(slot);
        }
    }
}

impl<C: Connect> Shared<C> {
    /// Finishes what a dropped operation left, in a task that keeps the connection's place.
    fn finish(self: &Arc<Self>, entry: Entry<C::Connection>) {
        let Entry {
            connection,
            slot,
            opened,
            ..
        } = entry;
        let before = self.lock().now(slot, Doing::Finishing);
        drop(before);
        let permit = Permit::new(self, slot);
        let finishing = self.connector.finish(connection);
        // Refused, the task is dropped, and with it the connection and the permit.
        let _ = self.runtime.spawn(async move {
            if let Some(connection) = finishing.await {
                let shared = Arc::clone(permit.shared());
                if let Some(slot) = permit.disarm() {
                    shared.give_back(Entry {
                        connection,
                        slot,
                        opened,
                        sweeps: 0,
                        used: true,
                    });
                }
            }
        });
    }

    /// Closes connections whose slots say so, each in a task.
    pub(super) fn close_entries(self: &Arc<Self>, entries: Vec<Entry<C::Connection>>) {
        for entry in entries {
            let permit = Permit::new(self, entry.slot);
            let closing = self.connector.close(entry.connection);
            let _ = self.runtime.spawn(async move {
                closing.await;
                drop(permit);
            });
        }
    }
}
