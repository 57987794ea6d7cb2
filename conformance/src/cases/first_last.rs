//! `first`, `last` and `nth`.

use queryset::{ErrorKind, Model};

use crate::failure::{Verdict, ensure};
use crate::models::{Ordered, Visit, book, books, id, own_id, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.first.by_key", Method::First, first_by_key),
    Case::new("read.first.ordered", Method::First, first_ordered),
    Case::new(
        "read.first.model_ordering",
        Method::First,
        first_model_ordering,
    ),
    Case::new("read.first.cleared_ordering", Method::First, first_cleared),
    Case::new("read.first.reversed", Method::First, first_reversed),
    Case::new("read.first.slice", Method::First, first_slice),
    Case::new("read.first.nothing", Method::First, first_nothing),
    Case::new("read.first.without_key", Method::First, first_without_key),
    Case::new("read.last.by_key", Method::Last, last_by_key),
    Case::new("read.last.ordered", Method::Last, last_ordered),
    Case::new(
        "read.last.model_ordering",
        Method::Last,
        last_model_ordering,
    ),
    Case::new("read.last.reversed", Method::Last, last_reversed),
    Case::new("read.last.nulls", Method::Last, last_nulls),
    Case::new("read.last.slice", Method::Last, last_slice),
    Case::new("read.last.nothing", Method::Last, last_nothing),
    Case::new("read.nth.in_range", Method::Nth, nth_in_range),
    Case::new("read.nth.past_the_end", Method::Nth, nth_past_the_end),
    Case::new("read.nth.slice", Method::Nth, nth_slice),
];

fn first_by_key(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), first / afirst())?
        .sends(1)?
        .gives(Some(book(1)))?;
    read!(s, books().filter(|b| b.in_print.eq(false)), first / afirst() => id)?.gives(Some(2))
}

fn first_ordered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().order_by(|b| b.pages.asc()), first / afirst() => id)?.gives(Some(7))?;
    read!(s, books().order_by(|b| b.pages.desc()), first / afirst() => id)?.gives(Some(5))?;
    let hundred = books().filter(|b| b.pages.eq(100));
    let dearest = hundred.order_by(|b| (b.pages.asc(), b.price.desc()));
    read!(s, dearest, first / afirst() => id)?.gives(Some(4))
}

/// The model orders by `-pages`, `slug`.
fn first_model_ordering(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, Ordered::objects(), first / afirst() => id)?.gives(Some(5))?;
    let hundred = Ordered::objects().filter(|b| b.pages.eq(100));
    read!(s, hundred, first / afirst() => id)?.gives(Some(1))
}

/// After an ordering without terms any row may be the first: no key is added.
fn first_cleared(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let any = Ordered::objects().order_by_names([""; 0]);
    let answer = read!(s, any, first / afirst())?.sends(1)?;
    let sql = answer.statements().concat().to_uppercase();
    ensure(
        !sql.contains("ORDER BY"),
        format!("no order was asked for: {sql}"),
    )?;
    ensure(
        answer.value()?.is_some(),
        "there are rows, so one is the first",
    )
}

fn first_reversed(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    // Without an ordering the key's is turned round.
    read!(s, books().reverse(), first / afirst() => id)?.gives(Some(7))?;
    read!(s, books().reverse().reverse(), first / afirst() => id)?.gives(Some(1))?;
    read!(s, Ordered::objects().reverse(), first / afirst() => id)?.gives(Some(7))?;
    let sticky = books().reverse().order_by(|b| b.price.asc());
    read!(s, sticky, first / afirst() => id)?.gives(Some(5))
}

fn first_slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().slice(2..5), first / afirst() => id)?
        .sends(1)?
        .gives(Some(3))?;
    read!(s, shelf().offset(6), first / afirst() => id)?.gives(Some(7))?;
    read!(s, shelf().offset(7), first / afirst() => id)?.gives(None)?;
    read!(s, shelf().slice(3..3), first / afirst() => id)?
        .sends(0)?
        .gives(None)
}

