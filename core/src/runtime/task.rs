use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::sync::lock;

/// Waits for a task or a blocking job, and yields its value.
///
/// The same on every runtime: dropping the handle detaches the task, which runs on to its end;
/// [`abort`](Self::abort) ends it; a panic is handed over with its payload; and a task that its
/// runtime dropped is [`TaskError::Lost`], never a hang.
///
/// Cancel safe: a wait that is dropped loses nothing if the handle is polled again.
pub struct TaskHandle<T> {
    shared: Arc<Shared<T>>,
}

impl<T> TaskHandle<T> {
    /// Asks the task to end.
    ///
    /// A task's future is dropped at its next turn, after which the handle yields
    /// [`TaskError::Aborted`]. A blocking job that has not begun is dropped in the same way; one
    /// that has begun runs to its end, since a thread cannot be stopped. A task that has ended
    /// keeps its value.
    pub fn abort(&self) {
        let task = {
            let mut state = lock(&self.shared.state);
            state.aborted = true;
            state.task.take()
        };
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Whether the task has ended in any way, so that waiting returns at once.
    pub fn is_finished(&self) -> bool {
        lock(&self.shared.state).finished
    }
}

impl<T> Future for TaskHandle<T> {
    type Output = Result<T, TaskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.shared.state);
        if state.finished {
            // Only a second look, against the contract of futures, finds nothing.
            return Poll::Ready(state.outcome.take().unwrap_or(Err(TaskError::Lost)));
        }
        keep(&mut state.joiner, cx.waker());
        Poll::Pending
    }
}

impl<T> fmt::Debug for TaskHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("is_finished", &self.is_finished())
            .finish()
    }
}

/// Why a task has no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// It panicked.
    Panicked(PanicPayload),
    /// It was aborted before it ended.
    Aborted,
    /// Its runtime dropped it before it ended, since the runtime shut down.
    Lost,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Panicked(payload) => write!(f, "the task panicked: {}", payload.message()),
            TaskError::Aborted => f.write_str("the task was aborted"),
            TaskError::Lost => f.write_str("the runtime shut down before the task had ended"),
        }
    }
}

impl std::error::Error for TaskError {}

/// What a task panicked with.
pub struct PanicPayload {
    message: String,
    // Behind a lock only to be `Sync`, which an error that holds it has to be.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl PanicPayload {
    /// Wraps what [`catch_unwind`] returned.
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            "(a payload that is not text)".to_owned()
        };
        Self {
            message,
            payload: Mutex::new(payload),
        }
    }

    /// The panic's text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The payload itself, for [`resume_unwind`](std::panic::resume_unwind).
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        self.payload
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PanicPayload").field(&self.message).finish()
    }
}

struct Shared<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    outcome: Option<Result<T, TaskError>>,
    finished: bool,
    aborted: bool,
    joiner: Option<Waker>,
    task: Option<Waker>,
}

pub(super) fn promise<T>() -> (Promise<T>, TaskHandle<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            outcome: None,
            finished: false,
            aborted: false,
            joiner: None,
            task: None,
        }),
    });
    (
        Promise {
            shared: Arc::clone(&shared),
        },
        TaskHandle { shared },
    )
}

/// The task's end of a handle. Dropped unkept, it tells the handle that the task is lost.
pub(super) struct Promise<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Promise<T> {
    fn is_aborted(&self) -> bool {
        lock(&self.shared.state).aborted
    }

    /// Whether the task was aborted; if not, an abort wakes it from now on.
    fn poll_aborted(&self, cx: &mut Context<'_>) -> bool {
        let mut state = lock(&self.shared.state);
        if !state.aborted {
            keep(&mut state.task, cx.waker());
        }
        state.aborted
    }

    fn keep(self, outcome: Result<T, TaskError>) {
        self.finish(outcome);
    }

    fn finish(&self, outcome: Result<T, TaskError>) {
        let joiner = {
            let mut state = lock(&self.shared.state);
            if state.finished {
                return;
            }
            state.finished = true;
            state.outcome = Some(outcome);
            // The task's waker holds the task itself: kept, the two would never be freed.
            state.task = None;
            state.joiner.take()
        };
        if let Some(joiner) = joiner {
            joiner.wake();
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.finish(Err(TaskError::Lost));
    }
}

/// The task around a spawned future: it never panics and always answers its handle.
pub(super) async fn run<F: Future>(future: F, promise: Promise<F::Output>) {
    let outcome = {
        let mut future = pin!(Some(future));
        let outcome = poll_fn(|cx| {
            if promise.poll_aborted(cx) {
                return Poll::Ready(Err(TaskError::Aborted));
            }
            let polled = catch_unwind(AssertUnwindSafe(|| match future.as_mut().as_pin_mut() {
                Some(future) => future.poll(cx).map(Ok),
                None => Poll::Ready(Err(TaskError::Lost)),
            }));
            polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
        })
        .await;
        // The future is gone before its handle answers: whoever waits may rely on what it held
        // being free.
        match catch_unwind(AssertUnwindSafe(|| future.set(None))) {
            Ok(()) => outcome,
            Err(panic) => Err(panicked(panic)),
        }
    };
    promise.keep(outcome);
}

/// The job around a closure: it never panics and always answers its handle.
pub(super) fn run_blocking<T>(job: impl FnOnce() -> T, promise: Promise<T>) {
    let outcome = if promise.is_aborted() {
        drop(job);
        Err(TaskError::Aborted)
    } else {
        catch_unwind(AssertUnwindSafe(job)).map_err(panicked)
    };
    promise.keep(outcome);
}

fn panicked(panic: Box<dyn Any + Send>) -> TaskError {
    TaskError::Panicked(PanicPayload::new(panic))
}

fn keep(slot: &mut Option<Waker>, waker: &Waker) {
    match slot {
        Some(kept) => kept.clone_from(waker),
        None => *slot = Some(waker.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let panicked = TaskError::Panicked(PanicPayload::new(Box::new("no luck".to_owned())));
        assert_eq!(panicked.to_string(), "the task panicked: no luck");
        let payload = PanicPayload::new(Box::new(7));
        assert_eq!(payload.message(), "(a payload that is not text)");
        assert_eq!(payload.into_inner().downcast_ref(), Some(&7));
        assert_eq!(TaskError::Aborted.to_string(), "the task was aborted");
        assert_eq!(
            TaskError::Lost.to_string(),
            "the runtime shut down before the task had ended"
        );
    }

    #[test]
    fn a_promise_that_is_dropped_loses_the_task_and_frees_its_waker() {
        let (promise, handle) = promise::<()>();
        let waker = Waker::from(Arc::new(Nobody));
        assert!(!promise.poll_aborted(&mut Context::from_waker(&waker)));
        drop(promise);
        assert!(handle.is_finished());
        assert!(lock(&handle.shared.state).task.is_none());
        handle.abort();
        assert!(matches!(
            crate::runtime::block_on(handle),
            Err(TaskError::Lost)
        ));
    }

    struct Nobody;

    impl std::task::Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }
}
