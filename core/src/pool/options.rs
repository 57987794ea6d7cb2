use std::time::Duration;

/// The limits of a [`Pool`](super::Pool).
#[derive(Clone, Debug)]
pub struct PoolOptions {
    pub(super) max_size: usize,
    pub(super) acquire_timeout: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) close_timeout: Duration,
    pub(super) overtaking: bool,
}

/// A connection that outlives its idle limit does so by at most a fifth of it.
const SWEEPS_PER_LIMIT: u32 = 5;

impl PoolOptions {
    /// Ten connections; 30 seconds for a connection to become free; 10 minutes idle, 30 minutes in
    /// all; 30 seconds for a close.
    pub fn new() -> Self {
        Self {
            max_size: 10,
            acquire_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            close_timeout: Duration::from_secs(30),
            overtaking: true,
        }
    }

    /// First come, first served, without an exception.
    pub(crate) fn in_order(mut self) -> Self {
        self.overtaking = false;
        self
    }

    /// The largest number of connections, at least one.
    #[must_use]
    pub fn max_size(mut self, connections: usize) -> Self {
        self.max_size = connections.max(1);
        self
    }

    /// How long an operation waits for a connection before it fails with
    /// [`PoolExhausted`](crate::ErrorKind::PoolExhausted): of many who wait at once, some up to 50 ms
    /// longer, or a 64th of the time if that is less.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long a connection may be free before it is closed; `None` keeps it.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = timeout.into();
        self
    }

    /// How old a connection may become; `None` sets no limit. One that is in use then is closed
    /// when it comes back.
    #[must_use]
    pub fn max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.max_lifetime = lifetime.into();
        self
    }

    /// How long closing waits for operations under way.
    #[must_use]
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Whether free connections have a limit that somebody has to watch.
    pub(super) fn sweeps(&self) -> bool {
        self.idle_timeout.is_some() || self.max_lifetime.is_some()
    }

    /// How often the free connections are looked at.
    pub(super) fn sweep_period(&self) -> Duration {
        let shortest = self.idle_timeout.into_iter().chain(self.max_lifetime).min();
        let period = shortest.unwrap_or(Duration::MAX) / SWEEPS_PER_LIMIT;
        period.max(Duration::from_millis(1))
    }

    /// The number of looks at which a connection that was free at all of them has been so for the
    /// idle limit.
    pub(super) fn idle_sweeps(&self) -> u32 {
        let Some(limit) = self.idle_timeout else {
            return u32::MAX;
        };
        let looks = limit.as_nanos().div_ceil(self.sweep_period().as_nanos());
        u32::try_from(looks + 1).unwrap_or(u32::MAX)
    }
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self::new()
    }
}
