//! The threads among those who wait for a connection.

use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::Instant;

use queryset::pool::Turn;

use super::{Holder, Lane, Lease, Slot, Waiter};
use crate::sync::lock;

/// Where a blocking caller waits for a connection.
pub(in crate::pool) struct Seat {
    thread: Thread,
    sql: Arc<str>,
    pub(in crate::pool) lease: Mutex<Option<Lease>>,
    turn: Turn,
}

impl Seat {
    /// Of this thread.
    pub(in crate::pool) fn new(sql: Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            thread: thread::current(),
            sql,
            lease: Mutex::new(None),
            turn: Turn::wait(),
        })
    }
}

impl Lane {
    /// Hands connections to the threads at the head of the queue.
    pub(super) fn serve_threads(&mut self) {
        while self.spare() > 0
            && let Some(Waiter::Thread(seat)) = self.waiters.front()
        {
            let seat = Arc::clone(seat);
            self.waiters.pop_front();
            self.turn = self.turn.saturating_sub(1);
            let now = Instant::now();
            seat.turn.begin(now);
            let lease = self.lease(Arc::clone(&seat.sql), now);
            *lock(&seat.lease) = lease;
            seat.thread.unpark();
            self.served = Some(seat);
        }
    }

    /// Takes a connection for a thread that runs from one that does not run yet, and whose turn
    /// comes again: if each read began with a switch between threads, all who wait would wait for
    /// more of them.
    pub(in crate::pool) fn overtake(&mut self, sql: &Arc<str>, now: Instant) -> Option<Lease> {
        if self.barred || self.turn > 0 {
            return None;
        }
        let seat = self.served.take()?;
        if !seat.turn.may_be_overtaken(now) {
            return None;
        }
        let lease = lock(&seat.lease).take_if(|lease| matches!(lease, Lease::Idle(_)))?;
        self.slots[lease.place().slot] = Slot::Held(Holder::new(Arc::clone(sql), now));
        self.waiters.push_front(Waiter::Thread(seat));
        Some(lease)
    }

    /// Takes a seat out of the queue; false if it has a connection by now.
    pub(in crate::pool) fn leave(&mut self, seat: &Arc<Seat>) -> bool {
        let before = self.waiters.len();
        self.waiters
            .retain(|waiter| !matches!(waiter, Waiter::Thread(other) if Arc::ptr_eq(other, seat)));
        self.waiters.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Line, Opener, Place};
    use crate::options::SqliteOptions;
    use queryset::Access;

    #[test]
    fn who_waited_is_overtaken_for_a_moment_and_no_longer() {
        let (opener, _first) = Opener::new(SqliteOptions::memory()).unwrap();
        let line = Line::of(Access::Read);
        let mut lane = Lane::new(line, 1);
        lane.adopt(Box::new(opener.open(Place { line, slot: 0 }).unwrap()));
        let sql: Arc<str> = "SELECT 1".into();
        let now = Instant::now();
        let take = |lane: &mut Lane| match lane.lease(Arc::clone(&sql), now) {
            Some(Lease::Idle(connection)) => connection,
            _ => panic!("a connection was free"),
        };

        let mut connection = take(&mut lane);
        assert!(lane.overtake(&sql, now).is_none(), "nobody waits");
        let seat = Seat::new(Arc::clone(&sql));
        lane.waiters.push_back(Waiter::Thread(Arc::clone(&seat)));
        for _ in 0..2 {
            lane.free(connection);
            let turn = seat.turn.begun().unwrap();
            connection = match lane.overtake(&sql, turn) {
                Some(Lease::Idle(connection)) => connection,
                _ => panic!("it has not come yet"),
            };
            assert!(lock(&seat.lease).is_none());
            assert!(lane.overtake(&sql, turn).is_none(), "it was overtaken");
            assert_eq!((lane.waiters.len(), lane.in_use()), (1, 1));
        }
        lane.free(connection);
        let late = seat.turn.begun().unwrap() + Turn::OVERTAKEN;
        assert!(
            lane.overtake(&sql, late).is_none(),
            "it has waited for long"
        );
        let Some(Lease::Idle(connection)) = lock(&seat.lease).take() else {
            panic!("the connection is its own");
        };
        lane.free(connection);
        assert!(lane.is_quiet());
    }
}
