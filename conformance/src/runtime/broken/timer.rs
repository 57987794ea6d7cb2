use std::future::{pending, ready};
use std::sync::Arc;
use std::time::{Duration, Instant};

use queryset::runtime::{BoxFuture, Runtime, Threads, Timer};

use super::{Break, breaking};
use crate::runtime::Capability;

pub(super) const BREAKS: &[Break] = &[
    breaking(
        "a timer that never fires",
        "runtime.timer.sleeps",
        None,
        |runtime| broken(runtime, |_, _| Box::pin(pending())),
    ),
    breaking(
        "a timer that fires at once",
        "runtime.timer.not_early",
        None,
        |runtime| broken(runtime, |_, _| Box::pin(ready(()))),
    ),
    breaking(
        "a timer in half the time",
        "runtime.timer.not_early",
        None,
        |runtime| broken(runtime, |timer, duration| timer.sleep(duration / 2)),
    ),
    breaking(
        "a timer with a limit",
        "runtime.timer.order",
        None,
        |runtime| {
            broken(runtime, |timer, duration| {
                timer.sleep(duration.min(Duration::from_millis(10)))
            })
        },
    ),
    breaking(
        "a timer that counts from the poll",
        "runtime.timer.from_the_call",
        None,
        |runtime| {
            broken(runtime, |timer, duration| {
                let timer = Arc::clone(timer);
                Box::pin(async move { timer.sleep(duration).await })
            })
        },
    ),
    breaking(
        "a timer that overflows",
        "runtime.timer.endless",
        None,
        |runtime| {
            broken(runtime, |timer, duration| {
                if Instant::now().checked_add(duration).is_none() {
                    return Box::pin(ready(()));
                }
                timer.sleep(duration)
            })
        },
    ),
    breaking(
        "a timer of another clock",
        "runtime.paused_clock",
        Some(Capability::PausedClock),
        |runtime| broken(runtime, |_, duration| Threads.sleep(duration)),
    ),
];

type Sleep = fn(&Arc<dyn Timer>, Duration) -> BoxFuture<'static, ()>;

fn broken(runtime: Runtime, sleep: Sleep) -> Runtime {
    let timer = Arc::clone(runtime.timer());
    runtime.with_timer(Broken { timer, sleep })
}

#[derive(Debug)]
struct Broken {
    timer: Arc<dyn Timer>,
    sleep: Sleep,
}

impl Timer for Broken {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        (self.sleep)(&self.timer, duration)
    }

    fn now(&self) -> Instant {
        self.timer.now()
    }
}
