//! Giving up: a token that a caller cancels, or a deadline, and that running work listens to.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::runtime::watchdog::{self, Fire, Watch};
use crate::sync::lock;

/// Says that work is no longer wanted.
///
/// Clones are the same token. It is cancelled once, by [`cancel`](Self::cancel) or by a deadline,
/// and stays so. Deadlines are kept by one thread of the process and depend on no runtime.
///
/// ```
/// use queryset::CancelToken;
///
/// let token = CancelToken::new();
/// let window_closed = token.clone();
/// std::thread::spawn(move || window_closed.cancel());
/// queryset::runtime::block_on(token.cancelled());
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone)]
pub struct CancelToken {
    inner: Arc<Inner>,
}

/// Why a [`CancelToken`] is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelReason {
    /// Somebody called [`CancelToken::cancel`].
    Cancelled,
    /// A deadline has passed.
    Deadline,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                reason: AtomicU8::new(LIVE),
                listeners: Mutex::new(Listeners {
                    next_id: 0,
                    waiting: VecDeque::new(),
                    running: None,
                }),
                ran: Condvar::new(),
                parent: OnceLock::new(),
                deadline: OnceLock::new(),
            }),
        }
    }

    /// A token that is cancelled when `deadline` has passed.
    pub fn with_deadline(deadline: Instant) -> Self {
        let token = Self::new();
        token.set_deadline(deadline);
        token
    }

    /// A token that is cancelled whenever this one is, and can be cancelled by itself.
    pub fn child(&self) -> Self {
        let child = Self::new();
        let weak = Arc::downgrade(&child.inner);
        let parent = self.clone();
        let guard = self.on_cancel(Box::new(move || {
            if let Some(child) = weak.upgrade() {
                child.cancel(parent.inner.reason().unwrap_or(CancelReason::Cancelled));
            }
        }));
        let _ = child.inner.parent.set(guard);
        child
    }

    /// A [`child`](Self::child) that is also cancelled when `deadline` has passed.
    pub fn child_with_deadline(&self, deadline: Instant) -> Self {
        let child = self.child();
        child.set_deadline(deadline);
        child
    }

    /// Cancels: wakes who waits and runs what was registered, on the calling thread.
    ///
    /// When it returns, the callbacks have run, unless another thread cancelled first and is still
    /// at it.
    pub fn cancel(&self) {
        self.inner.cancel(CancelReason::Cancelled);
    }

    /// Cancels after `duration`, unless the guard is dropped before.
    pub fn cancel_after(&self, duration: Duration) -> DeadlineGuard {
        let watch = Instant::now()
            .checked_add(duration)
            .map(|at| self.watch(at));
        DeadlineGuard { _watch: watch }
    }

    /// Whether it is cancelled. As cheap as reading an integer.
    pub fn is_cancelled(&self) -> bool {
        self.inner.reason.load(Ordering::Acquire) != LIVE
    }

    /// Why it is cancelled, or `None` if it is not.
    pub fn reason(&self) -> Option<CancelReason> {
        self.inner.reason()
    }

    /// Ends when the token is cancelled.
    ///
    /// Cancel safe: dropping the future forgets its waker.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled {
            token: self.clone(),
            id: None,
        }
    }

    /// Runs `callback` when the token is cancelled, or at once if it is; dropping the guard takes
    /// it back.
    ///
    /// It runs on the thread that cancels, which for a deadline is the one thread that serves the
    /// deadlines of the process: it must be short and never block. No lock of the token is held
    /// meanwhile. A panic in it is swallowed.
    pub fn on_cancel(&self, callback: Box<dyn FnOnce() + Send>) -> CancelGuard {
        let mut listeners = lock(&self.inner.listeners);
        if self.is_cancelled() {
            drop(listeners);
            let _ = catch_unwind(AssertUnwindSafe(callback));
            return CancelGuard {
                inner: Weak::new(),
                id: 0,
            };
        }
        let id = listeners.add(Listener::Call(callback));
        CancelGuard {
            inner: Arc::downgrade(&self.inner),
            id,
        }
    }

    /// For a token that nobody else has yet: its deadline lives as long as it does.
    fn set_deadline(&self, deadline: Instant) {
        if deadline <= Instant::now() {
            self.inner.cancel(CancelReason::Deadline);
        } else {
            let _ = self.inner.deadline.set(self.watch(deadline));
        }
    }

    fn watch(&self, at: Instant) -> Watch {
        let weak: Weak<Inner> = Arc::downgrade(&self.inner);
        watchdog::watch(at, weak)
    }
}

impl Default for CancelToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken")
            .field("reason", &self.reason())
            .finish()
    }
}

/// Disarms [`CancelToken::cancel_after`] when it is dropped.
#[derive(Debug)]
#[must_use = "dropping the guard disarms the deadline"]
pub struct DeadlineGuard {
    _watch: Option<Watch>,
}

