//! The little writing that there is.

use queryset::{ErrorKind, Model, Value};

use crate::failure::Verdict;
use crate::models::{Book, Number, Seat, book, books, ids, library_books, numbers, own_id, shelf};
use crate::stage::{Stage, call, read};
use crate::{Case, Method};

use super::raw::placeholder;

pub(super) const CASES: &[Case] = &[
    Case::new("write.create", Method::Create, create),
    Case::new("write.bulk_create", Method::BulkCreate, bulk_create),
    Case::new(
        "write.bulk_create.nothing",
        Method::BulkCreate,
        bulk_create_nothing,
    ),
    Case::new(
        "write.bulk_create.many",
        Method::BulkCreate,
        bulk_create_many,
    ),
    Case::new("write.insert", Method::Insert, insert),
    Case::new("write.execute", Method::Execute, execute),
    Case::new("write.execute.params", Method::Execute, execute_params),
    Case::new("write.create_table", Method::CreateTable, create_table),
    Case::new(
        "write.create_table.twice",
        Method::CreateTable,
        create_table_twice,
    ),
];

fn create(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating books", s.db().create_table::<Book>())?;
    for number in [2, 1] {
        call!(s, create / acreate(&book(number)))?
            .sends(1)?
            .gives(())?;
    }
    read!(s, shelf(), list / alist())?.gives(vec![book(1), book(2)])
}

fn bulk_create(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating books", s.db().create_table::<Book>())?;
    call!(s, bulk_create / abulk_create(&library_books()))?.gives(7)?;
    read!(s, shelf(), list / alist())?.gives(library_books())
}

fn bulk_create_nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    call!(s, bulk_create / abulk_create::<Book>(&[]))?
        .sends(0)?
        .gives(0)?;
    read!(s, books(), count / acount())?.gives(7)
}

/// More values than a statement has parameters.
fn bulk_create_many(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let rows: Vec<Number> = (1..=40_000)
        .map(|id| Number { id, double: 2 * id })
        .collect();
    call!(s, bulk_create / abulk_create(&rows.clone()))?.gives(40_000)?;
    read!(s, numbers(), count / acount())?.gives(40_000)?;
    let ends = numbers().filter(|n| n.id.is_in([1, 16_383, 16_384, 32_767, 40_000]));
    read!(s, ends, list / alist() => ids)?.gives(vec![1, 16_383, 16_384, 32_767, 40_000])
}

fn insert(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating seats", s.db().create_table::<Seat>())?;
    let row = |hall, number, guest| vec![Value::I64(hall), Value::I64(number), guest];
    let rows = vec![row(1, 1, Value::Text("Ada".into())), row(1, 2, Value::Null)];
    call!(s, insert / ainsert(Seat::meta(), rows.clone()))?.gives(2)?;
    let seat = |number, guest: Option<&str>| Seat {
        hall: 1,
        number,
        guest: guest.map(Into::into),
    };
    read!(
        s,
        Seat::objects().order_by(|seat| seat.number.asc()),
        list / alist()
    )?
    .gives(vec![seat(1, Some("Ada")), seat(2, None)])?;
    let short = vec![vec![Value::I64(1)]];
    call!(s, insert / ainsert(Seat::meta(), short.clone()))?.refused(ErrorKind::Value)?;
    Ok(())
}

/// It tells how many rows it changed.
fn execute(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    call!(
        s,
        execute / aexecute("UPDATE book SET price = 1 WHERE pages = 100", vec![])
    )?
    .sends(1)?
    .gives(3)?;
    call!(
        s,
        execute / aexecute("DELETE FROM book WHERE id > 100", vec![])
    )?
    .gives(0)?;
    call!(
        s,
        execute / aexecute("DELETE FROM book WHERE price > 1", vec![])
    )?
    .gives(3)?;
    read!(s, shelf(), list / alist() => ids)?.gives(vec![1, 4, 6, 7])
}

fn execute_params(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let sql = format!(
        "UPDATE book SET note = {}, pages = {} WHERE slug = {}",
        placeholder(&s, 1),
        placeholder(&s, 2),
        placeholder(&s, 3)
    );
    let values = || {
        vec![
            Value::Text("it's; DROP TABLE book; --".into()),
            Value::I64(5),
            Value::Text("gnu".into()),
        ]
    };
    call!(s, execute / aexecute(sql.clone(), values()))?.gives(1)?;
    let changed = books().filter(|b| b.pages.eq(5) & b.note.startswith("it's;"));
    read!(s, changed, get / aget() => own_id)?.gives(7)
}

fn create_table(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    call!(s, create_table / acreate_table::<Book>())?.gives(())?;
    read!(s, books(), count / acount())?.gives(0)?;
    call!(s, create_table_for / acreate_table_for(Seat::meta()))?.gives(())?;
    read!(s, Seat::objects(), exists / aexists())?.gives(false)
}

fn create_table_twice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    call!(s, create_table / acreate_table::<Book>())?
        .fails(ErrorKind::Programming)?
        .says(&["book"])?;
    read!(s, books(), count / acount())?.gives(7)
}
