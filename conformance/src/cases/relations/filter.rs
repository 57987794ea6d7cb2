//! Conditions on related rows.

use queryset::{AggregateTerm, Family, Operand, Q, QuerySet, Record};

use super::family::Library;
use crate::failure::Verdict;
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("relations.path", Method::List, path),
    Case::new("relations.one_row", Method::List, one_row),
    Case::new("relations.two_rows", Method::List, two_rows),
    Case::new("relations.any", Method::List, any),
    Case::new("relations.odd", Method::List, odd),
    Case::new("relations.null", Method::List, null),
    Case::new("relations.count", Method::Count, count),
    Case::new("relations.aggregate", Method::Aggregate, aggregate),
];

type Filtered = (
    &'static str,
    fn(QuerySet<Record>) -> QuerySet<Record>,
    &'static [i64],
);

fn each(stage: &Stage, cases: &[Filtered]) -> Verdict {
    let library = Library::open(stage)?;
    for &(model, refine, expected) in cases {
        library.gives(refine(library.all(model)?), expected)?;
    }
    Ok(())
}

/// A row comes once for each related row that meets the condition.
fn path(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            ("Book", |q| q.lookup("author__name", "Ada"), &[1, 2, 6]),
            ("Book", |q| q.lookup("author__mentor__name", "Ada"), &[3, 4]),
            ("Book", |q| q.lookup("author__mentor", 1), &[3, 4]),
            ("Author", |q| q.lookup("mentor__mentor__name", "Ada"), &[4]),
            ("Author", |q| q.lookup("pupils__pupils", 4), &[1]),
            ("Author", |q| q.lookup("books__title", "alpha"), &[1, 1, 2]),
            (
                "Author",
                |q| q.lookup("books__title", "alpha").distinct(),
                &[1, 2],
            ),
            ("Author", |q| q.lookup("desk__place", "north"), &[1]),
            ("Desk", |q| q.lookup("author__name", "Cy"), &[2]),
            ("Book", |q| q.lookup("tags__word", "red"), &[1, 3, 6]),
            ("Book", |q| q.lookup("tags", 2), &[1, 2]),
            (
                "Tag",
                |q| q.lookup("books__title", "alpha"),
                &[1, 1, 1, 2, 3],
            ),
            ("Book", |q| q.lookup("shops__name", "Bob's"), &[1, 4]),
            ("Shop", |q| q.lookup("books__title", "alpha"), &[1, 2]),
            ("Book", |q| q.lookup("copies__price__gt", 15), &[1, 4]),
            (
                "Publisher",
                |q| q.lookup("books__author__name", "Ada"),
                &[1, 3, 3],
            ),
            (
                "Copy",
                |q| q.lookup("shop__name__startswith", "Ann"),
                &[1, 4],
            ),
            ("Copy", |q| q.lookup("shop", "BB"), &[2, 3]),
        ],
    )
}

/// The conditions of one call are about the same related row.
fn one_row(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Author",
                |q| {
                    q.filter_by(
                        Q::lookup("books__title", "alpha") & Q::lookup("books__publisher", 3),
                    )
                },
                &[1],
            ),
            (
                "Author",
                |q| {
                    q.filter_by(
                        Q::lookup("books__title", "beta") & Q::lookup("books__publisher", 1),
                    )
                },
                &[],
            ),
            (
                "Book",
                |q| q.filter_by(Q::lookup("tags__word", "red") & Q::lookup("tags__word", "blue")),
                &[],
            ),
            (
                "Book",
                |q| q.filter_by(Q::lookup("shops__name", "Bob's") & Q::lookup("copies__price", 10)),
                &[],
            ),
        ],
    )
}

/// Those of two calls may be about two, and then all pairs count; a relation to one row has only
/// that one.
fn two_rows(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Author",
                |q| {
                    q.lookup("books__title", "alpha")
                        .lookup("books__publisher", 3)
                },
                &[1, 1, 1, 1],
            ),
            (
                "Author",
                |q| {
                    q.lookup("books__title", "beta")
                        .lookup("books__publisher", 1)
                },
                &[1],
            ),
            (
                "Book",
                |q| q.lookup("tags__word", "red").lookup("tags__word", "blue"),
                &[1],
            ),
            (
                "Book",
                |q| {
                    q.lookup("author__name", "Ada")
                        .lookup("author__mentor__isnull", true)
                },
                &[1, 2, 6],
            ),
        ],
    )
}

/// Where another condition may hold instead, a row without a related one counts too.
fn any(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Book",
                |q| q.filter_by(Q::lookup("publisher__city", "Bonn") | Q::lookup("title", "alpha")),
                &[1, 3, 5, 6],
            ),
            (
                "Author",
                |q| q.filter_by(Q::lookup("books__title", "beta") | Q::lookup("name", "Di")),
                &[1, 4],
            ),
            (
                "Author",
                |q| q.filter_by(Q::lookup("books__title", "beta") | Q::lookup("name", "Ada")),
                &[1, 1, 1],
            ),
            (
                "Author",
                |q| {
                    q.filter_by(Q::lookup("books__title", "beta") | Q::lookup("name", "Di"))
                        .lookup("books__title__isnull", false)
                },
                &[1, 1, 1],
            ),
            (
                "Book",
                |q| {
                    q.lookup("author__isnull", false)
                        .filter_by(Q::lookup("author__name", "Ada") ^ Q::lookup("pages__gt", 250))
                },
                &[1, 2, 3, 4],
            ),
        ],
    )
}

