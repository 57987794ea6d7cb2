//! `get` and `get_or_none`.

use queryset::{ColumnMeta, ColumnType, ErrorKind, Model, ModelMeta, QuerySet, Record, Value};

use crate::failure::Verdict;
use crate::models::{Book, Ordered, Seat, Visit, book, books, id, numbers, own_id, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.get.one", Method::Get, one),
    Case::new("read.get.nothing", Method::Get, nothing),
    Case::new("read.get.multiple", Method::Get, multiple),
    Case::new("read.get.twenty", Method::Get, twenty),
    Case::new("read.get.more_than_twenty", Method::Get, more_than_twenty),
    Case::new("read.get.none", Method::Get, none),
    Case::new("read.get.slice", Method::Get, slice),
    Case::new("read.get.repeated", Method::Get, repeated),
    Case::new("read.get.without_condition", Method::Get, without_condition),
    Case::new("read.get.ordered", Method::Get, ordered),
    Case::new("read.get.record", Method::Get, record),
    Case::new("read.get.composite_key", Method::Get, composite_key),
    Case::new("read.get.without_key", Method::Get, without_key),
    Case::new("read.get.declared_key", Method::Get, declared_key),
    Case::new("read.get.invalid_query", Method::Get, invalid_query),
    Case::new("read.get_or_none.one", Method::GetOrNone, or_none_one),
    Case::new(
        "read.get_or_none.nothing",
        Method::GetOrNone,
        or_none_nothing,
    ),
    Case::new(
        "read.get_or_none.multiple",
        Method::GetOrNone,
        or_none_multiple,
    ),
    Case::new("read.get_or_none.none", Method::GetOrNone, or_none_none),
    Case::new(
        "read.get_or_none.invalid_query",
        Method::GetOrNone,
        or_none_invalid,
    ),
];

fn one(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for number in [3, 1, 7] {
        read!(s, books().filter(|b| b.id.eq(number)), get / aget())?
            .sends(1)?
            .gives(book(number as usize))?;
    }
    read!(s, books().filter(|b| b.slug.eq("eel")), get / aget())?.gives(book(5))
}

fn nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().filter(|b| b.id.eq(4711)), get / aget())?
        .sends(1)?
        .fails(ErrorKind::NotFound)?
        .about_model("Book")?
        .says(&["Book", "id", "4711"])?;
    Ok(())
}

fn multiple(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().filter(|b| b.pages.eq(100)), get / aget())?
        .sends(1)?
        .fails(ErrorKind::Multiple)?
        .about_model("Book")?
        .says(&["Book", "3", "pages", "100"])?;
    read!(
        s,
        books().filter(|b| b.note.eq("x".to_owned())),
        get / aget()
    )?
    .fails(ErrorKind::Multiple)?
    .says(&["2", "note"])?;
    Ok(())
}

fn twenty(stage: &Stage) -> Verdict {
    let s = stage.numbers(25)?;
    let twenty = read!(s, numbers().filter(|n| n.id.lte(20)), get / aget())?
        .fails(ErrorKind::Multiple)?
        .says(&["20"])?;
    let message = twenty.error().to_string();
    crate::failure::ensure(
        !message.contains("more than"),
        format!("20 rows are not more than 20: {message}"),
    )
}

fn more_than_twenty(stage: &Stage) -> Verdict {
    let s = stage.numbers(25)?;
    for query in [numbers(), numbers().filter(|n| n.id.lte(21))] {
        read!(s, query, get / aget())?
            .sends(1)?
            .fails(ErrorKind::Multiple)?
            .says(&["more than 20"])?;
    }
    Ok(())
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().none(), get / aget())?
        .sends(0)?
        .fails(ErrorKind::NotFound)?
        .about_model("Book")?;
    let nobody = books().filter(|b| b.id.is_in([0i64; 0]));
    read!(s, nobody, get / aget())?
        .sends(0)?
        .fails(ErrorKind::NotFound)?;
    Ok(())
}

/// A slice keeps its order and its limit, and `get` looks at what it holds.
fn slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().slice(2..3), get / aget() => own_id)?
        .sends(1)?
        .gives(3)?;
    read!(s, shelf().offset(6), get / aget() => own_id)?.gives(7)?;
    read!(s, shelf().slice(1..3), get / aget())?
        .fails(ErrorKind::Multiple)?
        .says(&["2"])?;
    read!(s, shelf().slice(5..5), get / aget())?
        .sends(0)?
        .fails(ErrorKind::NotFound)?;
    read!(s, shelf().offset(7), get / aget())?
        .sends(1)?
        .fails(ErrorKind::NotFound)?;
    Ok(())
}

/// Each read answers its own question, not an earlier one.
fn repeated(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for number in [1, 2, 1, 7, 2] {
        read!(s, books().filter(|b| b.id.eq(number)), get / aget() => own_id)?.gives(number)?;
    }
    Ok(())
}

fn without_condition(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    read!(s, numbers(), get / aget() => own_id)?.gives(1)?;
    let s = stage.numbers(0)?;
    read!(s, numbers(), get / aget())?
        .fails(ErrorKind::NotFound)?
        .about_model("Number")?;
    Ok(())
}

