//! Places where work waits until a case lets it go on.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use queryset::{ColumnType, DecodeError, Field, Value, ValueRef};

use crate::SqlFunction;

/// Lets work through, or holds it, and counts.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// How often it was opened: who waited then goes on, even if it is closed again at once.
    opened: u64,
    entered: u64,
    threads: Vec<ThreadId>,
    /// A thread that must not wait, since it polls what the case is about to drop.
    polling: Option<ThreadId>,
    polled_through: bool,
    wakers: Vec<Waker>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on work that comes by waits.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// All that waits goes on.
    pub(crate) fn open(&self) {
        let mut state = self.lock();
        state.closed = false;
        state.opened += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Goes through.
    pub(crate) fn pass(&self) {
        let mut state = self.lock();
        state.entered += 1;
        let me = thread::current().id();
        if !state.threads.contains(&me) {
            state.threads.push(me);
        }
        self.changed.notify_all();
        state.wakers.drain(..).for_each(Waker::wake);
        let opened = state.opened;
        while state.closed && state.opened == opened {
            if state.polling == Some(me) {
                state.polled_through = true;
                return;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Does something during which this thread does not wait at the gate; whether it came by
    /// while the gate was closed.
    pub(crate) fn polling<R>(&self, poll: impl FnOnce() -> R) -> (R, bool) {
        self.lock().polling = Some(thread::current().id());
        let polled = poll();
        let mut state = self.lock();
        state.polling = None;
        (polled, std::mem::take(&mut state.polled_through))
    }

    /// Ends when somebody came by for the `count`th time.
    pub(crate) async fn reached(&self, count: u64) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.entered >= count {
                return Poll::Ready(());
            }
            state.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// How often somebody came by.
    pub(crate) fn entered(&self) -> u64 {
        self.lock().entered
    }

    /// The threads that came by.
    pub(crate) fn threads(&self) -> Vec<ThreadId> {
        self.lock().threads.clone()
    }

    /// Waits until somebody came by for the `count`th time; false when nobody did for so long.
    pub(crate) fn wait_for(&self, count: u64, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while state.entered < count {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            (state, _) = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// The gate as a function of SQL, which returns its argument.
    pub(crate) fn function(self: &Arc<Self>, name: &'static str) -> SqlFunction {
        let gate = Arc::clone(self);
        SqlFunction {
            name,
            call: Arc::new(move |value| {
                gate.pass();
                value
            }),
        }
    }

    /// Makes the gate reachable from decoding, until the guard is dropped: a column with the
    /// guard's number, read as [`Gated`], passes it.
    pub(crate) fn decoding(self: &Arc<Self>) -> DecodingGate {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        gates().insert(number, Arc::clone(self));
        DecodingGate { number }
    }
}

static GATES: LazyLock<Mutex<HashMap<i64, Arc<Gate>>>> = LazyLock::new(Mutex::default);

fn gates() -> MutexGuard<'static, HashMap<i64, Arc<Gate>>> {
    GATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a gate reachable by its number.
#[derive(Debug)]
pub(crate) struct DecodingGate {
    number: i64,
}

impl DecodingGate {
    pub(crate) fn number(&self) -> i64 {
        self.number
    }
}

impl Drop for DecodingGate {
    fn drop(&mut self) {
        let gate = gates().remove(&self.number);
        // What waits there would wait for ever.
        if let Some(gate) = gate {
            gate.open();
        }
    }
}

/// An integer that passes the gate of its number while it is decoded; a negative one panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gated(pub(crate) i64);

impl Field for Gated {
    const TYPE: ColumnType = ColumnType::I64;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let number = i64::from_value(value)?;
        if number < 0 {
            // Without the panic hook, whose output would look like a failure.
            std::panic::resume_unwind(Box::new("a panic in decoding, on purpose"));
        }
        let gate = gates().get(&number).cloned();
        if let Some(gate) = gate {
            gate.pass();
        }
        Ok(Self(number))
    }

    fn to_value(&self) -> Value {
        Value::I64(self.0)
    }
}
