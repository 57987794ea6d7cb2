use std::future::pending;
use std::time::{Duration, Instant};

use queryset::runtime::{BoxFuture, Timer};

use crate::Smol;

impl Timer for Smol {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        match Instant::now().checked_add(duration) {
            Some(until) => Box::pin(async move {
                smol::Timer::at(until).await;
            }),
            None => Box::pin(pending()),
        }
    }
}
