//! Threads that are started when there is work, kept for a while, and given back.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::runtime::BlockingJob;
use crate::sync::lock;

/// The blocking jobs of the process. As in tokio, 512 threads are more than a program needs and
/// fewer than a system minds.
pub(super) static BLOCKING: Pool<BlockingJob> = Pool::new("queryset-blocking", |_| 512);

/// How long a thread waits for more work before it ends.
const IDLE: Duration = Duration::from_secs(1);

pub(super) trait Work: Send + 'static {
    fn run(self);
}

impl Work for BlockingJob {
    fn run(self) {
        self();
    }
}

pub(super) struct Pool<W> {
    name: &'static str,
    /// From the number of cores to the largest number of threads.
    most: fn(usize) -> usize,
    state: Mutex<State<W>>,
    woken: Condvar,
}

struct State<W> {
    queue: VecDeque<W>,
    threads: usize,
    /// Threads that wait and have not been called.
    idle: usize,
    /// Calls that no waiting thread has answered yet.
    calls: usize,
    /// The largest number of threads, once it is known.
    most: Option<usize>,
}

impl<W: Work> Pool<W> {
    pub(super) const fn new(name: &'static str, most: fn(usize) -> usize) -> Self {
        let state = State {
            queue: VecDeque::new(),
            threads: 0,
            idle: 0,
            calls: 0,
            most: None,
        };
        Self {
            name,
            most,
            state: Mutex::new(state),
            woken: Condvar::new(),
        }
    }

    /// Queues work; an error, with the work dropped, when there is no thread to run it.
    pub(super) fn push(&'static self, work: W) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.queue.push_back(work);
        let Err(error) = self.call(&mut state) else {
            return Ok(());
        };
        let work = state.queue.pop_back();
        drop(state);
        drop(work);
        Err(error)
    }

    /// Queues work that was accepted before. Without a thread it waits for the next one.
    pub(super) fn requeue(&'static self, work: W) {
        let mut state = lock(&self.state);
        state.queue.push_back(work);
        let _ = self.call(&mut state);
    }

    /// Sees to it that a thread looks at the queue; an error if there is none.
    fn call(&'static self, state: &mut State<W>) -> io::Result<()> {
        if state.idle > 0 {
            state.idle -= 1;
            state.calls += 1;
            self.woken.notify_one();
            return Ok(());
        }
        let most = *state.most.get_or_insert_with(|| {
            (self.most)(thread::available_parallelism().map_or(1, |cores| cores.get()))
        });
        if state.threads >= most {
            return Ok(());
        }
        match thread::Builder::new()
            .name(self.name.into())
            .spawn(|| self.work())
        {
            Ok(_) => {
                state.threads += 1;
                Ok(())
            }
            // The others come to it.
            Err(_) if state.threads > 0 => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            while let Some(work) = state.queue.pop_front() {
                drop(state);
                // Core's own jobs do not panic; another's must not cost the pool a thread that it
                // still counts.
                let _ = catch_unwind(AssertUnwindSafe(|| work.run()));
                state = lock(&self.state);
            }
            state.idle += 1;
            loop {
                let (next, waited) = self
                    .woken
                    .wait_timeout(state, IDLE)
                    .unwrap_or_else(PoisonError::into_inner);
                state = next;
                if state.calls > 0 {
                    state.calls -= 1;
                    break;
                }
                if waited.timed_out() {
                    state.idle -= 1;
                    state.threads -= 1;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    static POOL: Pool<BlockingJob> = Pool::new("queryset-test", |_| 3);

    #[test]
    fn runs_more_jobs_than_threads_and_gives_the_threads_back() {
        let (sender, ran) = mpsc::channel();
        for n in 0..50 {
            let sender = sender.clone();
            POOL.push(Box::new(move || {
                if n == 7 {
                    std::panic::resume_unwind(Box::new("a job that fails"));
                }
                sender.send(n).unwrap();
            }))
            .unwrap();
        }
        drop(sender);
        let mut all: Vec<i32> = ran.iter().collect();
        all.sort_unstable();
        assert_eq!(all.len(), 49);
        assert!(lock(&POOL.state).threads <= 3);

        let patience = Instant::now() + Duration::from_secs(60);
        while lock(&POOL.state).threads > 0 {
            assert!(Instant::now() < patience, "the threads were not given back");
            thread::sleep(Duration::from_millis(50));
        }
        let (sender, ran) = mpsc::channel();
        POOL.push(Box::new(move || sender.send(()).unwrap()))
            .unwrap();
        ran.recv_timeout(Duration::from_secs(30)).unwrap();
    }
}
