//! Threads that run before threads that have to be woken.

use std::sync::Arc;
use std::time::Duration;

use super::state::{Entry, State, Wait};
use crate::sync::lock;

/// For how long a thread that waited may be overtaken once it is its turn.
const OVERTAKEN: Duration = Duration::from_micros(200);

impl<T> State<T> {
    /// Takes a connection for a thread that runs from one that does not run yet, and whose turn
    /// comes again: if each operation began with a switch between threads, all who wait would wait
    /// for more of them.
    pub(super) fn overtake(&mut self, label: &Arc<str>) -> Option<Entry<T>> {
        let waiter = self.served.take()?;
        let since = waiter.turn.get()?;
        if since.elapsed() >= OVERTAKEN {
            return None;
        }
        let mut wait = lock(&waiter.wait);
        match std::mem::replace(&mut *wait, Wait::Waiting(None)) {
            Wait::Served(entry) => {
                drop(wait);
                self.waiters.push_front(waiter);
                self.hold(entry.slot, Arc::clone(label));
                Some(entry)
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
    use std::sync::{Mutex, OnceLock};
    use std::task::Waker;

    use super::super::state::Waiter;
    use super::*;

    fn thread() -> Arc<Waiter<u8>> {
        Arc::new(Waiter {
            label: "SELECT 2".into(),
            deadline: None,
            wait: Mutex::new(Wait::Waiting(Some(Waker::noop().clone()))),
            blocks: true,
            turn: OnceLock::new(),
        })
    }

    fn is_served(waiter: &Waiter<u8>) -> bool {
        matches!(*lock(&waiter.wait), Wait::Served(_))
    }

    #[test]
    fn a_thread_that_was_served_is_overtaken_for_a_moment_and_no_longer() {
        let label: Arc<str> = "SELECT 1".into();
        let mut state = State::new(1);
        state.adopt(7);
        let mut entry = state.take(&label).unwrap();
        assert!(state.overtake(&label).is_none(), "nobody waits");

        let (first, second) = (thread(), thread());
        let _ = state.wait(Arc::clone(&first));
        let _ = state.wait(Arc::clone(&second));
        for _ in 0..2 {
            let _ = state.give_back(entry, None);
            assert!(is_served(&first));
            entry = state.overtake(&label).unwrap();
            assert!(!is_served(&first));
            assert!(state.overtake(&label).is_none(), "it was overtaken");
            let status = state.status();
            assert_eq!((status.waiting, status.in_use), (2, 1));
        }
        let _ = state.give_back(entry, None);
        std::thread::sleep(OVERTAKEN);
        assert!(state.overtake(&label).is_none(), "it has waited for long");
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
        assert!(state.overtake(&label).is_none());
        assert!(is_served(&gone), "it gives the connection back itself");
    }
}
