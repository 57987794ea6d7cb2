//! `earliest` and `latest`.

use queryset::{ErrorKind, Model};

use crate::failure::Verdict;
use crate::models::{Ordered, books, own_id, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.earliest.model", Method::Earliest, earliest_model),
    Case::new("read.earliest.by", Method::Earliest, earliest_by),
    Case::new(
        "read.earliest.by_names",
        Method::Earliest,
        earliest_by_names,
    ),
    Case::new("read.earliest.nothing", Method::Earliest, earliest_nothing),
    Case::new(
        "read.earliest.no_field",
        Method::Earliest,
        earliest_no_field,
    ),
    Case::new("read.earliest.slice", Method::Earliest, earliest_slice),
    Case::new("read.latest.model", Method::Latest, latest_model),
    Case::new("read.latest.by", Method::Latest, latest_by),
    Case::new("read.latest.by_names", Method::Latest, latest_by_names),
    Case::new("read.latest.nothing", Method::Latest, latest_nothing),
    Case::new("read.latest.no_field", Method::Latest, latest_no_field),
    Case::new("read.latest.slice", Method::Latest, latest_slice),
];

fn earliest_model(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, Ordered::objects(), earliest / aearliest() => own_id)?
        .sends(1)?
        .gives(7)?;
    let hundred = Ordered::objects().filter(|b| b.pages.eq(100));
    read!(s, hundred, earliest / aearliest() => own_id)?.gives(1)
}

/// The query's own order is replaced.
fn earliest_by(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let by_title = books().order_by(|b| b.title.desc());
    read!(s, by_title, earliest_by / aearliest_by(|b| b.price.asc()) => own_id)?.gives(6)?;
    read!(s, books(), earliest_by / aearliest_by(|b| b.price.desc()) => own_id)?.gives(5)?;
    let hundred = books().filter(|b| b.pages.eq(100));
    read!(s, hundred, earliest_by / aearliest_by(|b| (b.pages.asc(), b.id.desc())) => own_id)?
        .gives(6)
}

fn earliest_by_names(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), earliest_by_names / aearliest_by_names(["-price"]) => own_id)?.gives(5)?;
    read!(s, books(), earliest_by_names / aearliest_by_names(["pages", "pk"]) => own_id)?
        .gives(7)?;
    read!(
        s,
        books(),
        earliest_by_names / aearliest_by_names(["colour"])
    )?
    .refused(ErrorKind::Field)?
    .says(&["colour"])?;
    Ok(())
}

fn earliest_nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let nobody = Ordered::objects().filter(|b| b.pages.lt(0));
    read!(s, nobody, earliest / aearliest())?
        .sends(1)?
        .fails(ErrorKind::NotFound)?
        .about_model("Ordered")?;
    read!(s, Ordered::objects().none(), earliest / aearliest())?
        .sends(0)?
        .fails(ErrorKind::NotFound)?;
    Ok(())
}

fn earliest_no_field(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), earliest / aearliest())?.refused(ErrorKind::Value)?;
    read!(s, books(), earliest_by_names / aearliest_by_names([""; 0]))?
        .refused(ErrorKind::Value)?;
    Ok(())
}

fn earliest_slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, Ordered::objects().limit(2), earliest / aearliest())?.refused(ErrorKind::Type)?;
    read!(
        s,
        shelf().offset(1),
        earliest_by / aearliest_by(|b| b.id.asc())
    )?
    .refused(ErrorKind::Type)?;
    Ok(())
}

fn latest_model(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, Ordered::objects(), latest / alatest() => own_id)?
        .sends(1)?
        .gives(5)?;
    let hundred = Ordered::objects().filter(|b| b.pages.eq(100));
    read!(s, hundred, latest / alatest() => own_id)?.gives(6)
}

fn latest_by(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let by_title = books().order_by(|b| b.title.asc());
    read!(s, by_title, latest_by / alatest_by(|b| b.price.asc()) => own_id)?.gives(5)?;
    // The latest by a descending price is the cheapest.
    read!(s, books(), latest_by / alatest_by(|b| b.price.desc()) => own_id)?.gives(6)
}

fn latest_by_names(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let hundred = books().filter(|b| b.pages.eq(100));
    read!(s, hundred.clone(), latest_by_names / alatest_by_names(["pages", "id"]) => own_id)?
        .gives(6)?;
    read!(s, hundred, latest_by_names / alatest_by_names(["-id"]) => own_id)?.gives(1)?;
    read!(
        s,
        books(),
        latest_by_names / alatest_by_names(["pages__gt"])
    )?
    .refused(ErrorKind::Field)?;
    Ok(())
}

fn latest_nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().filter(|b| b.id.eq(0)),
        latest_by / alatest_by(|b| b.price.asc())
    )?
    .sends(1)?
    .fails(ErrorKind::NotFound)?
    .about_model("Book")?;
    Ok(())
}

fn latest_no_field(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf(), latest / alatest())?.refused(ErrorKind::Value)?;
    Ok(())
}

fn latest_slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, Ordered::objects().slice(1..3), latest / alatest())?.refused(ErrorKind::Type)?;
    Ok(())
}
