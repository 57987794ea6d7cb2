//! The runtime's part in a read: what goes through it, and what does without.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use queryset::runtime::Threads;
use queryset::{ErrorKind, ExplainOptions, Model, raw};

use crate::failure::{Failure, Verdict, ensure, fail, same};
use crate::gate::Gate;
use crate::models::{Ordered, book, books, ids, numbers, own_id, shelf};
use crate::stage::{Session, Stage, read};
use crate::wrapped::{Watch, watched};
use crate::{Capability, Case, Form, Method, runtime};

const BLOCKING: &[Form] = &[Form::Blocking];
const ASYNC: &[Form] = &[Form::Async];

pub(super) const CASES: &[Case] = &[
    Case::new("seam.spawner.counted", Method::Get, counted).only(ASYNC),
    Case::new("seam.spawner.refusing", Method::Get, refusing)
        .only(ASYNC)
        .needing(&[Capability::SpawnsReads]),
    Case::new("seam.spawner.recovers", Method::Get, recovers)
        .only(ASYNC)
        .needing(&[Capability::SpawnsReads]),
    Case::new("seam.spawner.not_needed", Method::Get, not_needed)
        .only(BLOCKING)
        .needing(&[Capability::CallerThread]),
    Case::new("seam.spawner.threads", Method::Raw, threads)
        .only(ASYNC)
        .needing(&[Capability::SqlFunctions]),
    Case::new("seam.caller_thread", Method::Raw, caller_thread)
        .only(BLOCKING)
        .needing(&[Capability::SqlFunctions, Capability::CallerThread]),
    Case::new("seam.timer.counted", Method::Get, timer_counted).only(ASYNC),
    Case::new("seam.timer.decides", Method::Raw, timer_decides)
        .only(ASYNC)
        .needing(&[Capability::SqlFunctions]),
    Case::new("seam.in_task", Method::Get, in_task)
        .only(BLOCKING)
        .needing_of_runtime(&[runtime::Capability::TasksRecognised]),
    Case::new("seam.in_blocking_job", Method::Get, in_blocking_job).only(BLOCKING),
    Case::new("seam.outside_of_tasks", Method::Get, outside_of_tasks).only(ASYNC),
    Case::new("seam.undriven", Method::Get, undriven)
        .only(BLOCKING)
        .needing_of_runtime(&[runtime::Capability::Held]),
    Case::new("seam.without_sockets", Method::List, without_sockets).about_sockets(),
];

fn watched_library(stage: &Stage) -> Verdict<(Session, Arc<Watch>)> {
    let (runtime, watch) = watched(stage.runtime());
    let s = stage.open_with(|opening| opening.runtime = runtime)?;
    s.add_books()?;
    Ok((s, watch))
}

/// Reads that work behind the runtime's back would not be counted.
fn counted(stage: &Stage) -> Verdict {
    let (s, watch) = watched_library(stage)?;
    let before = watch.spawned();
    let db = s.db().clone();
    // In a task of the bare runtime, so that the case's own task is not counted.
    let read = stage
        .runtime()
        .spawn(async move { shelf().alist(&db).await })?;
    same("the rows", ids(s.join("a read", read)??).len(), 7)?;
    let spawned = watch.spawned();
    stage.note(format!(
        "{before} tasks and jobs to open and fill it, {} to read",
        spawned - before
    ));
    ensure(spawned > 0, "neither a task nor a job was spawned")
}

/// A read asks again for a while, since a job that runs already may serve it. Each time it is
/// another statement: what a backend knows to be short it may run without a job.
fn refused_read(stage: &Stage, s: &Session, round: u64) -> Verdict<queryset::Error> {
    let mut pause = Duration::from_millis(10);
    for attempt in 0..9 {
        let db = s.db().clone();
        let one = books()
            .filter(|b| b.id.eq(3))
            .limit(2 + 9 * round + attempt);
        let read = stage.runtime().spawn(async move { one.aget(&db).await })?;
        match s.join("a read", read)? {
            Ok(row) => same("the row", row, book(3))?,
            Err(error) => return Ok(error),
        }
        thread::sleep(pause);
        pause *= 2;
    }
    fail("reads went on for seconds, though the spawner refused everything")
}

fn refusing(stage: &Stage) -> Verdict {
    let (s, watch) = watched_library(stage)?;
    watch.refuse(true);
    let error = refused_read(stage, &s, 0)?;
    same("the kind of error", error.kind(), ErrorKind::Runtime)?;
    let message = crate::failure::chain(&error);
    ensure(
        message.contains("watched"),
        format!("the error names the runtime: {message}"),
    )
}

