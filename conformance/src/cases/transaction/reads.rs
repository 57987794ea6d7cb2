//! Reads within a transaction: every method, and several iterations over its one connection.

use futures_util::TryStreamExt;

use queryset::{Error, ErrorKind, ExplainOptions, Result, raw};

use super::steps::End::{Commit, Rollback};
use super::steps::{ENDED, add, ask, begin, count, end, ok};
use crate::failure::{Verdict, ensure, fail, same};
use crate::models::{Number, numbers};
use crate::stage::{Stage, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
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
];

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
