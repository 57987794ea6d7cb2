//! Several handles of one transaction, of which one ends it while another is in the middle of
//! something.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::future::join;
use queryset::{CommitOutcome, CommitState, Result};

use super::steps::{ENDED, End::Commit, begin, count, end, kind, present};
use crate::failure::{Verdict, ensure, fail, same};
use crate::models::{Number, numbers};
use crate::stage::Stage;
use crate::{Case, Form, Method};

const ASYNC: &[Form] = &[Form::Async];

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.meanwhile.undone", Method::Rollback, undone).only(ASYNC),
    Case::new("transaction.meanwhile.nested", Method::Begin, nested).only(ASYNC),
    Case::new("transaction.meanwhile.committed", Method::Commit, committed).only(ASYNC),
];

fn row(id: i64) -> Number {
    Number { id, double: 2 * id }
}

/// A nested one is rolled back while a read in it undoes what one within it has left: both are
/// undone.
fn undone(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let outer = begin(&s, &tx)?;
    let left = s.task("writing and leaving", async move {
        outer.acreate(&row(1)).await?;
        let inner = outer.abegin().await?;
        inner.acreate(&row(2)).await?;
        drop(inner);
        // The read comes first, and begins with what the inner one left.
        let read = outer.clone();
        let (_, undone) = join(
            async move { numbers().acount(&read).await },
            outer.arollback(),
        )
        .await;
        undone
    })?;
    left?;
    same("within", count(&s, &tx)?, 0)?;
    end(&s, tx, Commit)??;
    same("what remains", present(&s, s.db())?, Vec::<i64>::new())
}

/// One that begins while that around it is rolled back does not come to be, and is in nobody's way.
fn nested(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let outer = begin(&s, &tx)?;
    let (begun, undone) = s.task("beginning and leaving", async move {
        outer.acreate(&row(1)).await?;
        let beginning = outer.clone();
        let (begun, undone) =
            join(async move { beginning.abegin().await }, outer.arollback()).await;
        Verdict::Ok((begun, undone))
    })??;
    match begun {
        // It was answered before the other began, which then is refused.
        Ok(nested) => {
            same("the rollback", kind(undone), ENDED)?;
            drop(nested);
        }
        Err(error) => {
            same("the one that began", Some(error.kind()), ENDED)?;
            undone?;
        }
    }
    same("within", count(&s, &tx)?, 0)?;
    end(&s, tx, Commit)??;
    same("what remains", present(&s, s.db())?, Vec::<i64>::new())
}

type Committing = (
    Pin<Box<dyn Future<Output = Result<()>> + Send>>,
    CommitOutcome,
);

/// A body is dropped while a clone of its handle commits: the commit says how it ended, and
/// nobody else.
fn committed(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let db = s.db().clone();
    let state = s.task("a commit", async move {
        let under_way: Arc<Mutex<Option<Committing>>> = Arc::default();
        let kept = Arc::clone(&under_way);
        let mut body = Box::pin(db.aatomic(async move |tx| {
            tx.acreate(&row(1)).await?;
            let outcome = tx.outcome();
            let mut commit: Pin<Box<dyn Future<Output = Result<()>> + Send>> =
                Box::pin(tx.acommit());
            let early = poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await;
            if let Poll::Ready(result) = early {
                commit = Box::pin(async { result });
            }
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((commit, outcome));
            pending::<Result<()>>().await
        }));
        let taken = || {
            let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.take()
        };
        let committing = poll_fn(|context| match (body.as_mut().poll(context), taken()) {
            (_, Some(committing)) => Poll::Ready(Ok(committing)),
            (Poll::Ready(ended), None) => Poll::Ready(Err(ended)),
            (Poll::Pending, None) => Poll::Pending,
        });
        let (commit, outcome) = match committing.await {
            Ok(committing) => committing,
            Err(ended) => return fail(format!("the body ended: {ended:?}")),
        };
        drop(body);
        ensure(
            outcome.state() != CommitState::RolledBack,
            "what is being committed is not rolled back",
        )?;
        commit.await?;
        Ok(outcome.state())
    })??;
    same("the outcome", state, CommitState::Committed)?;
    same("what remains", present(&s, s.db())?, vec![1])
}
