//! Transactions: what they keep together, what they keep apart, and their ends.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::TryStreamExt;
use queryset::{
    CommitState, Database, Error, ErrorKind, ExplainOptions, Family, IsolationLevel, Result,
    Transaction, TransactionOptions, Value, raw,
};

use crate::failure::{Verdict, ensure, fail, same};
use crate::models::{Number, ids, numbers};
use crate::stage::{Session, Stage, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.commit", Method::Commit, commit)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new("transaction.rollback", Method::Rollback, rollback),
    Case::new("transaction.dropped", Method::Begin, dropped),
    Case::new("transaction.used_after", Method::Commit, used_after),
    Case::new("transaction.read_methods", Method::Begin, read_methods)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new(
        "transaction.iterate_and_write",
        Method::Iter,
        iterate_and_write,
    ),
    Case::new("transaction.iterations", Method::Iter, iterations),
    Case::new("transaction.iteration_after", Method::Iter, iteration_after),
    Case::new("transaction.side_by_side", Method::Begin, side_by_side),
    Case::new("transaction.atomic", Method::Atomic, atomic),
    Case::new("transaction.atomic.error", Method::Atomic, atomic_error),
    Case::new("transaction.atomic.panic", Method::Atomic, atomic_panic),
    Case::new(
        "transaction.atomic.kept_handle",
        Method::Atomic,
        atomic_kept_handle,
    ),
    Case::new("transaction.atomic.nested", Method::Atomic, atomic_nested),
    Case::new("transaction.savepoint", Method::Begin, savepoint)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new(
        "transaction.savepoint.dropped",
        Method::Begin,
        savepoint_dropped,
    ),
    Case::new(
        "transaction.savepoint.inside",
        Method::Begin,
        savepoint_inside,
    ),
    Case::new("transaction.savepoint.open", Method::Begin, savepoint_open),
    Case::new(
        "transaction.savepoint.after",
        Method::Begin,
        savepoint_after,
    ),
    Case::new(
        "transaction.savepoint.options",
        Method::Begin,
        savepoint_options,
    ),
    Case::new("transaction.broken", Method::Commit, broken),
    Case::new(
        "transaction.broken.savepoint",
        Method::Begin,
        broken_savepoint,
    ),
    Case::new("transaction.deadlock", Method::Execute, deadlock).needing(&[Capability::RowLocks]),
    Case::new("transaction.serialization", Method::Commit, serialization)
        .needing(&[Capability::RowLocks]),
    Case::new("transaction.snapshot", Method::Begin, snapshot)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new("transaction.isolation", Method::Begin, isolation)
        .needing(&[Capability::WeakIsolation]),
    Case::new("transaction.read_only", Method::Begin, read_only),
    Case::new(
        "transaction.ended_by_statement",
        Method::Execute,
        ended_by_statement,
    ),
    Case::new("transaction.hook", Method::Begin, hook),
    Case::new("transaction.close", Method::Close, close),
    Case::new("transaction.in_task", Method::Begin, in_task).only(&[Form::Async]),
    Case::new("transaction.one_connection", Method::Begin, one_connection),
];

/// What a database or a transaction answers, in the form that the session tries. Without a trace:
/// what is compared is said by the case.
macro_rules! ask {
    ($session:expr, $db:expr, $query:expr, $blocking:ident / $twin:ident ($($arg:expr),*)) => {{
        let session: &Session = &$session;
        let (db, query) = ((*$db).clone(), $query);
        match session.form() {
            Form::Blocking => Verdict::Ok(query.$blocking(&db $(, $arg)*)),
            Form::Async => session.task(stringify!($blocking), async move {
                query.$twin(&db $(, $arg)*).await
            }),
        }
    }};
}

/// A call of a method of a database or a transaction, in the form that the session tries.
macro_rules! on {
    ($session:expr, $db:expr, $blocking:ident / $twin:ident ($($arg:expr),*)) => {{
        let session: &Session = &$session;
        let db = $db.clone();
        match session.form() {
            Form::Blocking => Verdict::Ok(db.$blocking($($arg),*)),
            Form::Async => session.task(stringify!($blocking), async move {
                db.$twin($($arg),*).await
            }),
        }
    }};
}

pub(super) fn begin(s: &Session, db: &Database) -> Verdict<Transaction> {
    Ok(on!(s, db, begin / abegin())??)
}

fn begin_with(s: &Session, options: TransactionOptions) -> Verdict<Transaction> {
    let db = s.db();
    Ok(on!(s, db, begin_with / abegin_with(options))??)
}

fn end(s: &Session, tx: Transaction, how: End) -> Verdict<Result<()>> {
    Ok(match (s.form(), how) {
        (Form::Blocking, End::Commit) => tx.commit(),
        (Form::Blocking, End::Rollback) => tx.rollback(),
        (Form::Async, End::Commit) => s.task("commit", tx.acommit())?,
        (Form::Async, End::Rollback) => s.task("rollback", tx.arollback())?,
    })
}

#[derive(Clone, Copy)]
enum End {
    Commit,
    Rollback,
}
use End::{Commit, Rollback};

/// Writes the number, through a transaction or past it.
fn add(s: &Session, db: &Database, id: i64) -> Verdict<Result<()>> {
    let row = Number { id, double: 2 * id };
    on!(s, db, create / acreate(&row))
}

