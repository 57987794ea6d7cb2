use std::cell::RefCell;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context, Poll, Wake, Waker};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smallvec::SmallVec;

use super::Socket;
use crate::backend::unless_cancelled;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::sync::lock;

/// A thread that waits for a socket by itself, by asking the system: no runtime has to move, and
/// no other thread to wake this one.
///
/// ```
/// use std::future::poll_fn;
/// use std::io::{ErrorKind, Write};
/// use std::os::unix::net::UnixStream;
/// use std::sync::Arc;
/// use std::task::Poll;
/// use queryset::runtime::{Socket, SocketWait};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (ours, mut theirs) = UnixStream::pair()?;
/// ours.set_nonblocking(true)?;
/// let socket = Arc::new(Socket::Unix(ours));
/// std::thread::spawn(move || theirs.write_all(b"hello"));
///
/// let wait = SocketWait::of_this_thread().ok_or("Unix alone")?;
/// let here = wait.clone();
/// let read = poll_fn(|_| match socket.read(&mut [0; 5]) {
///     Err(error) if error.kind() == ErrorKind::WouldBlock => {
///         here.until_readable(&socket);
///         Poll::Pending
///     }
///     read => Poll::Ready(Ok(read)),
/// });
/// assert_eq!(wait.block_on(read, None)??, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SocketWait {
    sleeper: Arc<Sleeper>,
    /// Kept from one wait to the next, which should not pay for an allocation.
    waker: Waker,
}

struct Sleeper {
    state: AtomicU8,
    wanted: Mutex<Option<Wanted>>,
    bell: OnceLock<Bell>,
}

/// What the future waits for.
struct Wanted {
    /// Whoever reads and writes it may be rid of it before this thread is back from that.
    socket: Weak<Socket>,
    events: PollFlags,
}

/// What ends the sleep from another thread.
struct Bell {
    heard: UnixStream,
    rung: UnixStream,
}

const AWAKE: u8 = 0;
const ASLEEP: u8 = 1;
const CALLED: u8 = 2;

/// How long a thread sleeps that has no bell: it is woken by nothing but its socket, and a call is
/// heard at the next look.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};

thread_local! {
    // Empty while a wait uses it, so that one inside another has its own.
    static CACHE: RefCell<Option<SocketWait>> = const { RefCell::new(None) };
}

impl SocketWait {
    /// The calling thread's; `None` on systems other than Unix.
    pub fn of_this_thread() -> Option<Self> {
        let cached = CACHE.try_with(|cache| cache.take()).ok().flatten();
        Some(cached.unwrap_or_else(|| {
            let sleeper = Arc::new(Sleeper {
                state: AtomicU8::new(AWAKE),
                wanted: Mutex::new(None),
                bell: OnceLock::new(),
            });
            let waker = Waker::from(Arc::clone(&sleeper));
            Self { sleeper, waker }
        }))
    }

    /// Whether what is polled with this waker is polled by this thread, in
    /// [`block_on`](Self::block_on).
    pub fn is_of(&self, waker: &Waker) -> bool {
        self.waker.data() == waker.data()
    }

    /// The future is polled again once there is something to read.
    pub fn until_readable(&self, socket: &Arc<Socket>) {
        self.until(socket, PollFlags::IN);
    }

    /// The future is polled again once there is room to write.
    pub fn until_writable(&self, socket: &Arc<Socket>) {
        self.until(socket, PollFlags::OUT);
    }

    fn until(&self, socket: &Arc<Socket>, events: PollFlags) {
        let mut wanted = lock(&self.sleeper.wanted);
        match &mut *wanted {
            Some(wanted) => wanted.events |= events,
            None => {
                let socket = Arc::downgrade(socket);
                *wanted = Some(Wanted { socket, events });
            }
        }
    }

    /// Runs a future to its end on the calling thread. It waits for one socket, and says so in each
    /// poll that leaves it pending. When the token gives up, it is dropped.
    ///
    /// To hear of a token a thread needs two file descriptors, which are kept with its wait; where
    /// the system has none left, it looks every half second.
    ///
    /// # Errors
    /// The future's, and the token's, which comes first.
    pub fn block_on<T>(
        self,
        future: impl Future<Output = Result<T>>,
        cancel: Option<&CancelToken>,
    ) -> Result<T> {
        if cancel.is_some() {
            self.sleeper.hang_up_bell();
        }
        let result = self.run(pin!(unless_cancelled(pin!(future), cancel)));
        // A call that comes late, from a future that is gone, costs the next wait one poll.
        let _ = CACHE.try_with(|cache| cache.replace(Some(self)));
        result
    }

    fn run<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        lock(&self.sleeper.wanted).take();
        let mut context = Context::from_waker(&self.waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            self.sleeper.sleep();
        }
    }
}

