//! Statements that are counted, kept and warned of together.

use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use queryset::{Database, Repeated, Result, StatementHook};

use crate::failure::{Verdict, ensure, same};
use crate::models::{Book, books, library_books, numbers, own_id};
use crate::stage::{Session, Stage};
use crate::{Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("scope.counts", Method::Count, counts),
    Case::new("scope.nested", Method::Count, nested),
    Case::new("scope.repeated", Method::Get, repeated),
    Case::new("scope.other_texts", Method::Get, other_texts),
    Case::new("scope.iterations", Method::Iter, iterations),
    Case::new("scope.writes", Method::Get, writes),
    Case::new("scope.callers", Method::Count, callers).only(&[Form::Blocking]),
    Case::new("scope.capture", Method::List, capture),
    Case::new("scope.capture_beside", Method::Count, capture_beside),
    Case::new("scope.assert_num_queries", Method::List, assert_num_queries),
];

/// A read through a handle other than the session's own, in the form that the session tries.
macro_rules! through {
    ($s:expr, $db:expr, $query:expr, $blocking:ident / $twin:ident) => {{
        let (session, query): (&Session, _) = (&$s, $query);
        match session.form() {
            Form::Blocking => query.$blocking($db),
            Form::Async => {
                let db = Database::clone($db);
                session.task(stringify!($twin), async move { query.$twin(&db).await })?
            }
        }
    }};
}

fn count(s: &Session, db: &Database) -> Verdict {
    let found = through!(s, db, books(), count / acount)?;
    same("the books", found, 7)
}

/// The ids of books one by one, as a careless loop reads them.
fn one_by_one(s: &Session, db: &Database, times: i64) -> Verdict {
    for time in 0..times {
        let id = 1 + time % 7;
        let query = books().filter(|b| b.id.eq(id));
        same(
            "the id",
            through!(s, db, query, get / aget).map(own_id)?,
            id,
        )?;
    }
    Ok(())
}

/// The warnings that a hook was told of.
fn warnings(db: &Database) -> (StatementHook, Arc<Mutex<Vec<Repeated>>>) {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&warnings);
    let hook = db.on_statement(move |event| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(event.repeated.clone());
    });
    (hook, warnings)
}