/// Takes a callback of [`CancelToken::on_cancel`] back when it is dropped.
///
/// After the drop the callback does not run any more, and is not running: if another thread is in
/// the middle of it, the drop waits for it. What the callback touches may be freed then.
#[must_use = "dropping the guard takes the callback back"]
pub struct CancelGuard {
    inner: Weak<Inner>,
    id: u64,
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        let Some(inner) = self.inner.upgrade() else {
            return;
        };
        let mut listeners = lock(&inner.listeners);
        if let Some(listener) = listeners.remove(self.id) {
            // Freed outside the lock: what a callback owns may use the token in its drop.
            drop(listeners);
            drop(listener);
            return;
        }
        let me = thread::current().id();
        // On its own thread the callback is dropping its own guard: waiting would never end.
        while listeners
            .running
            .is_some_and(|(id, thread)| id == self.id && thread != me)
        {
            listeners = inner
                .ran
                .wait(listeners)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl fmt::Debug for CancelGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelGuard").finish_non_exhaustive()
    }
}

/// The future of [`CancelToken::cancelled`].
#[must_use = "futures do nothing unless polled"]
pub struct Cancelled {
    token: CancelToken,
    id: Option<u64>,
}

impl Future for Cancelled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.token.is_cancelled() {
            return Poll::Ready(());
        }
        let inner = Arc::clone(&self.token.inner);
        let mut listeners = lock(&inner.listeners);
        // Once more, under the lock: from here on a cancel finds the waker.
        if self.token.is_cancelled() {
            return Poll::Ready(());
        }
        match self.id {
            Some(id) => listeners.wake_with(id, cx.waker()),
            None => self.id = Some(listeners.add(Listener::Wake(cx.waker().clone()))),
        }
        Poll::Pending
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let removed = lock(&self.token.inner.listeners).remove(id);
            drop(removed);
        }
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelled")
            .field("token", &self.token)
            .finish()
    }
}

const LIVE: u8 = 0;
const CANCELLED: u8 = 1;
const DEADLINE: u8 = 2;

struct Inner {
    reason: AtomicU8,
    listeners: Mutex<Listeners>,
    /// A callback has ended.
    ran: Condvar,
    parent: OnceLock<CancelGuard>,
    deadline: OnceLock<Watch>,
}

struct Listeners {
    next_id: u64,
    waiting: VecDeque<(u64, Listener)>,
    running: Option<(u64, ThreadId)>,
}

enum Listener {
    Call(Box<dyn FnOnce() + Send>),
    Wake(Waker),
}

impl Inner {
    fn reason(&self) -> Option<CancelReason> {
        match self.reason.load(Ordering::Acquire) {
            LIVE => None,
            DEADLINE => Some(CancelReason::Deadline),
            _ => Some(CancelReason::Cancelled),
        }
    }

    fn cancel(&self, reason: CancelReason) {
        let mut listeners = lock(&self.listeners);
        if self.reason.load(Ordering::Relaxed) != LIVE {
            return;
        }
        // Under the lock, so that whoever registers sees it or is found below.
        let code = match reason {
            CancelReason::Cancelled => CANCELLED,
            CancelReason::Deadline => DEADLINE,
        };
        self.reason.store(code, Ordering::Release);
        let me = thread::current().id();
        while let Some((id, listener)) = listeners.waiting.pop_front() {
            listeners.running = Some((id, me));
            drop(listeners);
            let _ = catch_unwind(AssertUnwindSafe(|| match listener {
                Listener::Call(callback) => callback(),
                Listener::Wake(waker) => waker.wake(),
            }));
            listeners = lock(&self.listeners);
            listeners.running = None;
            self.ran.notify_all();
        }
    }
}

impl Fire for Inner {
    fn fire(&self) {
        self.cancel(CancelReason::Deadline);
    }
}

