//! What transactions see of each other.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use queryset::{
    Error, ErrorKind, Family, IsolationLevel, Result, Transaction, TransactionOptions, raw,
};

use super::super::states::until;
use super::steps::End::{Commit, Rollback};
use super::steps::{
    ENDED, add, ask, begin, begin_with, count, end, kind, on, present, update, writes_side_by_side,
};
use crate::failure::{Failure, Verdict, ensure, fail, same};
use crate::models::numbers;
use crate::stage::Stage;
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.serialization", Method::Commit, serialization)
        .needing(&[Capability::RowLocks]),
    Case::new("transaction.snapshot", Method::Begin, snapshot)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new("transaction.isolation", Method::Begin, isolation)
        .needing(&[Capability::WeakIsolation]),
    Case::new("transaction.read_only", Method::Begin, read_only),
    Case::new("transaction.beside", Method::Begin, beside),
];

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

/// A read beside a transaction that has written is answered: at once, or when that has ended where
/// writing keeps readers out. One that waits so for its own task ends by its deadline.
fn beside(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    let waits = stage.lacks(Capability::ReadsBesideWriter).is_some();
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 4)??;
    if waits {
        let soon = numbers().timeout(Duration::from_millis(50));
        let own = ask!(s, s.db(), soon, count / acount())?;
        same("its own task's", kind(own), Some(ErrorKind::Timeout))?;
    } else {
        same("its own task's", count(&s, s.db())?, 3)?;
    }
    let db = s.db().clone();
    let beside = match s.form() {
        Form::Blocking => {
            let begun = Arc::new(AtomicBool::new(false));
            let told = Arc::clone(&begun);
            let reading = thread::spawn(move || {
                told.store(true, Ordering::SeqCst);
                numbers().count(&db)
            });
            until(&s, "the read begins", || Ok(begun.load(Ordering::SeqCst)))?;
            // From its beginning to the queue is a matter of microseconds.
            thread::sleep(Duration::from_millis(1));
            tx.commit()?;
            let read = reading.join();
            read.map_err(|_| Failure::new("the read panicked"))??
        }
        Form::Async => s.task("a read beside", async move {
            let mut read = Box::pin(async move { numbers().acount(&db).await });
            let early = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
            tx.acommit().await?;
            match early {
                Poll::Ready(count) => count,
                Poll::Pending => read.await,
            }
        })??,
    };
    ensure(
        beside == 4 || (beside == 3 && !waits),
        format!("the read beside counted {beside}"),
    )?;
    same("afterwards", count(&s, s.db())?, 4)?;
    // Whoever gave up keeps nobody from writing.
    add(&s, s.db(), 5)?.map_err(Into::into)
}