fn count(s: &Session, db: &Database) -> Verdict<u64> {
    Ok(ask!(s, db, numbers(), count / acount())??)
}

fn present(s: &Session, db: &Database) -> Verdict<Vec<i64>> {
    Ok(ids(ask!(s, db, numbers(), list / alist())??))
}

/// Of the one error that all is about.
fn ok<T>(value: T) -> Result<T> {
    Ok(value)
}

/// The kind of an error, of which there has to be one.
fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

const ENDED: Option<ErrorKind> = Some(ErrorKind::Transaction);

fn commit(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    for id in 1..=3 {
        add(&s, &tx, id)??;
    }
    same("seen from inside", count(&s, &tx)?, 3)?;
    same("seen from outside", count(&s, s.db())?, 0)?;
    same("the outcome before", outcome.state(), CommitState::Open)?;
    end(&s, tx, Commit)??;
    same("the outcome after", outcome.state(), CommitState::Committed)?;
    same("seen after the commit", present(&s, s.db())?, vec![1, 2, 3])?;
    add(&s, s.db(), 4)??;
    same("the next write", count(&s, s.db())?, 4)
}

fn rollback(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    add(&s, &tx, 2)??;
    let db: &Database = &tx;
    let sql = "DELETE FROM number WHERE id = 1";
    same(
        "rows deleted",
        on!(s, db, execute / aexecute(sql, vec![]))??,
        1,
    )?;
    same("seen from inside", present(&s, &tx)?, vec![2])?;
    end(&s, tx, Rollback)??;
    same("the outcome", outcome.state(), CommitState::RolledBack)?;
    same("seen after the rollback", present(&s, s.db())?, vec![1])?;
    add(&s, s.db(), 2)??;
    same("the next write", count(&s, s.db())?, 2)
}

/// Many times, so that a connection that is lost or still in the transaction shows.
fn dropped(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    for round in 0..100 {
        let tx = begin(&s, s.db())?;
        let outcome = tx.outcome();
        add(&s, &tx, 1)??;
        let clone = tx.clone();
        drop(tx);
        same(
            "seen by a clone that is left",
            count(&s, &clone)?,
            round as u64 + 1,
        )?;
        match s.form() {
            Form::Blocking => drop(clone),
            Form::Async => s.task("a drop", async move { drop(clone) })?,
        }
        same("the outcome", outcome.state(), CommitState::RolledBack)?;
        add(&s, s.db(), 100 + round)??;
        let all = count(&s, s.db())?;
        same(format!("rows after drop {round}"), all, round as u64 + 1)?;
    }
    same("rows of a dropped one", present(&s, s.db())?[0], 100)
}

fn used_after(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    for how in [Commit, Rollback] {
        let tx = begin(&s, s.db())?;
        let (left, again, nested) = (tx.clone(), tx.clone(), tx.clone());
        same("a read", count(&s, &tx)?, 3)?;
        end(&s, tx, how)??;
        same(
            "count",
            kind(ask!(s, left, numbers(), count / acount())?),
            ENDED,
        )?;
        same(
            "list",
            kind(ask!(s, left, numbers(), list / alist())?),
            ENDED,
        )?;
        same("create", kind(add(&s, &left, 9)?), ENDED)?;
        same("begin", kind(on!(s, left, begin / abegin())?), ENDED)?;
        same("commit", kind(end(&s, left, Commit)?), ENDED)?;
        same("rollback", kind(end(&s, again, Rollback)?), ENDED)?;
        let message = ask!(s, nested, numbers(), exists / aexists())?;
        let message = message.err().map(|error| error.to_string());
        let word = match how {
            Commit => "committed",
            Rollback => "rolled back",
        };
        ensure(
            message
                .as_ref()
                .is_some_and(|message| message.contains(word)),
            format!("the error should say {word}: {message:?}"),
        )?;
    }
    same("outside", count(&s, s.db())?, 3)
}

/// Every read sees what the transaction has written, and nobody else does.
fn read_methods(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 4)??;
    let four = || numbers().filter(|n| n.id.eq(4));
    let row = Number { id: 4, double: 8 };
    same("get", ask!(s, tx, four(), get / aget())??, row.clone())?;
    same(
        "get_or_none",
        ask!(s, tx, four(), get_or_none / aget_or_none())??,
        Some(row.clone()),
    )?;
    same("count", ask!(s, tx, numbers(), count / acount())??, 4)?;
    same("exists", ask!(s, tx, four(), exists / aexists())??, true)?;
    same(
        "first",
        ask!(s, tx, four(), first / afirst())??,
        Some(row.clone()),
    )?;
    same(
        "last",
        ask!(s, tx, numbers(), last / alast())??,
        Some(row.clone()),
    )?;
    same("nth", ask!(s, tx, numbers(), nth / anth(3))??, row.clone())?;
    same(
        "contains",
        ask!(s, tx, numbers(), contains / acontains(&row))??,
        true,
    )?;
    same(
        "in_bulk",
        ask!(s, tx, numbers(), in_bulk / ain_bulk([4, 5]))??.len(),
        1,
    )?;
    same(
        "aggregate",
        ask!(s, tx, numbers(), aggregate / aaggregate(|n| n.id.max()))??,
        Some(4),
    )?;
    same("list", ask!(s, tx, numbers(), list / alist())??.len(), 4)?;
    let counted = raw::<(i64,)>("SELECT COUNT(*) FROM number", vec![]);
    same("raw", ask!(s, tx, counted, list / alist())??, vec![(4,)])?;
    let all = raw::<(i64,)>("SELECT id FROM number ORDER BY id", vec![]);
    // The rest of its rows is not asked for.
    same(
        "raw.first",
        ask!(s, tx, all, first / afirst())??,
        Some((1,)),
    )?;
    let plan = ask!(
        s,
        tx,
        four(),
        explain / aexplain(&ExplainOptions::default())
    )??;
    ensure(!plan.is_empty(), "a plan")?;
    same(
        "outside",
        ask!(s, s.db(), four(), exists / aexists())??,
        false,
    )?;
    end(&s, tx, Rollback)??;
    same("afterwards", count(&s, s.db())?, 3)
}

