//! NULL, in rows and in negations.

use queryset::QuerySet;

use crate::failure::Verdict;
use crate::models::{Book, Phrase, ids, phrases, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("null.read", Method::List, read_null),
    Case::new("null.empty_text", Method::List, empty_text),
    Case::new("null.exclude", Method::List, exclude),
    Case::new("null.exclude_both", Method::List, exclude_both),
    Case::new("null.exclude_in_turn", Method::List, exclude_in_turn),
    Case::new("null.negation", Method::List, negation),
    Case::new("null.exclude_text", Method::List, exclude_text),
];

fn gives(stage: &Stage, cases: Vec<(QuerySet<Book>, &[i64])>) -> Verdict {
    let s = stage.library()?;
    for (query, expected) in cases {
        read!(s, query, list / alist() => ids)?.gives(expected.to_vec())?;
    }
    Ok(())
}

/// NULL comes as nothing, and zero as zero.
fn read_null(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let ratings = |rows: Vec<Book>| rows.iter().map(|b| b.rating).collect::<Vec<_>>();
    read!(s, shelf(), list / alist() => ratings)?.gives(vec![
        Some(3),
        None,
        Some(5),
        Some(3),
        Some(1),
        None,
        Some(4),
    ])
}

/// An empty text is not NULL.
fn empty_text(stage: &Stage) -> Verdict {
    let s = stage.phrasebook()?;
    let texts = |rows: Vec<Phrase>| rows.into_iter().map(|p| p.text).collect::<Vec<_>>();
    let query = phrases().filter(|p| p.id.is_in([14, 15, 16]));
    read!(s, query, list / alist() => texts)?.gives(vec![
        Some(String::new()),
        None,
        Some("Ant".into()),
    ])
}

/// A row with NULL does not match, so excluding what matches keeps it.
fn exclude(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().exclude(|b| b.rating.eq(3)), &[2, 3, 5, 6, 7]),
            (shelf().exclude(|b| b.rating.gt(3)), &[1, 2, 4, 5, 6]),
            (shelf().exclude(|b| b.rating.lte(3)), &[2, 3, 6, 7]),
            (shelf().exclude(|b| b.rating.range(1, 3)), &[2, 3, 6, 7]),
            (shelf().exclude(|b| b.note.eq("x")), &[1, 2, 4, 5, 7]),
            (shelf().exclude(|b| b.rating.isnull(true)), &[1, 3, 4, 5, 7]),
            (shelf().exclude(|b| b.rating.eq(None)), &[1, 3, 4, 5, 7]),
            (shelf().exclude_lookup("rating", 5), &[1, 2, 4, 5, 6, 7]),
        ],
    )
}

/// Two conditions in one exclusion: only rows that match both go.
fn exclude_both(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (
                shelf().exclude(|b| b.pages.eq(100) & b.rating.eq(3)),
                &[2, 3, 5, 6, 7],
            ),
            (
                shelf().exclude(|b| b.note.eq("x") & b.rating.eq(5)),
                &[1, 2, 4, 5, 6, 7],
            ),
            (
                shelf().exclude(|b| b.note.eq("x") | b.rating.eq(3)),
                &[2, 5, 7],
            ),
        ],
    )
}

fn exclude_in_turn(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (
                shelf()
                    .exclude(|b| b.pages.eq(100))
                    .exclude(|b| b.rating.eq(5)),
                &[2, 5, 7],
            ),
            (
                shelf()
                    .exclude(|b| b.note.eq("x"))
                    .filter(|b| b.rating.eq(3)),
                &[1, 4],
            ),
        ],
    )
}

fn negation(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| !b.rating.eq(3)), &[2, 3, 5, 6, 7]),
            (
                shelf().filter(|b| !(b.rating.eq(5) | b.pages.eq(100))),
                &[2, 5, 7],
            ),
            (shelf().filter(|b| !!b.rating.gt(3)), &[3, 7]),
            (shelf().exclude(|b| !b.rating.eq(3)), &[1, 4]),
            (
                shelf().filter(|b| !(b.in_print.eq(true) & !b.rating.eq(3))),
                &[1, 2, 4, 5, 7],
            ),
        ],
    )
}

fn exclude_text(stage: &Stage) -> Verdict {
    let s = stage.phrasebook()?;
    let few = |query: QuerySet<Phrase>| query.filter(|p| p.id.gte(14)).filter(|p| p.id.lte(18));
    let query = few(phrases().exclude(|p| p.text.icontains("ant")));
    read!(s, query, list / alist() => ids)?.gives(vec![14, 15])?;
    let query = few(phrases().exclude(|p| p.text.startswith("A")));
    read!(s, query, list / alist() => ids)?.gives(vec![14, 15, 18])?;
    let query = few(phrases().exclude(|p| p.text.iexact("ANT")));
    read!(s, query, list / alist() => ids)?.gives(vec![14, 15, 18])
}