impl Sleeper {
    fn hang_up_bell(&self) {
        if self.bell.get().is_none()
            && let Ok(bell) = Bell::new()
        {
            let _ = self.bell.set(bell);
        }
    }

    /// Until the socket is ready or somebody calls.
    fn sleep(&self) {
        let wanted = lock(&self.wanted).take();
        let begun = self
            .state
            .compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire);
        if begun.is_ok() {
            wait(wanted.as_ref(), self.bell.get());
        }
        self.state.swap(AWAKE, Ordering::AcqRel);
    }
}

/// What the system refuses to wait for is found out by the future, which is polled in any case.
fn wait(wanted: Option<&Wanted>, bell: Option<&Bell>) {
    let wanted = wanted.and_then(|wanted| Some((wanted.socket.upgrade()?, wanted.events)));
    let socket = wanted
        .as_ref()
        .map(|(socket, events)| PollFd::new(&**socket, *events));
    let heard = bell.map(|bell| PollFd::new(&bell.heard, PollFlags::IN));
    let mut ends: SmallVec<[PollFd<'_>; 2]> = socket.into_iter().chain(heard).collect();
    let _ = poll(&mut ends, bell.is_none().then_some(&LOOK));
    if let (Some(bell), Some(heard)) = (bell, ends.last())
        && !heard.revents().is_empty()
    {
        bell.silence();
    }
}

impl Bell {
    fn new() -> io::Result<Self> {
        let (heard, rung) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        Ok(Self { heard, rung })
    }

    fn ring(&self) {
        // Refused only when it rings already.
        let _ = (&self.rung).write(&[1]);
    }

    fn silence(&self) {
        let _ = (&self.heard).read(&mut [0; 64]);
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(CALLED, Ordering::AcqRel) == ASLEEP
            && let Some(bell) = self.bell.get()
        {
            bell.ring();
        }
    }
}

impl fmt::Debug for SocketWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketWait").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::error::ErrorKind;

    fn pair() -> (Arc<Socket>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Arc::new(Socket::Unix(ours)), theirs)
    }

    async fn read(here: &SocketWait, socket: &Arc<Socket>, buf: &mut [u8]) -> Result<usize> {
        poll_fn(|_| match socket.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                here.until_readable(socket);
                Poll::Pending
            }
            read => Poll::Ready(Ok(read.unwrap())),
        })
        .await
    }

    #[test]
    fn waits_for_room_and_for_what_comes() {
        const BYTES: usize = 3_000_000;
        let (socket, mut theirs) = pair();
        let echo = thread::spawn(move || {
            let mut all = vec![0; BYTES];
            theirs.read_exact(&mut all).unwrap();
            theirs.write_all(&all[..5]).unwrap();
        });
        let wait = SocketWait::of_this_thread().unwrap();
        let here = wait.clone();
        let conversation = async {
            let all = vec![7; BYTES];
            let mut left = all.as_slice();
            poll_fn(|_| {
                while !left.is_empty() {
                    match socket.write(left) {
                        Ok(written) => left = &left[written..],
                        Err(_) => {
                            here.until_writable(&socket);
                            return Poll::Pending;
                        }
                    }
                }
                Poll::Ready(())
            })
            .await;
            let mut answer = [0; 5];
            read(&here, &socket, &mut answer).await?;
            Ok(answer)
        };
        assert_eq!(wait.block_on(conversation, None).unwrap(), [7; 5]);
        echo.join().unwrap();
    }

    #[test]
    fn a_token_ends_the_wait_and_the_next_is_none_the_worse() {
        let (socket, mut theirs) = pair();
        let token = CancelToken::new();
        let cancelled = token.clone();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            cancelled.cancel();
        });
        let began = Instant::now();
        let wait = SocketWait::of_this_thread().unwrap();
        let here = wait.clone();
        let error = wait
            .block_on(read(&here, &socket, &mut [0]), Some(&token))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(began.elapsed() < Duration::from_secs(30));
        other.join().unwrap();

        theirs.write_all(&[1]).unwrap();
        let live = CancelToken::new();
        let wait = SocketWait::of_this_thread().unwrap();
        assert!(Arc::ptr_eq(&here.sleeper, &wait.sleeper), "kept");
        let read = wait.block_on(read(&here, &socket, &mut [0]), Some(&live));
        assert_eq!(read.unwrap(), 1);
    }

    #[test]
    fn a_call_from_inside_the_future_is_heard_at_once() {
        let wait = SocketWait::of_this_thread().unwrap();
        let mut turns = 0;
        let began = Instant::now();
        let turned = poll_fn(|context| {
            turns += 1;
            if turns == 100 {
                return Poll::Ready(Ok(turns));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert_eq!(wait.block_on(turned, None).unwrap(), 100);
        // Looks alone would take 50 s.
        assert!(began.elapsed() < Duration::from_secs(25));
    }
}
