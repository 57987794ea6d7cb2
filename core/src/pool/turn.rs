//! When a thread that waits for a connection may be overtaken.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// One that has waited longer is not: operations are so long that a switch between threads is
/// nothing beside one more of them.
const SHORT: Duration = Duration::from_millis(10);

/// The turn of a thread that waits for a connection, for this pool and those of backends that have
/// their own. One that runs may overtake it while it has its connection and does not run yet, for
/// 200 µs, unless it has waited for 10 ms.
#[derive(Debug)]
pub struct Turn {
    waits_since: Instant,
    begun: OnceLock<Instant>,
}

impl Turn {
    /// For how long a thread that waited may be overtaken once it is its turn.
    pub const OVERTAKEN: Duration = Duration::from_micros(200);

    /// Of a thread that waits from now on.
    pub fn wait() -> Self {
        Self {
            waits_since: Instant::now(),
            begun: OnceLock::new(),
        }
    }

    /// It has a connection; what counts is the first time.
    pub fn begin(&self, now: Instant) {
        self.begun.get_or_init(|| now);
    }

    /// Since when it is its turn.
    pub fn begun(&self) -> Option<Instant> {
        self.begun.get().copied()
    }

    /// Whether a thread that runs may take its connection.
    pub fn may_be_overtaken(&self, now: Instant) -> bool {
        self.begun()
            .is_some_and(|begun| now.saturating_duration_since(begun) < Self::OVERTAKEN)
            && now.saturating_duration_since(self.waits_since) < SHORT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_for_a_moment() {
        let turn = Turn::wait();
        let now = turn.waits_since;
        assert!(!turn.may_be_overtaken(now), "it has not begun");
        turn.begin(now);
        turn.begin(now + Turn::OVERTAKEN);
        assert!(turn.may_be_overtaken(now));
        assert!(!turn.may_be_overtaken(now + Turn::OVERTAKEN));
    }

    #[test]
    fn who_has_waited_for_long_operations_is_not_overtaken() {
        let turn = Turn::wait();
        turn.begin(turn.waits_since + SHORT / 2);
        assert!(turn.may_be_overtaken(turn.waits_since + SHORT / 2));
        let turn = Turn::wait();
        turn.begin(turn.waits_since + SHORT);
        assert!(!turn.may_be_overtaken(turn.waits_since + SHORT));
    }
}
