//! Many reads at once.

use std::future::poll_fn;
use std::task::Poll;
use std::thread;

use futures_util::TryStreamExt;
use queryset::{Error, ErrorKind, Result};

use crate::failure::{Failure, Verdict, ensure, fail, same};
use crate::models::{Number, numbers, own_id};
use crate::stage::{Stage, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("concurrency.sixty_four", Method::Get, sixty_four),
    Case::new("concurrency.iterations", Method::Iter, iterations),
    Case::new("concurrency.with_writes", Method::Count, with_writes),
    Case::new("concurrency.both_forms", Method::Get, both_forms),
    Case::new("concurrency.first_come", Method::Get, first_come)
        .only(&[Form::Async])
        .needing(&[Capability::BoundedPool]),
];

fn right(row: &Number, id: i64) -> Result<()> {
    if (row.id, row.double) == (id, 2 * id) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Data,
        format!("row {id} was asked for, {row:?} came"),
    ))
}

/// Sixty-four readers, each with its own question and many times over.
fn sixty_four(stage: &Stage) -> Verdict {
    let s = stage.numbers(64)?;
    match s.form() {
        Form::Blocking => {
            let threads: Vec<_> = (1..=64)
                .map(|id| {
                    let db = s.db().clone();
                    thread::spawn(move || {
                        (0..10).try_for_each(|_| {
                            right(&numbers().filter(|n| n.id.eq(id)).get(&db)?, id)
                        })
                    })
                })
                .collect();
            for thread in threads {
                thread
                    .join()
                    .map_err(|_| Failure::new("a reader panicked"))??;
            }
        }
        Form::Async => {
            let tasks: Vec<_> = (1..=64)
                .map(|id| {
                    let db = s.db().clone();
                    s.runtime().spawn(async move {
                        for _ in 0..10 {
                            right(&numbers().filter(|n| n.id.eq(id)).aget(&db).await?, id)?;
                        }
                        Result::<()>::Ok(())
                    })
                })
                .collect::<std::result::Result<_, _>>()?;
            for task in tasks {
                s.join("a reader", task)??;
            }
        }
    }
    read!(s, numbers(), count / acount())?.gives(64)
}

/// More iterations at once than there may be connections.
fn iterations(stage: &Stage) -> Verdict {
    let s = stage.numbers(500)?;
    let sum = |rows: Vec<Number>| rows.iter().map(|row| row.double).sum::<i64>();
    let sums: Vec<i64> = match s.form() {
        Form::Blocking => {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    let db = s.db().clone();
                    thread::spawn(move || numbers().iter(&db).collect::<Result<Vec<_>>>().map(sum))
                })
                .collect();
            let join = |thread: thread::JoinHandle<_>| {
                thread.join().map_err(|_| Failure::new("a reader panicked"))
            };
            threads
                .into_iter()
                .map(|thread| Ok(join(thread)??))
                .collect::<Verdict<_>>()?
        }
        Form::Async => {
            let tasks: Vec<_> = (0..16)
                .map(|_| {
                    let db = s.db().clone();
                    s.runtime().spawn(async move {
                        numbers().aiter(&db).try_collect::<Vec<_>>().await.map(sum)
                    })
                })
                .collect::<std::result::Result<_, _>>()?;
            tasks
                .into_iter()
                .map(|task| Ok(s.join("a reader", task)??))
                .collect::<Verdict<_>>()?
        }
    };
    // Twice 500 * 501 / 2
    same("the sums", sums, vec![250_500; 16])
}