/// A loop that writes for each row that it reads, over the transaction's one connection.
fn iterate_and_write(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    let tx = begin(&s, s.db())?;
    let double = s.quoted("double");
    let set = |id: i64| format!("UPDATE number SET {double} = {double} + 1 WHERE id = {id}");
    let seen: Vec<i64> = match s.form() {
        Form::Blocking => {
            let mut seen = Vec::new();
            for row in numbers().iter(&tx) {
                let row = row?;
                tx.execute(set(row.id), vec![])?;
                seen.push(row.id);
            }
            seen
        }
        Form::Async => {
            let tx = tx.clone();
            let updates: Vec<String> = (0..=1000).map(set).collect();
            s.task("a loop", async move {
                let mut seen = Vec::new();
                let mut rows = numbers().aiter(&tx);
                while let Some(row) = rows.try_next().await? {
                    tx.aexecute(updates[row.id as usize].clone(), vec![])
                        .await?;
                    seen.push(row.id);
                }
                ok(seen)
            })??
        }
    };
    same("the rows read", seen, (1..=1000).collect::<Vec<_>>())?;
    end(&s, tx, Commit)??;
    let changed = read!(s, numbers(), list / alist())?.value()?;
    let wrong = changed.iter().find(|row| row.double != 2 * row.id + 1);
    same("a row that was not written", wrong, None::<&Number>)
}

/// Several iterations at once, row by row in turn, and one that is dropped.
fn iterations(stage: &Stage) -> Verdict {
    let s = stage.numbers(400)?;
    let tx = begin(&s, s.db())?;
    let odd = || numbers().filter(|n| n.id.gt(100));
    let (first, second) = match s.form() {
        Form::Blocking => {
            let mut dropped = numbers().iter(&tx);
            dropped.next().transpose()?;
            drop(dropped);
            let (mut one, mut two) = (numbers().iter(&tx), odd().iter(&tx));
            let (mut first, mut second) = (Vec::new(), Vec::new());
            loop {
                let pair = (one.next().transpose()?, two.next().transpose()?);
                first.extend(pair.0.as_ref().map(|row| row.id));
                second.extend(pair.1.as_ref().map(|row| row.id));
                if pair.0.is_none() && pair.1.is_none() {
                    break (first, second);
                }
            }
        }
        Form::Async => {
            let tx = tx.clone();
            s.task("iterations", async move {
                let mut dropped = numbers().aiter(&tx);
                dropped.try_next().await?;
                drop(dropped);
                let (mut one, mut two) = (numbers().aiter(&tx), odd().aiter(&tx));
                let (mut first, mut second) = (Vec::new(), Vec::new());
                loop {
                    let pair = (one.try_next().await?, two.try_next().await?);
                    first.extend(pair.0.as_ref().map(|row| row.id));
                    second.extend(pair.1.as_ref().map(|row| row.id));
                    if pair.0.is_none() && pair.1.is_none() {
                        break ok((first, second));
                    }
                }
            })??
        }
    };
    same("the one", first, (1..=400).collect::<Vec<_>>())?;
    same("the other", second, (101..=400).collect::<Vec<_>>())?;
    same("still open", count(&s, &tx)?, 400)?;
    end(&s, tx, Commit)?.map_err(Into::into)
}

/// An iteration that was left open does not outlive its transaction.
fn iteration_after(stage: &Stage) -> Verdict {
    let s = stage.numbers(2000)?;
    for how in [Commit, Rollback] {
        let tx = begin(&s, s.db())?;
        let error = match s.form() {
            Form::Blocking => {
                let mut rows = numbers().iter(&tx);
                rows.next().transpose()?;
                end(&s, tx, how)??;
                rows.find_map(Result::err)
            }
            Form::Async => s.task("an iteration", async move {
                let mut rows = numbers().aiter(&tx);
                rows.try_next().await?;
                match how {
                    Commit => tx.acommit().await?,
                    Rollback => tx.arollback().await?,
                }
                loop {
                    match rows.try_next().await {
                        Ok(Some(_)) => {}
                        Ok(None) => break ok(None),
                        Err(error) => break Ok(Some(error)),
                    }
                }
            })??,
        };
        same("the rest", error.map(|error| error.kind()), ENDED)?;
        add(&s, s.db(), if matches!(how, Commit) { 3001 } else { 3002 })??;
    }
    same("outside", count(&s, s.db())?, 2002)
}

