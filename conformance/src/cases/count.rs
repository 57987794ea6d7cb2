//! `count`.

use queryset::{ErrorKind, Model};

use crate::failure::Verdict;
use crate::models::{Ordered, Visit, books, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.count.all", Method::Count, all),
    Case::new("read.count.empty_table", Method::Count, empty_table),
    Case::new("read.count.filtered", Method::Count, filtered),
    Case::new("read.count.excluded", Method::Count, excluded),
    Case::new("read.count.none", Method::Count, none),
    Case::new("read.count.slice", Method::Count, slice),
    Case::new("read.count.distinct", Method::Count, distinct),
    Case::new("read.count.invalid_query", Method::Count, invalid_query),
    Case::new("read.count.many", Method::Count, many),
];

fn all(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), count / acount())?.sends(1)?.gives(7)?;
    read!(s, Ordered::objects(), count / acount())?
        .sends(1)?
        .gives(7)
}

fn empty_table(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    read!(s, crate::models::numbers(), count / acount())?
        .sends(1)?
        .gives(0)
}

fn filtered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().filter(|b| b.pages.eq(100)), count / acount())?
        .sends(1)?
        .gives(3)?;
    read!(s, books().filter(|b| b.pages.gt(100)), count / acount())?.gives(2)?;
    read!(s, books().filter(|b| b.pages.gt(1000)), count / acount())?.gives(0)?;
    let both = books()
        .filter(|b| b.pages.eq(100))
        .filter(|b| b.rating.eq(3));
    read!(s, both, count / acount())?.gives(2)
}

fn excluded(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().exclude(|b| b.pages.eq(100)), count / acount())?.gives(4)?;
    // NULL ratings are kept: 2, 3, 5, 6, 7.
    read!(s, books().exclude(|b| b.rating.eq(3)), count / acount())?.gives(5)
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().none(), count / acount())?
        .sends(0)?
        .gives(0)?;
    read!(
        s,
        books().filter(|b| b.id.is_in([0i64; 0])),
        count / acount()
    )?
    .sends(0)?
    .gives(0)
}

fn slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().limit(3), count / acount())?
        .sends(1)?
        .gives(3)?;
    read!(s, shelf().limit(100), count / acount())?.gives(7)?;
    read!(s, shelf().offset(5), count / acount())?.gives(2)?;
    read!(s, shelf().offset(7), count / acount())?.gives(0)?;
    read!(s, shelf().slice(2..4), count / acount())?.gives(2)?;
    read!(s, shelf().slice(6..9), count / acount())?.gives(1)?;
    read!(s, shelf().slice(4..4), count / acount())?
        .sends(0)?
        .gives(0)?;
    let cheap = books().filter(|b| b.price.lt(10.0)).limit(3);
    read!(s, cheap, count / acount())?.gives(3)
}

fn distinct(stage: &Stage) -> Verdict {
    let s = stage.visits()?;
    read!(s, Visit::objects(), count / acount())?.gives(5)?;
    // attic 9, attic 10, barn 9
    read!(s, Visit::objects().distinct(), count / acount())?
        .sends(1)?
        .gives(3)?;
    let two = Visit::objects()
        .distinct()
        .order_by(|v| (v.place.asc(), v.hour.asc()))
        .limit(2);
    read!(s, two, count / acount())?.gives(2)
}

fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().lookup("pages__like", 1), count / acount())?
        .refused(ErrorKind::Field)?
        .says(&["like", "icontains"])?;
    Ok(())
}

fn many(stage: &Stage) -> Verdict {
    let s = stage.numbers(1025)?;
    read!(s, crate::models::numbers(), count / acount())?.gives(1025)
}
