//! The hook that sees every statement.

use std::sync::{Arc, Mutex};

use queryset::Database;

use crate::failure::{Verdict, ensure, same};
use crate::models::{books, numbers, own_id, shelf};
use crate::stage::{Session, Stage, iterate, read};
use crate::{Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("hook.statement", Method::List, statement),
    Case::new("hook.error", Method::List, error),
    Case::new("hook.iteration", Method::Iter, iteration),
    Case::new("hook.taken_back", Method::Count, taken_back),
    Case::new("hook.of_a_clone", Method::Count, of_a_clone),
    Case::new("hook.panics", Method::Get, panics),
];

#[derive(Debug, Default)]
struct Seen {
    statements: Vec<(String, usize, u64, bool, bool)>,
}

fn watch(db: &Database) -> (queryset::StatementHook, Arc<Mutex<Seen>>) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let kept = Arc::clone(&seen);
    let hook = db.on_statement(move |event| {
        if let Ok(mut seen) = kept.lock() {
            let failed = event.error.is_some();
            let params = event.params.len();
            let sql = event.sql.to_owned();
            seen.statements
                .push((sql, params, event.rows, failed, event.dropped));
        }
    });
    (hook, seen)
}

type Statement = (String, usize, u64, bool, bool);

fn taken(seen: &Mutex<Seen>) -> Vec<Statement> {
    seen.lock()
        .map(|mut seen| std::mem::take(&mut seen.statements))
        .unwrap_or_default()
}

fn one(seen: &Mutex<Seen>) -> Verdict<Statement> {
    let mut statements = taken(seen);
    same("the number of statements", statements.len(), 1)?;
    Ok(statements.remove(0))
}

/// Its text, its parameters, how many rows it read.
fn statement(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let (_hook, seen) = watch(s.db());
    let query = shelf().filter(|b| b.pages.gt(50));
    read!(s, query, list / alist() => |rows| rows.len())?.gives(5)?;
    let (sql, params, rows, failed, dropped) = one(&seen)?;
    ensure(
        sql.contains("book") && sql.contains("pages"),
        format!("the text: {sql}"),
    )?;
    ensure(
        !sql.contains("50"),
        format!("values are bound, not written: {sql}"),
    )?;
    same("the parameters", params, 1)?;
    same("the rows", (rows, failed, dropped), (5, false, false))
}

fn error(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let (_hook, seen) = watch(s.db());
    read!(s, books(), list / alist())?.fails(queryset::ErrorKind::Programming)?;
    let (_, _, rows, failed, _) = one(&seen)?;
    same("a statement that failed", (rows, failed), (0, true))
}

/// An iteration is told when it ends, with what was read of it.
fn iteration(stage: &Stage) -> Verdict {
    let s = stage.numbers(500)?;
    let (_hook, seen) = watch(s.db());
    iterate!(s, numbers() => |rows| rows.len())?.gives(500)?;
    let (_, _, rows, failed, dropped) = one(&seen)?;
    same(
        "read to its end",
        (rows, failed, dropped),
        (500, false, false),
    )?;
    first_rows(&s, 10)?;
    let (_, _, rows, failed, dropped) = one(&seen)?;
    same(
        "given up after ten rows",
        (rows, failed, dropped),
        (10, false, true),
    )
}

fn first_rows(s: &Session, count: usize) -> Verdict {
    match s.form() {
        Form::Blocking => numbers().iter(s.db()).take(count).for_each(drop),
        Form::Async => {
            let db = s.db().clone();
            s.task("some rows", async move {
                use futures_util::StreamExt;
                numbers()
                    .aiter(&db)
                    .take(count)
                    .for_each(|_| async {})
                    .await;
            })?;
        }
    }
    Ok(())
}

fn taken_back(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let (hook, seen) = watch(s.db());
    let (_other, kept) = watch(s.db());
    read!(s, books(), count / acount())?.gives(7)?;
    drop(hook);
    read!(s, books(), count / acount())?.gives(7)?;
    same("seen by the one that was taken back", taken(&seen).len(), 1)?;
    same("seen by the one that stayed", taken(&kept).len(), 2)
}

fn of_a_clone(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let clone = s.db().clone();
    let (_hook, seen) = watch(&clone);
    drop(clone);
    read!(s, books(), count / acount())?.gives(7)?;
    same("seen", taken(&seen).len(), 1)
}

/// A hook only watches: its panic is not the read's.
fn panics(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let _hook = s.db().on_statement(|_| {
        std::panic::resume_unwind(Box::new("a panic in a hook, on purpose"));
    });
    let (_other, seen) = watch(s.db());
    read!(s, books().filter(|b| b.id.eq(2)), get / aget() => own_id)?.gives(2)?;
    same("seen by the other", taken(&seen).len(), 1)
}
