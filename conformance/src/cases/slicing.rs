//! Slices: what Django writes `[a:b]`.

use queryset::{ErrorKind, QuerySet};

use crate::failure::Verdict;
use crate::models::{Book, books, ids, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("query.slice.limit", Method::List, limit),
    Case::new("query.slice.offset", Method::List, offset),
    Case::new("query.slice.range", Method::List, range),
    Case::new("query.slice.empty", Method::List, empty),
    Case::new("query.slice.nested", Method::List, nested),
    Case::new("query.slice.past_the_end", Method::List, past_the_end),
    Case::new("query.slice.huge", Method::List, huge),
    Case::new("query.slice.refuses", Method::List, refuses),
    Case::new("query.slice.allows", Method::List, allows),
];

fn gives(stage: &Stage, cases: Vec<(QuerySet<Book>, &[i64])>) -> Verdict {
    let s = stage.library()?;
    for (query, expected) in cases {
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected.to_vec())?;
    }
    Ok(())
}

fn limit(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().limit(1), &[1]),
            (shelf().limit(3), &[1, 2, 3]),
            (shelf().reverse().limit(2), &[7, 6]),
            (
                books()
                    .filter(|b| b.pages.eq(100))
                    .order_by(|b| b.id.desc())
                    .limit(2),
                &[6, 4],
            ),
        ],
    )
}

fn offset(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().offset(1), &[2, 3, 4, 5, 6, 7]),
            (shelf().offset(5), &[6, 7]),
            (shelf().offset(6), &[7]),
        ],
    )
}

fn range(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().slice(2..5), &[3, 4, 5]),
            (shelf().slice(2..=5), &[3, 4, 5, 6]),
            (shelf().slice(..2), &[1, 2]),
            (shelf().slice(5..), &[6, 7]),
            (shelf().slice(..), &[1, 2, 3, 4, 5, 6, 7]),
            (shelf().offset(2).limit(2), &[3, 4]),
        ],
    )
}

fn empty(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    // The wrong way round on purpose: Django's [4:2] is empty.
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = shelf().slice(4..2);
    for query in [
        shelf().limit(0),
        shelf().slice(3..3),
        reversed,
        shelf().slice(1..2).offset(1),
    ] {
        read!(s, query, list / alist())?
            .sends(0)?
            .gives(Vec::new())?;
    }
    Ok(())
}

/// A slice of a slice counts within it, and cannot reach beyond it.
fn nested(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().limit(3).slice(0..10), &[1, 2, 3]),
            (shelf().slice(2..5).offset(1), &[4, 5]),
            (shelf().slice(2..5).limit(1), &[3]),
            (shelf().offset(2).offset(2), &[5, 6, 7]),
            (shelf().slice(1..6).slice(1..4).slice(1..2), &[4]),
        ],
    )
}

fn past_the_end(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().limit(100), &[1, 2, 3, 4, 5, 6, 7]),
            (shelf().offset(7), &[]),
            (shelf().slice(6..100), &[7]),
            (shelf().slice(100..200), &[]),
        ],
    )
}

fn huge(stage: &Stage) -> Verdict {
    let most = i64::MAX as u64;
    gives(
        stage,
        vec![
            (shelf().limit(most), &[1, 2, 3, 4, 5, 6, 7]),
            (shelf().slice(5..most), &[6, 7]),
            (shelf().offset(most), &[]),
            (shelf().limit(u64::MAX), &[1, 2, 3, 4, 5, 6, 7]),
        ],
    )
}

fn refuses(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let cut = || shelf().limit(3);
    let refused = [
        cut().filter(|b| b.id.eq(1)),
        cut().exclude(|b| b.id.eq(1)),
        cut().lookup("id", 1),
        cut().order_by(|b| b.id.asc()),
        cut().order_by_names(["id"]),
        cut().reverse(),
        cut().distinct(),
        shelf().offset(1).filter(|b| b.id.eq(1)),
    ];
    for query in refused {
        read!(s, query, list / alist())?
            .refused(ErrorKind::Type)?
            .says(&["slice"])?;
    }
    Ok(())
}

fn allows(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let cut = || shelf().slice(2..5);
    read!(s, cut().all(), list / alist() => ids)?.gives(vec![3, 4, 5])?;
    read!(s, cut().none(), list / alist())?
        .sends(0)?
        .gives(Vec::new())?;
    read!(s, cut(), count / acount())?.gives(3)?;
    read!(s, cut(), exists / aexists())?.gives(true)?;
    read!(s, cut(), first / afirst() => crate::models::id)?.gives(Some(3))
}
