use std::cell::RefCell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

/// Runs a future to its end on the calling thread, which sleeps while there is nothing to do.
///
/// Needs no runtime, and is none: nothing recognises the future as a task, so that a blocking
/// function may wait with it. A program's own asynchronous code has
/// [`Threads::block_on`](super::Threads::block_on), inside which blocking reads are refused.
pub fn block_on<F: Future>(future: F) -> F::Output {
    match block(future, None) {
        Some(output) => output,
        None => unreachable!("without a deadline the loop ends only with an output"),
    }
}

/// Runs a future on the calling thread until it ends or `deadline` has passed.
///
/// The deadline is the thread's own and depends on no runtime: it holds also when the future waits
/// for something that nobody drives. The future is polled at least once, and dropped at the end.
pub fn block_on_until<F: Future>(future: F, deadline: Instant) -> Option<F::Output> {
    block(future, Some(deadline))
}

fn block<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let mut future = pin!(future);
    let parker = CachedParker::take();
    let mut cx = Context::from_waker(&parker.waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        if !parker.park(deadline) {
            return None;
        }
    }
}

/// The waker is kept from one call to the next: a short wait should not pay for an allocation.
struct CachedParker {
    parker: Arc<Parker>,
    waker: Waker,
}

struct Parker {
    thread: Thread,
    notified: AtomicBool,
}

thread_local! {
    // Empty while a call uses it, so that a call inside a call gets a parker of its own and cannot
    // swallow the outer one's wake-ups.
    static CACHE: RefCell<Option<(Arc<Parker>, Waker)>> = const { RefCell::new(None) };
}

impl CachedParker {
    fn take() -> Self {
        let cached = CACHE.try_with(|cache| cache.take()).ok().flatten();
        let (parker, waker) = cached.unwrap_or_else(|| {
            let parker = Arc::new(Parker {
                thread: thread::current(),
                notified: AtomicBool::new(false),
            });
            (Arc::clone(&parker), Waker::from(parker))
        });
        Self { parker, waker }
    }

    /// Waits for a wake-up; false when the deadline came first.
    fn park(&self, deadline: Option<Instant>) -> bool {
        while !self.parker.notified.swap(false, Ordering::Acquire) {
            match deadline {
                None => thread::park(),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    thread::park_timeout(left);
                }
            }
        }
        true
    }
}

impl Drop for CachedParker {
    fn drop(&mut self) {
        // A wake-up that comes late, from a future that is gone, costs the next call one poll.
        let pair = (Arc::clone(&self.parker), self.waker.clone());
        let _ = CACHE.try_with(|cache| cache.replace(Some(pair)));
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.notified.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::time::Duration;

    use super::*;

    #[test]
    fn waits_for_a_wake_from_another_thread() {
        let mut started = false;
        let value = block_on(poll_fn(|cx| {
            if started {
                return Poll::Ready(7);
            }
            started = true;
            let waker = cx.waker().clone();
            thread::spawn(move || waker.wake());
            Poll::Pending
        }));
        assert_eq!(value, 7);
    }

    #[test]
    fn a_deadline_ends_what_nobody_drives() {
        let start = Instant::now();
        let deadline = start + Duration::from_millis(20);
        assert_eq!(block_on_until(pending::<()>(), deadline), None);
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(block_on_until(async { 3 }, start), Some(3));
    }

    #[test]
    fn nests() {
        let value = block_on(async {
            let inner = block_on(async {
                yield_once().await;
                1
            });
            yield_once().await;
            inner + 1
        });
        assert_eq!(value, 2);
    }

    async fn yield_once() {
        let mut yielded = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
