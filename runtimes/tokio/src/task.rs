//! Whether the calling thread polls a task.

use std::fmt::{self, Write};
use std::mem;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::coop::{self, RestoreOnPending};

/// Whether tokio is polling something on this thread.
///
/// `Handle::try_current` and `task::try_id` are there inside `spawn_blocking` and `block_in_place`
/// too, where blocking is right. What differs is the budget for cooperating: whatever is polled
/// has one, and those two have none. It costs 5 ns outside tokio, 50 ns where blocking is right, and
/// 400 ns in a task, which is then refused anyway.
pub(crate) fn is_polled() -> bool {
    // A task's id, which a blocking job has too, is cheaper to ask for than a handle, whose counter
    // all threads share; only the future of `block_on` has none.
    if tokio::task::try_id().is_none() && Handle::try_current().is_err() {
        return false;
    }
    if !coop::has_budget_remaining() {
        return true;
    }
    let mut cx = Context::from_waker(Waker::noop());
    // Restores the whole budget when it is dropped, at the end.
    let Poll::Ready(restore) = coop::poll_proceed(&mut cx) else {
        return true;
    };
    if says_none(&restore) {
        return false;
    }
    // The proof: a budget is a byte, so it has run out by then if there is one.
    for _ in 0..=u8::MAX {
        match coop::poll_proceed(&mut cx) {
            Poll::Ready(unit) => mem::forget(unit),
            Poll::Pending => return true,
        }
    }
    false
}

/// Whether a unit of budget shows itself to be one of no budget.
///
/// Tokio shows that nowhere else. Should it show it differently one day, only the short cut is
/// lost.
fn says_none(unit: &RestoreOnPending) -> bool {
    struct FindNone(bool);

    impl Write for FindNone {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 |= text == "None";
            // There is no more to learn after it, and an error ends the formatting.
            if self.0 { Err(fmt::Error) } else { Ok(()) }
        }
    }

    let mut found = FindNone(false);
    let _ = write!(found, "{unit:?}");
    found.0
}
