//! Comparisons with the rows of another query.

use queryset::{ErrorKind, Family, Model, Operand, Q, QuerySet, Record};

use super::gives;
use crate::failure::{Verdict, same};
use crate::models::{Book, Number, Phrase, Seat, books, ids, phrases, shelf};
use crate::stage::{Stage, read};

/// A query stands for the keys of its rows, and both become one statement.
pub(super) fn keys(stage: &Stage) -> Verdict {
    let hundred = || books().filter(|b| b.pages.eq(100));
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.id.is_in_query(hundred())), &[1, 4, 6]),
            (
                shelf().exclude(|b| b.id.is_in_query(hundred())),
                &[2, 3, 5, 7],
            ),
            (shelf().lookup("id__in", hundred()), &[1, 4, 6]),
            (shelf().lookup("pk__in", hundred().distinct()), &[1, 4, 6]),
            (
                shelf().filter(|b| {
                    b.pages.gt(60) & b.id.is_in_query(hundred().exclude(|b| b.rating.eq(3)))
                        | b.id.eq(7)
                }),
                &[6, 7],
            ),
            // What is above of a query within a query.
            (
                shelf().filter(|b| {
                    let inner = books().filter(|b| b.id.is_in_query(hundred()));
                    b.id.is_in_query(inner.filter(|b| b.in_print.eq(true)))
                }),
                &[1, 4, 6],
            ),
        ],
    )
}

/// Another column can be chosen; a NULL among its values leaves nothing to a negation.
pub(super) fn columns(stage: &Stage) -> Verdict {
    let s = stage.phrasebook()?;
    s.add_books()?;
    let texts = || Phrase::objects().column(|p| p.text);
    let known = || Phrase::objects().filter(|p| p.text.isnull(false));
    for (query, expected) in [
        (shelf().filter(|b| b.title.is_in_query(texts())), vec![1]),
        (shelf().exclude(|b| b.title.is_in_query(texts())), vec![]),
        (
            shelf().exclude(|b| b.title.is_in_query(known().column(|p| p.text))),
            vec![2, 3, 4, 5, 6, 7],
        ),
        (
            shelf().lookup("title__in", phrases().columns_by_names(["text"])),
            vec![1],
        ),
        (
            shelf().lookup("note__in", books().columns_by_names(["note"])),
            vec![2, 3, 5, 6],
        ),
    ] {
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected)?;
    }
    Ok(())
}

/// A query that can have no rows is not asked.
pub(super) fn empty(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let none: [fn() -> QuerySet<Book>; 4] = [
        || books().none(),
        || books().filter_by(Q::none()),
        || books().limit(0),
        || books().lookup("id__in", Operand::List(vec![])),
    ];
    for none in none {
        let within = shelf().filter(|b| b.id.is_in_query(none()));
        read!(s, within, list / alist() => ids)?
            .sends(0)?
            .gives(Vec::<i64>::new())?;
        let beside = shelf().filter(|b| b.id.is_in_query(none()) | b.id.eq(3));
        read!(s, beside, list / alist() => ids)?
            .sends(1)?
            .gives(vec![3])?;
        let without = shelf().exclude(|b| b.id.is_in_query(none()));
        read!(s, without, count / acount())?.sends(1)?.gives(7)?;
    }
    // No number of the column is as large.
    let huge = books().lookup("pages__gt", 1_i64 << 40);
    let query = shelf().filter(|b| b.id.is_in_query(huge));
    read!(s, query, list / alist() => ids)?.gives(Vec::<i64>::new())
}

/// A slice is one where the database can look into it, and tells that it cannot otherwise. Its
/// one row can be compared everywhere.
pub(super) fn slices(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let longest = || books().order_by(|b| b.pages.desc());
    let query = shelf().filter(|b| b.id.is_in_query(longest().limit(2)));
    let answer = read!(s, query, list / alist() => ids)?;
    match s.db().dialect().family {
        Family::Mysql => {
            answer.refused(ErrorKind::NotSupported)?.says(&["slice"])?;
        }
        _ => answer.sends(1)?.gives(vec![2, 5])?,
    }
    let pages = longest().limit(1).columns_by_names(["pages"]);
    for (lookup, expected) in [("pages", vec![5]), ("pages__lt", vec![1, 2, 3, 4, 6, 7])] {
        let query = shelf().lookup(lookup, pages.clone());
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected)?;
    }
    Ok(())
}

/// A key of several parts is compared with as many columns.
pub(super) fn composite(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating seats", s.db().create_table::<Seat>())?;
    let seat = |hall, number, guest: Option<&str>| Seat {
        hall,
        number,
        guest: guest.map(Into::into),
    };
    let seats = [
        seat(1, 1, None),
        seat(1, 2, Some("Ada")),
        seat(2, 1, Some("Ada")),
        seat(2, 2, None),
    ];
    s.prepare("adding seats", s.db().bulk_create(&seats))?;
    let all = || QuerySet::dynamic(Seat::meta()).order_by_names(["hall", "number"]);
    let taken = || QuerySet::dynamic(Seat::meta()).lookup("guest__isnull", false);
    let places = |rows: Vec<Record>| rows.len();
    let found = all().lookup("pk__in", taken());
    read!(s, found, list / alist() => places)?
        .sends(1)?
        .gives(2)?;
    let first = all().lookup("pk__in", taken().lookup("hall", 2));
    let row = read!(s, first, get / aget())?.value()?;
    same("the seat's hall", row.get::<i32>("hall")?, 2)?;
    let narrow = all().lookup("pk__in", taken().columns_by_names(["hall"]));
    read!(s, narrow, list / alist() => places)?
        .refused(ErrorKind::Value)?
        .says(&["columns"])?;
    Ok(())
}

pub(super) fn refused(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let two = books().columns_by_names(["id", "pages"]);
    for (query, kind) in [
        (shelf().lookup("id__in", two), ErrorKind::Value),
        // Many rows are equal to nothing.
        (shelf().lookup("id", books()), ErrorKind::Value),
        (shelf().lookup("title__contains", books()), ErrorKind::Type),
        (
            shelf().lookup("id__in", books().columns_by_names(["size"])),
            ErrorKind::Field,
        ),
        // What is wrong with the query within is wrong with the whole.
        (
            shelf().lookup("id__in", books().lookup("size", 1)),
            ErrorKind::Field,
        ),
    ] {
        read!(s, query, list / alist())?.refused(kind)?;
    }
    let other = QuerySet::<Number>::new().filter(|n| n.double.gt(4));
    let query = shelf().filter(|b| b.id.is_in_query(other));
    query.check()?;
    Ok(())
}
