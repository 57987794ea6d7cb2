//! Transactions that are dropped in the middle of something: whatever it was, the next user of the
//! connection finds no open transaction, and all is there or nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use queryset::runtime::Runtime;
use queryset::{CommitState, Database, ErrorKind, Result, Transaction};

use crate::failure::{Verdict, ensure, fail, same};
use crate::models::{Number, numbers};
use crate::stage::{Session, Stage, read};
use crate::{Case, Form, Method};

const ASYNC: &[Form] = &[Form::Async];

/// How often each state is met; a sixth of them at each poll.
const DROPS: u64 = 120;

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.drop.begin", Method::Begin, begin).only(ASYNC),
    Case::new("transaction.drop.read", Method::Begin, read_within).only(ASYNC),
    Case::new("transaction.drop.stream", Method::Iter, stream).only(ASYNC),
    Case::new("transaction.drop.write", Method::Begin, write).only(ASYNC),
    Case::new("transaction.drop.commit", Method::Commit, commit).only(ASYNC),
    Case::new("transaction.drop.rollback", Method::Rollback, rollback).only(ASYNC),
    Case::new("transaction.drop.savepoint", Method::Begin, savepoint).only(ASYNC),
    Case::new("transaction.drop.atomic", Method::Atomic, atomic).only(ASYNC),
    Case::new("transaction.drop.thread", Method::Begin, thread).only(&[Form::Blocking]),
];

/// Polls so many times, with a pause behind each for some; the result if it came.
async fn poll_times<F: Future>(
    mut future: Pin<&mut F>,
    times: u64,
    pause: Option<&Runtime>,
) -> Option<F::Output> {
    for _ in 0..times {
        let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        if let Some(runtime) = pause {
            runtime.timer().sleep(Duration::from_millis(1)).await;
        }
    }
    None
}

/// How a round drops: after how many polls, and whether time passes between them.
fn manner(runtime: &Runtime, round: u64) -> (u64, Option<&Runtime>) {
    (round % 6, (round % 12 >= 6).then_some(runtime))
}

fn row(id: i64) -> Number {
    Number { id, double: 2 * id }
}

/// The counter that every round adds one to from outside: what a transaction left open would
/// swallow it or keep it waiting.
async fn outside_is_right(db: &Database, round: u64) -> Verdict {
    let id = 1_000_000 + round as i64;
    db.acreate(&row(id)).await?;
    let one = numbers().filter(|n| n.id.eq(id)).aget(db).await?;
    same(format!("the row after drop {round}"), one, row(id))?;
    let written = numbers().filter(|n| n.id.gte(1_000_000)).acount(db).await?;
    same(format!("rows after drop {round}"), written, round + 1)
}

/// The rows of the transactions themselves.
async fn left(db: &Database) -> Result<u64> {
    numbers().filter(|n| n.id.lt(1_000_000)).acount(db).await
}

/// The rows of a round whose commit may come late: nobody takes them away.
fn pair_of(round: u64) -> (i64, i64) {
    (10 * round as i64 + 1, 10 * round as i64 + 2)
}

async fn of_pair(db: &Database, pair: (i64, i64)) -> Result<u64> {
    let both = numbers().filter(|n| n.id.gte(pair.0) & n.id.lte(pair.1));
    both.acount(db).await
}

