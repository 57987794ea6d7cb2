//! Tasks as work for a pool: a task that is woken queues itself.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use super::pool::{Pool, Work};
use crate::runtime::BoxFuture;
use crate::runtime::polling::while_polling;
use crate::sync::lock;

static EXECUTOR: Pool<Arc<Task>> = Pool::new("queryset-executor", |cores| cores);

pub(super) fn spawn(future: BoxFuture<'static, ()>) -> io::Result<()> {
    EXECUTOR.push(Arc::new(Task {
        state: AtomicU8::new(QUEUED),
        future: Mutex::new(Some(future)),
    }))
}

struct Task {
    state: AtomicU8,
    /// Locked only by the one thread that runs the task; empty once it has ended.
    future: Mutex<Option<BoxFuture<'static, ()>>>,
}

const WAITING: u8 = 0;
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
/// Woken while it ran: it goes back to the queue.
const AGAIN: u8 = 3;
const ENDED: u8 = 4;

impl Work for Arc<Task> {
    fn run(self) {
        // A swap, as are all steps: whoever woke the task in between only read the state, and what
        // it wrote before must be seen by this poll.
        self.state.swap(RUNNING, Ordering::AcqRel);
        let waker = Waker::from(Arc::clone(&self));
        let mut slot = lock(&self.future);
        let Some(future) = slot.as_mut() else { return };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            while_polling(|| future.as_mut().poll(&mut Context::from_waker(&waker)))
        }));
        if matches!(polled, Ok(Poll::Pending)) {
            drop(slot);
            let waits =
                self.state
                    .compare_exchange(RUNNING, WAITING, Ordering::AcqRel, Ordering::Acquire);
            if waits.is_err() {
                self.state.swap(QUEUED, Ordering::AcqRel);
                EXECUTOR.requeue(self);
            }
        } else {
            self.state.store(ENDED, Ordering::Release);
            let ended = slot.take();
            drop(slot);
            drop(ended);
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            let next = match state {
                WAITING => QUEUED,
                RUNNING => AGAIN,
                same => same,
            };
            match self
                .state
                .compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(WAITING) => return EXECUTOR.requeue(self),
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::CancelToken;
    use crate::runtime::block_on_until;

    /// Wakes from inside and from other threads, at any moment of a task's turn: none is lost and
    /// no task is polled by two threads.
    #[test]
    fn keeps_every_wake() {
        const TASKS: usize = 50;
        let all = CancelToken::new();
        let left = Arc::new(AtomicUsize::new(TASKS));
        let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
        for _ in 0..TASKS {
            let (all, left, wakers) = (all.clone(), Arc::clone(&left), Arc::clone(&wakers));
            let mut turns = 0;
            let task = poll_fn(move |cx| {
                turns += 1;
                if turns == 200 {
                    return Poll::Ready(());
                }
                match turns % 3 {
                    0 => cx.waker().wake_by_ref(),
                    _ => lock(&wakers).push(cx.waker().clone()),
                }
                Poll::Pending
            });
            spawn(Box::pin(async move {
                task.await;
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    all.cancel();
                }
            }))
            .unwrap();
        }
        for _ in 0..2 {
            let (all, wakers) = (all.clone(), Arc::clone(&wakers));
            thread::spawn(move || {
                while !all.is_cancelled() {
                    let woken: Vec<Waker> = lock(&wakers).drain(..).collect();
                    // Twice, so that many wakes meet a task that is queued or runs.
                    woken.iter().for_each(Waker::wake_by_ref);
                    woken.into_iter().for_each(Waker::wake);
                }
            });
        }
        let patience = Instant::now() + Duration::from_secs(60);
        block_on_until(all.cancelled(), patience).expect("every task ends");
    }

    #[test]
    fn a_task_that_panics_ends_alone_and_is_dropped() {
        struct Held(CancelToken);

        impl Drop for Held {
            fn drop(&mut self) {
                self.0.cancel();
            }
        }

        let dropped = CancelToken::new();
        let held = Held(dropped.clone());
        let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let _held = held;
            std::panic::resume_unwind(Box::new("a task that fails"));
        });
        spawn(task).unwrap();
        let patience = Instant::now() + Duration::from_secs(60);
        block_on_until(dropped.cancelled(), patience).expect("the task is dropped");
    }
}
