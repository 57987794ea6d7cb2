//! What the database refuses, and how it goes on afterwards.

use queryset::{ErrorKind, Model, QuerySet, Value};

use crate::failure::{Verdict, ensure, fail};
use crate::gate::Gate;
use crate::models::{GatedNumber, Ordered, book, books, numbers, shelf};
use crate::stage::{Stage, call, iterate, read};
use crate::{Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("error.unique", Method::Create, unique),
    Case::new("error.primary_key", Method::Create, primary_key),
    Case::new("error.not_null", Method::Execute, not_null),
    Case::new("error.check", Method::Execute, check),
    Case::new("error.foreign_key", Method::Create, foreign_key),
    Case::new("error.unknown_table", Method::Get, unknown_table),
    Case::new("error.unknown_column", Method::List, unknown_column),
    Case::new("error.syntax", Method::Execute, syntax),
    Case::new("error.every_method", Method::Count, every_method),
    Case::new("error.leaves_no_trace", Method::Get, leaves_no_trace),
    Case::new("error.decode_midway", Method::Iter, decode_midway),
    Case::new("error.panic_in_decoding", Method::List, panic_in_decoding),
];

fn unique(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let mut twin = book(1);
    twin.id = 8;
    let fault = call!(s, create / acreate(&twin.clone()))?.fails(ErrorKind::Unique)?;
    ensure(
        fault.error().code().is_some(),
        "the database's own code is kept",
    )?;
    ensure(!fault.error().is_retryable(), "trying again would not help")?;
    read!(s, books(), count / acount())?.gives(7)
}

fn primary_key(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let mut twin = book(1);
    twin.slug = "other".into();
    call!(s, create / acreate(&twin.clone()))?.fails(ErrorKind::Unique)?;
    read!(
        s,
        shelf().filter(|b| b.slug.eq("other")),
        exists / aexists()
    )?
    .gives(false)
}

fn not_null(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let sql = "UPDATE book SET title = NULL WHERE id = 1";
    call!(s, execute / aexecute(sql, vec![]))?.fails(ErrorKind::NotNull)?;
    read!(s, books().filter(|b| b.id.eq(1)), get / aget())?.gives(book(1))
}

