use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use queryset::runtime::{BoxFuture, Threads, Timer};
use tokio::time::Sleep;

use crate::{Tokio, panics};

impl Timer for Tokio {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let _context = self.handle.enter();
        Box::pin(Sleeping {
            inner: Some(Box::pin(tokio::time::sleep(duration))),
            until: Instant::now().checked_add(duration),
            left: None,
        })
    }

    fn now(&self) -> Instant {
        let _context = self.handle.enter();
        tokio::time::Instant::now().into_std()
    }
}

/// A sleep that outlives its runtime, whose own panics once the runtime has shut down: the rest of
/// it is slept on core's clock, so that a read with a deadline still ends by it.
struct Sleeping {
    inner: Option<Pin<Box<Sleep>>>,
    until: Option<Instant>,
    left: Option<BoxFuture<'static, ()>>,
}

impl Future for Sleeping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(inner) = &mut self.inner {
            match panics::catch(|| inner.as_mut().poll(cx)) {
                Ok(polled) => return polled,
                Err(_) => self.inner = None,
            }
        }
        let until = self.until;
        let left = self.left.get_or_insert_with(|| {
            Threads.sleep(until.map_or(Duration::MAX, |until| {
                until.saturating_duration_since(Instant::now())
            }))
        });
        left.as_mut().poll(cx)
    }
}
