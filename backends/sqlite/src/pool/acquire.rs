//! A connection for a caller that blocks.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use queryset::{Error, ErrorKind, Result};

use super::Pool;
use super::lane::{Lease, Seat, Waiter};
use crate::connection::{Connection, Line};
use crate::interrupt::Interrupt;
use crate::run::Left;
use crate::sync::lock;

/// How a wait for a connection ended without one.
pub(crate) enum NoLease {
    /// The caller's token gave up.
    GivenUp,
    /// An error for the caller.
    Failed(queryset::Error),
}

impl Pool {
    /// A connection for this thread, which waits for one if need be.
    pub(crate) fn acquire(
        self: &Arc<Self>,
        line: Line,
        sql: &Arc<str>,
        interrupt: Option<&Interrupt>,
    ) -> Result<Lease, NoLease> {
        let mut state = self.lock();
        let lane = state.open_lane(line).map_err(NoLease::Failed)?;
        lane.check_usable().map_err(NoLease::Failed)?;
        let now = Instant::now();
        let lease = match lane.has_spare() {
            true => lane.lease(Arc::clone(sql), now),
            false => lane.overtake(sql, now),
        };
        if let Some(lease) = lease {
            self.settle_turns(state);
            return Ok(lease);
        }
        let seat = Seat::new(Arc::clone(sql));
        lane.waiters.push_back(Waiter::Thread(Arc::clone(&seat)));
        self.settle_turns(state);
        self.wait(line, &seat, interrupt)
    }

    fn wait(
        self: &Arc<Self>,
        line: Line,
        seat: &Arc<Seat>,
        interrupt: Option<&Interrupt>,
    ) -> Result<Lease, NoLease> {
        let timeout = self.opener().options().acquire_timeout;
        let began = Instant::now();
        loop {
            if let Some(lease) = lock(&seat.lease).take() {
                return Ok(lease);
            }
            let left = timeout.saturating_sub(began.elapsed());
            let given_up = interrupt.is_some_and(|interrupt| interrupt.is_cancelled());
            if !given_up && !left.is_zero() {
                thread::park_timeout(left);
                continue;
            }
            let mut state = self.lock();
            let write = state.writer.longest_use();
            let lane = state.lane(line);
            let (waited, exhausted) = match lane {
                Some(lane) => (lane.leave(seat), lane.exhausted(timeout, write.as_deref())),
                None => (false, super::closed()),
            };
            // Served at the last moment, and not to be overtaken any more.
            let late = if waited {
                None
            } else {
                lock(&seat.lease).take()
            };
            let drained = self.settle(&mut state);
            let call = state.call();
            drop(state);
            if drained {
                self.notify_drained();
            }
            self.make(call);
            return match (late, given_up) {
                (Some(lease), false) => Ok(lease),
                (Some(lease), true) => {
                    self.return_lease(lease);
                    Err(NoLease::GivenUp)
                }
                (None, true) => Err(NoLease::GivenUp),
                (None, false) => Err(NoLease::Failed(exhausted)),
            };
        }
    }

    fn return_lease(self: &Arc<Self>, lease: Lease) {
        let place = lease.place();
        match lease {
            Lease::Idle(connection) => self.give_back(place, Left::Free(connection)),
            Lease::New(_) => self.give_back(place, Left::Broken),
        }
    }

    /// The connection of a lease, opened if it is new. A failure leaves nothing to give back but
    /// the place.
    pub(crate) fn open(&self, lease: Lease) -> Result<Box<Connection>> {
        match lease {
            Lease::Idle(connection) => Ok(connection),
            // Another connection would not be in the transaction.
            Lease::New(place) if place.line.transaction.is_some() => Err(Error::new(
                ErrorKind::Connection,
                "the connection of the transaction is gone: an operation on it panicked",
            )),
            Lease::New(place) => self.opener().open(place).map(Box::new),
        }
    }
}