/// Handles to one transaction in many hands.
fn side_by_side(stage: &Stage) -> Verdict {
    let s = stage.numbers(100)?;
    let tx = begin(&s, s.db())?;
    let right = |row: Number, id: i64| match (row.id, row.double) == (id, 2 * id) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Data,
            format!("{id} was asked for, {row:?} came"),
        )),
    };
    match s.form() {
        Form::Blocking => std::thread::scope(|scope| {
            let threads: Vec<_> = (1..=16)
                .map(|id| {
                    let tx = tx.clone();
                    scope.spawn(move || {
                        (0..10).try_for_each(|_| {
                            right(numbers().filter(|n| n.id.eq(id)).get(&tx)?, id)
                        })
                    })
                })
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| match thread.join() {
                    Ok(result) => result.map_err(Into::into),
                    Err(_) => fail("a reader panicked"),
                })
        })?,
        Form::Async => {
            let tasks: Vec<_> = (1..=16)
                .map(|id| {
                    let tx = tx.clone();
                    s.runtime().spawn(async move {
                        for _ in 0..10 {
                            right(numbers().filter(|n| n.id.eq(id)).aget(&tx).await?, id)?;
                        }
                        ok(())
                    })
                })
                .collect::<std::result::Result<_, _>>()?;
            for task in tasks {
                s.join("a reader", task)??;
            }
        }
    }
    end(&s, tx, Commit)?.map_err(Into::into)
}

/// What a body does in either form: the same steps, given as rows to add and what comes of it.
fn run_atomic(
    s: &Session,
    db: &Database,
    add: &'static [i64],
    ends: fn() -> Result<u64>,
) -> Verdict<Result<u64>> {
    let rows: Vec<Number> = add
        .iter()
        .map(|&id| Number { id, double: 2 * id })
        .collect();
    Ok(match s.form() {
        Form::Blocking => db.atomic(|tx| {
            for row in &rows {
                tx.create(row)?;
            }
            ends()
        }),
        Form::Async => {
            let db = db.clone();
            s.task("atomic", async move {
                db.aatomic(async |tx| {
                    for row in &rows {
                        tx.acreate(row).await?;
                    }
                    ends()
                })
                .await
            })?
        }
    })
}

fn atomic(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let value = run_atomic(&s, s.db(), &[1, 2], || Ok(7))??;
    same("the body's value", value, 7)?;
    same("what it wrote", present(&s, s.db())?, vec![1, 2])
}

fn atomic_error(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let ends = || Err(Error::new(ErrorKind::Validation, "not today").with_code("17"));
    let error = run_atomic(&s, s.db(), &[1, 2], ends)?;
    let error = error.err().map(|error| (error.kind(), error.to_string()));
    let expected = (ErrorKind::Validation, "not today".to_owned());
    same("the body's error", error, Some(expected))?;
    same("what it wrote", count(&s, s.db())?, 0)?;
    // One of the database, of which the kind stays what it is.
    let error = run_atomic(&s, s.db(), &[1, 1], || Ok(0))?;
    same(
        "the error of a statement",
        kind(error),
        Some(ErrorKind::Unique),
    )?;
    same("what it wrote", count(&s, s.db())?, 0)?;
    add(&s, s.db(), 1)??;
    same("the next write", count(&s, s.db())?, 1)
}

fn atomic_panic(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    // Without the panic hook, whose output would look like a failure.
    let ends = || resume_unwind(Box::new("on purpose"));
    let panicked = match s.form() {
        Form::Blocking => catch_unwind(AssertUnwindSafe(|| {
            drop(run_atomic(&s, s.db(), &[1, 2], ends));
        }))
        .is_err(),
        Form::Async => {
            let db = s.db().clone();
            let task = s.runtime().spawn(async move {
                db.aatomic(async |tx| {
                    tx.acreate(&Number { id: 1, double: 2 }).await?;
                    ends()
                })
                .await
            })?;
            s.wait("a task that panics", task)?.is_err()
        }
    };
    ensure(panicked, "the panic goes on")?;
    same("what it wrote", count(&s, s.db())?, 0)?;
    add(&s, s.db(), 1)??;
    same("the next write", count(&s, s.db())?, 1)
}

/// A body that keeps its handle, and a nested one, has them ended all the same.
fn atomic_kept_handle(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = |tx: Transaction| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(tx);
    };
    for fails in [false, true] {
        let result: Result<()> = match s.form() {
            Form::Blocking => s.db().atomic(|tx| {
                tx.create(&Number { id: 1, double: 2 })?;
                if fails {
                    keep(tx.begin()?);
                }
                keep(tx);
                Ok(())
            }),
            Form::Async => {
                let (db, kept) = (s.db().clone(), Arc::clone(&kept));
                s.task("atomic", async move {
                    db.aatomic(async |tx| {
                        tx.acreate(&Number { id: 1, double: 2 }).await?;
                        if fails {
                            let nested = tx.abegin().await?;
                            kept.lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push(nested);
                        }
                        kept.lock().unwrap_or_else(PoisonError::into_inner).push(tx);
                        Ok(())
                    })
                    .await
                })?
            }
        };
        match fails {
            false => result?,
            // The row of the first is there too.
            true => same(
                "a nested one left open",
                kind(result),
                Some(ErrorKind::Unique),
            )?,
        }
        let handles = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in &handles {
            same(
                "a kept handle",
                kind(ask!(s, handle, numbers(), count / acount())?),
                ENDED,
            )?;
        }
        add(&s, s.db(), if fails { 3 } else { 2 })??;
        drop(handles);
    }
    same("in all", present(&s, s.db())?, vec![1, 2, 3])
}