/// Once the spawner takes jobs again, reads work again.
fn recovers(stage: &Stage) -> Verdict {
    let (s, watch) = watched_library(stage)?;
    for round in 0..2 {
        watch.refuse(true);
        refused_read(stage, &s, round)?;
        watch.refuse(false);
        read!(s, books().filter(|b| b.id.eq(3)), get / aget())?.gives(book(3))?;
        read!(s, shelf(), list / alist() => |rows| rows.len())?.gives(7)?;
    }
    Ok(())
}

fn not_needed(stage: &Stage) -> Verdict {
    let (s, watch) = watched_library(stage)?;
    watch.refuse(true);
    read!(s, books().filter(|b| b.id.eq(3)), get / aget())?.gives(book(3))?;
    read!(s, shelf(), list / alist() => |rows| rows.len())?.gives(7)?;
    let mut rows = shelf().iter(s.db());
    same(
        "the first row",
        rows.next().transpose()?.map(own_id),
        Some(1),
    )?;
    Ok(())
}

/// What runs in the database runs on threads that the spawner gave.
fn threads(stage: &Stage) -> Verdict {
    let (runtime, watch) = watched(stage.runtime());
    let gate = Gate::new();
    let function = gate.function("gated");
    let s = stage.open_with(|opening| {
        opening.runtime = runtime;
        opening.functions.push(function);
    })?;
    s.add_numbers(50)?;
    let db = s.db().clone();
    let query = raw::<(i64,)>("SELECT gated(id) FROM number", vec![]);
    let read = stage
        .runtime()
        .spawn(async move { query.alist(&db).await })?;
    same("the rows", s.join("a read", read)??.len(), 50)?;
    let (seen, given) = (gate.threads(), watch.threads());
    ensure(!seen.is_empty(), "the function was not called")?;
    let strange = seen.iter().filter(|thread| !given.contains(thread)).count();
    same("threads that the spawner did not give", strange, 0)
}

/// The blocking forms run on the thread of their caller.
fn caller_thread(stage: &Stage) -> Verdict {
    let gate = Gate::new();
    let function = gate.function("gated");
    let s = stage.open_with(|opening| opening.functions.push(function))?;
    s.add_numbers(600)?;
    let query = raw::<(i64,)>("SELECT gated(id) FROM number", vec![]);
    same("listed", query.list(s.db())?.len(), 600)?;
    same("iterated", query.iter(s.db()).count(), 600)?;
    same("the threads", gate.threads(), vec![thread::current().id()])
}

/// A deadline goes by the runtime's clock.
fn timer_counted(stage: &Stage) -> Verdict {
    let (s, watch) = watched_library(stage)?;
    let before = watch.sleeps();
    let query = books()
        .filter(|b| b.id.eq(4))
        .timeout(Duration::from_secs(3600));
    let db = s.db().clone();
    let read = stage
        .runtime()
        .spawn(async move { query.aget(&db).await })?;
    same("the row", s.join("a read", read)??, book(4))?;
    ensure(
        watch.sleeps() > before,
        "the timer was not asked for a sleep",
    )
}

/// When the timer says that the time is over, it is.
fn timer_decides(stage: &Stage) -> Verdict {
    let (runtime, watch) = watched(stage.runtime());
    let gate = Gate::new();
    let function = gate.function("gated");
    let s = stage.open_with(|opening| {
        opening.runtime = runtime;
        opening.functions.push(function);
    })?;
    s.add_numbers(10)?;
    let query = raw::<(i64,)>("SELECT gated(id) FROM number", vec![]);
    read!(s, query.clone(), list / alist() => |rows| rows.len())?.gives(10)?;
    gate.close();
    watch.hurry();
    let hour = query.timeout(Duration::from_secs(3600));
    let db = s.db().clone();
    let read = stage
        .runtime()
        .spawn(async move { hour.alist(&db).await })?;
    let result = s
        .join("a read", read)?
        .map(|rows| rows.len())
        .map_err(|error| error.kind());
    gate.open();
    same(
        "after an hour that ended at once",
        result,
        Err(ErrorKind::Timeout),
    )?;
    // The function was there to be waited for.
    let query = raw::<(i64,)>("SELECT gated(id) FROM number", vec![]);
    let db = s.db().clone();
    let read = stage
        .runtime()
        .spawn(async move { query.alist(&db).await })?;
    same("the rows", s.join("a read", read)??.len(), 10)
}

