use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::state::Doing;
use super::{Connect, Pool, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::{BoxFuture, block_on_until};

impl<C: Connect> Pool<C> {
    /// Closes the pool: nothing new is taken, what is under way or waits is finished, and every
    /// connection is closed, all within the time of
    /// [`close_timeout`](super::PoolOptions::close_timeout). Cursors that wait for their caller
    /// are ended.
    ///
    /// Dropped midway, the pool is closed to new operations, and its connections are closed as
    /// they come back.
    ///
    /// # Errors
    /// Kind [`Timeout`](ErrorKind::Timeout) when something was still under way; its connection is
    /// closed when it comes back.
    pub fn close(&self) -> Close<C> {
        Close {
            shared: Arc::clone(&self.shared),
            timed: true,
            begun: false,
            sleep: None,
        }
    }

    /// The blocking twin of [`close`](Self::close). Its timeout depends on no runtime.
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn close_blocking(&self) -> Result<()> {
        let mut close = self.close();
        close.timed = false;
        let now = Instant::now();
        let deadline = now.checked_add(self.shared.options.close_timeout);
        let closed = match deadline {
            Some(deadline) => block_on_until(close, deadline),
            None => Some(crate::runtime::block_on(close)),
        };
        closed.unwrap_or_else(|| Err(self.shared.too_late()))
    }
}

/// The future of [`Pool::close`].
#[must_use = "futures do nothing unless polled"]
pub struct Close<C: Connect> {
    shared: Arc<Shared<C>>,
    timed: bool,
    begun: bool,
    sleep: Option<BoxFuture<'static, ()>>,
}

impl<C: Connect> Unpin for Close<C> {}

impl<C: Connect> Future for Close<C> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        if !this.begun {
            this.begun = true;
            this.shared.begin_close();
            if this.timed {
                let timer = this.shared.runtime.timer();
                this.sleep = Some(timer.sleep(this.shared.options.close_timeout));
            }
        }
        let mut state = this.shared.lock();
        if state.drained() {
            return Poll::Ready(Ok(()));
        }
        state.closers.push(context.waker().clone());
        drop(state);
        if let Some(sleep) = &mut this.sleep
            && sleep.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(this.shared.too_late()));
        }
        Poll::Pending
    }
}

impl<C: Connect> Shared<C> {
    fn begin_close(self: &Arc<Self>) {
        let (idle, parked) = self.lock().begin_close();
        self.close_entries(idle);
        for doing in parked {
            if let Doing::Parked(operation) = doing {
                operation.reclaim();
            }
        }
    }

    #[cold]
    fn too_late(self: &Arc<Self>) -> Error {
        let mut state = self.lock();
        let status = state.status();
        let returned = state.force_close();
        drop(state);
        self.settle(returned);
        Error::new(
            ErrorKind::Timeout,
            format!(
                "the database was closed, but after {:?} {} of its connections were still in \
                 use: each is closed when it comes back",
                self.options.close_timeout, status.in_use
            ),
        )
    }
}

impl<C: Connect> fmt::Debug for Close<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Close").finish_non_exhaustive()
    }
}