fn atomic_nested(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let row = |id| Number { id, double: 2 * id };
    let inner_kind = match s.form() {
        Form::Blocking => s.db().atomic(|tx| {
            tx.create(&row(1))?;
            let inner: Result<()> = tx.atomic(|tx| {
                tx.create(&row(2))?;
                // Twice the same: the database's own error, in the nested one.
                tx.create(&row(1))
            });
            tx.atomic(|tx| tx.create(&row(3)))?;
            tx.create(&row(4))?;
            ok(kind(inner))
        })?,
        Form::Async => {
            let db = s.db().clone();
            s.task("atomic", async move {
                db.aatomic(async |tx| {
                    tx.acreate(&row(1)).await?;
                    let inner: Result<()> = tx
                        .aatomic(async |tx| {
                            tx.acreate(&row(2)).await?;
                            tx.acreate(&row(1)).await
                        })
                        .await;
                    tx.aatomic(async |tx| tx.acreate(&row(3)).await).await?;
                    tx.acreate(&row(4)).await?;
                    ok(kind(inner))
                })
                .await
            })??
        }
    };
    same("the inner error", inner_kind, Some(ErrorKind::Unique))?;
    same("what remains", present(&s, s.db())?, vec![1, 3, 4])
}

fn savepoint(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 1)??;
    let kept = begin(&s, &tx)?;
    add(&s, &kept, 2)??;
    end(&s, kept, Commit)??;
    let undone = begin(&s, &tx)?;
    add(&s, &undone, 3)??;
    same("within", present(&s, &undone)?, vec![1, 2, 3])?;
    end(&s, undone, Rollback)??;
    same("behind it", present(&s, &tx)?, vec![1, 2])?;
    add(&s, &tx, 4)??;
    same("nothing outside", count(&s, s.db())?, 0)?;
    end(&s, tx, Commit)??;
    same("in the end", present(&s, s.db())?, vec![1, 2, 4])?;
    // What a nested one committed goes with the outer one.
    let tx = begin(&s, s.db())?;
    let nested = begin(&s, &tx)?;
    add(&s, &nested, 5)??;
    end(&s, nested, Commit)??;
    end(&s, tx, Rollback)??;
    same("with the outer one", present(&s, s.db())?, vec![1, 2, 4])
}

fn savepoint_dropped(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    for round in 0..50 {
        add(&s, &tx, 10 * round)??;
        let nested = begin(&s, &tx)?;
        add(&s, &nested, 10 * round + 1)??;
        let inner = begin(&s, &nested)?;
        add(&s, &inner, 10 * round + 2)??;
        // Those that are left when the handle of the one around them goes.
        drop(nested);
        drop(inner);
        if round % 2 == 0 {
            same("what remains", count(&s, &tx)?, round as u64 + 1)?;
        }
    }
    drop(begin(&s, &tx)?);
    end(&s, tx, Commit)??;
    let expected: Vec<i64> = (0..50).map(|round| 10 * round).collect();
    same("in the end", present(&s, s.db())?, expected)
}

/// Levels within levels.
fn savepoint_inside(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let outer = begin(&s, &tx)?;
    add(&s, &outer, 1)??;
    let inner = begin(&s, &outer)?;
    add(&s, &inner, 2)??;
    end(&s, inner, Commit)??;
    let inner = begin(&s, &outer)?;
    add(&s, &inner, 3)??;
    end(&s, inner, Rollback)??;
    same("in the middle", present(&s, &outer)?, vec![1, 2])?;
    end(&s, outer, Rollback)??;
    same("outside of both", present(&s, &tx)?, Vec::<i64>::new())?;
    add(&s, &tx, 4)??;
    end(&s, tx, Commit)??;
    same("in the end", present(&s, s.db())?, vec![4])
}

/// While a nested one is open the outer one is not used: what it did would be undone with it.
fn savepoint_open(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let nested = begin(&s, &tx)?;
    same("a write", kind(add(&s, &tx, 1)?), ENDED)?;
    same(
        "a read",
        kind(ask!(s, tx, numbers(), count / acount())?),
        ENDED,
    )?;
    same("another", kind(on!(s, tx, begin / abegin())?), ENDED)?;
    same("a commit", kind(end(&s, tx.clone(), Commit)?), ENDED)?;
    add(&s, &nested, 2)??;
    end(&s, nested, Commit)??;
    add(&s, &tx, 3)??;
    end(&s, tx, Commit)??;
    same("in the end", present(&s, s.db())?, vec![2, 3])
}

