//! Deadlines and cancel tokens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use queryset::{CancelToken, ErrorKind, RawQuery, raw};

use crate::failure::{Verdict, ensure, same};
use crate::gate::Gate;
use crate::models::{books, numbers, own_id, shelf};
use crate::stage::{Session, Stage, iterate, read};
use crate::{Capability, Case, Form, Method};

const GATES: &[Capability] = &[Capability::SqlFunctions];

pub(super) const CASES: &[Case] = &[
    Case::new("cancel.before", Method::Get, before),
    Case::new("cancel.unused", Method::List, unused),
    Case::new("cancel.token", Method::Count, token).needing(GATES),
    Case::new("cancel.neighbours", Method::Get, neighbours).needing(GATES),
    Case::new("cancel.late", Method::Get, late),
    Case::new("cancel.iteration", Method::Iter, iteration),
    Case::new("deadline.passed", Method::List, passed),
    Case::new("deadline.running", Method::Raw, running).needing(GATES),
    Case::new("deadline.unused", Method::Get, deadline_unused),
    Case::new("deadline.iteration", Method::Iter, deadline_iteration),
    Case::new("deadline.waiting_for_connection", Method::Get, waiting)
        .needing(&[Capability::BoundedPool]),
    Case::new("deadline.waiting_for_lock", Method::Count, waiting_for_lock)
        .needing(&[Capability::HeldLock]),
];

/// A read whose token is cancelled already does not answer.
fn before(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let token = CancelToken::new();
    token.cancel();
    let query = || books().filter(|b| b.id.eq(1));
    read!(s, query().cancel_with(&token), get / aget())?.fails(ErrorKind::Cancelled)?;
    read!(s, query().cancel_with(&token), count / acount())?.fails(ErrorKind::Cancelled)?;
    iterate!(s, query().cancel_with(&token))?.fails(ErrorKind::Cancelled)?;
    // The token is the query's, not the database's.
    read!(s, query(), get / aget() => own_id)?.gives(1)
}

fn unused(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let token = CancelToken::new();
    let query = || shelf().cancel_with(&token);
    read!(s, query(), list / alist() => |rows| rows.len())?.gives(7)?;
    iterate!(s, query() => |rows| rows.len())?.gives(7)?;
    token.cancel();
    read!(s, shelf(), count / acount())?.gives(7)
}

/// A database whose function `gated` waits at the gate.
pub(super) fn gated(stage: &Stage, gate: &Arc<Gate>) -> Verdict<Session> {
    let function = gate.function("gated");
    let s = stage.open_with(|opening| {
        opening.functions.push(function);
        // One reader, so that the next read meets the connection of the one before.
        opening.readers = Some(1);
    })?;
    s.add_numbers(1000)?;
    Ok(s)
}

/// Passes the gate once for each of a thousand rows.
pub(super) fn slow() -> RawQuery<(i64,)> {
    raw("SELECT sum(gated(id)) FROM number", vec![])
}

/// Requires the work behind the gate to have stopped: once the only connection answers again,
/// nobody comes by any more.
pub(super) fn stopped(s: &Session, gate: &Gate, entered: u64) -> Verdict {
    read!(s, numbers().filter(|n| n.id.eq(77)), get / aget() => own_id)?.gives(77)?;
    let now = gate.entered();
    ensure(
        now < entered + 900,
        format!("the work went on after it was given up: {entered} rows before, {now} at last"),
    )?;
    read!(s, numbers(), count / acount())?.gives(1000)?;
    same("rows that came by later", gate.entered(), now)
}

/// The slow read, cancelled once it waits at the gate; the kind of its error.
fn cancelled_at_gate(s: &Session, gate: &Arc<Gate>) -> Verdict<Option<ErrorKind>> {
    gate.close();
    let token = CancelToken::new();
    let query = slow().cancel_with(&token);
    let (count, patience, form) = (gate.entered() + 1, s.patience(), s.form());
    let canceller = {
        let gate = Arc::clone(gate);
        std::thread::spawn(move || {
            gate.wait_for(count, patience);
            token.cancel();
            // The blocking form comes back only when the function does. The other one must come
            // back before, or the statement might end before its task is polled.
            if form == Form::Blocking {
                gate.open();
            }
        })
    };
    let result = match s.form() {
        Form::Blocking => slow_result(query.list(s.db())),
        Form::Async => {
            let db = s.db().clone();
            slow_result(s.task(
                "a read that is cancelled",
                async move { query.alist(&db).await },
            )?)
        }
    };
    if result == Some(ErrorKind::Cancelled) {
        // Late, it would open the gate of the next round.
        let _ = canceller.join();
    }
    gate.open();
    Ok(result)
}

