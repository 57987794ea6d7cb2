use std::time::Duration;

use crate::interrupt::INLINE_STEPS;

/// How much an asynchronous read may do on the thread that awaits it, before it goes on elsewhere:
/// see [`SqliteOptions::inline`](crate::SqliteOptions::inline), which also says what is promised.
///
/// ```
/// use std::time::Duration;
///
/// use queryset_sqlite::{InlineBudget, SqliteOptions};
///
/// let budget = InlineBudget::default().time(Duration::from_micros(50)).steps(2_000);
/// let options = SqliteOptions::new("sqlite:books.db")?.inline(budget);
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineBudget {
    time: Duration,
    steps: u32,
}

impl InlineBudget {
    /// For how long the thread is held at most (default: 100 microseconds), by one read, and by
    /// one read after the other that never let the thread do anything else.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// How many steps of SQLite's virtual machine a read may take at most (default: 4,096; a step
    /// takes some tens of nanoseconds), in units of 64, at least one.
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.steps = steps;
        self
    }

    pub(crate) fn most_time(&self) -> Duration {
        self.time
    }

    /// How often the progress handler may be called.
    pub(crate) fn calls(&self) -> u32 {
        (self.steps / INLINE_STEPS.unsigned_abs()).max(1)
    }
}

impl Default for InlineBudget {
    fn default() -> Self {
        Self {
            time: Duration::from_micros(100),
            steps: 4_096,
        }
    }
}
