//! Ending what a caller left: by reading what is left, or by a `KILL QUERY` from another
//! connection, since this one is busy.
//!
//! A kill names a connection and not a statement. So it is only sent while the operation is under
//! way, its answer is waited for, and a statement that nobody needs takes it if it came late; only
//! then does the connection serve again.

use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use queryset::runtime::Timer;

use super::open::Opener;
use super::session::State;
use super::{Connection, Work};

/// How long an operation may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_millis(10);
/// The pause before the next attempt, if a kill had no effect or could not be sent: it is lost
/// when it comes before the server begins with the statement.
const PAUSE: Duration = Duration::from_millis(50);
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// No more attempts are made with pauses longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The connection, if it can serve again.
pub(super) async fn finish(
    mut connection: Box<Connection>,
    opener: Opener,
) -> Option<Box<Connection>> {
    let timer = opener.runtime().timer().clone();
    let finished = {
        let ending = std::pin::pin!(end(&mut connection, &opener));
        match select(ending, timer.sleep(PATIENCE)).await {
            Either::Left((finished, _)) => finished,
            Either::Right(_) => false,
        }
    };
    if finished {
        return Some(connection);
    }
    // Inside tokio the driver would go on reading a dropped connection to its end.
    let _ = std::thread::Builder::new().spawn(move || drop(connection));
    None
}

async fn end(connection: &mut Connection, opener: &Opener) -> bool {
    let timer = opener.runtime().timer();
    let kill = format!("KILL QUERY {}", connection.id);
    let place = connection.place.clone();
    let mut killed = false;
    {
        let ending = std::pin::pin!(connection.run_out());
        if let Either::Right((_, ending)) = select(ending, timer.sleep(GRACE)).await {
            let (ended, has_ended) = oneshot::channel();
            let killing = std::pin::pin!(async {
                Killer {
                    opener,
                    timer: &**timer,
                    place: &place,
                    statement: &kill,
                    has_ended,
                }
                .kill()
                .await
            });
            match select(ending, killing).await {
                Either::Left(((), killing)) => {
                    // Nobody to hear it is as good: the killer has given up.
                    let _ = ended.send(());
                    killed = true;
                    if !killing.await {
                        return false;
                    }
                }
                // It only stops before the end when the connection is in doubt.
                Either::Right(_) => return false,
            }
        }
    }
    let Work::Idle(session) = &mut connection.work else {
        return false;
    };
    if killed && session.state() == State::Clean {
        session.absorb().await;
    }
    if session.state() == State::Clean {
        // Whoever left a transaction open is not there to hear of it.
        let _ = session.settle().await;
    }
    session.state() == State::Clean
}

impl Connection {
    /// Runs the operation to its end, and reads what it left.
    async fn run_out(&mut self) {
        if let Work::Running(_) = self.work {
            let _ = std::future::poll_fn(|context| self.poll(context)).await;
        }
        if let Work::Idle(session) = &mut self.work {
            session.drain().await;
        }
    }
}

struct Killer<'k> {
    opener: &'k Opener,
    timer: &'k dyn Timer,
    place: &'k super::place::Place,
    statement: &'k str,
    has_ended: oneshot::Receiver<()>,
}

impl Killer<'_> {
    /// Kills until the operation has ended; false if a kill is on its way and nobody knows where.
    async fn kill(mut self) -> bool {
        let mut pause = PAUSE;
        loop {
            let Some(opened) = self.unless_ended(self.opener.side(self.place)).await else {
                return true;
            };
            if let Ok(side) = opened {
                return self.kill_from(side).await;
            }
            // Too many connections, perhaps: some of the next attempts may find a place.
            if self.pause(&mut pause).await {
                return true;
            }
        }
    }

    async fn kill_from(mut self, mut side: Conn) -> bool {
        let mut pause = PAUSE;
        loop {
            if !matches!(self.has_ended.try_recv(), Ok(None)) {
                break;
            }
            // Once sent, it is waited for, whatever happens to the operation meanwhile.
            if side.query_drop(self.statement).await.is_err() {
                return false;
            }
            if self.pause(&mut pause).await {
                break;
            }
        }
        let _ = side.disconnect().await;
        true
    }

    /// Waits; whether the operation has ended.
    async fn pause(&mut self, pause: &mut Duration) -> bool {
        let sleep = self.timer.sleep(*pause);
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        self.unless_ended(sleep).await.is_none()
    }

    async fn unless_ended<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        match select(std::pin::pin!(future), &mut self.has_ended).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }
}
