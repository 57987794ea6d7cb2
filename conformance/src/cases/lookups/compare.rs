//! Equality, order, lists and NULL.

use queryset::{Operand, Q};

use super::{gives, phrases_give};
use crate::failure::Verdict;
use crate::models::{Phrase, ids, shelf};
use crate::stage::{Stage, read};

pub(super) fn exact(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.pages.eq(100)), &[1, 4, 6]),
            (shelf().filter(|b| b.slug.eq("cat")), &[3]),
            (shelf().filter(|b| b.price.eq(5.25)), &[3]),
            (shelf().filter(|b| b.in_print.eq(false)), &[2, 5, 7]),
            (shelf().filter(|b| b.rating.eq(3)), &[1, 4]),
            (shelf().filter(|b| b.rating.eq(None)), &[2, 6]),
            (shelf().filter(|b| b.note.eq("")), &[2]),
            (
                shelf().filter(|b| b.pages.eq(100) & b.rating.eq(3)),
                &[1, 4],
            ),
            (
                shelf()
                    .filter(|b| b.pages.eq(100))
                    .filter(|b| b.price.eq(0.0)),
                &[6],
            ),
            (shelf().lookup("pages__exact", 250), &[2]),
        ],
    )
}

/// Texts are equal when every letter is, case and accents too.
pub(super) fn exact_case(stage: &Stage) -> Verdict {
    let cases = |lookup: &'static str| move |text: &str| Q::<Phrase>::lookup(lookup, text);
    let (plain, named) = (cases("text"), cases("text__exact"));
    phrases_give(
        stage,
        vec![
            (plain("Ant"), &[16]),
            (plain("ANT"), &[17]),
            (plain("ant"), &[]),
            (named("École"), &[7]),
            (named("Ecole"), &[]),
            (named("a_b"), &[3]),
            (named("100%"), &[1]),
            (named(""), &[14]),
            (named("Ant "), &[]),
        ],
    )
}

pub(super) fn comparison(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.pages.gt(100)), &[2, 5]),
            (shelf().filter(|b| b.pages.gte(100)), &[1, 2, 4, 5, 6]),
            (shelf().filter(|b| b.pages.lt(100)), &[3, 7]),
            (shelf().filter(|b| b.pages.lte(100)), &[1, 3, 4, 6, 7]),
            (shelf().filter(|b| b.price.gt(9.5)), &[2, 4, 5]),
            (shelf().filter(|b| b.price.lt(0.5)), &[6]),
            // NULL is neither more nor less.
            (shelf().filter(|b| b.rating.gt(0)), &[1, 3, 4, 5, 7]),
            (shelf().filter(|b| b.rating.lte(3)), &[1, 4, 5]),
            (shelf().filter(|b| b.slug.gte("dog")), &[4, 5, 6, 7]),
        ],
    )
}

/// Both ends belong to it.
pub(super) fn range(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.pages.range(50, 100)), &[1, 3, 4, 6]),
            (shelf().filter(|b| b.pages.range(250, 250)), &[2]),
            (shelf().filter(|b| b.pages.range(100, 50)), &[]),
            (shelf().filter(|b| b.price.range(5.25, 9.5)), &[1, 3]),
            (shelf().filter(|b| b.slug.range("bee", "dog")), &[2, 3, 4]),
            (shelf().lookup("rating__range", (4, 5)), &[3, 7]),
        ],
    )
}

pub(super) fn is_in(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.id.is_in([3, 1, 99, 3])), &[1, 3]),
            (shelf().filter(|b| b.slug.is_in(["fox", "ant"])), &[1, 6]),
            (shelf().filter(|b| b.rating.is_in([3, 4])), &[1, 4, 7]),
            (shelf().filter(|b| b.price.is_in([0.0, 33.0])), &[5, 6]),
            (shelf().filter(|b| b.in_print.is_in([false])), &[2, 5, 7]),
            (shelf().exclude(|b| b.id.is_in([1, 2, 3])), &[4, 5, 6, 7]),
            (shelf().lookup("pk__in", [7, 6]), &[6, 7]),
        ],
    )
}

/// Nothing is in an empty list, and nobody needs to be asked.
pub(super) fn in_empty(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let nobody = [
        shelf().filter(|b| b.id.is_in([0i64; 0])),
        shelf().filter(|b| b.rating.is_in([None::<i32>])),
        shelf().lookup("id__in", Operand::List(Vec::new())),
        shelf().lookup("rating__in", [Operand::NONE]),
        shelf().filter(|b| b.id.eq(1) & b.slug.is_in([""; 0])),
    ];
    for query in nobody {
        read!(s, query, list / alist())?
            .sends(0)?
            .gives(Vec::new())?;
    }
    let everybody = [
        shelf().exclude(|b| b.id.is_in([0i64; 0])),
        shelf().filter(|b| !b.id.is_in([0i64; 0])),
        shelf().filter(|b| b.id.is_in([0i64; 0]) | b.id.gt(0)),
    ];
    for query in everybody {
        let expected: Vec<i64> = (1..=7).collect();
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected)?;
    }
    Ok(())
}

/// NULL in a list matches nothing; negated it keeps the rows with NULL out.
pub(super) fn in_none(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.rating.is_in([Some(3), None])), &[1, 4]),
            (shelf().exclude(|b| b.rating.is_in([3])), &[2, 3, 5, 6, 7]),
            // Nothing is listed but NULL, which the negation leaves out.
            (
                shelf().exclude(|b| b.rating.is_in([None::<i32>])),
                &[1, 3, 4, 5, 7],
            ),
            (
                shelf().exclude_by(Q::lookup("rating__in", [Operand::NONE])),
                &[1, 3, 4, 5, 7],
            ),
            (
                shelf().exclude_by(Q::lookup("pk__in", [Operand::NONE])),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
            (
                shelf().exclude(|b| b.rating.is_in([Some(3), None])),
                &[3, 5, 7],
            ),
            (
                shelf().lookup("note__in", [Operand::from("x"), Operand::NONE]),
                &[3, 6],
            ),
        ],
    )
}

/// Lists of any length, also longer than a statement has parameters.
pub(super) fn in_many(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for count in [1i64, 2, 3, 32, 33, 999, 1000, 1001] {
        let query = shelf().filter(|b| b.id.is_in(6..6 + count));
        let expected: Vec<i64> = (6..6 + count).filter(|id| *id <= 7).collect();
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected)?;
    }
    let slugs = (0..1000)
        .map(|n| format!("slug {n}"))
        .chain(["eel".to_owned()]);
    let query = shelf().filter(|b| b.slug.is_in(slugs));
    read!(s, query, list / alist() => ids)?.gives(vec![5])
}

pub(super) fn isnull(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.rating.isnull(true)), &[2, 6]),
            (shelf().filter(|b| b.rating.isnull(false)), &[1, 3, 4, 5, 7]),
            (shelf().filter(|b| b.note.isnull(true)), &[1, 4, 7]),
            (shelf().exclude(|b| b.note.isnull(true)), &[2, 3, 5, 6]),
            (shelf().lookup("note__isnull", false), &[2, 3, 5, 6]),
            (
                shelf().filter(|b| b.id.isnull(false)),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
            (shelf().filter(|b| b.id.isnull(true)), &[]),
        ],
    )
}
