//! Whether the calling thread polls a task.

use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::coop;

/// Whether tokio is polling something on this thread.
///
/// `Handle::try_current` and `task::try_id` are there inside `spawn_blocking` and `block_in_place`
/// too, where blocking is right. What differs is the budget for cooperating: whatever is polled
/// has one, and those two have none. Tokio shows it only by running out, so the budget is spent
/// unit by unit until it has, and restored. A task pays a tenth of a microsecond, a blocking job
/// less than a whole one.
pub(crate) fn is_polled() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    if !coop::has_budget_remaining() {
        return true;
    }
    let mut cx = Context::from_waker(Waker::noop());
    // Restores the whole budget when it is dropped, at the end.
    let Poll::Ready(_restore) = coop::poll_proceed(&mut cx) else {
        return true;
    };
    // The budget is a byte, so it has run out by then if there is one.
    for _ in 0..=u8::MAX {
        if !coop::has_budget_remaining() {
            return true;
        }
        match coop::poll_proceed(&mut cx) {
            Poll::Ready(unit) => unit.made_progress(),
            Poll::Pending => return true,
        }
    }
    false
}