/// Runs rounds as one task, each with a fresh look from outside behind it.
fn rounds<F, R>(stage: &Stage, rows: i64, what: &'static str, round: F) -> Verdict
where
    F: Fn(Database, Runtime, u64) -> R + Send + 'static,
    R: Future<Output = Verdict<bool>> + Send,
{
    let s = stage.numbers(rows)?;
    let (db, runtime) = (s.db().clone(), s.runtime().clone());
    let met = s.task(what, async move {
        let mut met = 0;
        for number in 0..DROPS {
            met += u64::from(round(db.clone(), runtime.clone(), number).await?);
            outside_is_right(&db, number).await?;
        }
        Verdict::Ok(met)
    })??;
    stage.note(format!("{met} of {DROPS} drops before the end of {what}"));
    ensure(met > 0, format!("no drop met {what}"))?;
    nothing_else(&s)
}

fn nothing_else(s: &Session) -> Verdict {
    read!(
        *s,
        numbers().filter(|n| n.id.gte(1_000_000)),
        count / acount()
    )?
    .gives(DROPS)
}

fn begin(stage: &Stage) -> Verdict {
    rounds(stage, 0, "begin", |db, runtime, round| async move {
        let (polls, pause) = manner(&runtime, round);
        let mut begin = Box::pin(db.abegin());
        let ended = poll_times(begin.as_mut(), polls, pause).await;
        let met = ended.is_none();
        // A transaction that was begun goes with its future.
        drop(ended.transpose()?);
        drop(begin);
        Ok(met)
    })
}

/// What a transaction answers after one of its operations was dropped: the right thing, or that
/// it is broken.
async fn still_right(tx: &Transaction, rows: u64) -> Verdict<bool> {
    match numbers().filter(|n| n.id.lt(1_000_000)).acount(tx).await {
        Ok(count) => same("the next read within", count, rows).map(|()| true),
        Err(error) if error.kind() == ErrorKind::Transaction => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn read_within(stage: &Stage) -> Verdict {
    rounds(
        stage,
        500,
        "a read within",
        |db, runtime, round| async move {
            let (polls, pause) = manner(&runtime, round);
            let tx = db.abegin().await?;
            tx.acreate(&row(500 + 1)).await?;
            let query = numbers().filter(|n| n.double.gt(3));
            let mut list = Box::pin(query.alist(&tx));
            let met = poll_times(list.as_mut(), polls, pause).await.is_none();
            drop(list);
            let sound = still_right(&tx, 501).await?;
            match round % 3 {
                0 => drop(tx),
                1 => tx.arollback().await?,
                _ => {
                    // Nothing is committed behind a broken one's back.
                    let outcome = tx.outcome();
                    let committed = tx.acommit().await.is_ok();
                    same("whether it was committed", committed, sound)?;
                    let state = outcome.state();
                    same("the outcome", state == CommitState::Committed, sound)?;
                    if committed {
                        db.aexecute("DELETE FROM number WHERE id = 501", vec![])
                            .await?;
                    }
                }
            }
            same("rows left", left(&db).await?, 500)?;
            Ok(met)
        },
    )
}

fn stream(stage: &Stage) -> Verdict {
    rounds(stage, 1000, "a stream within", |db, _, round| async move {
        let tx = db.abegin().await?;
        tx.acreate(&row(1001)).await?;
        let mut rows = numbers().aiter(&tx);
        for id in 1..=(round as i64 % 70 + 1) {
            let next = rows.next().await.transpose()?;
            same("a row before the drop", next.map(|row| row.id), Some(id))?;
        }
        if round % 3 == 0 {
            // In the middle of asking for the next.
            let mut next = Box::pin(rows.next());
            poll_times(next.as_mut(), 1, None).await;
        }
        drop(rows);
        ensure(
            still_right(&tx, 1001).await? || round % 3 == 0,
            "a stream that is dropped between two rows breaks no transaction",
        )?;
        match round % 2 {
            0 => drop(tx),
            _ => tx.arollback().await?,
        }
        same("rows left", left(&db).await?, 1000)?;
        Ok(true)
    })
}

fn write(stage: &Stage) -> Verdict {
    rounds(
        stage,
        200,
        "a write within",
        |db, runtime, round| async move {
            let (polls, pause) = manner(&runtime, round);
            let tx = db.abegin().await?;
            tx.acreate(&row(201)).await?;
            let mut delete = Box::pin(tx.aexecute("DELETE FROM number WHERE id <= 200", vec![]));
            let met = poll_times(delete.as_mut(), polls, pause).await.is_none();
            drop(delete);
            // Deleted or not: both are right, a part is not.
            match numbers().filter(|n| n.id.lt(1_000_000)).acount(&tx).await {
                Ok(count) => ensure(count == 1 || count == 201, format!("{count} rows within"))?,
                Err(error) => same("the next read", error.kind(), ErrorKind::Transaction)?,
            }
            match round % 2 {
                0 => drop(tx),
                _ => tx.arollback().await?,
            }
            same("rows left", left(&db).await?, 200)?;
            Ok(met)
        },
    )
}

/// The outcome says that nobody knows, as does the hook; and either all is there or nothing.
fn commit(stage: &Stage) -> Verdict {
    rounds(stage, 0, "a commit", |db, runtime, round| async move {
        let (polls, pause) = manner(&runtime, round);
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let _hook = db.on_statement(move |event| {
            if event.sql == "COMMIT" {
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(event.dropped);
            }
        });
        let tx = db.abegin().await?;
        let pair = pair_of(round);
        tx.acreate(&row(pair.0)).await?;
        tx.acreate(&row(pair.1)).await?;
        let (outcome, clone) = (tx.outcome(), tx.clone());
        let mut commit = Box::pin(tx.acommit());
        let ended = poll_times(commit.as_mut(), polls, pause).await;
        let met = ended.is_none() && polls > 0;
        drop(commit);
        let state = outcome.state();
        let dropped = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match ended {
            Some(result) => {
                result?;
                same("the outcome", state, CommitState::Committed)?;
                same("what the hook was told", dropped, vec![false])?;
            }
            None if polls == 0 => {
                same("the outcome of one never sent", state, CommitState::Open)?;
            }
            None => {
                same("the outcome", state, CommitState::Unknown)?;
                same("what the hook was told", dropped, vec![true])?;
                let after = numbers().acount(&clone).await.map_err(|e| e.kind());
                same("a clone", after, Err(ErrorKind::Transaction))?;
            }
        }
        drop(clone);
        if polls == 0 {
            same(
                "the outcome in the end",
                outcome.state(),
                CommitState::RolledBack,
            )?;
        }
        let there = of_pair(&db, pair).await?;
        match outcome.state() {
            CommitState::Committed => same("rows of a commit", there, 2)?,
            CommitState::RolledBack => same("rows of none", there, 0)?,
            // It may still be under way.
            _ => ensure(
                there == 0 || there == 2,
                format!("{there} rows of a commit"),
            )?,
        }
        Ok(met)
    })
}

fn rollback(stage: &Stage) -> Verdict {
    rounds(stage, 0, "a rollback", |db, runtime, round| async move {
        let (polls, pause) = manner(&runtime, round);
        let tx = db.abegin().await?;
        tx.acreate(&row(1)).await?;
        let outcome = tx.outcome();
        let mut rollback = Box::pin(tx.arollback());
        let met = poll_times(rollback.as_mut(), polls, pause).await.is_none();
        drop(rollback);
        same("the outcome", outcome.state(), CommitState::RolledBack)?;
        same("rows left", left(&db).await?, 0)?;
        Ok(met)
    })
}

/// A nested one that is dropped while it begins, ends or is undone.
fn savepoint(stage: &Stage) -> Verdict {
    rounds(stage, 0, "a savepoint", |db, runtime, round| async move {
        let (polls, pause) = manner(&runtime, round);
        let tx = db.abegin().await?;
        tx.acreate(&row(1)).await?;
        let mut met = true;
        match round / 12 % 3 {
            0 => {
                let mut begin = Box::pin(tx.abegin());
                let nested = poll_times(begin.as_mut(), polls, pause).await.transpose()?;
                met = nested.is_none();
                if let Some(nested) = nested {
                    nested.acreate(&row(2)).await?;
                }
            }
            1 => {
                let nested = tx.abegin().await?;
                nested.acreate(&row(2)).await?;
                let mut undo = Box::pin(nested.arollback());
                met = poll_times(undo.as_mut(), polls, pause).await.is_none();
            }
            _ => {
                let nested = tx.abegin().await?;
                nested.acreate(&row(2)).await?;
                let mut release = Box::pin(nested.acommit());
                match poll_times(release.as_mut(), polls, pause).await {
                    Some(released) => {
                        met = false;
                        released?;
                        tx.aexecute("DELETE FROM number WHERE id = 2", vec![])
                            .await?;
                    }
                    None => {
                        drop(release);
                        // What it did is undone, or part of the outer one by now.
                        drop(tx.aexecute("DELETE FROM number WHERE id = 2", vec![]).await);
                    }
                }
            }
        }
        let sound = still_right(&tx, 1).await?;
        let committed = tx.acommit().await.is_ok();
        same("whether it was committed", committed, sound)?;
        same("rows left", left(&db).await?, u64::from(committed))?;
        db.aexecute("DELETE FROM number WHERE id <= 2", vec![])
            .await?;
        Ok(met)
    })
}

fn atomic(stage: &Stage) -> Verdict {
    rounds(
        stage,
        0,
        "an atomic block",
        |db, runtime, round| async move {
            let (polls, pause) = (round % 18, (round % 36 >= 18).then_some(&runtime));
            let pair = pair_of(round);
            let body = async |tx: Transaction| {
                tx.acreate(&row(pair.0)).await?;
                tx.aatomic(async |tx| tx.acreate(&row(pair.1)).await)
                    .await?;
                of_pair(&tx, pair).await
            };
            let mut atomic = Box::pin(db.aatomic(body));
            let ended = poll_times(atomic.as_mut(), polls, pause).await;
            drop(atomic);
            let met = ended.is_none();
            if let Some(ended) = ended {
                ended?;
            }
            let there = of_pair(&db, pair).await?;
            ensure(
                there == 0 || there == 2,
                format!("{there} rows of an atomic block"),
            )?;
            Ok(met)
        },
    )
}

/// The blocking form can be dropped between two operations, on any thread.
fn thread(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    for round in 0..DROPS as i64 {
        let tx = s.db().begin()?;
        tx.create(&row(1))?;
        let mut rows = numbers().iter(&tx);
        same("a row", rows.next().transpose()?, Some(row(1)))?;
        match round % 3 {
            0 => drop((tx, rows)),
            1 => drop((rows, tx)),
            _ => {
                let dropped = std::thread::spawn(move || drop((rows, tx))).join();
                if dropped.is_err() {
                    return fail("the drop panicked");
                }
            }
        }
        s.db().create(&row(1_000_000 + round))?;
        same("rows", numbers().count(s.db())?, round as u64 + 1)?;
    }
    nothing_else(&s)
}
