//! `list`.

use std::sync::LazyLock;

use queryset::{ErrorKind, Model, QuerySet, Record};

use crate::failure::{Verdict, ensure, same};
use crate::models::{Book, Ordered, Visit, books, ids, library_books, numbers, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.list.columns", Method::List, columns),
    Case::new("read.list.ordered", Method::List, ordered),
    Case::new("read.list.model_ordering", Method::List, model_ordering),
    Case::new("read.list.empty_table", Method::List, empty_table),
    Case::new("read.list.none", Method::List, none),
    Case::new("read.list.distinct", Method::List, distinct),
    Case::new("read.list.again", Method::List, again),
    Case::new("read.list.many", Method::List, many),
    Case::new("read.list.records", Method::List, records),
    Case::new("read.list.shared_query", Method::List, shared_query),
    Case::new("read.list.invalid_query", Method::List, invalid_query),
];

/// Every column of every row is what was written.
fn columns(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf(), list / alist())?
        .sends(1)?
        .gives(library_books())
}

fn ordered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let by_price = books().order_by(|b| b.price.asc());
    read!(s, by_price, list / alist() => ids)?.gives(vec![6, 7, 3, 1, 4, 2, 5])?;
    let by_price = books().order_by(|b| b.price.desc());
    read!(s, by_price, list / alist() => ids)?.gives(vec![5, 2, 4, 1, 3, 7, 6])
}

fn model_ordering(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let expected = vec![5, 2, 1, 4, 6, 3, 7];
    read!(s, Ordered::objects(), list / alist() => ids)?.gives(expected)?;
    let other = Ordered::objects().order_by(|b| b.slug.desc());
    read!(s, other, list / alist() => ids)?.gives(vec![7, 6, 5, 4, 3, 2, 1])
}

fn empty_table(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    read!(s, numbers(), list / alist())?
        .sends(1)?
        .gives(Vec::new())
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().none(), list / alist())?
        .sends(0)?
        .gives(Vec::new())?;
    // Nothing brings a query without rows back.
    let still = books()
        .none()
        .exclude(|b| b.id.eq(1))
        .order_by(|b| b.id.asc());
    read!(s, still, list / alist())?.sends(0)?.gives(Vec::new())
}

fn distinct(stage: &Stage) -> Verdict {
    let s = stage.visits()?;
    let visit = |place: &str, hour| Visit {
        place: place.into(),
        hour,
    };
    let ordered = || Visit::objects().order_by(|v| (v.place.asc(), v.hour.asc()));
    let different = vec![visit("attic", 9), visit("attic", 10), visit("barn", 9)];
    read!(s, ordered().distinct(), list / alist())?
        .sends(1)?
        .gives(different)?;
    let all = vec![
        visit("attic", 9),
        visit("attic", 9),
        visit("attic", 10),
        visit("barn", 9),
        visit("barn", 9),
    ];
    read!(s, ordered(), list / alist())?.gives(all)
}

/// A query keeps no rows: asked again it asks again.
fn again(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let cheap = books().filter(|b| b.price.lt(2.0)).order_by(|b| b.id.asc());
    read!(s, cheap.clone(), list / alist() => ids)?
        .sends(1)?
        .gives(vec![6, 7])?;
    let mut row = library_books().swap_remove(0);
    (row.id, row.slug, row.price) = (8, "hen".into(), 0.5);
    s.prepare("adding a book", s.db().create(&row))?;
    read!(s, cheap, list / alist() => ids)?
        .sends(1)?
        .gives(vec![6, 7, 8])
}

fn many(stage: &Stage) -> Verdict {
    let s = stage.numbers(2500)?;
    let rows = read!(s, numbers(), list / alist())?.sends(1)?.value()?;
    same("the number of rows", rows.len(), 2500)?;
    for (row, id) in rows.iter().zip(1..) {
        same("a row", (row.id, row.double), (id, 2 * id))?;
    }
    Ok(())
}

fn records(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let books: QuerySet<Record> = QuerySet::dynamic(Book::meta());
    let rows = read!(s, books.order_by_names(["-id"]).limit(2), list / alist())?.value()?;
    same("the number of records", rows.len(), 2)?;
    let names: Vec<&str> = rows[0].columns().names().collect();
    let expected = [
        "id", "title", "slug", "pages", "price", "rating", "note", "in_print",
    ];
    same("the names", names, expected)?;
    same("a title", rows[0].get::<String>("title")?, "Gnu".to_owned())?;
    same(
        "a missing note",
        rows[0].get::<Option<String>>("note")?,
        None,
    )?;
    same("a number", rows[1].get::<i64>("id")?, 6)
}

/// A query needs no database, so that it can be a static; clones do not disturb it.
fn shared_query(stage: &Stage) -> Verdict {
    static IN_PRINT: LazyLock<QuerySet<Book>> = LazyLock::new(|| {
        Book::objects()
            .filter(|b| b.in_print.eq(true))
            .order_by(|b| b.id.asc())
    });
    let s = stage.library()?;
    let narrower = IN_PRINT.clone().filter(|b| b.pages.lt(100)).reverse();
    read!(s, narrower, list / alist() => ids)?.gives(vec![3])?;
    read!(s, IN_PRINT.clone(), list / alist() => ids)?.gives(vec![1, 3, 4, 6])
}

fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().order_by_names(["colour"]);
    ensure(query.check().is_err(), "check() tells at once")?;
    read!(s, query, list / alist())?
        .refused(ErrorKind::Field)?
        .says(&["colour", "title"])?;
    Ok(())
}
