//! Many readers on few connections for a while, some of whom go away in the middle.

use std::future::poll_fn;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use queryset::{CancelToken, Database, ErrorKind};

use crate::failure::{Failure, Verdict, ensure, same};
use crate::models::{Number, numbers, own_id};
use crate::stage::{Session, Stage, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[Case::new(
    "concurrency.dropped_midway",
    Method::Get,
    dropped_midway,
)];

const READERS: i64 = 64;
const POOL: usize = 8;
const ROWS: i64 = 1000;

/// What a reader has done.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    right: u64,
    dropped: u64,
}

/// What the reads of a turn are about.
struct Turn {
    number: i64,
    id: i64,
}

impl Turn {
    fn of(reader: i64, number: i64) -> Self {
        Self {
            number,
            id: (reader * 31 + number * 7) % ROWS + 1,
        }
    }

    fn is(&self, row: &Number) -> Verdict {
        same("a row", (row.id, row.double), (self.id, 2 * self.id))
    }

    fn are_next(&self, rows: Vec<Number>) -> Verdict {
        let ids: Vec<i64> = rows.into_iter().map(own_id).collect();
        let expected: Vec<i64> = (self.id + 1..=ROWS).take(5).collect();
        same("the next rows", ids, expected)
    }
}

async fn aread(db: Database, reader: i64, end: Instant) -> Verdict<Done> {
    let mut done = Done::default();
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let turn = Turn::of(reader, number);
        match turn.number % 6 {
            0 => {
                let query = numbers().filter(|n| n.id.eq(turn.id));
                let mut read = Box::pin(query.aget(&db));
                let polls = number / 6 % 4 + 1;
                match polled(read.as_mut(), polls).await {
                    Some(row) => {
                        turn.is(&row?)?;
                        done.right += 1;
                    }
                    None => done.dropped += 1,
                }
            }
            3 => {
                let mut rows = numbers().aiter(&db);
                let row = rows.try_next().await?;
                same("the first row", row.map(own_id), Some(1))?;
                done.dropped += 1;
            }
            1 | 4 => {
                turn.is(&numbers().filter(|n| n.id.eq(turn.id)).aget(&db).await?)?;
                done.right += 1;
            }
            2 => {
                let count = numbers().filter(|n| n.id.lte(turn.id)).acount(&db).await?;
                same("a count", count, turn.id as u64)?;
                done.right += 1;
            }
            _ => {
                let next = numbers().filter(|n| n.id.gt(turn.id)).limit(5);
                turn.are_next(next.alist(&db).await?)?;
                done.right += 1;
            }
        }
    }
    Ok(done)
}

/// The output, if it comes within so many polls.
async fn polled<F: Future + Unpin>(mut future: F, mut polls: i64) -> Option<F::Output> {
    poll_fn(
        |context| match std::pin::Pin::new(&mut future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls <= 1 => Poll::Ready(None),
            Poll::Pending => {
                polls -= 1;
                Poll::Pending
            }
        },
    )
    .await
}

fn read(db: &Database, reader: i64, end: Instant) -> Verdict<Done> {
    let mut done = Done::default();
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let turn = Turn::of(reader, number);
        match turn.number % 6 {
            0 => {
                let soon = Duration::from_micros(100 << (number / 6 % 6));
                let token = CancelToken::with_deadline(Instant::now() + soon);
                let query = numbers().filter(|n| n.id.eq(turn.id)).cancel_with(&token);
                match query.get(db) {
                    Ok(row) => {
                        turn.is(&row)?;
                        done.right += 1;
                    }
                    Err(error) if error.kind() == ErrorKind::Timeout => done.dropped += 1,
                    Err(error) => return Err(error.into()),
                }
            }
            3 => {
                let row = numbers().iter(db).next().transpose()?;
                same("the first row", row.map(own_id), Some(1))?;
                done.dropped += 1;
            }
            1 | 4 => {
                turn.is(&numbers().filter(|n| n.id.eq(turn.id)).get(db)?)?;
                done.right += 1;
            }
            2 => {
                let count = numbers().filter(|n| n.id.lte(turn.id)).count(db)?;
                same("a count", count, turn.id as u64)?;
                done.right += 1;
            }
            _ => {
                let next = numbers().filter(|n| n.id.gt(turn.id)).limit(5);
                turn.are_next(next.list(db)?)?;
                done.right += 1;
            }
        }
    }
    Ok(done)
}

/// Sixty-four readers on eight connections: whoever stays is answered right, and afterwards all
/// eight connections serve.
fn dropped_midway(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| {
        opening.readers = Some(POOL);
        opening.watched = true;
    })?;
    s.add_numbers(ROWS)?;
    let end = Instant::now() + stage.endurance();
    let done: Vec<Done> = match s.form() {
        Form::Blocking => {
            let readers: Vec<_> = (0..READERS)
                .map(|reader| {
                    let db = s.db().clone();
                    thread::spawn(move || read(&db, reader, end))
                })
                .collect();
            let join = |reader: thread::JoinHandle<_>| {
                reader.join().map_err(|_| Failure::new("a reader panicked"))
            };
            readers
                .into_iter()
                .map(|reader| join(reader)?)
                .collect::<Verdict<_>>()?
        }
        Form::Async => {
            let readers: Vec<_> = (0..READERS)
                .map(|reader| s.runtime().spawn(aread(s.db().clone(), reader, end)))
                .collect::<Result<_, _>>()?;
            // Beyond the time that they take anyway.
            let patience = stage.endurance() + s.patience();
            readers
                .into_iter()
                .map(|reader| stage.join_within(patience, "a reader", reader)?)
                .collect::<Verdict<_>>()?
        }
    };
    let right: u64 = done.iter().map(|done| done.right).sum();
    let dropped: u64 = done.iter().map(|done| done.dropped).sum();
    stage.note(format!(
        "{right} reads answered right and {dropped} dropped midway in {:?}",
        stage.endurance()
    ));
    ensure(
        done.iter().all(|done| done.right > 0) && dropped > 0,
        format!("somebody got no turn: {done:?}"),
    )?;
    // A pool of another size than was asked for may have fewer.
    all_serve(
        &s,
        if stage.lacks(Capability::BoundedPool).is_none() {
            POOL
        } else {
            1
        },
    )?;
    read!(s, numbers(), count / acount())?.gives(ROWS as u64)
}

/// As many results as there are connections are open at once.
fn all_serve(s: &Session, connections: usize) -> Verdict {
    let mut held = Vec::new();
    for _ in 0..connections {
        let mut rows = numbers().iter(s.db());
        same(
            "the first row of a held result",
            rows.next().transpose()?.map(own_id),
            Some(1),
        )?;
        held.push(rows);
    }
    drop(held);
    let Some(watch) = s.opened().watch() else {
        return Ok(());
    };
    super::states::until(s, "the server's sessions rest and are the pool's", || {
        let sessions = watch.sessions()?;
        Ok(sessions.len() <= POOL && sessions.iter().all(Option::is_none))
    })
}
