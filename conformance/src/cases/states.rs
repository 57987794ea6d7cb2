//! Cancellations that land in each state of a read: whatever it was doing, the next read is
//! answered right, reads beside it are left alone, and nothing stays behind on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use queryset::runtime::{TaskError, TaskHandle};
use queryset::{CancelToken, Database, Error, ErrorKind, RawQuery, Result, raw};

use crate::backend::Watch;
use crate::failure::{Failure, Verdict, ensure, fail, same};
use crate::gate::{Gate, Gated};
use crate::models::{numbers, own_id};
use crate::proxy::Proxy;
use crate::stage::{Session, Stage, call, read};
use crate::{Capability, Case, Form, Method};

/// How often each state is met in each form: 500 times for the five of them.
const ROUNDS: u64 = 100;

pub(super) const CASES: &[Case] = &[
    Case::new("cancel.state.queued", Method::Get, queued).needing(&[Capability::BoundedPool]),
    Case::new("cancel.state.connecting", Method::Get, connecting)
        .needing(&[Capability::Server, Capability::BoundedPool]),
    Case::new("cancel.state.executing", Method::Raw, executing)
        .needing(&[Capability::Server, Capability::BoundedPool]),
    Case::new("cancel.state.sent", Method::Raw, sent)
        .needing(&[Capability::Server, Capability::BoundedPool]),
    Case::new("cancel.state.streaming", Method::Iter, streaming),
    Case::new("cancel.state.decoding", Method::Raw, decoding),
];

/// A read that is under way: the blocking form on a thread of its own, the other one as a task.
struct UnderWay<T> {
    token: CancelToken,
    read: Way<T>,
}

enum Way<T> {
    Thread(thread::JoinHandle<Result<T>>),
    Task(TaskHandle<Result<T>>),
}

/// How a read that was given up ended.
#[derive(Debug, PartialEq)]
enum Ended<T> {
    /// With an error that says so, or without a word.
    GivenUp,
    /// It had its answer already.
    Answered(T),
}

impl<T: Send + 'static> UnderWay<T> {
    fn start<F>(
        s: &Session,
        blocking: impl FnOnce(Database, CancelToken) -> Result<T> + Send + 'static,
        twin: impl FnOnce(Database, CancelToken) -> F,
    ) -> Verdict<Self>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (db, token) = (s.db().clone(), CancelToken::new());
        let read = match s.form() {
            Form::Blocking => {
                let token = token.clone();
                Way::Thread(thread::spawn(move || blocking(db, token)))
            }
            Form::Async => Way::Task(s.runtime().spawn(twin(db, token.clone()))?),
        };
        Ok(Self { token, read })
    }

    fn is_over(&self) -> bool {
        match &self.read {
            Way::Thread(thread) => thread.is_finished(),
            Way::Task(task) => task.is_finished(),
        }
    }

    /// Gives the read up: by its token, and a task in every other round by dropping it.
    fn give_up(&self, round: u64) {
        match &self.read {
            Way::Task(task) if round % 2 == 1 => task.abort(),
            _ => self.token.cancel(),
        }
    }

    fn ended(self, s: &Session) -> Verdict<Ended<T>> {
        let result = match self.read {
            Way::Thread(thread) => thread.join().map_err(|_| Failure::new("a read panicked"))?,
            Way::Task(task) => match s.wait("a task that was given up", task)? {
                Ok(result) => result,
                Err(TaskError::Aborted) => return Ok(Ended::GivenUp),
                Err(error) => return fail(format!("the task of a read: {error}")),
            },
        };
        match result {
            Ok(answer) => Ok(Ended::Answered(answer)),
            Err(error) if error.kind() == ErrorKind::Cancelled => Ok(Ended::GivenUp),
            Err(error) => Err(error.into()),
        }
    }
}

/// The read of one number, which tells when it begins.
fn one_number(s: &Session, begun: &Arc<AtomicBool>) -> Verdict<UnderWay<i64>> {
    let query = |token: &CancelToken| numbers().filter(|n| n.id.eq(500)).cancel_with(token);
    let (here, there) = (Arc::clone(begun), Arc::clone(begun));
    UnderWay::start(
        s,
        move |db, token| {
            here.store(true, Ordering::SeqCst);
            query(&token).get(&db).map(own_id)
        },
        move |db, token| async move {
            there.store(true, Ordering::SeqCst);
            query(&token).aget(&db).await.map(own_id)
        },
    )
}

