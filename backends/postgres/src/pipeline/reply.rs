//! One read between its caller and the lane that answers it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use queryset::runtime::BoxFuture;
use queryset::{RowSink, Statement};

use super::{Pipeline, runtime_is_gone};
use crate::connection::Stopped;

/// How a read ended.
pub(crate) enum Outcome {
    /// Its rows are in the sink.
    Read(Box<dyn RowSink>),
    /// Nothing of it reached a sink.
    Stopped(Stopped, Statement, Option<Box<dyn RowSink>>),
}

/// A read, and the place where its outcome is left.
pub(super) struct Reply {
    pub(super) statement: Statement,
    /// Which lane it is in; zero for none.
    lane: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// Until rows come, and behind the last of them.
    sink: Option<Box<dyn RowSink>>,
    stage: Stage,
}

enum Stage {
    Waiting(Option<Waker>),
    Done(Result<(), Stopped>),
    /// The caller went away.
    Forsaken,
    Over,
}

impl Reply {
    pub(super) fn new(statement: Statement, sink: Box<dyn RowSink>) -> Self {
        Self {
            statement,
            lane: AtomicU64::new(0),
            state: Mutex::new(State {
                sink: Some(sink),
                stage: Stage::Waiting(None),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, lane: u64) {
        self.lane.store(lane, Ordering::Relaxed);
    }

    pub(super) fn lane(&self) -> u64 {
        self.lane.load(Ordering::Relaxed)
    }

    pub(super) fn is_forsaken(&self) -> bool {
        matches!(self.lock().stage, Stage::Forsaken)
    }

    /// The sink, for the first row.
    pub(super) fn take_sink(&self) -> Option<Box<dyn RowSink>> {
        self.lock().sink.take()
    }

    pub(super) fn put_sink(&self, sink: Box<dyn RowSink>) {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Waiting(_)) {
            state.sink = Some(sink);
        }
    }

    /// Wakes the caller, for whom something has changed.
    pub(super) fn call(&self) {
        let waker = match &self.lock().stage {
            Stage::Waiting(waker) => waker.clone(),
            _ => None,
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Leaves the outcome; who is to be woken for it.
    fn end(&self, outcome: Result<(), Stopped>) -> Option<Waker> {
        let mut state = self.lock();
        match &mut state.stage {
            Stage::Waiting(waker) => {
                let waker = waker.take();
                state.stage = Stage::Done(outcome);
                waker
            }
            _ => None,
        }
    }
}

/// A read that somebody has to answer: dropped without, it tells its caller that the runtime is
/// gone.
pub(super) struct Order(Arc<Reply>);

impl Order {
    pub(super) fn new(reply: &Arc<Reply>) -> Self {
        Self(Arc::clone(reply))
    }

    pub(super) fn reply(&self) -> &Arc<Reply> {
        &self.0
    }

    /// Answers the caller, once.
    pub(super) fn tell(&self, outcome: Result<(), Stopped>) {
        if let Some(waker) = self.0.end(outcome) {
            waker.wake();
        }
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        let waits = matches!(self.0.lock().stage, Stage::Waiting(_));
        if waits {
            self.tell(Err(Stopped::here(runtime_is_gone())));
        }
    }
}

/// A caller that waits for its read. Dropped, it forsakes the read.
pub(crate) struct Waiting {
    pipeline: Arc<Pipeline>,
    reply: Arc<Reply>,
    /// While it may be waiting for a connection.
    patience: Option<BoxFuture<'static, ()>>,
    over: bool,
}

impl Waiting {
    pub(super) fn new(pipeline: &Arc<Pipeline>, reply: Arc<Reply>, queued: bool) -> Self {
        let pool = &pipeline.pool;
        let patience = queued.then(|| pool.runtime().timer().sleep(pool.acquire_timeout()));
        Self {
            pipeline: Arc::clone(pipeline),
            reply,
            patience,
            over: false,
        }
    }

    #[cold]
    fn stopped(&self, stopped: Stopped, sink: Option<Box<dyn RowSink>>) -> Poll<Outcome> {
        Poll::Ready(Outcome::Stopped(
            stopped,
            self.reply.statement.clone(),
            sink,
        ))
    }
}

impl Future for Waiting {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let this = &mut *self;
        {
            let mut state = this.reply.lock();
            if let Stage::Waiting(kept) = &mut state.stage {
                match kept {
                    Some(kept) => kept.clone_from(context.waker()),
                    None => *kept = Some(context.waker().clone()),
                }
            } else {
                let stage = std::mem::replace(&mut state.stage, Stage::Over);
                let sink = state.sink.take();
                drop(state);
                this.over = true;
                return match (stage, sink) {
                    (Stage::Done(Ok(())), Some(sink)) => Poll::Ready(Outcome::Read(sink)),
                    (Stage::Done(Err(stopped)), sink) => this.stopped(stopped, sink),
                    // Polled after its end, which a future may answer as it likes.
                    (_, sink) => this.stopped(Stopped::here(runtime_is_gone()), sink),
                };
            }
        }
        // Its lane ended before it was begun.
        if this.patience.is_none() && this.reply.lane() == 0 {
            let pool = &this.pipeline.pool;
            let timer = pool.runtime().timer();
            this.patience = Some(timer.sleep(pool.acquire_timeout()));
        }
        if let Some(patience) = &mut this.patience
            && patience.as_mut().poll(context).is_ready()
        {
            this.patience = None;
            // One that is in a lane has a connection.
            if this.pipeline.leave(&this.reply) {
                this.over = true;
                let error = this.pipeline.pool.exhausted();
                return this.stopped(Stopped::here(error), None);
            }
        }
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let before = {
            let mut state = self.reply.lock();
            let stage = std::mem::replace(&mut state.stage, Stage::Forsaken);
            (state.sink.take(), stage)
        };
        // The sink is the user's, and dropped without the lock.
        drop(before);
        self.pipeline.leave(&self.reply);
    }
}