fn check(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let sql = "CREATE TABLE oven (id INTEGER PRIMARY KEY, heat INTEGER CHECK (heat < 300))";
    s.prepare("creating ovens", s.db().execute(sql, vec![]))?;
    call!(
        s,
        execute / aexecute("INSERT INTO oven (id, heat) VALUES (1, 250)", vec![])
    )?
    .gives(1)?;
    call!(
        s,
        execute / aexecute("INSERT INTO oven (id, heat) VALUES (2, 350)", vec![])
    )?
    .fails(ErrorKind::Check)?;
    Ok(())
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "house")]
struct House {
    #[model(primary_key)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "room")]
struct Room {
    #[model(primary_key)]
    id: i64,
    house: queryset::ForeignKey<House>,
}

fn foreign_key(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating houses", s.db().create_table::<House>())?;
    s.prepare("creating rooms", s.db().create_table::<Room>())?;
    s.prepare("adding a house", s.db().create(&House { id: 5 }))?;
    let room = |id, house| Room {
        id,
        house: queryset::ForeignKey::new(house),
    };
    call!(s, create / acreate(&room(1, 5)))?.gives(())?;
    call!(s, create / acreate(&room(2, 6)))?.fails(ErrorKind::ForeignKey)?;
    read!(s, Room::objects().lookup("house", 5), get / aget())?.gives(room(1, 5))?;
    read!(
        s,
        Room::objects().lookup("house_id__gt", 5),
        exists / aexists()
    )?
    .gives(false)
}

fn unknown_table(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    read!(s, books().filter(|b| b.id.eq(1)), get / aget())?
        .sends(1)?
        .fails(ErrorKind::Programming)?
        .says(&["book"])?;
    Ok(())
}

fn unknown_column(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let sql = "CREATE TABLE book (id INTEGER PRIMARY KEY, slug VARCHAR(40))";
    s.prepare("creating other books", s.db().execute(sql, vec![]))?;
    read!(s, Ordered::objects(), list / alist())?
        .fails(ErrorKind::Programming)?
        .says(&["pages"])?;
    Ok(())
}

fn syntax(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    call!(s, execute / aexecute("CREATE TABEL x (id INTEGER)", vec![]))?
        .fails(ErrorKind::Programming)?;
    call!(
        s,
        execute / aexecute("UPDATE nowhere SET a = 1", Vec::<Value>::new())
    )?
    .fails(ErrorKind::Programming)?
    .says(&["nowhere"])?;
    Ok(())
}

/// No read turns the database's error into an empty answer.
fn every_method(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let kind = ErrorKind::Programming;
    read!(s, books(), count / acount())?.fails(kind)?;
    read!(s, books(), exists / aexists())?.fails(kind)?;
    read!(s, books(), first / afirst())?.fails(kind)?;
    read!(s, books(), last / alast())?.fails(kind)?;
    read!(s, books(), nth / anth(0))?.fails(kind)?;
    read!(s, books(), get_or_none / aget_or_none())?.fails(kind)?;
    read!(s, books(), list / alist())?.fails(kind)?;
    iterate!(s, books())?.fails(kind)?;
    read!(s, Ordered::objects(), earliest / aearliest())?.fails(kind)?;
    read!(s, Ordered::objects(), latest / alatest())?.fails(kind)?;
    read!(s, books(), in_bulk / ain_bulk([1]))?.fails(kind)?;
    read!(s, books(), contains / acontains(&book(1)))?.fails(kind)?;
    read!(s, books(), aggregate / aaggregate(|b| b.pages.sum()))?.fails(kind)?;
    Ok(())
}

/// A hundred errors in a row, of each kind, and everything works as before.
fn leaves_no_trace(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let nowhere = queryset::raw::<(i64,)>("SELECT id FROM nowhere", vec![]);
    let misfit = queryset::raw::<(i64,)>("SELECT title FROM book", vec![]);
    for round in 0..100 {
        read!(s, nowhere.clone(), list / alist())?.fails(ErrorKind::Programming)?;
        read!(s, misfit.clone(), list / alist())?.fails(ErrorKind::Decode)?;
        let id = round % 7 + 1;
        read!(s, books().filter(|b| b.id.eq(id)), get / aget())?.gives(book(id as usize))?;
    }
    Ok(())
}

/// The error of one row far behind ends the iteration there, and only it.
fn decode_midway(stage: &Stage) -> Verdict {
    let s = stage.numbers(1200)?;
    let sql = "UPDATE number SET id = 5000 WHERE id = 1100";
    s.prepare("changing a row", s.db().execute(sql, vec![]))?;
    let sql = "SELECT id, CASE WHEN id = 5000 THEN NULL ELSE id END AS same FROM number ORDER BY 1";
    iterate!(s, queryset::raw::<(i64, i64)>(sql, vec![]))?.fails(ErrorKind::Decode)?;
    read!(s, numbers(), count / acount())?.gives(1200)
}

/// A panic while a row is decoded is not the next reader's.
fn panic_in_decoding(stage: &Stage) -> Verdict {
    let s = stage.numbers(100)?;
    let gate = Gate::new();
    let decoding = gate.decoding();
    let sql = format!(
        "UPDATE number SET {} = -1 WHERE id = 50",
        s.quoted("double")
    );
    s.prepare("adding a row that panics", s.db().execute(sql, vec![]))?;
    let query = || -> QuerySet<GatedNumber> { GatedNumber::objects().order_by(|n| n.id.asc()) };
    for _ in 0..20 {
        let db = s.db().clone();
        let good = match s.form() {
            // On its own thread, where a panic is the caller's to see.
            Form::Blocking => std::thread::spawn(move || query().list(&db)).join(),
            Form::Async => {
                let task = s.runtime().spawn(async move { query().alist(&db).await })?;
                s.wait("a read that panics", task)?
                    .map_err(|error| Box::new(error) as _)
            }
        };
        if let Ok(Ok(rows)) = good {
            return fail(format!("{} rows, though decoding one panics", rows.len()));
        }
        read!(s, numbers().filter(|n| n.id.eq(7)), get / aget() => crate::models::own_id)?
            .gives(7)?;
        read!(s, numbers(), count / acount())?.gives(100)?;
    }
    drop(decoding);
    Ok(())
}
