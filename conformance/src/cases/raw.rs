//! Statements of one's own.

use queryset::{ErrorKind, FromRow, Record, Value, raw};

use crate::failure::{Verdict, same};
use crate::models::{Book, book, ids, library_books};
use crate::stage::{Session, Stage, iterate, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("raw.model", Method::Raw, model),
    Case::new("raw.struct", Method::Raw, structs),
    Case::new("raw.tuple", Method::Raw, tuples),
    Case::new("raw.record", Method::Raw, record),
    Case::new("raw.params", Method::Raw, params),
    Case::new("raw.iter", Method::Raw, iterated),
    Case::new("raw.missing_column", Method::Raw, missing_column),
    Case::new("raw.wrong_sql", Method::Raw, wrong_sql),
];

/// A placeholder, as the database writes it.
pub(super) fn placeholder(s: &Session, number: usize) -> String {
    match s.db().dialect().family {
        queryset::Family::Postgres => format!("${number}"),
        _ => "?".to_owned(),
    }
}

/// Columns find their attributes by name, in whatever order they come.
fn model(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let all = raw::<Book>("SELECT * FROM book ORDER BY id", vec![]);
    read!(s, all, list / alist())?
        .sends(1)?
        .gives(library_books())?;
    let shuffled = raw::<Book>(
        "SELECT in_print, 1 AS extra, note, rating, price, pages, slug, title, id FROM book WHERE id = 3",
        vec![],
    );
    read!(s, shuffled, list / alist())?.gives(vec![book(3)])
}

#[derive(FromRow, Debug, PartialEq)]
struct Count {
    pages: i32,
    books: i64,
}

fn structs(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = raw::<Count>(
        "SELECT count(*) AS books, pages FROM book GROUP BY pages ORDER BY pages",
        vec![],
    );
    let count = |pages, books| Count { pages, books };
    read!(s, query, list / alist())?.gives(vec![
        count(1, 1),
        count(50, 1),
        count(100, 3),
        count(250, 1),
        count(700, 1),
    ])
}

fn tuples(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let sql = "SELECT id, slug, rating FROM book WHERE id < 4 ORDER BY id DESC";
    let rows: Vec<(i64, String, Option<i32>)> = vec![
        (3, "cat".into(), Some(5)),
        (2, "bee".into(), None),
        (1, "ant".into(), Some(3)),
    ];
    read!(
        s,
        raw::<(i64, String, Option<i32>)>(sql, vec![]),
        list / alist()
    )?
    .gives(rows)?;
    read!(
        s,
        raw::<(i64,)>("SELECT id FROM book WHERE id = 0", vec![]),
        list / alist()
    )?
    .gives(Vec::new())
}

fn record(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = raw::<Record>(
        "SELECT slug AS mark, note FROM book WHERE id IN (1, 3) ORDER BY id",
        vec![],
    );
    let rows = read!(s, query, list / alist())?.value()?;
    same("the number of rows", rows.len(), 2)?;
    let names: Vec<&str> = rows[0].columns().names().collect();
    same("the names", names, ["mark", "note"])?;
    same("a mark", rows[0].get::<String>("mark")?, "ant".to_owned())?;
    same("a missing note", rows[0].value("note"), Some(&Value::Null))?;
    same(
        "a note",
        rows[1].get::<Option<String>>("note")?,
        Some("x".to_owned()),
    )
}

/// Values are bound in the order of their placeholders, whatever they contain.
fn params(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let (one, two, three) = (placeholder(&s, 1), placeholder(&s, 2), placeholder(&s, 3));
    let sql = format!(
        "SELECT id FROM book WHERE pages > {one} AND pages < {two} AND slug <> {three} ORDER BY id"
    );
    let values =
        |low, high, slug: &str| vec![Value::I64(low), Value::I64(high), Value::Text(slug.into())];
    let query = raw::<(i64,)>(sql.clone(), values(10, 200, "dog"));
    read!(s, query, list / alist())?.gives(vec![(1,), (3,), (6,)])?;
    let query = raw::<(i64,)>(sql, values(200, 1000, "'; DROP TABLE book; --"));
    read!(s, query, list / alist())?.gives(vec![(2,), (5,)])
}

fn iterated(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    let query = raw::<crate::models::Number>("SELECT * FROM number ORDER BY id DESC", vec![]);
    let expected: Vec<i64> = (1..=1000).rev().collect();
    iterate!(s, query => ids)?.sends(1)?.gives(expected)
}

fn missing_column(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = raw::<Book>("SELECT id, title FROM book", vec![]);
    read!(s, query, list / alist())?
        .fails(ErrorKind::FieldDoesNotExist)?
        .says(&["slug"])?;
    Ok(())
}

fn wrong_sql(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, raw::<(i64,)>("SELEKT 1", vec![]), list / alist())?.fails(ErrorKind::Programming)?;
    read!(
        s,
        raw::<(i64,)>("SELECT colour FROM book", vec![]),
        list / alist()
    )?
    .fails(ErrorKind::Programming)?
    .says(&["colour"])?;
    read!(
        s,
        raw::<(i64,)>("SELECT id FROM book WHERE id = 1", vec![]),
        list / alist()
    )?
    .gives(vec![(1,)])
}
