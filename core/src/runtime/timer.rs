use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::BoxFuture;

/// What sleeps.
///
/// # Contract
///
/// - A sleep MUST NOT end early by the clock of [`now`](Timer::now), and MUST end at last.
/// - It counts from the call, not from the first poll.
/// - It takes a duration and not a point in time, since a runtime's clock may be paused.
/// - Sleeps that are dropped MUST cost nothing from then on.
/// - A duration too long to add to the clock never ends; it MUST NOT panic.
pub trait Timer: Debug + Send + Sync + 'static {
    /// Ends after `duration`.
    ///
    /// Cancel safe: dropping it forgets the sleep.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// The time by the clock that [`sleep`](Timer::sleep) goes by.
    fn now(&self) -> Instant {
        Instant::now()
    }
}
