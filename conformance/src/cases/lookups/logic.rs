//! What joins conditions, and what is no value.

use queryset::{ErrorKind, Q};

use super::gives;
use crate::failure::Verdict;
use crate::models::{ids, shelf};
use crate::stage::{Stage, read};

/// Only equality and `isnull` can ask for NULL.
pub(super) fn none_is_no_value(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let refused = [
        shelf().filter(|b| b.rating.gt(None)),
        shelf().filter(|b| b.rating.lte(None)),
        shelf().filter(|b| b.note.contains(None)),
        shelf().filter(|b| b.note.iendswith(None)),
        shelf().lookup("rating__gte", None::<i32>),
        shelf().lookup("note__startswith", None::<String>),
        shelf().lookup("note__isnull", None::<bool>),
    ];
    for query in refused {
        read!(s, query, list / alist())?.refused(ErrorKind::Value)?;
    }
    read!(s, shelf().filter(|b| b.note.iexact(None)), list / alist() => ids)?.gives(vec![1, 4, 7])
}

pub(super) fn combined(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.rating.eq(5) | b.pages.eq(1)), &[3, 7]),
            (
                shelf().filter(|b| b.pages.eq(100) & (b.rating.eq(3) | b.price.eq(0.0))),
                &[1, 4, 6],
            ),
            (
                shelf().filter(|b| b.pages.eq(100) & b.rating.eq(3) | b.id.eq(5)),
                &[1, 4, 5],
            ),
            (
                shelf().filter(|b| (b.id.lt(3) | b.id.gt(6)) & b.in_print.eq(false)),
                &[2, 7],
            ),
            (
                shelf().filter_by(Q::lookup("id", 3) | Q::lookup("id", 4)),
                &[3, 4],
            ),
            (shelf().filter_by(Q::all()), &[1, 2, 3, 4, 5, 6, 7]),
            (shelf().filter_by(Q::none() | Q::lookup("id", 2)), &[2]),
            (shelf().filter_by(Q::all() & Q::lookup("id", 2)), &[2]),
        ],
    )
}

/// An odd number of the conditions holds; NULL does not hold.
pub(super) fn xor(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (
                shelf().filter(|b| b.pages.eq(100) ^ b.in_print.eq(true)),
                &[3],
            ),
            (shelf().filter(|b| b.pages.eq(100) ^ b.id.lt(3)), &[2, 4, 6]),
            (
                shelf().filter(|b| b.pages.eq(100) ^ b.in_print.eq(true) ^ b.id.lt(5)),
                &[1, 2, 4],
            ),
        ],
    )
}

pub(super) fn not(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| !b.pages.eq(100)), &[2, 3, 5, 7]),
            (shelf().filter(|b| !!b.rating.eq(3)), &[1, 4]),
            (
                shelf().filter(|b| !(b.pages.eq(100) | b.pages.eq(1))),
                &[2, 3, 5],
            ),
            (
                shelf().filter(|b| !(b.pages.eq(100) & b.in_print.eq(true)) & b.id.lt(4)),
                &[2, 3],
            ),
        ],
    )?;
    let s = stage.library()?;
    read!(s, shelf().filter_by(!Q::all()), list / alist())?
        .sends(0)?
        .gives(Vec::new())
}
