//! The driver's half of a connection, polled by the one who waits for its answers.
//!
//! The driver splits a connection into requests and a future that does the I/O, which is meant for
//! a task of its own. Such a task costs two switches a query. Nothing happens on a connection that
//! nobody asks, so the asking side polls the future itself; an operation that is dropped hands
//! both halves to a task together.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio_postgres::AsyncMessage;

use crate::stream::{Emptied, Grouped, Grouping, Link, Stream};
use crate::tls::TlsStream;

pub(crate) type Raw =
    tokio_postgres::Connection<Grouped<Stream>, Grouped<TlsStream<Grouped<Stream>>>>;

/// How often the driver is polled again at once, when something happened while it was polled.
const TURNS: u32 = 2;

pub(crate) struct Driver {
    raw: Raw,
    relay: Arc<Relay>,
    waker: Waker,
    link: Link,
    emptied: Emptied,
    grouping: Grouping,
    /// Whether a request may have left since [`begin`](Self::begin).
    sent: bool,
    over: bool,
}

/// The connection ended. The error is there for the first who hears of it.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) error: Option<tokio_postgres::Error>,
}

impl Driver {
    pub(crate) fn new(raw: Raw, link: Link, emptied: Emptied, grouping: Grouping) -> Self {
        let relay = Arc::new(Relay(Mutex::new(Listener {
            state: State::Nobody,
            task: None,
        })));
        Self {
            raw,
            waker: Waker::from(Arc::clone(&relay)),
            relay,
            link,
            emptied,
            grouping,
            sent: false,
            over: false,
        }
    }

    pub(crate) fn begin(&mut self) {
        self.emptied.forget();
        self.sent = false;
    }

    /// From now on all that has arrived is looked at in one turn, also the end of the connection.
    pub(crate) fn look_at_once(&mut self) {
        self.emptied.never();
    }

    /// Who waits for the connection's socket.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// How the connection's requests are grouped.
    pub(crate) fn grouping(&self) -> &Grouping {
        &self.grouping
    }

    /// Wakes whoever drives the connection: for what comes from another side than the server's.
    pub(crate) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Whether a request of the operation may have reached the server. A connection that was lost
    /// while nobody used it is noticed before anything is written to it.
    pub(crate) fn has_sent(&self) -> bool {
        self.sent
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Runs a future that waits for nothing but this connection.
    ///
    /// The future is pinned where it is, since each layer that takes one by value has a copy of it.
    ///
    /// Cancel safe in that the connection can be driven on; the future's request stays under way.
    pub(crate) fn drive<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
    ) -> impl Future<Output = Result<F::Output, Lost>> {
        poll_fn(move |context| {
            // Only the driver can move the future on, and it is polled right here: nothing has to
            // be woken.
            let mut asleep = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = future.as_mut().poll(&mut asleep) {
                return Poll::Ready(Ok(output));
            }
            self.link.driven_by(context.waker());
            let mut turns = 0;
            loop {
                self.relay.listen(context.waker());
                let over = self.turn();
                // What had arrived before the end may be all that the future needs.
                if let Poll::Ready(output) = future.as_mut().poll(&mut asleep) {
                    self.relay.rest();
                    return Poll::Ready(Ok(output));
                }
                if let Some(error) = over {
                    self.relay.rest();
                    return Poll::Ready(Err(Lost { error }));
                }
                if self.relay.wait() {
                    return Poll::Pending;
                }
                turns += 1;
                if turns == TURNS {
                    // Others want to get on too.
                    self.relay.rest();
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        })
    }

    /// Does the I/O that can be done now; the error once the connection is over.
    fn turn(&mut self) -> Option<Option<tokio_postgres::Error>> {
        if self.over {
            return Some(None);
        }
        let mut context = Context::from_waker(&self.waker);
        loop {
            match self.raw.poll_message(&mut context) {
                Poll::Pending => {
                    self.sent = true;
                    return None;
                }
                // Notices are for people at a terminal; nobody here listens to notifications.
                Poll::Ready(Some(Ok(AsyncMessage::Notice(_) | AsyncMessage::Notification(_)))) => {
                    self.sent = true;
                }
                Poll::Ready(Some(Ok(_))) => self.sent = true,
                Poll::Ready(Some(Err(error))) => {
                    self.over = true;
                    return Some(Some(error));
                }
                Poll::Ready(None) => {
                    self.over = true;
                    return Some(None);
                }
            }
        }
    }

    /// Says goodbye to the server and closes the stream; the client must have been dropped.
    pub(crate) async fn close(mut self) {
        // Ends with the driver itself.
        let _ = self.drive(pin!(std::future::pending::<()>())).await;
    }
}

/// The one waker that the driver ever sees: it wakes whichever task drives now, and nobody while
/// a task is at it or the connection rests. Without it every answer would wake the very task that
/// reads it, and every request the task of the request before.
struct Relay(Mutex<Listener>);

struct Listener {
    state: State,
    task: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Nobody,
    Driving,
    /// Something happened while it was driven.
    Called,
    Waiting,
}

impl Relay {
    fn lock(&self) -> std::sync::MutexGuard<'_, Listener> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, task: &Waker) {
        let mut listener = self.lock();
        listener.state = State::Driving;
        match &mut listener.task {
            Some(kept) => kept.clone_from(task),
            none => *none = Some(task.clone()),
        }
    }

    /// Whether there is nothing to do until the task is woken.
    fn wait(&self) -> bool {
        let mut listener = self.lock();
        if listener.state == State::Called {
            listener.state = State::Driving;
            return false;
        }
        listener.state = State::Waiting;
        true
    }

    fn rest(&self) {
        self.lock().state = State::Nobody;
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut listener = self.lock();
        match listener.state {
            State::Nobody | State::Called => {}
            State::Driving => listener.state = State::Called,
            State::Waiting => {
                listener.state = State::Called;
                let task = listener.task.clone();
                drop(listener);
                if let Some(task) = task {
                    task.wake();
                }
            }
        }
    }
}
