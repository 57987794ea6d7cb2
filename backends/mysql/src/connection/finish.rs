//! Ending what a caller left: by reading what is left, or by a `KILL QUERY` from another
//! connection, since this one is busy.
//!
//! A kill names a connection and not a statement. So it is only sent while the operation is under
//! way, its answer is waited for, and a statement that nobody needs takes it if it came late; only
//! then does the connection serve again.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use queryset::runtime::Timer;

use super::open::Opener;
use super::session::State;
use super::{Connection, Standing, Work};

/// How long an operation may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_millis(10);
/// The pause before the next attempt, if a kill had no effect or could not be sent: it is lost
/// when it comes before the server begins with the statement.
const PAUSE: Duration = Duration::from_millis(50);
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// No more attempts are made with pauses longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The connection, if it can serve again. What a transaction left open is rolled back if it
/// `leaves` it.
pub(super) async fn finish(
    mut connection: Box<Connection>,
    opener: Opener,
    leaves: bool,
) -> Option<Box<Connection>> {
    let timer = opener.runtime().timer().clone();
    let finished = {
        let ending = std::pin::pin!(end(&mut connection, &opener, leaves));
        match select(timer.sleep(PATIENCE), ending).await {
            Either::Left(_) => false,
            Either::Right((finished, _)) => finished,
        }
    };
    if finished {
        return Some(connection);
    }
    // Inside tokio the driver would go on reading a dropped connection to its end.
    let _ = std::thread::Builder::new().spawn(move || drop(connection));
    None
}

async fn end(connection: &mut Connection, opener: &Opener, leaves: bool) -> bool {
    let timer = opener.runtime().timer();
    let kill = format!("KILL QUERY {}", connection.id);
    let place = connection.place.clone();
    let mut killed = false;
    {
        let mut ending = std::pin::pin!(connection.run_out());
        if !within(&**timer, GRACE, ending.as_mut()).await {
            let mut pause = PAUSE;
            loop {
                let opened = match select(Box::pin(opener.side(&place)), ending.as_mut()).await {
                    Either::Left((opened, _)) => opened,
                    Either::Right(_) => break,
                };
                // Too many connections, perhaps: some of the next attempts may find a place.
                if let Ok(side) = opened {
                    killed = true;
                    if !kill_from(side, &kill, &**timer, ending.as_mut()).await {
                        return false;
                    }
                    break;
                }
                if within(&**timer, pause, ending.as_mut()).await {
                    break;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
    let Work::Idle(session) = &mut connection.work else {
        return false;
    };
    if killed && session.state() == State::Clean {
        session.absorb().await;
    }
    if session.state() == State::Clean && leaves {
        // Whoever left a transaction open is not there to hear of it.
        let _ = session.leave_transaction().await;
    } else if session.state() == State::Clean {
        session.ask_standing().await;
    }
    let clean = session.state() == State::Clean;
    if clean && leaves {
        connection.standing = Standing::default();
    }
    clean
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

/// Kills until the operation has ended; false if nobody knows where a kill has gone.
async fn kill_from(
    mut side: Conn,
    statement: &str,
    timer: &dyn Timer,
    mut ending: Pin<&mut impl Future<Output = ()>>,
) -> bool {
    let mut pause = PAUSE;
    loop {
        // Meanwhile nothing is read: a server that sends faster than we read would keep us from
        // sending. Once sent, the kill is waited for, whatever happens to the operation.
        if side.query_drop(statement).await.is_err() {
            return false;
        }
        if within(timer, pause, ending.as_mut()).await {
            break;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    let _ = side.disconnect().await;
    true
}

/// Whether the future ends in time. The clock comes first: what reads without a pause would leave
/// it no turn.
async fn within(
    timer: &dyn Timer,
    limit: Duration,
    future: Pin<&mut impl Future<Output = ()>>,
) -> bool {
    matches!(select(timer.sleep(limit), future).await, Either::Right(_))
}
