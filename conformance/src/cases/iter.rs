//! `iter` and `aiter`.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use queryset::{ErrorKind, Result};

use crate::failure::{Verdict, ensure, fail, same};
use crate::models::{Number, books, ids, library_books, numbers, shelf};
use crate::stage::{Session, Stage, iterate, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.iter.rows", Method::Iter, rows),
    Case::new("read.iter.chunks", Method::Iter, chunks),
    Case::new("read.iter.none", Method::Iter, none),
    Case::new("read.iter.slice", Method::Iter, slice),
    Case::new("read.iter.stops_early", Method::Iter, stops_early),
    Case::new("read.iter.two_at_once", Method::Iter, two_at_once)
        .needing(&[Capability::BoundedPool]),
    Case::new("read.iter.lazy", Method::Iter, lazy),
    Case::new("read.iter.ends_after_error", Method::Iter, ends_after_error),
    Case::new("read.iter.fused", Method::Iter, fused),
    Case::new("read.iter.invalid_query", Method::Iter, invalid_query),
];

fn rows(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    iterate!(s, shelf())?.sends(1)?.gives(library_books())
}

/// Every row once and in order, however many there are; among them the numbers around those at
/// which an implementation may begin a new chunk.
fn chunks(stage: &Stage) -> Verdict {
    let s = stage.numbers(2100)?;
    let sizes = [
        0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 223, 224, 225, 255,
        256, 257, 479, 480, 481, 511, 512, 513, 991, 992, 993, 1000, 1023, 1024, 1025, 1503, 1504,
        1505, 2000, 2047, 2048, 2049, 2100,
    ];
    for size in sizes {
        let found = iterate!(s, numbers().filter(|n| n.id.lte(size)) => ids)?
            .sends(1)?
            .value()?;
        let expected: Vec<i64> = (1..=size).collect();
        let wrong = found
            .iter()
            .zip(&expected)
            .find(|(found, expected)| found != expected);
        if let Some((found, expected)) = wrong {
            return fail(format!(
                "of {size} rows: row {found} where row {expected} belongs"
            ));
        }
        same(format!("the rows of {size}"), found.len(), expected.len())?;
    }
    Ok(())
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    iterate!(s, books().none() => ids)?
        .sends(0)?
        .gives(Vec::<i64>::new())
}

fn slice(stage: &Stage) -> Verdict {
    let s = stage.numbers(700)?;
    let expected: Vec<i64> = (101..=600).collect();
    iterate!(s, numbers().slice(100..600) => ids)?.gives(expected)
}

/// The first rows of a query, leaving the rest unread.
fn some_rows(s: &Session, count: usize) -> Verdict<Vec<i64>> {
    let rows: Result<Vec<Number>> = match s.form() {
        Form::Blocking => numbers().iter(s.db()).take(count).collect(),
        Form::Async => {
            let db = s.db().clone();
            s.task("some rows", async move {
                numbers().aiter(&db).take(count).try_collect().await
            })?
        }
    };
    Ok(ids(rows?))
}

/// An iteration that is dropped midway leaves nothing behind.
fn stops_early(stage: &Stage) -> Verdict {
    // Fewer than the iterations that end early: each has to give its connection back.
    let s = stage.open_with(|opening| opening.readers = Some(3))?;
    s.add_numbers(1025)?;
    for count in [1, 10, 32, 33, 500, 1024, 1025] {
        same(
            "the first rows",
            some_rows(&s, count)?,
            (1..=count as i64).collect::<Vec<_>>(),
        )?;
        let next = numbers().filter(|n| n.id.eq(count as i64));
        read!(s, next, get / aget())?.gives(Number {
            id: count as i64,
            double: 2 * count as i64,
        })?;
    }
    Ok(())
}

/// Two iterations of one query do not disturb each other, nor the reads in between.
fn two_at_once(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.readers = Some(3))?;
    s.add_numbers(600)?;
    // Where only two connections are to be had, that is to show soon.
    let between = || numbers().timeout(Duration::from_secs(5));
    let pairs = match s.form() {
        Form::Blocking => {
            let mut pairs = Vec::new();
            let (mut up, mut down) = (numbers().iter(s.db()), numbers().reverse().iter(s.db()));
            while let (Some(up), Some(down)) = (up.next(), down.next()) {
                pairs.push((up?.id, down?.id));
                if pairs.len() % 100 == 0 {
                    same("a count in between", between().count(s.db())?, 600)?;
                }
            }
            pairs
        }
        Form::Async => {
            let db = s.db().clone();
            let pairs: Result<Vec<(i64, i64)>> = s.task("two streams", async move {
                let mut pairs = Vec::new();
                let (mut up, mut down) = (numbers().aiter(&db), numbers().reverse().aiter(&db));
                while let (Some(up), Some(down)) = (up.try_next().await?, down.try_next().await?) {
                    pairs.push((up.id, down.id));
                    if pairs.len() % 100 == 0 {
                        between().acount(&db).await?;
                    }
                }
                Ok(pairs)
            })?;
            pairs?
        }
    };
    let expected: Vec<(i64, i64)> = (1..=600).map(|id| (id, 601 - id)).collect();
    ensure(
        pairs == expected,
        "the rows of two iterations, side by side",
    )
}

/// Making an iterator sends nothing; its first step does.
fn lazy(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    s.statements();
    match s.form() {
        Form::Blocking => drop(shelf().iter(s.db())),
        Form::Async => {
            let db = s.db().clone();
            s.task("a stream that is not polled", async move {
                drop(shelf().aiter(&db))
            })?;
        }
    }
    same("statements without a step", s.statements().len(), 0)?;
    iterate!(s, shelf() => ids)?
        .sends(1)?
        .gives((1..=7).collect::<Vec<i64>>())
}

/// The rows before the one that does not fit come, then the error, then nothing.
fn ends_after_error(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = || queryset::raw::<(i64, i32)>("SELECT id, rating FROM book ORDER BY id", vec![]);
    let steps: Vec<String> = match s.form() {
        Form::Blocking => query().iter(s.db()).map(|step| word(&step)).collect(),
        Form::Async => {
            let db = s.db().clone();
            s.task("a stream with an error", async move {
                query().aiter(&db).map(|step| word(&step)).collect().await
            })?
        }
    };
    // Book 2 has no rating; whether book 1 comes before the error is left open.
    let last = steps.last().map(String::as_str);
    ensure(
        last == Some("Decode") && (steps.len() == 1 || steps == ["(1, 3)", "Decode"]),
        format!("rows, then the error, then the end: {steps:?}"),
    )?;
    iterate!(s, shelf() => ids)?.gives((1..=7).collect::<Vec<i64>>())
}

fn word(step: &Result<(i64, i32)>) -> String {
    match step {
        Ok(row) => format!("{row:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// After its end an iteration stays ended.
fn fused(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let after = match s.form() {
        Form::Blocking => {
            let mut rows = shelf().iter(s.db());
            rows.by_ref().for_each(drop);
            (rows.next().is_none(), rows.next().is_none())
        }
        Form::Async => {
            let db = s.db().clone();
            s.task("a stream past its end", async move {
                let mut rows = shelf().aiter(&db);
                while rows.next().await.is_some() {}
                (rows.next().await.is_none(), rows.next().await.is_none())
            })?
        }
    };
    same("past the end", after, (true, true))
}

fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    iterate!(s, books().lookup("colour", 1))?.refused(ErrorKind::Field)?;
    Ok(())
}
