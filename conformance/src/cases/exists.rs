//! `exists`.

use queryset::{ErrorKind, Model};

use crate::failure::Verdict;
use crate::models::{Ordered, Visit, books, numbers, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.exists.some", Method::Exists, some),
    Case::new("read.exists.nothing", Method::Exists, nothing),
    Case::new("read.exists.none", Method::Exists, none),
    Case::new("read.exists.slice", Method::Exists, slice),
    Case::new("read.exists.distinct", Method::Exists, distinct),
    Case::new("read.exists.invalid_query", Method::Exists, invalid_query),
];

fn some(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), exists / aexists())?
        .sends(1)?
        .gives(true)?;
    read!(s, Ordered::objects(), exists / aexists())?.gives(true)?;
    read!(s, books().filter(|b| b.slug.eq("cat")), exists / aexists())?.gives(true)
}

fn nothing(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().filter(|b| b.slug.eq("cow")), exists / aexists())?
        .sends(1)?
        .gives(false)?;
    let empty = stage.numbers(0)?;
    read!(empty, numbers(), exists / aexists())?.gives(false)
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().none(), exists / aexists())?
        .sends(0)?
        .gives(false)?;
    read!(s, shelf().limit(0), exists / aexists())?
        .sends(0)?
        .gives(false)
}

/// A slice keeps its offset.
fn slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().offset(6), exists / aexists())?
        .sends(1)?
        .gives(true)?;
    read!(s, shelf().offset(7), exists / aexists())?
        .sends(1)?
        .gives(false)?;
    read!(s, shelf().slice(6..9), exists / aexists())?.gives(true)?;
    read!(s, shelf().limit(3), exists / aexists())?.gives(true)
}

fn distinct(stage: &Stage) -> Verdict {
    let s = stage.visits()?;
    let visits = Visit::objects().distinct();
    read!(s, visits.clone(), exists / aexists())?.gives(true)?;
    // Three visits are different.
    read!(s, visits.clone().offset(2), exists / aexists())?.gives(true)?;
    read!(s, visits.offset(3), exists / aexists())?.gives(false)
}

fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().lookup("pages__isnull", 1), exists / aexists())?.refused(ErrorKind::Value)?;
    Ok(())
}
