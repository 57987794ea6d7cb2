use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use super::state::{Wait, Waiter, closed};
use super::turn::Turn;
use super::{Connect, Lease, Pool, Shared};
use crate::backend::until_cancelled;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::runtime::block_on_until;
use crate::sync::lock;

impl<C: Connect> Pool<C> {
    /// A connection for an operation, `label` being its statement for messages. First come, first
    /// served, together with the threads that block in
    /// [`acquire_blocking`](Self::acquire_blocking); of those one that runs may overtake, for 200 µs,
    /// one that was served and does not run yet.
    ///
    /// Cancel safe: a connection that had just been granted goes to the next in line.
    ///
    /// # Errors
    /// Kind [`PoolExhausted`](crate::ErrorKind::PoolExhausted) when none became free in time,
    /// [`Closed`](crate::ErrorKind::Closed) after a close; what opening a connection reported,
    /// when no connection is in use for whose return it could wait.
    pub fn acquire(&self, label: &Arc<str>) -> Acquire<C> {
        Acquire {
            shared: Arc::clone(&self.shared),
            timed: true,
            stage: Stage::New(Arc::clone(label)),
        }
    }

    /// The blocking twin of [`acquire`](Self::acquire). Its timeout depends on no runtime.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire), and the token's.
    pub fn acquire_blocking(
        &self,
        label: &Arc<str>,
        cancel: Option<&CancelToken>,
    ) -> Result<Lease<C>> {
        if let Some(lease) = self.shared.acquire_at_once(label)? {
            return Ok(lease);
        }
        let timeout = self.shared.options.acquire_timeout;
        let acquire = Acquire {
            shared: Arc::clone(&self.shared),
            timed: false,
            stage: Stage::New(Arc::clone(label)),
        };
        // A time so far away that it cannot be counted is as good as a century.
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now + CENTURY);
        let acquired = match cancel {
            None => block_on_until(acquire, deadline),
            Some(cancel) => block_on_until(until_cancelled(acquire, cancel), deadline),
        };
        acquired.unwrap_or_else(|| Err(self.shared.exhausted()))
    }
}

impl<C: Connect> Pool<C> {
    /// A connection that is free now, if nobody waits for one; `None` otherwise.
    ///
    /// # Errors
    /// Kind [`Closed`](crate::ErrorKind::Closed) after a close.
    pub fn try_acquire(&self, label: &Arc<str>) -> Result<Option<Lease<C>>> {
        self.shared.try_acquire(label)
    }

    /// The error of an operation that has waited for [`acquire_timeout`] without a connection: who
    /// holds them, and what opening one reported.
    ///
    /// [`acquire_timeout`]: super::PoolOptions::acquire_timeout
    pub fn exhausted(&self) -> Error {
        self.shared.exhausted()
    }
}

const CENTURY: std::time::Duration = std::time::Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl<C: Connect> Shared<C> {
    fn try_acquire(self: &Arc<Self>, label: &Arc<str>) -> Result<Option<Lease<C>>> {
        let mut state = self.lock();
        state.check_open()?;
        let entry = state.take(label);
        drop(state);
        Ok(entry.map(|entry| Lease::new(Arc::clone(self), entry)))
    }

    /// What a thread that runs gets without waiting.
    fn acquire_at_once(self: &Arc<Self>, label: &Arc<str>) -> Result<Option<Lease<C>>> {
        let mut state = self.lock();
        state.check_open()?;
        if let Some(entry) = state.take(label) {
            drop(state);
            return Ok(Some(Lease::new(Arc::clone(self), entry)));
        }
        let overtaken = state.overtake(label, Instant::now());
        drop(state);
        Ok(overtaken.map(|(entry, returned)| {
            let lease = Lease::new(Arc::clone(self), entry);
            self.settle(returned);
            lease
        }))
    }
}

/// The future of [`Pool::acquire`]: it takes its place in the queue when it is first polled.
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<C: Connect> {
    shared: Arc<Shared<C>>,
    timed: bool,
    stage: Stage<C::Connection>,
}

enum Stage<T> {
    New(Arc<str>),
    Waiting(Arc<Waiter<T>>),
    Over,
}

// Nothing in here is pinned: the waiter is shared.
impl<C: Connect> Unpin for Acquire<C> {}

impl<C: Connect> Future for Acquire<C> {
    type Output = Result<Lease<C>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Stage::New(label) = &this.stage {
            let mut state = this.shared.lock();
            if let Err(error) = state.check_open() {
                drop(state);
                this.stage = Stage::Over;
                return Poll::Ready(Err(error));
            }
            if let Some(entry) = state.take(label) {
                drop(state);
                this.stage = Stage::Over;
                return Poll::Ready(Ok(Lease::new(Arc::clone(&this.shared), entry)));
            }
            let waiter = Arc::new(Waiter {
                label: Arc::clone(label),
                deadline: this.timed.then(|| this.shared.deadline()).flatten(),
                wait: Mutex::new(Wait::Waiting(Some(context.waker().clone()))),
                turn: (!this.timed && this.shared.options.overtaking).then(Turn::wait),
            });
            let returned = state.wait(Arc::clone(&waiter));
            drop(state);
            this.stage = Stage::Waiting(waiter);
            this.shared.settle(returned);
        }
        let Stage::Waiting(waiter) = &this.stage else {
            // Polled after its end, which a future may answer as it likes.
            return Poll::Ready(Err(closed()));
        };
        let mut result = outcome(&this.shared, waiter, context);
        // With its waker in its place: what rings from now on wakes it.
        if result.is_none() && waiter.deadline.is_some() && this.shared.heed_alarm() {
            result = outcome(&this.shared, waiter, context);
        }
        match result {
            Some(result) => {
                this.stage = Stage::Over;
                Poll::Ready(result)
            }
            None => Poll::Pending,
        }
    }
}

/// How the wait ended, if it did.
fn outcome<C: Connect>(
    shared: &Arc<Shared<C>>,
    waiter: &Waiter<C::Connection>,
    context: &mut Context<'_>,
) -> Option<Result<Lease<C>>> {
    let mut wait = lock(&waiter.wait);
    match std::mem::replace(&mut *wait, Wait::Over) {
        Wait::Served(entry) => {
            drop(wait);
            Some(Ok(Lease::new(Arc::clone(shared), entry)))
        }
        Wait::Failed(error) => Some(Err(error)),
        Wait::Late => {
            drop(wait);
            Some(Err(shared.exhausted()))
        }
        Wait::Waiting(kept) => {
            *wait = Wait::Waiting(Some(match kept {
                Some(kept) if kept.will_wake(context.waker()) => kept,
                _ => context.waker().clone(),
            }));
            None
        }
        Wait::Over => None,
    }
}

impl<C: Connect> Drop for Acquire<C> {
    fn drop(&mut self) {
        let Stage::Waiting(waiter) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return;
        };
        let left = self.shared.lock().leave(&waiter);
        self.shared.settle(left);
        // Out of the queue nobody serves it any more; what it was served before goes on.
        let served = std::mem::replace(&mut *lock(&waiter.wait), Wait::Over);
        if let Wait::Served(entry) = served {
            self.shared.give_back(entry);
        }
    }
}

impl<C: Connect> fmt::Debug for Acquire<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").finish_non_exhaustive()
    }
}
