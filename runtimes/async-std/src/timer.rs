use std::future::pending;
use std::time::{Duration, Instant};

use queryset::runtime::{BoxFuture, Timer};

use crate::AsyncStd;

impl Timer for AsyncStd {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let start = Instant::now();
        Box::pin(async move {
            // async-std's sleep begins with its first poll.
            match start.checked_add(duration) {
                Some(until) => {
                    async_std::task::sleep(until.saturating_duration_since(Instant::now())).await;
                }
                None => pending().await,
            }
        })
    }
}
