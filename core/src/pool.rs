//! A pool of connections for backends that talk to a server: the same for all of them, and bound
//! to no runtime.
//!
//! A backend implements [`Connect`] for its driver and gets fair waiting for futures and blocked
//! threads alike, limits, a clean end, and errors that say who holds what.
//!
//! ```
//! use std::sync::Arc;
//! use queryset::Result;
//! use queryset::pool::{Connect, Health, Pool, PoolOptions};
//! use queryset::runtime::{BoxFuture, Threads, block_on};
//!
//! #[derive(Debug)]
//! struct Numbered;
//!
//! impl Connect for Numbered {
//!     type Connection = u32;
//!     fn connect(&self) -> BoxFuture<'static, Result<u32>> {
//!         Box::pin(async { Ok(7) })
//!     }
//!     fn health(&self, _: &u32) -> Health {
//!         Health::Ready
//!     }
//!     fn finish(&self, connection: u32) -> BoxFuture<'static, Option<u32>> {
//!         Box::pin(async move { Some(connection) })
//!     }
//!     fn close(&self, _: u32) -> BoxFuture<'static, ()> {
//!         Box::pin(async {})
//!     }
//! }
//!
//! let pool = Pool::new(Numbered, PoolOptions::new().max_size(1), Threads);
//! let lease = block_on(pool.acquire(&Arc::from("SELECT 1")))?;
//! assert_eq!((*lease, pool.status().in_use), (7, 1));
//! drop(lease);
//! assert_eq!(*pool.acquire_blocking(&Arc::from("SELECT 2"), None)?, 7);
//! # Ok::<(), queryset::Error>(())
//! ```

mod acquire;
mod alarm;
mod close;
mod connect;
mod exhausted;
mod lease;
mod open;
mod options;
mod overtake;
mod parked;
mod state;
mod sweep;
mod turn;

pub use acquire::Acquire;
pub use close::Close;
pub use connect::{Connect, Health};
pub use lease::{Lease, Place};
pub use options::PoolOptions;
pub use parked::Parked;
pub use turn::Turn;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::runtime::Runtime;
use crate::sync::lock;
use alarm::Alarm;
use state::{Entry, Returned, State};

/// A pool. Dropping it closes its free connections, and the others as they come back.
pub struct Pool<C: Connect> {
    shared: Arc<Shared<C>>,
}

/// What a pool has at one moment.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are lent out, or that finish what a dropped operation left.
    pub in_use: usize,
    /// Connections that are open and free.
    pub idle: usize,
    /// Connections that are being opened.
    pub connecting: usize,
    /// Connections that are being closed.
    pub closing: usize,
    /// Operations that wait for a connection.
    pub waiting: usize,
    /// Operations that share connections with others, which the backend sees to.
    pub sharing: usize,
}

/// The lock is held for some tens of nanoseconds at a time, never while a driver works, a waker
/// wakes or a connection is dropped.
struct Shared<C: Connect> {
    connector: Arc<C>,
    options: PoolOptions,
    runtime: Runtime,
    state: Mutex<State<C::Connection>>,
    alarm: Alarm,
}

impl<C: Connect> Pool<C> {
    /// A pool that opens its connections when they are first needed.
    ///
    /// The runtime runs what opens, finishes and closes connections, and counts the time.
    pub fn new(connector: C, options: PoolOptions, runtime: impl Into<Runtime>) -> Self {
        Self {
            shared: Arc::new(Shared {
                connector: Arc::new(connector),
                state: Mutex::new(State::new(options.max_size)),
                alarm: Alarm::new(),
                options,
                runtime: runtime.into(),
            }),
        }
    }

    /// A pool that begins with this connection, which is the only one unless more are wanted.
    pub fn with_connection(
        connector: C,
        connection: C::Connection,
        options: PoolOptions,
        runtime: impl Into<Runtime>,
    ) -> Self {
        let pool = Self::new(connector, options, runtime);
        pool.shared.lock().adopt(connection);
        pool
    }

    /// What opens the connections.
    pub fn connector(&self) -> &C {
        &self.shared.connector
    }

    /// How the pool was set up.
    pub fn options(&self) -> &PoolOptions {
        &self.shared.options
    }

    /// The largest number of connections.
    pub fn size(&self) -> usize {
        self.shared.options.max_size
    }

    /// How long an operation waits for a connection.
    pub fn acquire_timeout(&self) -> Duration {
        self.shared.options.acquire_timeout
    }

    /// The runtime.
    pub fn runtime(&self) -> &Runtime {
        &self.shared.runtime
    }

    /// How many connections there are, and what they do.
    pub fn status(&self) -> PoolStatus {
        self.shared.lock().status()
    }
}

impl<C: Connect> Pool<C> {
    /// Drops the free connections here, without a task that closes them. Nothing more is asked for.
    pub(crate) fn forget(&self) {
        self.shared.stop_sweeping();
        let unwanted = self.shared.lock().abandon();
        for entry in unwanted {
            drop(entry.connection);
            self.shared.vacate(entry.slot);
        }
    }
}

impl<C: Connect> Drop for Pool<C> {
    fn drop(&mut self) {
        self.shared.stop_sweeping();
        let unwanted = self.shared.lock().abandon();
        self.shared.close_entries(unwanted);
    }
}

impl<C: Connect> Shared<C> {
    fn lock(&self) -> MutexGuard<'_, State<C::Connection>> {
        lock(&self.state)
    }

    /// A connection that can serve comes back.
    fn give_back(self: &Arc<Self>, entry: Entry<C::Connection>) {
        let mut state = self.lock();
        let returned = state.give_back(entry, self.options.max_lifetime);
        let sweep = !state.sweeping && self.options.sweeps() && state.has_idle();
        state.sweeping |= sweep;
        drop(state);
        self.settle(returned);
        if sweep {
            self.start_sweeping();
        }
    }

    /// A place in the pool is free again; its connection is gone.
    fn vacate(self: &Arc<Self>, slot: usize) {
        let returned = self.lock().vacate(slot);
        self.settle(returned);
    }

    /// Does what a change of the state asks for, without the lock.
    fn settle(self: &Arc<Self>, returned: Returned<C::Connection>) {
        let Returned {
            wakers,
            unwanted,
            connect,
        } = returned;
        wakers.into_iter().for_each(std::task::Waker::wake);
        for slot in connect {
            self.open(slot);
        }
        self.close_entries(unwanted);
    }
}

impl<C: Connect> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("connector", &self.shared.connector)
            .field("options", &self.shared.options)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
