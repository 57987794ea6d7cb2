//! A connection of the pool, and the operation that is under way on it.
//!
//! The driver corrupts a connection when an operation's future is dropped in its middle: the next
//! statement gets the rows of the one before. So that future belongs to the connection and not to
//! the caller. The caller polls it through its lease, without another task in between; when the
//! caller goes away the lease goes back to the pool with the future inside, and a task ends it.

mod connector;
mod finish;
mod hook;
mod open;
mod place;
mod server;
mod session;
mod standing;

pub(crate) use connector::Connector;
pub use hook::MysqlConnection;
pub(crate) use server::Server;
pub(crate) use session::{Outcome, Session};
pub(crate) use standing::Standing;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use queryset::pool::Health;
use queryset::runtime::{BoxFuture, Runtime, block_on_driven};
use queryset::{CancelToken, Error, Result};

use crate::error;
use place::Place;
use session::State;

/// How long a runtime may show no sign of life while a blocking read waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection, and what it does.
pub(crate) struct Connection {
    work: Work,
    id: u32,
    server: Server,
    abandoned: Abandoned,
    runtime: Runtime,
    standing: Standing,
    /// Dropped after the session, whose socket needs what drives it.
    place: Place,
}

enum Work {
    Idle(Box<Session>),
    Running(Running),
    /// Something panicked in the middle.
    Lost,
}

/// An operation, which owns its session until it ends.
pub(crate) type Running = BoxFuture<'static, (Box<Session>, Outcome)>;

/// Tells an operation that nobody wants its rows any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, abandoned: bool) {
        self.0.store(abandoned, Ordering::Relaxed);
    }
}

impl Connection {
    fn new(session: Box<Session>, abandoned: Abandoned, runtime: Runtime, place: Place) -> Self {
        Self {
            id: session.id(),
            server: session.server().clone(),
            work: Work::Idle(session),
            abandoned,
            runtime,
            standing: Standing::default(),
            place,
        }
    }

    /// Waits on this thread for what needs this connection: it may be of a runtime that nobody
    /// drives, and then nothing would ever come.
    pub(crate) fn block_on<T>(
        runtime: &Runtime,
        future: impl Future<Output = Result<T>>,
        cancel: Option<&CancelToken>,
    ) -> Result<T> {
        block_on_driven(runtime, future, cancel, PATIENCE)
    }

    /// The runtime that it was opened for.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// How the transaction stands that has the connection to itself, if one has.
    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Begins to belong to a transaction, which may be open from now on.
    pub(crate) fn join_transaction(&mut self) {
        self.standing = Standing::open();
        if let Work::Idle(session) = &mut self.work {
            session.join_transaction(self.standing.clone());
        }
    }

    /// The transaction was left by its owner, which may have ended it.
    fn leave_transaction(&mut self) {
        if let Work::Idle(session) = &mut self.work
            && self.standing.is_ended()
        {
            self.standing = Standing::default();
            session.join_transaction(Standing::default());
        }
    }

    /// What is at the other end.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Whether the server has answered the last statement.
    pub(crate) fn has_answered(&self) -> bool {
        match &self.work {
            Work::Idle(session) => session.has_answered(),
            Work::Running(_) | Work::Lost => true,
        }
    }

    /// Begins an operation; nothing is sent before it is polled.
    pub(crate) fn start(&mut self, operation: impl FnOnce(Box<Session>) -> Running) -> Result<()> {
        match std::mem::replace(&mut self.work, Work::Lost) {
            Work::Idle(session) => {
                self.abandoned.set(false);
                self.work = Work::Running(operation(session));
                Ok(())
            }
            other => {
                self.work = other;
                Err(busy())
            }
        }
    }

    /// Goes on with the operation, to its end.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Outcome>> {
        let Work::Running(running) = &mut self.work else {
            return Poll::Ready(Err(busy()));
        };
        match running.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready((session, outcome)) => {
                self.work = Work::Idle(session);
                Poll::Ready(Ok(outcome))
            }
        }
    }

    fn health(&self) -> Health {
        match &self.work {
            Work::Idle(session) => match session.state() {
                State::Clean => Health::Ready,
                State::Open => Health::Unfinished,
                State::Broken => Health::Broken,
            },
            Work::Running(_) => Health::Unfinished,
            Work::Lost => Health::Broken,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.id)
            .field("server", &self.server)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

#[cold]
fn busy() -> Error {
    // Only a panic in an operation leaves a lease in this state.
    error::lost()
}
