//! Comparisons with other columns and with what is computed from them.

use queryset::{ErrorKind, Expression, F, Operand};

use super::gives;
use crate::failure::Verdict;
use crate::models::{Phrase, ids, phrases, shelf};
use crate::stage::{Stage, read};

pub(super) fn columns(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.id.eq(b.id)), &[1, 2, 3, 4, 5, 6, 7]),
            (shelf().filter(|b| b.rating.gt(b.pages)), &[7]),
            (shelf().filter(|b| b.rating.lte(b.pages)), &[1, 3, 4, 5]),
            (shelf().filter(|b| b.pages.range(b.rating, 100)), &[1, 3, 4]),
        ],
    )
}

/// NULL is neither equal to a column nor unequal, and a negation keeps its rows on both sides.
pub(super) fn nulls(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().exclude(|b| b.rating.lt(b.pages)), &[2, 6, 7]),
            (shelf().exclude(|b| b.pages.gt(b.rating)), &[2, 6, 7]),
            (shelf().exclude(|b| b.pages.eq(b.pages)), &[]),
        ],
    )
}

/// What is looked for in a text may be another text, in which nothing is a wildcard.
pub(super) fn texts(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.title.contains(b.slug)), &[2, 4, 6]),
            (
                shelf().filter(|b| b.title.icontains(b.slug)),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
            (shelf().filter(|b| b.title.startswith(b.note)), &[2]),
            (shelf().filter(|b| b.title.iendswith(b.note)), &[2, 6]),
            (
                shelf().filter(|b| b.title.iexact(b.slug)),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
            (shelf().filter(|b| b.title.regex(b.slug)), &[2, 4, 6]),
            (
                shelf().filter(|b| b.title.iregex(b.slug)),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
        ],
    )?;
    let s = stage.phrasebook()?;
    let all: Vec<i64> = (1..=21).filter(|id| *id != 15).collect();
    for lookup in ["contains", "icontains", "startswith", "iendswith", "iexact"] {
        let itself = phrases().lookup(format!("text__{lookup}"), F("text"));
        read!(s, itself, list / alist() => ids::<Phrase>)?.gives(all.clone())?;
    }
    Ok(())
}

pub(super) fn arithmetic(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| (b.pages + 50).gt(200)), &[2, 5]),
            (shelf().filter(|b| (b.pages - b.rating).eq(97)), &[1, 4]),
            (shelf().filter(|b| (b.pages * 2).eq(200)), &[1, 4, 6]),
            (shelf().filter(|b| b.rating.lt(b.pages / 100)), &[5]),
            (shelf().filter(|b| (b.pages % 3).eq(1)), &[1, 2, 4, 5, 6, 7]),
            (shelf().filter(|b| b.pages.pow(2).eq(2500)), &[3]),
            (
                shelf().filter(|b| b.price.gt(b.price * 0.5 + 5.0)),
                &[2, 4, 5],
            ),
            (shelf().filter(|b| (-b.pages).lte(-250)), &[2, 5]),
            (
                shelf().filter(|b| ((b.pages + 1) * 2 - b.pages).is_in([102, 52])),
                &[1, 3, 4, 6],
            ),
            // What is computed from NULL is NULL.
            (shelf().filter(|b| (b.rating + 1).isnull(true)), &[2, 6]),
            (
                shelf().filter(|b| b.price.gte(b.price.expr() - 0.25)),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
        ],
    )
}

pub(super) fn dynamic(stage: &Stage) -> Verdict {
    let listed = Operand::List(vec![F("id").into(), 100.into()]);
    gives(
        stage,
        vec![
            (shelf().lookup("rating__lt", F("pages") / 100), &[5]),
            (
                shelf().lookup("pages__range", (F("rating"), 100)),
                &[1, 3, 4],
            ),
            (shelf().lookup("pages__in", listed), &[1, 4, 6]),
            (
                shelf().lookup("pages", Expression::from(2) * F("rating") + 40),
                &[3],
            ),
            (shelf().lookup("price__gt", F("rating") * 2.5), &[1, 4, 5]),
            (
                shelf().lookup("title__icontains", F("slug")),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
            (shelf().exclude_lookup("rating", F("rating")), &[2, 6]),
        ],
    )
}

/// A wrong name is known when the query is built.
pub(super) fn refused(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for (query, kind, word) in [
        (shelf().lookup("pages", F("size")), ErrorKind::Field, "size"),
        (
            shelf().lookup("pages", F("rating__year") + 1),
            ErrorKind::Field,
            "year",
        ),
        (
            shelf().lookup("pages__in", F("id")),
            ErrorKind::Type,
            "list",
        ),
        (
            shelf().lookup("pages__isnull", F("id")),
            ErrorKind::Value,
            "isnull",
        ),
    ] {
        read!(s, query, list / alist())?
            .refused(kind)?
            .says(&[word])?;
    }
    Ok(())
}