/// Inside a task every blocking method refuses instead of stalling it.
fn in_task(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let db = s.db().clone();
    let kinds = s.task("blocking methods in a task", async move {
        let db = &db;
        let kind = |result: queryset::Result<()>| result.map_err(|error| error.kind()).err();
        let query = shelf;
        vec![
            ("get", kind(query().limit(1).get(db).map(drop))),
            (
                "get_or_none",
                kind(query().limit(1).get_or_none(db).map(drop)),
            ),
            ("count", kind(query().count(db).map(drop))),
            ("exists", kind(query().exists(db).map(drop))),
            ("first", kind(query().first(db).map(drop))),
            ("last", kind(query().last(db).map(drop))),
            ("nth", kind(query().nth(db, 1).map(drop))),
            ("earliest", kind(Ordered::objects().earliest(db).map(drop))),
            ("latest", kind(Ordered::objects().latest(db).map(drop))),
            ("in_bulk", kind(query().in_bulk(db, [1]).map(drop))),
            ("contains", kind(query().contains(db, &book(1)).map(drop))),
            (
                "aggregate",
                kind(query().aggregate(db, |b| b.id.sum()).map(drop)),
            ),
            (
                "explain",
                kind(query().explain(db, &ExplainOptions::default()).map(drop)),
            ),
            ("list", kind(query().list(db).map(drop))),
            (
                "iter",
                kind(
                    query()
                        .iter(db)
                        .collect::<queryset::Result<Vec<_>>>()
                        .map(drop),
                ),
            ),
            (
                "raw.list",
                kind(
                    raw::<(i64,)>("SELECT id FROM book", vec![])
                        .list(db)
                        .map(drop),
                ),
            ),
            ("create", kind(db.create(&book(1)))),
            (
                "execute",
                kind(db.execute("DELETE FROM book", vec![]).map(drop)),
            ),
            ("close", kind(db.close())),
        ]
    })?;
    for (method, kind) in kinds {
        same(
            format!("{method} in a task"),
            kind,
            Some(ErrorKind::SynchronousOnly),
        )?;
    }
    read!(s, books(), count / acount())?.gives(7)
}

fn in_blocking_job(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let db = s.db().clone();
    let job = s.runtime().spawn_blocking(move || {
        let one = books().filter(|b| b.id.eq(3)).get(&db)?;
        let all = shelf().iter(&db).collect::<queryset::Result<Vec<_>>>()?;
        Ok::<_, queryset::Error>((one, all.len()))
    })?;
    same(
        "in a blocking job",
        s.join("a blocking job", job)??,
        (book(3), 7),
    )
}

/// Who polls a read does not matter: the work goes to the database's runtime.
fn outside_of_tasks(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let db = s.db().clone();
    let one = s.wait("a read", async move {
        books().filter(|b| b.id.eq(3)).aget(&db).await
    })??;
    same("the row", one, book(3))?;
    let db = s.db().clone();
    let other = thread::spawn(move || queryset::runtime::block_on(numbers().aexists(&db)));
    let other = other.join().map_err(|_| Failure::new("a panic"))?;
    same(
        "a table that is not there",
        other.err().map(|e| e.kind()),
        Some(ErrorKind::Programming),
    )
}

/// A runtime that nobody drives keeps no blocking read for ever, and nothing of it is left when
/// somebody does again.
fn undriven(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let one = || books().filter(|b| b.id.eq(3));
    read!(s, one(), get / aget())?.gives(book(3))?;
    let held = stage.hold()?;
    let without = one().get(s.db());
    let with_deadline = one().timeout(Duration::from_millis(300)).get(s.db());
    drop(held);
    let mut said = Vec::new();
    for (result, kinds) in [
        (
            with_deadline,
            [ErrorKind::Timeout, ErrorKind::PoolExhausted],
        ),
        (without, [ErrorKind::Runtime, ErrorKind::PoolExhausted]),
    ] {
        match result {
            // What needs nothing of the runtime is answered.
            Ok(row) => {
                same("the row", row, book(3))?;
                said.push("an answer".to_owned());
            }
            Err(error) => {
                let kind = error.kind();
                ensure(
                    kinds.contains(&kind),
                    format!("expected one of {kinds:?}, found {kind:?}: {error}"),
                )?;
                said.push(format!("{kind:?}"));
            }
        }
    }
    stage.note(format!("undriven: {}", said.join(", then ")));
    // From this thread, while another drives the runtime.
    for _ in 0..20 {
        read!(s, one(), get / aget())?.gives(book(3))?;
        read!(s, shelf(), list / alist() => |rows| rows.len())?.gives(7)?;
    }
    Ok(())
}

/// On a runtime without sockets a backend works, or says at once and clearly that it cannot.
fn without_sockets(stage: &Stage) -> Verdict {
    let opened = stage.try_open_with(|opening| opening.runtime = Threads.into())?;
    match (stage.lacks(Capability::WithoutSockets), opened) {
        (None, Ok(s)) => {
            s.add_books()?;
            read!(s, shelf(), list / alist() => |rows| rows.len())?.gives(7)
        }
        (None, Err(error)) => Err(error.into()),
        (Some(_), Ok(_)) => fail("declares that it needs sockets, and works without"),
        (Some(_), Err(error)) => {
            let message = crate::failure::chain(&error);
            stage.note(message.clone());
            for part in ["threads", "sockets"] {
                ensure(
                    message.contains(part),
                    format!("the error should name the {part}: {message}"),
                )?;
            }
            Ok(())
        }
    }
}
