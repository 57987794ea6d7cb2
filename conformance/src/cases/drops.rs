//! Reads that are dropped: whatever they were doing, the next read is answered right and what
//! they did has stopped.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use queryset::runtime::Runtime;
use queryset::{Database, Model, RawQuery, raw};

use crate::failure::{Verdict, ensure, fail, same};
use crate::gate::{Gate, Gated};
use crate::models::{GatedNumber, numbers, own_id};
use crate::stage::{Session, Stage, read};
use crate::{Capability, Case, Form, Method};

use super::cancel::{gated, slow};

const ASYNC: &[Form] = &[Form::Async];

/// How often each state is met.
const DROPS: u64 = 500;

pub(super) const CASES: &[Case] = &[
    Case::new("drop.queued", Method::Get, queued)
        .only(ASYNC)
        .needing(&[Capability::BoundedPool]),
    Case::new("drop.executing", Method::Raw, executing)
        .only(ASYNC)
        .needing(&[Capability::SqlFunctions]),
    Case::new("drop.streaming", Method::Iter, streaming).only(ASYNC),
    Case::new("drop.decoding", Method::Raw, decoding)
        .only(ASYNC)
        .needing(&[Capability::DecodesElsewhere]),
    Case::new("drop.waiting_for_lock", Method::Count, waiting_for_lock)
        .only(ASYNC)
        .needing(&[Capability::HeldLock]),
    Case::new("drop.each_poll", Method::Get, each_poll).only(ASYNC),
    Case::new("drop.iterator", Method::Iter, iterator).only(&[Form::Blocking]),
];

/// Polls once; whether the future still waits.
async fn waits<F: Future>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

/// The next read after a drop, which must get its own answer.
async fn next_is_right(db: &Database, round: u64) -> Verdict {
    let id = round as i64 % 90 + 1;
    let row = numbers().filter(|n| n.id.eq(id)).aget(db).await?;
    same(
        format!("the read after drop {round}"),
        (row.id, row.double),
        (id, 2 * id),
    )
}

/// Lets other work go on for a moment.
async fn breathe(runtime: &Runtime) {
    runtime.timer().sleep(Duration::from_millis(1)).await;
}

/// Runs a case's loop as one task; it tells how many drops met the state.
fn count_drops<F>(stage: &Stage, s: &Session, state: &str, work: F) -> Verdict
where
    F: Future<Output = Verdict<u64>> + Send + 'static,
{
    let met = s.task(state, work)??;
    stage.note(format!("{met} of {DROPS} drops while {state}"));
    ensure(
        met > DROPS / 2,
        format!("only {met} of {DROPS} drops met a read that was {state}"),
    )?;
    read!(s, numbers(), count / acount())?.gives(1000)
}

/// The only connection is taken, so the read stands in the queue for it.
fn queued(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.readers = Some(1))?;
    s.add_numbers(1000)?;
    let (db, runtime) = (s.db().clone(), s.runtime().clone());
    count_drops(stage, &s, "queued", async move {
        let mut met = 0;
        for round in 0..DROPS {
            // Open, with most rows unread.
            let mut holder = numbers().aiter(&db);
            same(
                "the holder's first row",
                holder.next().await.transpose()?.map(own_id),
                Some(1),
            )?;
            let query = numbers().filter(|n| n.id.eq(500));
            let mut first = Box::pin(query.aget(&db));
            let mut second = Box::pin(query.acount(&db));
            let mut both = waits(first.as_mut()).await & waits(second.as_mut()).await;
            if round % 10 == 0 {
                // Time enough for them to be answered, if they did not have to wait.
                breathe(&runtime).await;
                both &= waits(first.as_mut()).await & waits(second.as_mut()).await;
            }
            if !both {
                return fail("a read was answered though the only connection is taken");
            }
            met += 1;
            // The first in the queue goes, or the last, or both, before the holder or after.
            match round % 4 {
                0 => {
                    drop((first, second));
                    drop(holder);
                }
                1 => {
                    drop(first);
                    drop(holder);
                    same("the one left in the queue", second.await?, 1)?;
                }
                2 => {
                    drop(second);
                    drop(holder);
                    same("the one left in the queue", own_id(first.await?), 500)?;
                }
                _ => {
                    drop(holder);
                    drop((first, second));
                }
            }
            next_is_right(&db, round).await?;
        }
        Ok(met)
    })
}

/// The statement runs: a function that it calls waits at a gate.
fn executing(stage: &Stage) -> Verdict {
    let gate = Gate::new();
    let s = gated(stage, &gate)?;
    let db = s.db().clone();
    let kept = Arc::clone(&gate);
    count_drops(stage, &s, "executing", async move {
        let mut met = 0;
        for round in 0..DROPS {
            gate.close();
            let entered = gate.entered();
            let query = slow();
            let mut read = Box::pin(query.alist(&db));
            if !waits(read.as_mut()).await {
                return fail("the read was answered though a function of it waits");
            }
            let reached = pin!(gate.reached(entered + 1));
            if let Either::Left((result, _)) = select(read.as_mut(), reached).await {
                let rows = result?.len();
                return fail(format!(
                    "{rows} rows came though a function of the read waits"
                ));
            }
            met += 1;
            drop(read);
            gate.open();
            next_is_right(&db, round).await?;
            let rows = gate.entered() - entered;
            // Without being stopped it passes a thousand rows.
            ensure(
                rows < 900,
                format!("a dropped statement went on for {rows} rows"),
            )?;
        }
        Ok(met)
    })?;
    let entered = kept.entered();
    read!(s, numbers(), count / acount())?.gives(1000)?;
    same(
        "rows that came by after all was over",
        kept.entered(),
        entered,
    )
}

