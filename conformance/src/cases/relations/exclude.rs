//! Rows left out because of related rows.

use queryset::{Operand, Q, QuerySet, Record};

use super::family::Library;
use crate::failure::Verdict;
use crate::stage::Stage;
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("relations.exclude_one", Method::List, to_one),
    Case::new("relations.exclude_many", Method::List, to_many),
    Case::new("relations.exclude_both", Method::List, both),
    Case::new("relations.exclude_same_row", Method::List, same_row),
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

/// Rows that lead nowhere, or to a NULL, stay.
fn to_one(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Book",
                |q| q.exclude_lookup("author__name", "Ada"),
                &[3, 4, 5],
            ),
            (
                "Book",
                |q| q.exclude_lookup("publisher__city", "Bonn"),
                &[2, 3, 4, 6],
            ),
            ("Book", |q| q.exclude_lookup("publisher", 1), &[2, 3, 4, 6]),
            (
                "Book",
                |q| q.exclude_lookup("author__desk__place", "north"),
                &[3, 4, 5],
            ),
            (
                "Author",
                |q| q.exclude_lookup("desk", Operand::NONE),
                &[1, 3],
            ),
            (
                "Author",
                |q| q.exclude_lookup("mentor__name", Operand::NONE),
                &[2, 3, 4],
            ),
        ],
    )
}

/// Rows stay that have no such related row, and none comes twice.
fn to_many(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Author",
                |q| q.exclude_lookup("books__title", "alpha"),
                &[3, 4, 5],
            ),
            (
                "Author",
                |q| q.exclude_lookup("books", Operand::NONE),
                &[1, 2, 3],
            ),
            (
                "Author",
                |q| q.exclude_lookup("books__isnull", false),
                &[4, 5],
            ),
            (
                "Book",
                |q| q.exclude_lookup("tags__word", "red"),
                &[2, 4, 5],
            ),
            ("Book", |q| q.exclude_lookup("tags", 2), &[3, 4, 5, 6]),
            (
                "Book",
                |q| q.exclude_lookup("publisher__books__title", "alpha"),
                &[3, 4],
            ),
            (
                "Copy",
                |q| q.exclude_lookup("book__tags", Operand::NONE),
                &[1, 2],
            ),
            (
                "Copy",
                |q| q.exclude_lookup("book__tags__word", "red"),
                &[3, 4],
            ),
            ("Shop", |q| q.exclude_lookup("copies__price__gt", 35), &[2]),
            ("Shop", |q| q.exclude_lookup("books__pages", 400), &[1]),
            (
                "Author",
                |q| q.exclude_by(!Q::lookup("books__title", "alpha")),
                &[1, 2],
            ),
        ],
    )
}

/// Two conditions in one exclusion may be about two related rows.
fn both(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Author",
                |q| {
                    q.exclude_by(
                        Q::lookup("books__title", "beta") & Q::lookup("books__publisher", 1),
                    )
                },
                &[2, 3, 4, 5],
            ),
            (
                "Author",
                |q| {
                    q.exclude_lookup("books__title", "alpha")
                        .exclude_lookup("books__publisher", 2)
                },
                &[4, 5],
            ),
            (
                "Author",
                |q| q.exclude_by(Q::lookup("books__title", "beta") | Q::lookup("name", "Di")),
                &[2, 3, 5],
            ),
        ],
    )
}

/// Beside a condition on a related row, a negated one is about that row.
fn same_row(stage: &Stage) -> Verdict {
    each(
        stage,
        &[
            (
                "Author",
                |q| {
                    q.filter_by(
                        Q::lookup("books__title", "alpha") & !Q::lookup("books__publisher", 1),
                    )
                },
                &[1, 2],
            ),
            (
                "Author",
                |q| {
                    q.lookup("books__title", "alpha")
                        .exclude_lookup("books__publisher", 1)
                },
                &[2],
            ),
        ],
    )
}