/// Readers see either all rows of a statement or none.
fn with_writes(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let batch = |from: i64| -> Vec<Number> {
        (from..from + 10)
            .map(|id| Number { id, double: 2 * id })
            .collect()
    };
    let counts: Vec<u64> = match s.form() {
        Form::Blocking => {
            let db = s.db().clone();
            let writer = thread::spawn(move || {
                (0..20).try_for_each(|n| db.bulk_create(&batch(10 * n + 1)).map(drop))
            });
            let counts: Result<_> = (0..40).map(|_| numbers().count(s.db())).collect();
            writer
                .join()
                .map_err(|_| Failure::new("the writer panicked"))??;
            counts?
        }
        Form::Async => {
            let db = s.db().clone();
            let writer = s.runtime().spawn(async move {
                for n in 0..20 {
                    db.abulk_create(&batch(10 * n + 1)).await?;
                }
                Result::<()>::Ok(())
            })?;
            let db = s.db().clone();
            let counts: Result<Vec<u64>> = s.task("counting", async move {
                let mut counts = Vec::new();
                for _ in 0..40 {
                    counts.push(numbers().acount(&db).await?);
                }
                Ok(counts)
            })?;
            s.join("the writer", writer)??;
            counts?
        }
    };
    let torn: Vec<u64> = counts
        .iter()
        .copied()
        .filter(|count| count % 10 != 0)
        .collect();
    same("counts of half a statement", torn, Vec::<u64>::new())?;
    let grew = counts.windows(2).all(|pair| pair[0] <= pair[1]);
    same("whether the counts only grew", grew, true)?;
    read!(s, numbers(), count / acount())?.gives(200)
}

/// Blocking readers on threads beside asynchronous ones in tasks.
fn both_forms(stage: &Stage) -> Verdict {
    let s = stage.numbers(20)?;
    let threads: Vec<_> = (1..=10)
        .map(|id| {
            let db = s.db().clone();
            thread::spawn(move || {
                (0..20).try_for_each(|_| right(&numbers().filter(|n| n.id.eq(id)).get(&db)?, id))
            })
        })
        .collect();
    let tasks: Vec<_> = (11..=20)
        .map(|id| {
            let db = s.db().clone();
            s.runtime().spawn(async move {
                for _ in 0..20 {
                    right(&numbers().filter(|n| n.id.eq(id)).aget(&db).await?, id)?;
                }
                Result::<()>::Ok(())
            })
        })
        .collect::<std::result::Result<_, _>>()?;
    for task in tasks {
        s.join("an asynchronous reader", task)??;
    }
    for thread in threads {
        thread
            .join()
            .map_err(|_| Failure::new("a blocking reader panicked"))??;
    }
    Ok(())
}

/// Who waits for a connection is served in the order in which it came.
fn first_come(stage: &Stage) -> Verdict {
    if let Some(why) = stage.lacks(Capability::BoundedPool) {
        // With more connections than readers nobody stands in a queue, and any order is right.
        return fail(why);
    }
    let s = stage.open_with(|opening| opening.readers = Some(1))?;
    s.add_numbers(1000)?;
    let db = s.db().clone();
    let overtaken = s.task("reads in a queue", async move {
        let mut overtaken = Vec::new();
        for _ in 0..20 {
            // Open, with most rows unread.
            let mut holder = numbers().aiter(&db);
            same(
                "the holder's first row",
                holder.try_next().await?.map(own_id),
                Some(1),
            )?;
            let mut waiting: Vec<_> = (1..=10)
                .map(|id| {
                    let db = &db;
                    let read = async move {
                        right(&numbers().filter(|n| n.id.eq(id)).aget(db).await?, id)
                    };
                    Some((id, Box::pin(read)))
                })
                .collect();
            // Each is polled once, in turn, and takes its place.
            let waits = poll_fn(|context| {
                let mut waiting = waiting.iter_mut().flatten();
                Poll::Ready(waiting.all(|(_, read)| read.as_mut().poll(context).is_pending()))
            });
            ensure(
                waits.await,
                "nobody waits though the only connection is taken",
            )?;
            drop(holder);
            // From the last to the first: whoever is served, all before it must have been by now.
            let served = poll_fn(|context| {
                let mut first_served = None;
                for place in waiting.iter_mut().rev() {
                    let Some((id, read)) = place else { continue };
                    match read.as_mut().poll(context) {
                        Poll::Pending => overtaken.extend(first_served.map(|by| (*id, by))),
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Ready(Ok(())) => {
                            first_served = Some(*id);
                            *place = None;
                        }
                    }
                }
                match waiting.iter().all(Option::is_none) {
                    true => Poll::Ready(Ok(())),
                    false => Poll::Pending,
                }
            });
            served.await?;
        }
        Verdict::Ok(overtaken)
    })??;
    same(
        "who was overtaken, and by whom",
        overtaken,
        Vec::<(i64, i64)>::new(),
    )
}