fn savepoint_after(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    for how in [Commit, Rollback] {
        let nested = begin(&s, &tx)?;
        let left = nested.clone();
        end(&s, nested, how)??;
        same("a write", kind(add(&s, &left, 1)?), ENDED)?;
        same("a commit", kind(end(&s, left.clone(), Commit)?), ENDED)?;
        same("a rollback", kind(end(&s, left, Rollback)?), ENDED)?;
    }
    // The outer one ends, and with it those within.
    let nested = begin(&s, &tx)?;
    drop(tx);
    add(&s, &nested, 2)??;
    drop(nested);
    same("in the end", count(&s, s.db())?, 0)
}

fn savepoint_options(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let durable = begin_with(&s, TransactionOptions::new().durable())?;
    add(&s, &durable, 1)??;
    for options in [
        TransactionOptions::new().durable(),
        TransactionOptions::new().read_only(),
        TransactionOptions::new().isolation(IsolationLevel::Serializable),
    ] {
        let refused = on!(s, durable, begin_with / abegin_with(options))?;
        same("options of a nested one", kind(refused), ENDED)?;
    }
    end(&s, durable, Commit)??;
    same("in the end", count(&s, s.db())?, 1)
}

/// An error within: either the database breaks the transaction, and everything that follows says
/// so, or the transaction goes on. Never half of it.
fn broken(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    add(&s, &tx, 2)??;
    same("the error", kind(add(&s, &tx, 1)?), Some(ErrorKind::Unique))?;
    let next = ask!(s, tx, numbers(), count / acount())?;
    if s.db().dialect().family == Family::Postgres {
        let error = next.err();
        same("what follows", error.as_ref().map(Error::kind), ENDED)?;
        let message = error.map_or(String::new(), |error| error.to_string());
        ensure(
            message.contains("an error occurred in this transaction")
                && message.contains("duplicate key"),
            format!("the error should tell of the one before: {message}"),
        )?;
        same("a write", kind(add(&s, &tx, 3)?), ENDED)?;
        same("a nested one", kind(on!(s, tx, begin / abegin())?), ENDED)?;
        same("the commit", kind(end(&s, tx, Commit)?), ENDED)?;
        same("the outcome", outcome.state(), CommitState::RolledBack)?;
        same("what remains", present(&s, s.db())?, vec![1])?;
    } else {
        same("what follows", next?, 2)?;
        end(&s, tx, Commit)??;
        same("the outcome", outcome.state(), CommitState::Committed)?;
        same("what remains", present(&s, s.db())?, vec![1, 2])?;
    }
    // A broken one can also simply be rolled back.
    let tx = begin(&s, s.db())?;
    same("the error", kind(add(&s, &tx, 1)?), Some(ErrorKind::Unique))?;
    end(&s, tx, Rollback)??;
    add(&s, s.db(), 9)??;
    same(
        "the next write",
        present(&s, s.db())?.last().copied(),
        Some(9),
    )
}

/// A nested one confines the error, whether it is rolled back, dropped or committed.
fn broken_savepoint(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    for round in 0..3 {
        let nested = begin(&s, &tx)?;
        add(&s, &nested, 100 + round)??;
        same(
            "the error",
            kind(add(&s, &nested, 1)?),
            Some(ErrorKind::Unique),
        )?;
        match round {
            0 => end(&s, nested, Rollback)??,
            1 => drop(nested),
            _ if s.db().dialect().family == Family::Postgres => {
                same("its commit", kind(end(&s, nested, Commit)?), ENDED)?;
            }
            _ => end(&s, nested, Rollback)??,
        }
        add(&s, &tx, 2 + round)??;
    }
    end(&s, tx, Commit)??;
    same("what remains", present(&s, s.db())?, vec![1, 2, 3, 4])
}

/// Refuses a database whose second transaction waits for the end of the first.
fn writes_side_by_side(s: &Session) -> Verdict {
    let one_at_a_time = s.db().dialect().family == Family::Sqlite;
    ensure(!one_at_a_time, "one transaction writes at a time")
}

fn update(s: &Session, id: i64) -> String {
    let double = s.quoted("double");
    format!("UPDATE number SET {double} = {double} + 1 WHERE id = {id}")
}

/// Two transactions that wait for each other: one of them gets the error as it is, and is broken;
/// the other goes on.
fn deadlock(stage: &Stage) -> Verdict {
    let s = stage.numbers(2)?;
    writes_side_by_side(&s)?;
    let (one, two) = (begin(&s, s.db())?, begin(&s, s.db())?);
    let (to_one, to_two) = (update(&s, 1), update(&s, 2));
    let (own_one, own_two) = (to_one.clone(), to_two.clone());
    on!(s, one, execute / aexecute(own_one, vec![]))??;
    on!(s, two, execute / aexecute(own_two, vec![]))??;
    let (first, second) = match s.form() {
        Form::Blocking => std::thread::scope(|scope| {
            let waiting = scope.spawn(|| one.execute(to_two, vec![]));
            let second = two.execute(to_one, vec![]);
            match waiting.join() {
                Ok(first) => Verdict::Ok((first, second)),
                Err(_) => fail("a panic"),
            }
        })?,
        Form::Async => {
            let (one, two) = (one.clone(), two.clone());
            s.task("a deadlock", async move {
                futures_util::future::join(
                    one.aexecute(to_two, vec![]),
                    two.aexecute(to_one, vec![]),
                )
                .await
            })?
        }
    };
    let (victim, error, other) = match (first, second) {
        (Err(error), Ok(_)) => (one, error, two),
        (Ok(_), Err(error)) => (two, error, one),
        ends => return fail(format!("one of the two should fail: {ends:?}")),
    };
    same("the victim's error", error.kind(), ErrorKind::Deadlock)?;
    ensure(error.is_retryable(), "a deadlock is worth a retry")?;
    let outcome = victim.outcome();
    let next = ask!(s, victim, numbers(), count / acount())?;
    same("the victim's next read", kind(next), ENDED)?;
    same("the victim's commit", kind(end(&s, victim, Commit)?), ENDED)?;
    same(
        "the victim's outcome",
        outcome.state(),
        CommitState::RolledBack,
    )?;
    end(&s, other, Commit)??;
    let doubles: Vec<i64> = read!(s, numbers(), list / alist())?
        .value()?
        .iter()
        .map(|row| row.double)
        .collect();
    same("the rows of the other", doubles, vec![3, 5])
}

