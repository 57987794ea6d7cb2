//! `contains`.

use queryset::{ErrorKind, Model};

use crate::failure::Verdict;
use crate::models::{Seat, book, books, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.contains.row", Method::Contains, row),
    Case::new("read.contains.filtered", Method::Contains, filtered),
    Case::new("read.contains.key", Method::Contains, key),
    Case::new("read.contains.none", Method::Contains, none),
    Case::new("read.contains.slice", Method::Contains, slice),
    Case::new(
        "read.contains.composite_key",
        Method::Contains,
        composite_key,
    ),
];

fn row(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let cat = book(3);
    read!(s, books(), contains / acontains(&cat.clone()))?
        .sends(1)?
        .gives(true)?;
    // Only the key counts.
    let mut other = book(3);
    other.title = "Dog".into();
    read!(s, books(), contains / acontains(&other.clone()))?.gives(true)?;
    let mut unknown = book(3);
    unknown.id = 99;
    read!(s, books(), contains / acontains(&unknown.clone()))?.gives(false)
}

fn filtered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let hundred = books().filter(|b| b.pages.eq(100));
    read!(s, hundred.clone(), contains / acontains(&book(4)))?.gives(true)?;
    read!(s, hundred.clone(), contains / acontains(&book(3)))?.gives(false)?;
    let rest = books()
        .exclude(|b| b.pages.eq(100))
        .order_by(|b| b.price.asc());
    read!(s, rest, contains / acontains(&book(3)))?.gives(true)
}

fn key(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), contains_key / acontains_key(4))?
        .sends(1)?
        .gives(true)?;
    read!(s, books(), contains_key / acontains_key(8))?.gives(false)?;
    read!(
        s,
        books().filter(|b| b.in_print.eq(false)),
        contains_key / acontains_key(4)
    )?
    .gives(false)
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books().none(), contains / acontains(&book(1)))?
        .sends(0)?
        .gives(false)
}

fn slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().limit(3), contains / acontains(&book(1)))?.refused(ErrorKind::Type)?;
    read!(s, shelf().offset(3), contains_key / acontains_key(1))?.refused(ErrorKind::Type)?;
    Ok(())
}

fn composite_key(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating seats", s.db().create_table::<Seat>())?;
    let rows = [
        Seat {
            hall: 1,
            number: 2,
            guest: None,
        },
        Seat {
            hall: 2,
            number: 3,
            guest: None,
        },
    ];
    s.prepare("adding seats", s.db().bulk_create(&rows))?;
    let seat = Seat {
        hall: 1,
        number: 2,
        guest: Some("Ada".into()),
    };
    read!(s, Seat::objects(), contains / acontains(&seat.clone()))?.gives(true)?;
    let mixed = Seat {
        hall: 1,
        number: 3,
        guest: None,
    };
    read!(s, Seat::objects(), contains / acontains(&mixed.clone()))?.gives(false)
}
