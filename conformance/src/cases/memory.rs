//! Memory stays flat however long a result is.

use std::fs;

use futures_util::TryStreamExt;

use crate::failure::{Failure, Verdict, ensure, same};
use crate::models::{Number, numbers, own_id};
use crate::stage::{Session, Stage, read};
use crate::{Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("memory.iter", Method::Iter, iter).alone(),
    Case::new("memory.dropped", Method::Iter, dropped),
];

/// What iterating may add to the process's resident memory, in bytes.
const ALLOWED: u64 = 20 << 20;

/// A little more than a million rows.
fn million(stage: &Stage) -> Verdict<(Session, i64)> {
    let s = stage.numbers(1000)?;
    let count = s.grow_numbers(1000, 10)?;
    Ok((s, count))
}

/// The process's resident memory in bytes.
fn resident() -> Verdict<u64> {
    let text = fs::read_to_string("/proc/self/statm")
        .map_err(|error| Failure::preparing("reading /proc/self/statm", error))?;
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| Failure::new("/proc/self/statm has another form"))?;
    // The page size of every system with this file that the suite runs on.
    Ok(pages * 4096)
}

/// Looks at each row and, from time to time, at the memory.
#[derive(Debug, Default)]
struct Watcher {
    rows: i64,
    sum: i128,
    most: u64,
}

impl Watcher {
    fn see(&mut self, row: &Number) -> Verdict {
        self.rows += 1;
        self.sum += i128::from(row.double);
        if self.rows % 10_000 == 0 {
            self.most = self.most.max(resident()?);
        }
        Ok(())
    }
}

fn iter(stage: &Stage) -> Verdict {
    let (s, count) = million(stage)?;
    // Once through a part of it, so that what is kept for good (a cache of pages, a statement)
    // is there already.
    read!(s, numbers().limit(5000), list / alist() => |rows| rows.len())?.gives(5000)?;
    let start = resident()?;
    let seen = match s.form() {
        Form::Blocking => {
            let mut watcher = Watcher::default();
            for row in numbers().iter(s.db()) {
                watcher.see(&row?)?;
            }
            watcher
        }
        Form::Async => {
            let db = s.db().clone();
            s.task("a stream of a million rows", async move {
                let mut watcher = Watcher::default();
                let mut rows = numbers().aiter(&db);
                while let Some(row) = rows.try_next().await? {
                    watcher.see(&row)?;
                }
                Verdict::Ok(watcher)
            })??
        }
    };
    same("the rows", seen.rows, count)?;
    same(
        "the sum",
        seen.sum,
        i128::from(count) * i128::from(count + 1),
    )?;
    let grown = seen.most.saturating_sub(start);
    stage.note(format!(
        "{count} rows, {:.1} MiB above the start",
        grown as f64 / f64::from(1 << 20)
    ));
    ensure(
        grown <= ALLOWED,
        format!("{} MiB above the start over {count} rows", grown >> 20),
    )
}

/// A long result that is dropped after ten rows keeps nobody waiting.
fn dropped(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    let count = s.grow_numbers(1000, 7)?;
    for _ in 0..20 {
        match s.form() {
            Form::Blocking => numbers().iter(s.db()).take(10).for_each(drop),
            Form::Async => {
                let db = s.db().clone();
                s.task("ten rows", async move {
                    let mut rows = numbers().aiter(&db);
                    for _ in 0..10 {
                        rows.try_next().await?;
                    }
                    Ok::<_, queryset::Error>(())
                })??;
            }
        }
        read!(s, numbers().filter(|n| n.id.eq(count)), get / aget() => own_id)?.gives(count)?;
    }
    Ok(())
}