/// Each reads what the other writes: run one after the other, one of them would have seen it.
fn serialization(stage: &Stage) -> Verdict {
    let s = stage.numbers(2)?;
    writes_side_by_side(&s)?;
    let serializable = TransactionOptions::new().isolation(IsolationLevel::Serializable);
    let (one, two) = (begin_with(&s, serializable)?, begin_with(&s, serializable)?);
    let work = |tx: &Transaction, writes: i64| -> Verdict<Result<()>> {
        let sum = raw::<(i64,)>("SELECT COUNT(*) FROM number WHERE id > 0", vec![]);
        if let Err(error) = ask!(s, tx, sum, list / alist())? {
            return Ok(Err(error));
        }
        let update = update(&s, writes);
        Ok(on!(s, tx, execute / aexecute(update, vec![]))?.map(drop))
    };
    let ends: Vec<Result<()>> = match s.db().dialect().family {
        // The second to commit hears of it.
        Family::Postgres => {
            work(&one, 1)??;
            work(&two, 2)??;
            vec![end(&s, one, Commit)?, end(&s, two, Commit)?]
        }
        // Reads lock what they read: the two wait for each other.
        _ => {
            let read = || raw::<(i64,)>("SELECT id FROM number WHERE id > 0", vec![]);
            ask!(s, one, read(), list / alist())??;
            ask!(s, two, read(), list / alist())??;
            let (one_update, two_update) = (update(&s, 1), update(&s, 2));
            let (first, second) = match s.form() {
                Form::Blocking => std::thread::scope(|scope| {
                    let waiting = scope.spawn(|| one.execute(one_update, vec![]));
                    let second = two.execute(two_update, vec![]);
                    match waiting.join() {
                        Ok(first) => Verdict::Ok((first, second)),
                        Err(_) => fail("a panic"),
                    }
                })?,
                Form::Async => {
                    let (one, two) = (one.clone(), two.clone());
                    s.task("both", async move {
                        futures_util::future::join(
                            one.aexecute(one_update, vec![]),
                            two.aexecute(two_update, vec![]),
                        )
                        .await
                    })?
                }
            };
            vec![first.map(drop), second.map(drop)]
        }
    };
    let failed: Vec<&Error> = ends.iter().filter_map(|end| end.as_ref().err()).collect();
    same("how many fail", failed.len(), 1)?;
    ensure(
        matches!(
            failed[0].kind(),
            ErrorKind::Serialization | ErrorKind::Deadlock
        ) && failed[0].is_retryable(),
        format!("the error is worth a retry: {:?}", failed[0]),
    )
}

/// A snapshot reads the same twice, while another connection writes.
fn snapshot(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    let tx = begin_with(&s, TransactionOptions::snapshot())?;
    same("the first read", present(&s, &tx)?, vec![1, 2, 3])?;
    for id in 4..=20 {
        add(&s, s.db(), id)??;
        same("another read", present(&s, &tx)?, vec![1, 2, 3])?;
    }
    same("outside", count(&s, s.db())?, 20)?;
    end(&s, tx, Commit)??;
    same("afterwards", count(&s, s.db())?, 20)
}

/// Each statement of the weaker one sees what was committed before it; the stronger one does not.
fn isolation(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    let with = |level| begin_with(&s, TransactionOptions::new().read_only().isolation(level));
    let weaker = with(IsolationLevel::ReadCommitted)?;
    let stronger = with(IsolationLevel::RepeatableRead)?;
    same("the first read of the weaker", count(&s, &weaker)?, 3)?;
    same("the first read of the stronger", count(&s, &stronger)?, 3)?;
    add(&s, s.db(), 4)??;
    same("the next read of the weaker", count(&s, &weaker)?, 4)?;
    same("the next read of the stronger", count(&s, &stronger)?, 3)?;
    end(&s, weaker, Commit)??;
    end(&s, stronger, Commit)??;
    // What was asked for holds for one transaction.
    let tx = begin(&s, s.db())?;
    same("the next one", count(&s, &tx)?, 4)?;
    end(&s, tx, Commit)?.map_err(Into::into)
}

fn read_only(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    let tx = begin_with(&s, TransactionOptions::new().read_only())?;
    same("a read", count(&s, &tx)?, 3)?;
    same("a write", kind(add(&s, &tx, 4)?), ENDED)?;
    end(&s, tx, Rollback)??;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 4)??;
    end(&s, tx, Commit)??;
    same("afterwards", count(&s, s.db())?, 4)
}