/// Some rows have come, more wait.
fn streaming(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    let db = s.db().clone();
    count_drops(stage, &s, "streaming", async move {
        let mut met = 0;
        for round in 0..DROPS {
            let mut rows = numbers().aiter(&db);
            let taken = (round % 150) as i64 + 1;
            for id in 1..=taken {
                let row = rows.next().await.transpose()?.map(own_id);
                same("a row before the drop", row, Some(id))?;
            }
            if round % 3 == 0 {
                // In the middle of asking for the next row.
                let mut next = pin!(rows.next());
                waits(next.as_mut()).await;
            }
            met += 1;
            drop(rows);
            next_is_right(&db, round).await?;
        }
        Ok(met)
    })
}

/// Another statement in each round: what a backend knows to be short it may run within the poll.
fn decoded(number: i64, round: u64) -> RawQuery<(i64, Gated)> {
    let last = 40 + round;
    let sql = format!("SELECT id, {number} AS gate FROM number WHERE id <= {last} ORDER BY id");
    raw(sql, vec![])
}

/// The rows are there and are being read into their type.
fn decoding(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.readers = Some(1))?;
    s.add_numbers(1000)?;
    let gate = Gate::new();
    let entry = gate.decoding();
    let number = entry.number();
    let db = s.db().clone();
    let shared = Arc::clone(&gate);
    count_drops(stage, &s, "decoding", async move {
        let mut met = 0;
        for round in 0..DROPS {
            shared.close();
            let entered = shared.entered();
            let query = decoded(number, round);
            // Few rows: those of a long result may be built where they are consumed, and then
            // never while their reader can be dropped.
            let mut read = Box::pin(query.afirst(&db));
            // Polled for as long as it asks for that: a read that its caller drives gets to its rows
            // only then, and passes the gate in the poll.
            let mut reached = pin!(shared.reached(entered + 1));
            let elsewhere = poll_fn(|context| {
                let (poll, through) = shared.polling(|| read.as_mut().poll(context));
                match through || poll.is_ready() {
                    true => Poll::Ready(false),
                    false => reached.as_mut().poll(context).map(|()| true),
                }
            });
            if !elsewhere.await {
                return fail("rows are decoded inside the poll, where nothing can be dropped");
            }
            met += 1;
            drop(read);
            shared.open();
            next_is_right(&db, round).await?;
        }
        Ok(met)
    })?;
    drop(entry);
    read!(
        s,
        GatedNumber::objects().filter(|n| n.id.eq(1)),
        exists / aexists()
    )?
    .gives(true)
}

/// Another program holds a lock that the read waits for.
fn waiting_for_lock(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| {
        opening.lockable = true;
        opening.readers = Some(2);
    })?;
    s.add_numbers(1000)?;
    let runtime = s.runtime().clone();
    let mut met = 0;
    for round in 0..DROPS {
        let lock = match s.opened().lock() {
            Some(lock) => s.prepare("locking the database", lock)?,
            None => return fail("the database was opened without a way to lock it"),
        };
        let (db, runtime) = (s.db().clone(), runtime.clone());
        let waited = s.task("a read that waits for a lock", async move {
            let query = numbers();
            let mut read = Box::pin(query.acount(&db));
            let before = waits(read.as_mut()).await;
            breathe(&runtime).await;
            before && waits(read.as_mut()).await
        })?;
        if !waited {
            return fail("a read was answered though another holds the lock");
        }
        met += 1;
        drop(lock);
        let db = s.db().clone();
        s.task(
            "the next read",
            async move { next_is_right(&db, round).await },
        )??;
    }
    stage.note(format!("{met} of {DROPS} drops while waiting for a lock"));
    read!(s, numbers(), count / acount())?.gives(1000)
}

/// At every point at which a read can wait.
fn each_poll(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    let (db, runtime) = (s.db().clone(), s.runtime().clone());
    let ended = s.task("dropping at each poll", async move {
        let mut ended = 0;
        for round in 0..300 {
            let query = numbers().filter(|n| n.id.gt(5));
            let mut read = Box::pin(query.alist(&db));
            for _ in 0..round % 6 {
                if !waits(read.as_mut()).await {
                    ended += 1;
                    break;
                }
                if round % 2 == 0 {
                    breathe(&runtime).await;
                }
            }
            drop(read);
            next_is_right(&db, round).await?;
        }
        Verdict::Ok(ended)
    })??;
    stage.note(format!("300 drops, {ended} of them after the end"));
    read!(s, numbers(), count / acount())?.gives(1000)
}

/// The blocking form can be dropped only between two rows.
fn iterator(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    for round in 0..DROPS as i64 {
        let taken = round % 150 + 1;
        let mut rows = numbers().iter(s.db());
        for id in 1..=taken {
            same(
                "a row before the drop",
                rows.next().transpose()?.map(own_id),
                Some(id),
            )?;
        }
        drop(rows);
        let id = round % 90 + 1;
        let row = numbers().filter(|n| n.id.eq(id)).get(s.db())?;
        same(
            "the read after the drop",
            (row.id, row.double),
            (id, 2 * id),
        )?;
    }
    stage.note(format!("{DROPS} drops while streaming"));
    Ok(())
}