impl Listeners {
    fn add(&mut self, listener: Listener) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.waiting.push_back((id, listener));
        id
    }

    fn remove(&mut self, id: u64) -> Option<Listener> {
        let at = self.waiting.iter().position(|(other, _)| *other == id)?;
        self.waiting.remove(at).map(|(_, listener)| listener)
    }

    fn wake_with(&mut self, id: u64, new: &Waker) {
        let found = self.waiting.iter_mut().find(|(other, _)| *other == id);
        if let Some((_, Listener::Wake(waker))) = found {
            waker.clone_from(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use super::*;
    use crate::runtime::{block_on, block_on_until};

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn runs_callbacks_once_in_order_and_at_once_when_late() {
        let token = CancelToken::new();
        let (sender, ran) = mpsc::channel();
        let guards: Vec<CancelGuard> = (0..3)
            .map(|n| {
                let sender = sender.clone();
                token.on_cancel(Box::new(move || sender.send(n).unwrap()))
            })
            .collect();
        assert_eq!(token.reason(), None);
        token.cancel();
        token.cancel();
        let late = token.on_cancel(Box::new(move || sender.send(9).unwrap()));
        assert_eq!(ran.iter().collect::<Vec<_>>(), [0, 1, 2, 9]);
        assert_eq!(token.reason(), Some(CancelReason::Cancelled));
        drop((guards, late));
    }

    #[test]
    fn a_dropped_guard_takes_its_callback_back() {
        let token = CancelToken::new();
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ran);
        drop(token.on_cancel(Box::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        })));
        token.cancel();
        assert_eq!(
            (ran.load(Ordering::SeqCst), Arc::strong_count(&ran)),
            (0, 1)
        );
    }

    #[test]
    fn a_guards_drop_waits_for_its_running_callback() {
        let token = CancelToken::new();
        let (entered, is_in) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel::<()>();
        let left = Arc::new(AtomicUsize::new(0));
        let leaving = Arc::clone(&left);
        let guard = token.on_cancel(Box::new(move || {
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            leaving.store(1, Ordering::SeqCst);
        }));
        let canceller = thread::spawn(move || token.cancel());
        is_in.recv_timeout(PATIENCE).unwrap();
        let dropper = thread::spawn(move || {
            drop(guard);
            left.load(Ordering::SeqCst)
        });
        leave.send(()).unwrap();
        assert_eq!(dropper.join().unwrap(), 1);
        canceller.join().unwrap();
    }

    /// Whatever the order in which a cancel and a drop meet.
    #[test]
    fn no_callback_runs_after_its_guard_is_gone() {
        for _ in 0..2_000 {
            let token = CancelToken::new();
            let freed = Arc::new(AtomicUsize::new(0));
            let seen = Arc::new(AtomicUsize::new(0));
            let (frees, sees) = (Arc::clone(&freed), Arc::clone(&seen));
            let guard = token.on_cancel(Box::new(move || {
                thread::yield_now();
                sees.fetch_add(frees.load(Ordering::SeqCst), Ordering::SeqCst);
            }));
            thread::scope(|scope| {
                scope.spawn(|| token.cancel());
                drop(guard);
                freed.store(1, Ordering::SeqCst);
            });
            assert_eq!(seen.load(Ordering::SeqCst), 0);
        }
    }

    #[test]
    fn a_callback_may_drop_its_own_guard_and_use_the_token() {
        let token = CancelToken::new();
        let slot: Arc<Mutex<Option<CancelGuard>>> = Arc::default();
        let (own, same) = (Arc::clone(&slot), token.clone());
        *lock(&slot) = Some(token.on_cancel(Box::new(move || {
            assert!(same.is_cancelled());
            let guard = lock(&own).take();
            drop(guard);
            same.cancel();
        })));
        token.cancel();
        assert!(lock(&slot).is_none());
    }

    #[test]
    fn a_panicking_callback_does_not_stop_the_next() {
        let token = CancelToken::new();
        let _first = token.on_cancel(Box::new(|| std::panic::resume_unwind(Box::new(()))));
        let (sender, ran) = mpsc::channel();
        let _second = token.on_cancel(Box::new(move || sender.send(()).unwrap()));
        token.cancel();
        ran.try_recv().unwrap();
    }

    #[test]
    fn waits_forget_their_wakers() {
        let token = CancelToken::new();
        assert_eq!(block_on_until(token.cancelled(), Instant::now()), None);
        assert_eq!(lock(&token.inner.listeners).waiting.len(), 0);
        let other = token.clone();
        let canceller = thread::spawn(move || other.cancel());
        block_on(token.cancelled());
        canceller.join().unwrap();
    }

    #[test]
    fn deadlines() {
        let passed = CancelToken::with_deadline(Instant::now());
        assert_eq!(passed.reason(), Some(CancelReason::Deadline));

        let soon = CancelToken::with_deadline(Instant::now() + Duration::from_millis(20));
        block_on_until(soon.cancelled(), Instant::now() + PATIENCE).expect("the deadline");
        assert_eq!(soon.reason(), Some(CancelReason::Deadline));

        let token = CancelToken::new();
        let guard = token.cancel_after(Duration::from_millis(1));
        block_on_until(token.cancelled(), Instant::now() + PATIENCE).expect("the deadline");
        drop(guard);

        let token = CancelToken::new();
        drop(token.cancel_after(Duration::from_millis(1)));
        let never = token.cancel_after(Duration::MAX);
        // Its own later deadline shows that the disarmed one has been passed over.
        let after = CancelToken::with_deadline(Instant::now() + Duration::from_millis(50));
        block_on_until(after.cancelled(), Instant::now() + PATIENCE).expect("the deadline");
        assert!(!token.is_cancelled());
        drop(never);
    }

    #[test]
    fn children_follow_their_parent_and_not_the_reverse() {
        let parent = CancelToken::new();
        let (first, second) = (parent.child(), parent.child_with_deadline(Instant::now()));
        assert_eq!(second.reason(), Some(CancelReason::Deadline));
        assert!(!parent.is_cancelled());
        parent.inner.cancel(CancelReason::Deadline);
        assert_eq!(first.reason(), Some(CancelReason::Deadline));
        assert_eq!(parent.child().reason(), Some(CancelReason::Deadline));

        let parent = CancelToken::new();
        drop(parent.child());
        assert_eq!(lock(&parent.inner.listeners).waiting.len(), 0);
    }
}