/// The next read, which must get its own answer.
fn next_is_right(s: &Session, round: u64) -> Verdict {
    let id = round as i64 % 90 + 1;
    let row = match s.form() {
        Form::Blocking => numbers().filter(|n| n.id.eq(id)).get(s.db())?,
        Form::Async => {
            let db = s.db().clone();
            s.task("the next read", async move {
                numbers().filter(|n| n.id.eq(id)).aget(&db).await
            })??
        }
    };
    same(
        format!("the read after cancellation {round}"),
        (row.id, row.double),
        (id, 2 * id),
    )
}

/// Waits until something is so; the time only guards against a hang.
pub(super) fn until(s: &Session, what: &str, mut holds: impl FnMut() -> Verdict<bool>) -> Verdict {
    let deadline = Instant::now() + s.patience();
    while !holds()? {
        if Instant::now() > deadline {
            return fail(format!("{what}: not within {:?}", s.patience()));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

impl Watch {
    /// The statements that the sessions of the database run, `None` for one that rests.
    pub(super) fn sessions(&self) -> Verdict<Vec<Option<String>>> {
        let sessions = raw::<(i64, Option<String>)>(self.sessions.as_str(), vec![]);
        let sessions = sessions.list(&self.monitor)?;
        Ok(sessions.into_iter().map(|(_, sql)| sql).collect())
    }

    fn is_running(&self, statement: &str) -> Verdict<bool> {
        let sessions = self.sessions()?;
        Ok(sessions.iter().flatten().any(|sql| sql.contains(statement)))
    }
}

/// What has to hold when all rounds are over: the server runs nothing of ours any more, there are
/// no more sessions than connections, and none once the database is closed.
fn nothing_is_left(stage: &Stage, s: &Session, state: &str, met: u64, most: usize) -> Verdict {
    stage.note(format!("{met} of {ROUNDS} cancellations while {state}"));
    same(format!("reads that were {state}"), met, ROUNDS)?;
    read!(s, numbers(), count / acount())?.gives(1000)?;
    let Some(watch) = s.opened().watch().cloned() else {
        return Ok(());
    };
    until(s, "the server stops what was given up", || {
        Ok(watch.sessions()?.iter().all(Option::is_none))
    })?;
    // One that was cut off may take a moment to see it.
    until(s, "the server's sessions are the pool's", || {
        Ok(watch.sessions()?.len() <= most)
    })?;
    call!(s, close / aclose())?.gives(())?;
    until(s, "the server's sessions end", || {
        Ok(watch.sessions()?.is_empty())
    })
}

fn opened(stage: &Stage, readers: usize) -> Verdict<Session> {
    let s = stage.open_with(|opening| {
        opening.readers = Some(readers);
        opening.watched = true;
    })?;
    s.add_numbers(1000)?;
    Ok(s)
}

/// The only connection is taken for as long as the read is there.
fn queued(stage: &Stage) -> Verdict {
    let s = opened(stage, 1)?;
    let mut met = 0;
    for round in 0..ROUNDS {
        // Open, with most rows unread.
        let mut holder = numbers().iter(s.db());
        same(
            "the holder's first row",
            holder.next().transpose()?.map(own_id),
            Some(1),
        )?;
        let begun = Arc::default();
        let read = one_number(&s, &begun)?;
        until(&s, "the read begins", || Ok(begun.load(Ordering::SeqCst)))?;
        // From its beginning to the queue is a matter of microseconds.
        thread::sleep(Duration::from_micros(500));
        read.give_up(round);
        let ended = read.ended(&s)?;
        same("how it ended", ended, Ended::GivenUp)?;
        met += 1;
        drop(holder);
        next_is_right(&s, round)?;
    }
    nothing_is_left(stage, &s, "queued", met, 1)
}

/// The server is held in the middle of letting the connection in.
fn connecting(stage: &Stage) -> Verdict {
    let proxy = Proxy::new();
    let via = proxy.via();
    let s = stage.open_with(|opening| {
        opening.readers = Some(1);
        opening.watched = true;
        opening.via = Some(via);
    })?;
    s.add_numbers(1000)?;
    let (mut met, mut round, mut missed) = (0, 0, 0);
    while met < ROUNDS {
        round += 1;
        // The read before left a connection, which is gone now.
        proxy.hold_after(round as u32 % 3);
        proxy.cut();
        let begun = Arc::default();
        let read = one_number(&s, &begun)?;
        until(&s, "a connection is made", || {
            Ok(proxy.holds(Duration::from_millis(1)) || read.is_over())
        })?;
        if read.is_over() {
            // The news of the connection's end came later than the read, which is an error then.
            proxy.release();
            let error = read.ended(&s).err().map(|failure| failure.message);
            missed += 1;
            ensure(
                missed < ROUNDS,
                format!("no read meets the state; the last ended with {error:?}"),
            )?;
            next_is_right(&s, round)?;
            continue;
        }
        read.give_up(round);
        let ended = read.ended(&s)?;
        same("how it ended", ended, Ended::GivenUp)?;
        met += 1;
        proxy.release();
        next_is_right(&s, round)?;
    }
    nothing_is_left(stage, &s, "connecting", met, 1)
}

/// The server runs the statement, as it says itself, and other reads run beside it.
fn executing(stage: &Stage) -> Verdict {
    let s = opened(stage, 2)?;
    let Some(watch) = s.opened().watch().cloned() else {
        return fail("the database was opened without a way to watch its server");
    };
    let (stop, innocent) = (Arc::new(AtomicBool::new(false)), s.db().clone());
    let over = Arc::clone(&stop);
    let beside = thread::spawn(move || {
        let mut reads = 0_u64;
        while !over.load(Ordering::SeqCst) {
            let id = reads as i64 % 1000 + 1;
            let row = numbers().filter(|n| n.id.eq(id)).get(&innocent)?;
            if (row.id, row.double) != (id, 2 * id) {
                return Err(Error::new(ErrorKind::Data, "another read's row"));
            }
            reads += 1;
        }
        Ok(reads)
    });
    let mut met = 0;
    let mut rounds = || -> Verdict {
        for round in 0..ROUNDS {
            let query = |sql: &str, token: &CancelToken| -> RawQuery<(i64,)> {
                raw(sql, vec![]).cancel_with(token)
            };
            let (here, there) = (watch.sleep.clone(), watch.sleep.clone());
            let read = UnderWay::start(
                &s,
                move |db, token| query(&here, &token).list(&db),
                move |db, token| async move { query(&there, &token).alist(&db).await },
            )?;
            until(&s, "the server runs the statement", || {
                watch.is_running(&watch.sleep)
            })?;
            read.give_up(round);
            let ended = read.ended(&s)?;
            same("how it ended", ended, Ended::GivenUp)?;
            met += 1;
            next_is_right(&s, round)?;
            until(&s, "the server stops the statement", || {
                Ok(!watch.is_running(&watch.sleep)?)
            })?;
        }
        Ok(())
    };
    let outcome = rounds();
    stop.store(true, Ordering::SeqCst);
    let innocent = beside
        .join()
        .map_err(|_| Failure::new("a read beside panicked"))?;
    let innocent = innocent.map_err(|error| {
        let Failure { message, .. } = Failure::from(error);
        Failure::new(format!("a read that nobody cancelled: {message}"))
    })?;
    outcome?;
    ensure(innocent > 0, "nothing was read beside")?;
    nothing_is_left(stage, &s, "executing", met, 2)?;
    stage.note(format!(
        "{met} of {ROUNDS} cancellations while executing, beside {innocent} other reads"
    ));
    Ok(())
}

/// The statement is still on its way when the request to cancel it is there already, which then
/// finds nothing to cancel: it is stopped all the same.
fn sent(stage: &Stage) -> Verdict {
    const ROUNDS: u64 = 10;
    let proxy = Proxy::new();
    let via = proxy.via();
    let s = stage.open_with(|opening| {
        opening.readers = Some(1);
        opening.watched = true;
        opening.via = Some(via);
    })?;
    s.add_numbers(1000)?;
    let Some(watch) = s.opened().watch().cloned() else {
        return fail("the database was opened without a way to watch its server");
    };
    let usual = proxy.clients();
    for round in 0..=ROUNDS {
        // A request to cancel that says farewell would be held, and be taken for the statement.
        until(&s, "the last request to cancel is over", || {
            Ok(proxy.clients() <= usual)
        })?;
        let joined = proxy.joined();
        // In the first round the connection gets to know the statement, which then goes in one
        // message.
        let is_known = round > 0;
        if is_known {
            proxy.hold_clients();
        }
        let (here, there) = (watch.sleep.clone(), watch.sleep.clone());
        let query = |sql: &str, token: &CancelToken| -> RawQuery<(i64,)> {
            raw(sql, vec![]).cancel_with(token)
        };
        let read = UnderWay::start(
            &s,
            move |db, token| query(&here, &token).list(&db),
            move |db, token| async move { query(&there, &token).alist(&db).await },
        )?;
        until(&s, "the statement is on its way", || match is_known {
            true => Ok(proxy.holds_client()),
            false => watch.is_running(&watch.sleep),
        })?;
        read.give_up(round);
        if is_known {
            // A statement that only gets known is over without one, if it came to no more.
            until(&s, "a request to cancel", || Ok(proxy.joined() > joined))?;
            // Time enough for it to get to the server, though not to be relied on.
            thread::sleep(Duration::from_millis(20));
            proxy.release();
        }
        let ended = read.ended(&s)?;
        same("how it ended", ended, Ended::GivenUp)?;
        next_is_right(&s, round)?;
        until(&s, "the server stops the statement", || {
            Ok(!watch.is_running(&watch.sleep)?)
        })?;
    }
    stage.note(format!(
        "{ROUNDS} cancellations while the statement was on its way"
    ));
    Ok(())
}

/// Rows come, of a result that has no end to speak of.
fn streaming(stage: &Stage) -> Verdict {
    let s = opened(stage, 1)?;
    let endless = "SELECT a.id, 'x' FROM number a, number b, number c";
    let trickle = s.opened().watch().map(|watch| watch.trickle.as_str());
    let mut met = 0;
    for round in 0..ROUNDS {
        // As fast as it goes, or such that the reader waits for the server.
        let sql = match round % 10 {
            0 => endless,
            _ => trickle.unwrap_or(endless),
        };
        let sql: Arc<str> = sql.into();
        let seen = Arc::new(AtomicU64::new(0));
        let (here, there) = (Arc::clone(&seen), Arc::clone(&seen));
        let query = move |token: &CancelToken| -> RawQuery<(i64, String)> {
            raw(sql, vec![]).cancel_with(token)
        };
        let twin = query.clone();
        let read = UnderWay::start(
            &s,
            move |db, token| {
                query(&token).iter(&db).try_for_each(|row| {
                    here.fetch_add(1, Ordering::SeqCst);
                    row.map(drop)
                })
            },
            move |db, token| async move {
                let mut rows = twin(&token).aiter(&db);
                while rows.try_next().await?.is_some() {
                    there.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            },
        )?;
        until(&s, "rows come", || {
            Ok(seen.load(Ordering::SeqCst) > round % 20)
        })?;
        read.give_up(round);
        let ended = read.ended(&s)?;
        same("how it ended", ended, Ended::GivenUp)?;
        met += 1;
        next_is_right(&s, round)?;
    }
    nothing_is_left(stage, &s, "streaming", met, 1)
}

/// A row is being made into its type.
fn decoding(stage: &Stage) -> Verdict {
    let s = opened(stage, 1)?;
    let gate = Gate::new();
    let entry = gate.decoding();
    let number = entry.number();
    let (mut met, mut answered) = (0, 0);
    for round in 0..ROUNDS {
        gate.close();
        let entered = gate.entered();
        let query = move |token: &CancelToken| -> RawQuery<(i64, Gated)> {
            let sql = format!("SELECT id, {number} AS gate FROM number ORDER BY id");
            raw(sql, vec![]).cancel_with(token)
        };
        let read = UnderWay::start(
            &s,
            move |db, token| query(&token).list(&db),
            move |db, token| async move { query(&token).alist(&db).await },
        )?;
        ensure(
            gate.wait_for(entered + 1, s.patience()),
            "no row is decoded",
        )?;
        read.give_up(round);
        met += 1;
        gate.open();
        // What is there already may still be decoded, and be the answer.
        if let Ended::Answered(rows) = read.ended(&s)? {
            let expected = (1..=1000).map(|id| (id, Gated(number)));
            ensure(rows.into_iter().eq(expected), "the rows are not its own")?;
            answered += 1;
        }
        next_is_right(&s, round)?;
    }
    drop(entry);
    nothing_is_left(stage, &s, "decoding", met, 1)?;
    stage.note(format!(
        "{met} of {ROUNDS} cancellations while decoding, of which {answered} came too late to matter"
    ));
    Ok(())
}
