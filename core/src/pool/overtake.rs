//! Threads that run before threads that have to be woken.

use std::sync::Arc;
use std::time::Instant;

use super::state::{Entry, Returned, State, Wait};
use crate::sync::lock;

impl<T> State<T> {
    /// Takes a connection for a thread that runs from one that does not run yet, and whose turn
    /// comes again: if each operation began with a switch between threads, all who wait would wait
    /// for more of them.
    pub(super) fn overtake(
        &mut self,
        label: &Arc<str>,
        now: Instant,
    ) -> Option<(Entry<T>, Returned<T>)> {
        let waiter = self.served.take()?;
        if !waiter.turn.as_ref()?.may_be_overtaken(now) {
            return None;
        }
        let mut wait = lock(&waiter.wait);
        match std::mem::replace(&mut *wait, Wait::Waiting(None)) {
            Wait::Served(entry) => {
                drop(wait);
                self.hold(entry.slot, Arc::clone(label));
                Some((entry, self.wait_first(waiter)))
            }
            came => {
                *wait = came;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::task::Waker;

    use super::super::Turn;
    use super::super::state::Waiter;
    use super::*;

    fn thread() -> Arc<Waiter<u8>> {
        Arc::new(Waiter {
            label: "SELECT 2".into(),
            deadline: None,
            wait: Mutex::new(Wait::Waiting(Some(Waker::noop().clone()))),
            turn: Some(Turn::wait()),
        })
    }

    fn is_served(waiter: &Waiter<u8>) -> bool {
        matches!(*lock(&waiter.wait), Wait::Served(_))
    }

    fn begun(waiter: &Waiter<u8>) -> Instant {
        waiter.turn.as_ref().and_then(Turn::begun).unwrap()
    }

    #[test]
    fn a_thread_that_was_served_is_overtaken_for_a_moment_and_no_longer() {
        let (label, now): (Arc<str>, _) = ("SELECT 1".into(), Instant::now());
        let mut state = State::new(1);
        state.adopt(7);
        let mut entry = state.take(&label).unwrap();
        assert!(state.overtake(&label, now).is_none(), "nobody waits");

        let (first, second) = (thread(), thread());
        let _ = state.wait(Arc::clone(&first));
        let _ = state.wait(Arc::clone(&second));
        for _ in 0..2 {
            let _ = state.give_back(entry, None);
            assert!(is_served(&first));
            let now = begun(&first);
            (entry, _) = state.overtake(&label, now).unwrap();
            assert!(!is_served(&first));
            assert!(state.overtake(&label, now).is_none(), "it was overtaken");
            let status = state.status();
            assert_eq!((status.waiting, status.in_use), (2, 1));
        }
        let _ = state.give_back(entry, None);
        let late = begun(&first) + Turn::OVERTAKEN;
        assert!(state.overtake(&label, late).is_none(), "it has waited");
        assert!(is_served(&first));
    }

    #[test]
    fn one_that_goes_away_with_its_connection_is_not_put_back_into_the_queue() {
        let label: Arc<str> = "SELECT 1".into();
        let mut state = State::new(1);
        state.adopt(7);
        let entry = state.take(&label).unwrap();
        let gone = thread();
        let _ = state.wait(Arc::clone(&gone));
        let _ = state.give_back(entry, None);
        let _ = state.leave(&gone);
        assert!(state.overtake(&label, begun(&gone)).is_none());
        assert!(is_served(&gone), "it gives the connection back itself");
    }

    #[test]
    fn who_was_overtaken_gets_a_connection_of_its_own_where_there_is_a_place() {
        let label: Arc<str> = "SELECT 1".into();
        let mut state = State::new(2);
        state.adopt(7);
        state.adopt(8);
        let (entry, other) = (state.take(&label).unwrap(), state.take(&label).unwrap());
        let waiter = thread();
        let _ = state.wait(Arc::clone(&waiter));
        let _ = state.give_back(entry, None);
        let _ = state.vacate(other.slot);
        let (_, returned) = state.overtake(&label, begun(&waiter)).unwrap();
        assert_eq!(returned.connect.len(), 1);
    }
}