fn told(warnings: &Mutex<Vec<Repeated>>) -> Vec<Repeated> {
    std::mem::take(&mut *warnings.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A scope counts what is sent through it and its clones, and nothing else.
fn counts(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let (one, other) = (s.db().scope(), s.db().scope());
    same("before", one.count(), 0)?;
    count(&s, &one)?;
    count(&s, &Database::clone(&one))?;
    count(&s, &one.clone())?;
    count(&s, &other)?;
    count(&s, s.db())?;
    same("its own", one.count(), 3)?;
    same("the other's", other.count(), 1)?;
    let nothing = through!(s, &one, books().none(), count / acount)?;
    same(
        "nothing is sent, nothing counted",
        (nothing, one.count()),
        (0, 3),
    )
}

fn nested(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let outer = s.db().scope();
    let inner = outer.scope();
    count(&s, &outer)?;
    count(&s, &inner)?;
    count(&s, &inner)?;
    same("inside", inner.count(), 2)?;
    same("outside", outer.count(), 3)
}

/// It is told at the limit and at each doubling, with the text and the number.
fn repeated(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let (_hook, warnings) = warnings(s.db());
    let scope = s.db().scope().named("a page").warn_after(3);
    one_by_one(&s, s.db(), 20)?;
    same("outside a scope", told(&warnings).len(), 0)?;
    one_by_one(&s, &scope, 2)?;
    same("below the limit", told(&warnings).len(), 0)?;
    one_by_one(&s, &scope, 18)?;
    let told = told(&warnings);
    let numbers: Vec<u64> = told.iter().map(|repeated| repeated.count).collect();
    same("when it is told", numbers, vec![3, 6, 12])?;
    for repeated in &told {
        same("the scope", repeated.scope.as_deref(), Some("a page"))?;
        ensure(
            repeated.sql.contains("book") && repeated.opened_at.file() == file!(),
            format!("the text and the place: {repeated}"),
        )?;
    }
    let summary = scope.repeated();
    let numbers: Vec<u64> = summary.iter().map(|repeated| repeated.count).collect();
    same("in the end", numbers, vec![20])?;
    let never = s.db().scope().warn_after(0);
    one_by_one(&s, &never, 12)?;
    same("without a limit", never.repeated().len(), 0)
}

fn other_texts(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let (_hook, warnings) = warnings(s.db());
    let scope = s.db().scope().warn_after(2);
    count(&s, &scope)?;
    one_by_one(&s, &scope, 1)?;
    let query = books().filter(|b| b.pages.gt(600));
    same(
        "the id",
        through!(s, &scope, query, get / aget).map(own_id)?,
        5,
    )?;
    same(
        "three texts",
        (scope.count(), told(&warnings).len()),
        (3, 0),
    )?;
    same("nothing repeated", scope.repeated().len(), 0)
}

fn every_number(s: &Session, db: &Database) -> Verdict {
    let rows: Result<usize> = match s.form() {
        Form::Blocking => numbers()
            .iter(db)
            .try_fold(0, |rows, row| row.map(|_| rows + 1)),
        Form::Async => {
            let db = db.clone();
            s.task("aiter", async move {
                let rows = futures_util::StreamExt::collect::<Vec<_>>(numbers().aiter(&db)).await;
                rows.into_iter()
                    .try_fold(0, |rows, row| row.map(|_| rows + 1))
            })?
        }
    };
    same("the rows", rows?, 100)
}

/// An iteration is one statement, however many chunks it has, and knows who asked for it.
fn iterations(stage: &Stage) -> Verdict {
    let s = stage.numbers(100)?;
    let scope = s.db().scope().warn_after(2);
    every_number(&s, &scope)?;
    same(
        "one iteration",
        (scope.count(), scope.repeated().len()),
        (1, 0),
    )?;
    every_number(&s, &scope)?;
    let repeated = scope.repeated();
    same("two iterations", (scope.count(), repeated.len()), (2, 1))?;
    let file = repeated[0].caller.map(|caller| caller.file());
    same("the caller", file, Some(file!()))
}

/// A loop that writes is counted, but not told of.
fn writes(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating books", s.db().create_table::<Book>())?;
    let (_hook, warnings) = warnings(s.db());
    let scope = s.db().scope().warn_after(2);
    for book in library_books() {
        match s.form() {
            Form::Blocking => scope.create(&book)?,
            Form::Async => {
                let db = Database::clone(&scope);
                s.task("acreate", async move { db.acreate(&book).await })??;
            }
        }
    }
    same("the statements", scope.count(), 7)?;
    same("the warnings", told(&warnings).len(), 0)?;
    one_by_one(&s, &scope, 2)?;
    same("the reads", told(&warnings).len(), 1)
}

/// Every blocking method tells the line that called it.
fn callers(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let db = s.db().capture();
    let one = || books().filter(|b| b.id.eq(1));
    let first_line = line!();
    one().get(&db)?;
    one().get_or_none(&db)?;
    books().list(&db)?;
    books().count(&db)?;
    books().exists(&db)?;
    books().first(&db)?;
    books().last(&db)?;
    books().nth(&db, 2)?;
    books().earliest_by(&db, |b| b.pages.asc())?;
    books().latest_by_names(&db, ["pages"])?;
    books().in_bulk(&db, [1, 2])?;
    books().in_bulk_all(&db)?;
    books().contains_key(&db, 1)?;
    books().contains(&db, &library_books()[0])?;
    books().aggregate(&db, |b| b.pages.max())?;
    books().iter(&db).next().transpose()?;
    queryset::raw::<(i64,)>("SELECT id FROM book", vec![]).list(&db)?;
    queryset::raw::<(i64,)>("SELECT id FROM book", vec![]).first(&db)?;
    db.execute("DELETE FROM book", vec![])?;
    let callers = db
        .statements()
        .into_iter()
        .map(|statement| statement.caller);
    let lines: Vec<_> = callers
        .map(|caller| Some(caller?.line()).filter(|_| caller.is_some_and(here)))
        .collect();
    let wanted: Vec<_> = (first_line + 1..=first_line + 19).map(Some).collect();
    same("the lines", lines, wanted)
}

fn here(caller: &Location<'_>) -> bool {
    caller.file() == file!()
}

/// Text, values, rows and errors, in their order.
fn capture(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let capture = s.db().capture();
    let query = books().filter(|b| b.pages.gt(50));
    same("rows", through!(s, &capture, query, list / alist)?.len(), 5)?;
    let missing = queryset::raw::<(i64,)>("SELECT nothing FROM nowhere", vec![]);
    ensure(
        through!(s, &capture, missing, list / alist).is_err(),
        "nowhere is no table",
    )?;
    let statements = capture.take();
    same("how many", (statements.len(), capture.count()), (2, 2))?;
    let [read, failed] = &statements[..] else {
        return Ok(());
    };
    same("what was read", (read.params.len(), read.rows), (1, 5))?;
    ensure(
        read.sql.contains("pages") && read.error.is_none() && !read.dropped,
        format!("the read: {read}"),
    )?;
    ensure(
        failed.sql.contains("nowhere") && failed.error.is_some(),
        format!("the failure: {failed}"),
    )?;
    same("taken", capture.statements().len(), 0)
}

/// Captures of one database that work side by side see their own statements only.
fn capture_beside(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let captures: Vec<_> = (0..4).map(|_| s.db().capture()).collect();
    let tasks = captures.iter().enumerate().map(|(number, capture)| {
        let (db, form) = (Database::clone(capture), s.form());
        let query = books().filter(move |b| b.id.gt(number as i64));
        match form {
            Form::Async => s.runtime().spawn(async move {
                for _ in 0..=number {
                    query.acount(&db).await?;
                }
                Ok(())
            }),
            Form::Blocking => s.runtime().spawn_blocking(move || {
                for _ in 0..=number {
                    query.count(&db)?;
                }
                Ok::<_, queryset::Error>(())
            }),
        }
    });
    for task in tasks.collect::<Vec<_>>() {
        s.join("some counts", task?)??;
    }
    for (number, capture) in captures.iter().enumerate() {
        let statements = capture.statements();
        same("how many", statements.len(), number + 1)?;
        for statement in &statements {
            let id = queryset::Value::I64(number as i64);
            same("its value", &statement.params, &vec![id])?;
        }
    }
    Ok(())
}

fn assert_num_queries(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let rows = match s.form() {
        Form::Blocking => s.db().assert_num_queries(2, |db| {
            books().list(db)?;
            books().list(db)
        })?,
        Form::Async => {
            let db = s.db().clone();
            s.task("aassert_num_queries", async move {
                db.aassert_num_queries(2, async |db: &Database| {
                    books().alist(db).await?;
                    books().alist(db).await
                })
                .await
            })??
        }
    };
    same("the rows", rows.len(), 7)
}
