//! The end of connections that nobody needed for a while, or that are old.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::{Connect, Shared};
use crate::runtime::Timer;

impl<C: Connect> Shared<C> {
    pub(super) fn start_sweeping(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        let timer = Arc::clone(self.runtime.timer());
        let period = self.options.sweep_period();
        let task = self.runtime.spawn(look_now_and_then(weak, timer, period));
        let before = {
            let mut state = self.lock();
            match task {
                Ok(task) => state.sweeper.replace(task),
                Err(_) => {
                    // Nobody looks, but connections still end by their age when they come back.
                    state.sweeping = false;
                    None
                }
            }
        };
        drop(before);
    }

    /// Ends the looks of a pool that is gone, whose next would be minutes away.
    pub(super) fn stop_sweeping(&self) {
        let sweeper = self.lock().sweeper.take();
        if let Some(sweeper) = sweeper {
            sweeper.abort();
        }
    }

    /// Whether there is anything left to look after.
    fn sweep(self: &Arc<Self>) -> bool {
        let (expired, more) = self
            .lock()
            .sweep(self.options.idle_sweeps(), self.options.max_lifetime);
        self.close_entries(expired);
        more
    }
}

/// Ends with the pool, with its last free connection, or with the runtime.
async fn look_now_and_then<C: Connect>(
    pool: Weak<Shared<C>>,
    timer: Arc<dyn Timer>,
    period: Duration,
) {
    loop {
        let began = Instant::now();
        timer.sleep(period).await;
        let Some(shared) = pool.upgrade() else {
            return;
        };
        // A paused clock jumps whenever nothing else goes on: this loop would never rest.
        if began.elapsed() < period / 2 {
            shared.lock().sweeping = false;
            return;
        }
        if !shared.sweep() {
            return;
        }
    }
}
