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