/// An exclusive or leaves the joins as they are. So a row without a related one is lost where one of
/// its parts, or the negation of the whole, makes the join an INNER JOIN: as it is in Django.
fn odd(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    let beta_or_di = Q::lookup("books__title", "beta") ^ Q::lookup("name", "Di");
    // What is compared with NULL does not hold, but to MySQL's own XOR it is NULL.
    let expected: &[i64] = match library.session.db().dialect().family {
        Family::Mysql => &[1],
        _ => &[1, 4],
    };
    library.gives(library.all("Author")?.filter_by(beta_or_di), expected)?;
    drop(library);
    each(
        stage,
        &[
            (
                "Author",
                |q| q.filter_by(Q::lookup("books__title", "alpha") ^ Q::lookup("name", "Ada")),
                &[1, 2],
            ),
            (
                "Author",
                |q| {
                    let beta = Q::lookup("books__title", "beta") & Q::lookup("books__pages", 200);
                    q.filter_by(beta ^ Q::lookup("name", "Di"))
                },
                &[1],
            ),
            (
                "Author",
                |q| q.filter_by(!(Q::lookup("books__title", "alpha") ^ Q::lookup("name", "Ada"))),
                &[1, 3, 4, 5],
            ),
            (
                "Book",
                |q| {
                    let nobody = Q::lookup("author__name__isnull", true);
                    q.filter_by(nobody ^ Q::lookup("pages__lt", 250))
                },
                &[1, 2, 5],
            ),
            (
                "Book",
                |q| {
                    let nobody = Q::lookup("author__name__isnull", true);
                    q.exclude_by(nobody ^ Q::lookup("pages__gt", 250))
                },
                &[1, 2],
            ),
        ],
    )
}

/// Nothing related, or nothing in the related row's column.
fn null(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            ("Author", |q| q.lookup("books__isnull", true), &[4, 5]),
            ("Author", |q| q.lookup("books", Operand::NONE), &[4, 5]),
            (
                "Author",
                |q| q.lookup("books__isnull", false),
                &[1, 1, 1, 2, 3],
            ),
            ("Book", |q| q.lookup("author", Operand::NONE), &[5]),
            (
                "Book",
                |q| q.lookup("publisher__city", Operand::NONE),
                &[3, 4],
            ),
            (
                "Author",
                |q| q.lookup("mentor__name", Operand::NONE),
                &[1, 5],
            ),
            (
                "Author",
                |q| q.lookup("books__title__isnull", true),
                &[4, 5],
            ),
            ("Book", |q| q.lookup("tags__word__isnull", true), &[3, 4, 5]),
        ],
    )
}

fn count(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    let s = &library.session;
    let query = library.all("Author")?.lookup("books__title", "alpha");
    read!(s, query.clone(), count / acount())?.gives(3)?;
    read!(s, query.clone().distinct(), count / acount())?.gives(2)?;
    read!(s, query.clone().limit(2), count / acount())?.gives(2)?;
    read!(s, query.clone(), exists / aexists())?.gives(true)?;
    let nobody = query.clone().lookup("books__pages", 7);
    read!(s, nobody, exists / aexists())?.gives(false)?;
    let key = |row: Option<Record>| row.and_then(|row| row.get::<i64>("id").ok());
    read!(s, query.clone(), first / afirst() => key)?.gives(Some(1))?;
    read!(s, query, last / alast() => key)?.gives(Some(2))
}

fn aggregate(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    let s = &library.session;
    let terms = || {
        [
            ("n", AggregateTerm::count("books")),
            ("pages", AggregateTerm::sum("books__pages")),
            ("longest", AggregateTerm::max("books__title")),
        ]
    };
    let values = |row: Record| {
        let text: Option<String> = row.get("longest").ok();
        (row.get::<i64>("n").ok(), row.get::<i64>("pages").ok(), text)
    };
    let all = library.all("Author")?;
    let found = read!(s, all.clone(), aggregate_by_names / aaggregate_by_names(terms()) => values)?;
    found.gives((Some(5), Some(1600), Some("gamma".to_owned())))?;
    let red = all.clone().lookup("books__tags__word", "red");
    let found = read!(s, red, aggregate_by_names / aaggregate_by_names(terms()) => values)?;
    found.gives((Some(3), Some(1000), Some("alpha".to_owned())))?;
    let first = all.lookup("books__isnull", false);
    let first = first.order_by_names(["books__pages"]).limit(1);
    let found = read!(s, first, aggregate_by_names / aaggregate_by_names(terms()) => values)?;
    found.gives((Some(1), Some(100), Some("alpha".to_owned())))
}
