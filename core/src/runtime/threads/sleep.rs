use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::runtime::watchdog::{Fire, Watch, watch};
use crate::sync::lock;

/// A sleep that the process's watchdog ends.
pub(super) struct Sleep {
    /// `None` where the clock does not reach.
    until: Option<Instant>,
    watched: Option<(Arc<Sleeper>, Watch)>,
}

struct Sleeper {
    waker: Mutex<Waker>,
}

impl Sleep {
    pub(super) fn new(duration: Duration) -> Self {
        Self {
            until: Instant::now().checked_add(duration),
            watched: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else {
            return Poll::Pending;
        };
        if Instant::now() >= until {
            self.watched = None;
            return Poll::Ready(());
        }
        match &self.watched {
            Some((sleeper, _)) => {
                lock(&sleeper.waker).clone_from(cx.waker());
                // It may have fired for the waker before.
                if Instant::now() >= until {
                    return Poll::Ready(());
                }
            }
            None => {
                let sleeper = Arc::new(Sleeper {
                    waker: Mutex::new(cx.waker().clone()),
                });
                let weak: Weak<Sleeper> = Arc::downgrade(&sleeper);
                self.watched = Some((sleeper, watch(until, weak)));
            }
        }
        Poll::Pending
    }
}

impl Fire for Sleeper {
    fn fire(&self) {
        let waker = lock(&self.waker).clone();
        waker.wake();
    }
}