/// A statement that ends the transaction behind its back: what comes next says so, and takes no
/// effect by itself.
fn ended_by_statement(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    for sql in ["ROLLBACK", "COMMIT"] {
        let tx = begin(&s, s.db())?;
        let outcome = tx.outcome();
        // The statement itself may be refused too.
        drop(on!(s, tx, execute / aexecute(sql, vec![]))?);
        same("a write that follows", kind(add(&s, &tx, 2)?), ENDED)?;
        same("the commit", kind(end(&s, tx, Commit)?), ENDED)?;
        ensure(
            outcome.state() != CommitState::Committed,
            "nobody knows what became of its writes",
        )?;
        same("what remains", present(&s, s.db())?, vec![1])?;
    }
    Ok(())
}

/// The hook sees the statements that begin and end.
fn hook(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    s.statements();
    let tx = begin(&s, s.db())?;
    let nested = begin(&s, &tx)?;
    add(&s, &nested, 1)??;
    end(&s, nested, Commit)??;
    drop(begin(&s, &tx)?);
    end(&s, tx, Commit)??;
    end(&s, begin(&s, s.db())?, Rollback)??;
    let words = |sql: &String| {
        let words: Vec<&str> = sql.split([' ', ';']).take(2).collect();
        words[0].to_owned()
    };
    let seen: Vec<String> = s.statements().iter().map(words).collect();
    let begins = match s.db().dialect().family {
        Family::Mysql => "START",
        _ => "BEGIN",
    };
    let expected = [
        begins,
        "SAVEPOINT",
        "INSERT",
        "RELEASE",
        "SAVEPOINT",
        "ROLLBACK",
        "RELEASE",
        "COMMIT",
        begins,
        "ROLLBACK",
    ];
    same("the statements", seen, expected.map(str::to_owned).to_vec())
}

/// Closing waits for the transaction, which goes on meanwhile.
fn close(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 2)??;
    let outcome = tx.outcome();
    let db = s.db().clone();
    let closing = std::thread::spawn(move || db.close());
    // Closing has begun once others are refused.
    loop {
        match ask!(s, s.db(), numbers(), count / acount())? {
            Ok(_) => std::thread::yield_now(),
            // Where a transaction that writes keeps readers out, until then.
            Err(error) if error.kind() == ErrorKind::Busy => std::thread::yield_now(),
            Err(error) => {
                same("a read beside it", error.kind(), ErrorKind::Closed)?;
                break;
            }
        }
    }
    same("whether it waits", closing.is_finished(), false)?;
    add(&s, &tx, 3)??;
    same("the transaction", count(&s, &tx)?, 3)?;
    same(
        "closing through it",
        kind(on!(s, tx, close / aclose())?),
        ENDED,
    )?;
    end(&s, tx, Commit)??;
    same("the outcome", outcome.state(), CommitState::Committed)?;
    match closing.join() {
        Ok(result) => result?,
        Err(_) => return fail("closing panicked"),
    }
    same(
        "another",
        kind(on!(s, s.db(), begin / abegin())?),
        Some(ErrorKind::Closed),
    )
}

fn in_task(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let db = s.db().clone();
    let kinds = s.task("blocking methods in a task", async move {
        let tx = db.abegin().await?;
        let nested = tx.abegin().await?;
        let kinds = [
            kind(db.begin()),
            kind(nested.begin()),
            kind(nested.create(&Number { id: 2, double: 4 })),
            kind(numbers().count(&nested)),
            kind(db.atomic(|_| ok(()))),
            kind(nested.clone().commit()),
            kind(nested.clone().rollback()),
        ];
        nested.acommit().await?;
        tx.acommit().await?;
        ok(kinds)
    })??;
    same("their kinds", kinds, [Some(ErrorKind::SynchronousOnly); 7])
}

/// With one connection, what a transaction does not give back is missed by the next.
fn one_connection(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.readers = Some(1))?;
    s.add_numbers(10)?;
    for round in 0..60 {
        let options = match round % 2 {
            0 => TransactionOptions::new(),
            _ => TransactionOptions::snapshot(),
        };
        let tx = begin_with(&s, options)?;
        same("within", count(&s, &tx)?, 10)?;
        match round % 6 {
            0 | 1 => end(&s, tx, Commit)??,
            2 | 3 => end(&s, tx, Rollback)??,
            _ => drop(tx),
        }
        same("behind it", count(&s, s.db())?, 10)?;
        let update = update(&s, 1);
        let touched = on!(s, s.db(), execute / aexecute(update, vec![]))??;
        same("a write", touched, 1)?;
    }
    let double = read!(s, numbers().filter(|n| n.id.eq(1)), get / aget())?.value()?;
    same("the writes", double.double, 62)?;
    let parameter = vec![Value::I64(1)];
    let sql = match s.db().dialect().family {
        Family::Postgres => "SELECT id FROM number WHERE id = $1",
        _ => "SELECT id FROM number WHERE id = ?",
    };
    same(
        "a value",
        ask!(s, s.db(), raw::<(i64,)>(sql, parameter), list / alist())??,
        vec![(1,)],
    )
}
