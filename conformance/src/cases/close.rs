//! Closing.

use futures_util::StreamExt;
use queryset::{ErrorKind, Model};

use crate::failure::{Verdict, ensure, same};
use crate::models::{Ordered, book, books, numbers, shelf};
use crate::stage::{Stage, call, iterate, read};
use crate::{Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("close.refuses", Method::Close, refuses),
    Case::new("close.twice", Method::Close, twice),
    Case::new("close.of_a_clone", Method::Close, of_a_clone),
    Case::new("close.never_used", Method::Close, never_used),
    Case::new("close.open_stream", Method::Close, open_stream).only(&[Form::Async]),
    Case::new("close.forgotten", Method::Close, forgotten),
];

fn refuses(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), count / acount())?.gives(7)?;
    call!(s, close / aclose())?.gives(())?;
    let kind = ErrorKind::Closed;
    read!(s, books().filter(|b| b.id.eq(1)), get / aget())?.fails(kind)?;
    read!(s, books(), count / acount())?.fails(kind)?;
    read!(s, shelf(), list / alist())?.fails(kind)?;
    iterate!(s, shelf())?.fails(kind)?;
    read!(s, Ordered::objects(), first / afirst())?.fails(kind)?;
    call!(s, create / acreate(&book(1)))?.fails(kind)?;
    call!(s, execute / aexecute("DELETE FROM book", vec![]))?.fails(kind)?;
    // Nothing needs to be asked for these.
    read!(s, books().none(), count / acount())?.gives(0)
}

fn twice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    call!(s, close / aclose())?.gives(())?;
    call!(s, close / aclose())?.gives(())?;
    read!(s, books(), count / acount())?.fails(ErrorKind::Closed)?;
    Ok(())
}

fn of_a_clone(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let clone = s.db().clone();
    call!(s, close / aclose())?.gives(())?;
    let kind = match s.form() {
        Form::Blocking => books().count(&clone).map_err(|error| error.kind()),
        Form::Async => s
            .task("a clone", async move { books().acount(&clone).await })?
            .map_err(|e| e.kind()),
    };
    same("a read through a clone", kind, Err(ErrorKind::Closed))
}

fn never_used(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    call!(s, close / aclose())?.gives(())
}

/// Closing waits for what is under way, and a stream that is dropped is not.
fn open_stream(stage: &Stage) -> Verdict {
    let s = stage.numbers(2000)?;
    let db = s.db().clone();
    let rows = s.task("closing beside a stream", async move {
        let mut stream = numbers().aiter(&db);
        let first = stream.next().await.transpose()?.is_some();
        let mut close = Box::pin(db.aclose());
        // One step, so that it has begun.
        futures_util::future::poll_fn(|context| {
            let _ = close.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        let refused = numbers().acount(&db).await.map_err(|error| error.kind());
        drop(stream);
        drop(close);
        db.aclose().await?;
        Ok::<_, queryset::Error>((first, refused))
    })??;
    ensure(rows.0, "the stream had begun")?;
    same("a read after closing began", rows.1, Err(ErrorKind::Closed))
}

/// A database that is dropped without being closed, with reads under way.
fn forgotten(stage: &Stage) -> Verdict {
    for _ in 0..20 {
        let s = stage.numbers(500)?;
        match s.form() {
            Form::Blocking => {
                let mut rows = numbers().iter(s.db());
                same("a row", rows.next().is_some(), true)?;
                drop(s);
                // The iterator keeps what it needs.
                same("the rest", rows.filter(Result::is_ok).count(), 499)?;
            }
            Form::Async => {
                let db = s.db().clone();
                s.task("a stream that is left behind", async move {
                    let mut rows = numbers().aiter(&db);
                    rows.next().await;
                })?;
                drop(s);
            }
        }
    }
    Ok(())
}
