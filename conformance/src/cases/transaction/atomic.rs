//! Bodies that are committed or rolled back as a whole.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use queryset::{Database, Error, ErrorKind, Result, Transaction};

use super::steps::{ENDED, add, ask, count, kind, ok, present};
use crate::failure::{Verdict, ensure, same};
use crate::models::{Number, numbers};
use crate::stage::{Session, Stage};
use crate::{Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.atomic", Method::Atomic, atomic),
    Case::new("transaction.atomic.error", Method::Atomic, atomic_error),
    Case::new("transaction.atomic.panic", Method::Atomic, atomic_panic),
    Case::new(
        "transaction.atomic.kept_handle",
        Method::Atomic,
        atomic_kept_handle,
    ),
    Case::new("transaction.atomic.nested", Method::Atomic, atomic_nested),
];

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