/// The ordering of the query or of its model does not matter.
fn ordered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let gnu = Ordered::objects().filter(|b| b.slug.eq("gnu"));
    let expected = Ordered {
        id: 7,
        slug: "gnu".into(),
        pages: 1,
    };
    read!(s, gnu.clone(), get / aget())?.gives(expected.clone())?;
    read!(s, gnu.order_by(|b| b.pages.desc()).reverse(), get / aget())?.gives(expected)
}

fn record(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let books: QuerySet<Record> = QuerySet::dynamic(Book::meta());
    let slug = |record: Record| record.get::<String>("slug");
    let found = read!(s, books.clone().lookup("pk", 2), get / aget() => slug)?.value()?;
    crate::failure::same("the record's slug", found?, "bee".to_owned())?;
    read!(s, books.lookup("pages", 100), get / aget())?
        .fails(ErrorKind::Multiple)?
        .about_model("Book")?;
    Ok(())
}

/// A key is what the model declares, and the table may know nothing of it.
fn declared_key(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let ticket = |place: ColumnMeta| {
        ModelMeta::builder("Ticket")
            .table("ticket")
            .column(ColumnMeta::new("number", ColumnType::I64))
            .column(place)
            .build()
    };
    let place = ColumnMeta::new("place", ColumnType::I64);
    let table = ticket(place.clone())?;
    s.prepare("creating the table", s.db().create_table_for(&table))?;
    let places = [1, 1, 3].into_iter().chain(std::iter::repeat_n(2, 30));
    let rows = (0..)
        .zip(places)
        .map(|(number, place)| vec![Value::I64(number), Value::I64(place)]);
    let rows = rows.collect();
    s.prepare("adding rows", s.db().insert(&table, rows).map(drop))?;
    for declared in [place.clone().primary_key(), place.unique()] {
        let meta = ticket(declared)?;
        let at =
            |place: i64| -> QuerySet<Record> { QuerySet::dynamic(&meta).lookup("place", place) };
        for (place, count) in [(1, "2 Ticket"), (2, "more than 20")] {
            read!(s, at(place), get / aget())?
                .sends(1)?
                .fails(ErrorKind::Multiple)?
                .says(&[count])?;
        }
        let number = |record: Record| record.get::<i64>("number").ok();
        read!(s, at(3), get / aget() => number)?.gives(Some(2))?;
        read!(s, at(4), get / aget())?.fails(ErrorKind::NotFound)?;
    }
    Ok(())
}

fn composite_key(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating seats", s.db().create_table::<Seat>())?;
    let seat = |hall, number, guest: Option<&str>| Seat {
        hall,
        number,
        guest: guest.map(Into::into),
    };
    let rows = [seat(1, 2, Some("Ada")), seat(2, 1, None), seat(1, 1, None)];
    s.prepare("adding seats", s.db().bulk_create(&rows))?;
    let one = Seat::objects().filter(|seat| seat.hall.eq(1) & seat.number.eq(2));
    read!(s, one, get / aget())?.gives(rows[0].clone())?;
    let swapped = Seat::objects().lookup("pk", (2, 1));
    read!(s, swapped, get / aget())?.gives(rows[1].clone())?;
    read!(s, Seat::objects().lookup("pk", (2, 2)), get / aget())?
        .fails(ErrorKind::NotFound)?
        .about_model("Seat")?;
    Ok(())
}

fn without_key(stage: &Stage) -> Verdict {
    let s = stage.visits()?;
    let ten = Visit::objects().filter(|v| v.hour.eq(10));
    let expected = Visit {
        place: "attic".into(),
        hour: 10,
    };
    read!(s, ten, get / aget())?.gives(expected)?;
    let attic = Visit::objects().filter(|v| v.place.eq("attic"));
    read!(s, attic, get / aget())?
        .fails(ErrorKind::Multiple)?
        .says(&["3"])?;
    Ok(())
}

/// What was wrong in building comes out of the first read, which sends nothing.
fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().lookup("colour", 1), get / aget())?
        .refused(ErrorKind::Field)?
        .says(&["colour", "in_print", "title"])?;
    read!(s, books().limit(1).filter(|b| b.id.eq(1)), get / aget())?.refused(ErrorKind::Type)?;
    Ok(())
}

fn or_none_one(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().filter(|b| b.id.eq(6)),
        get_or_none / aget_or_none()
    )?
    .sends(1)?
    .gives(Some(book(6)))
}

fn or_none_nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().filter(|b| b.id.eq(0)),
        get_or_none / aget_or_none()
    )?
    .sends(1)?
    .gives(None)
}

fn or_none_multiple(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().filter(|b| b.in_print.eq(true)),
        get_or_none / aget_or_none()
    )?
    .fails(ErrorKind::Multiple)?
    .says(&["4", "in_print"])?;
    Ok(())
}

fn or_none_none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().none(), get_or_none / aget_or_none() => id)?
        .sends(0)?
        .gives(None)
}

fn or_none_invalid(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().lookup("pages__gt", None::<i32>),
        get_or_none / aget_or_none()
    )?
    .refused(ErrorKind::Value)?;
    Ok(())
}