fn slow_result(result: queryset::Result<Vec<(i64,)>>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn token(stage: &Stage) -> Verdict {
    let gate = Gate::new();
    let s = gated(stage, &gate)?;
    for _ in 0..5 {
        let entered = gate.entered();
        same(
            "how it ended",
            cancelled_at_gate(&s, &gate)?,
            Some(ErrorKind::Cancelled),
        )?;
        stopped(&s, &gate, entered)?;
    }
    Ok(())
}

/// Cancelling one read leaves those beside it alone.
fn neighbours(stage: &Stage) -> Verdict {
    let gate = Gate::new();
    let function = gate.function("gated");
    let s = stage.open_with(|opening| opening.functions.push(function))?;
    s.add_numbers(300)?;
    for round in 0..20 {
        let beside: Vec<_> = (1..=4)
            .map(|id| {
                let db = s.db().clone();
                std::thread::spawn(move || {
                    (0..20).try_for_each(|_| {
                        let row = numbers().filter(|n| n.id.eq(id)).get(&db)?;
                        let right = row.id == id && row.double == 2 * id;
                        right.then_some(()).ok_or_else(|| {
                            queryset::Error::new(ErrorKind::Data, "another read's row")
                        })
                    })
                })
            })
            .collect();
        same(
            "how it ended",
            cancelled_at_gate(&s, &gate)?,
            Some(ErrorKind::Cancelled),
        )?;
        for thread in beside {
            let result = thread
                .join()
                .map_err(|_| crate::failure::Failure::new("a panic"))?;
            result.map_err(|error| {
                crate::failure::Failure::new(format!("round {round}, beside: {error}"))
            })?;
        }
    }
    Ok(())
}

/// A token that is cancelled just when its read ends never hits the next read.
fn late(stage: &Stage) -> Verdict {
    let s = stage.numbers(50)?;
    for round in 0..300i64 {
        let token = CancelToken::new();
        let id = round % 50 + 1;
        let query = numbers().filter(|n| n.id.eq(id)).cancel_with(&token);
        let racing = token.clone();
        let racer = (round % 2 == 0).then(|| std::thread::spawn(move || racing.cancel()));
        let db = s.db().clone();
        let result = match s.form() {
            Form::Blocking => query.get(&db),
            Form::Async => s.task("a read in a race", async move { query.aget(&db).await })?,
        };
        token.cancel();
        match result {
            Ok(row) => same("the row", (row.id, row.double), (id, 2 * id))?,
            Err(error) => same("the error", error.kind(), ErrorKind::Cancelled)?,
        }
        read!(s, numbers().filter(|n| n.id.eq(id)), get / aget() => own_id)?.gives(id)?;
        if let Some(racer) = racer {
            let _ = racer.join();
        }
    }
    Ok(())
}

/// Cancelled midway, the rows that are there may still come; then comes the error.
fn iteration(stage: &Stage) -> Verdict {
    let s = stage.numbers(5000)?;
    let token = CancelToken::new();
    let query = numbers().cancel_with(&token);
    let (rows, error) = match s.form() {
        Form::Blocking => {
            let mut rows = 0;
            let mut steps = query.iter(s.db());
            let error = loop {
                match steps.next() {
                    Some(Ok(_)) => rows += 1,
                    Some(Err(error)) => break Some(error.kind()),
                    None => break None,
                }
                if rows == 10 {
                    token.cancel();
                }
            };
            (rows, error)
        }
        Form::Async => {
            let db = s.db().clone();
            s.task("a stream that is cancelled", async move {
                use futures_util::StreamExt;
                let mut rows = 0;
                let mut steps = query.aiter(&db);
                let error = loop {
                    match steps.next().await {
                        Some(Ok(_)) => rows += 1,
                        Some(Err(error)) => break Some(error.kind()),
                        None => break None,
                    }
                    if rows == 10 {
                        token.cancel();
                    }
                };
                (rows, error)
            })?
        }
    };
    same("how it ended", error, Some(ErrorKind::Cancelled))?;
    ensure(
        (10..5000).contains(&rows),
        format!("{rows} rows of 5000 after a cancel at 10"),
    )?;
    read!(s, numbers(), count / acount())?.gives(5000)
}

fn passed(stage: &Stage) -> Verdict {
    let s = stage.numbers(5000)?;
    let query = numbers().timeout(Duration::ZERO);
    read!(s, query.clone(), list / alist() => |rows| rows.len())?.fails(ErrorKind::Timeout)?;
    read!(s, numbers(), count / acount())?.gives(5000)
}

/// A statement that runs too long is stopped, and its connection serves on.
fn running(stage: &Stage) -> Verdict {
    let gate = Gate::new();
    let s = gated(stage, &gate)?;
    for _ in 0..3 {
        gate.close();
        let entered = gate.entered();
        // As above, the other form must come back before the function does.
        let opener = (s.form() == Form::Blocking).then(|| {
            let gate = Arc::clone(&gate);
            std::thread::spawn(move || {
                // The read may be over before it got there.
                gate.wait_for(entered + 1, Duration::from_secs(1));
                // Past the deadline below.
                std::thread::sleep(Duration::from_millis(150));
                gate.open();
            })
        });
        let query = slow().timeout(Duration::from_millis(50));
        let read = read!(s, query, list / alist());
        gate.open();
        // Late, it would open the gate of the next round.
        let _ = opener.map(std::thread::JoinHandle::join);
        read?.fails(ErrorKind::Timeout)?;
        stopped(&s, &gate, entered)?;
    }
    Ok(())
}

fn deadline_unused(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for timeout in [Duration::from_secs(3600), Duration::MAX] {
        let query = books().filter(|b| b.id.eq(5)).timeout(timeout);
        read!(s, query, get / aget() => own_id)?.gives(5)?;
        iterate!(s, shelf().timeout(timeout) => |rows| rows.len())?.gives(7)?;
    }
    Ok(())
}

/// The time counts for the whole iteration, its pauses included.
fn deadline_iteration(stage: &Stage) -> Verdict {
    let s = stage.numbers(5000)?;
    let timeout = Duration::from_millis(200);
    let query = numbers().timeout(timeout);
    let started = Instant::now();
    // On a slow machine the first row may be late, too.
    let is_right = move |first: &Option<queryset::Result<_>>| {
        matches!(first, Some(Ok(_))) || started.elapsed() >= timeout
    };
    let pause = move || {
        while started.elapsed() < 2 * timeout {
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let end = match s.form() {
        Form::Blocking => {
            let mut steps = query.iter(s.db());
            let first = steps.next();
            let right = is_right(&first);
            pause();
            let end = first.into_iter().chain(steps).find_map(Result::err);
            (right, end.map(|error| error.kind()))
        }
        Form::Async => {
            let db = s.db().clone();
            let sleeping = s.runtime().clone();
            s.task("a slow consumer", async move {
                use futures_util::StreamExt;
                let mut steps = query.aiter(&db);
                let mut step = steps.next().await;
                let right = is_right(&step);
                sleeping.timer().sleep(2 * timeout).await;
                let end = loop {
                    match step {
                        Some(Ok(_)) => step = steps.next().await,
                        Some(Err(error)) => break Some(error.kind()),
                        None => break None,
                    }
                };
                (right, end)
            })?
        }
    };
    same(
        "the first row and the end",
        end,
        (true, Some(ErrorKind::Timeout)),
    )?;
    read!(s, numbers(), count / acount())?.gives(5000)
}

/// Waiting for a connection counts too.
fn waiting(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.readers = Some(1))?;
    s.add_numbers(2000)?;
    let mut holder = numbers().iter(s.db());
    holder.next();
    let query = numbers()
        .filter(|n| n.id.eq(1))
        .timeout(Duration::from_millis(50));
    read!(s, query, get / aget())?.fails(ErrorKind::Timeout)?;
    drop(holder);
    read!(s, numbers(), count / acount())?.gives(2000)
}

/// Waiting for another program's lock counts too.
fn waiting_for_lock(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.lockable = true)?;
    s.add_numbers(100)?;
    let lock = match s.opened().lock() {
        Some(lock) => s.prepare("locking the database", lock)?,
        None => return crate::failure::fail("the database was opened without a way to lock it"),
    };
    let query = numbers().timeout(Duration::from_millis(50));
    read!(s, query, count / acount())?.fails(ErrorKind::Timeout)?;
    drop(lock);
    read!(s, numbers(), count / acount())?.gives(100)
}