fn first_nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().filter(|b| b.id.lt(0)), first / afirst())?
        .sends(1)?
        .gives(None)?;
    read!(s, books().none(), first / afirst())?
        .sends(0)?
        .gives(None)
}

fn first_without_key(stage: &Stage) -> Verdict {
    let s = stage.visits()?;
    let ordered = Visit::objects().order_by(|v| (v.hour.desc(), v.place.asc()));
    let expected = Visit {
        place: "attic".into(),
        hour: 10,
    };
    read!(s, ordered, first / afirst())?.gives(Some(expected))?;
    // Nothing says which row would be the first.
    read!(s, Visit::objects(), first / afirst())?
        .refused(ErrorKind::Type)?
        .says(&["Visit"])?;
    Ok(())
}

fn last_by_key(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), last / alast())?
        .sends(1)?
        .gives(Some(book(7)))?;
    read!(s, books().filter(|b| b.in_print.eq(true)), last / alast() => id)?.gives(Some(6))
}

fn last_ordered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().order_by(|b| b.pages.asc()), last / alast() => id)?.gives(Some(5))?;
    read!(s, books().order_by(|b| b.pages.desc()), last / alast() => id)?.gives(Some(7))?;
    let hundred = books().filter(|b| b.pages.eq(100));
    let terms = hundred.order_by(|b| (b.pages.asc(), b.price.desc()));
    read!(s, terms, last / alast() => id)?.gives(Some(6))
}

fn last_model_ordering(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, Ordered::objects(), last / alast() => id)?.gives(Some(7))?;
    let hundred = Ordered::objects().filter(|b| b.pages.eq(100));
    read!(s, hundred, last / alast() => id)?.gives(Some(6))
}

fn last_reversed(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().reverse(), last / alast() => id)?.gives(Some(1))?;
    let dearest = books().order_by(|b| b.price.asc()).reverse();
    read!(s, dearest, last / alast() => id)?.gives(Some(6))
}

/// Turning an order round turns the place of the NULLs round too.
fn last_nulls(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let first = books().order_by(|b| (b.rating.asc().nulls_first(), b.id.asc()));
    read!(s, first.clone(), first / afirst() => id)?.gives(Some(2))?;
    read!(s, first, last / alast() => id)?.gives(Some(3))?;
    let last = books().order_by(|b| (b.rating.asc().nulls_last(), b.id.asc()));
    read!(s, last.clone(), first / afirst() => id)?.gives(Some(5))?;
    read!(s, last, last / alast() => id)?.gives(Some(6))
}

fn last_slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for query in [shelf().limit(3), shelf().offset(1), books().slice(1..2)] {
        read!(s, query, last / alast())?
            .refused(ErrorKind::Type)?
            .says(&["slice"])?;
    }
    Ok(())
}

fn last_nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().filter(|b| b.id.gt(7)), last / alast())?
        .sends(1)?
        .gives(None)?;
    read!(s, books().none(), last / alast())?
        .sends(0)?
        .gives(None)
}

fn nth_in_range(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for position in [0, 2, 6] {
        read!(s, shelf(), nth / anth(position) => own_id)?
            .sends(1)?
            .gives(position as i64 + 1)?;
    }
    read!(s, Ordered::objects(), nth / anth(1) => own_id)?.gives(2)
}

fn nth_past_the_end(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf(), nth / anth(7))?
        .sends(1)?
        .fails(ErrorKind::Index)?;
    read!(s, books().none(), nth / anth(0))?
        .sends(0)?
        .fails(ErrorKind::Index)?;
    Ok(())
}

fn nth_slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().slice(2..4), nth / anth(1) => own_id)?.gives(4)?;
    read!(s, shelf().slice(2..4), nth / anth(2))?
        .sends(0)?
        .fails(ErrorKind::Index)?;
    read!(s, shelf().offset(5), nth / anth(1) => own_id)?.gives(7)
}
