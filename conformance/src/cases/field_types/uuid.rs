//! The type of uuid.

use std::collections::HashMap;

use queryset::Model;
use uuid::Uuid;

use super::column;
use crate::failure::Verdict;
use crate::stage::{Session, Stage, read};

/// The rows' UUIDs, ascending by their bytes: the fourth has the highest bit, and the third's
/// letters are more than its digits.
const UUIDS: [(i64, u128); 6] = [
    (4, 0),
    (2, 1),
    (6, 0x0a00_0000_0000_4000_8000_0000_0000_0000),
    (1, 0x8000_0000_0000_0000_0000_0000_0000_0000),
    (5, 0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6),
    (3, u128::MAX),
];
const NULLS: [i64; 2] = [3, 6];

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "token")]
struct Token {
    #[model(primary_key)]
    id: i64,
    #[model(unique)]
    uuid: Uuid,
    maybe: Option<Uuid>,
}

fn rows() -> Vec<Token> {
    let mut rows = UUIDS.map(|(id, uuid)| Token {
        id,
        uuid: Uuid::from_u128(uuid),
        maybe: (!NULLS.contains(&id)).then_some(Uuid::from_u128(uuid)),
    });
    rows.sort_unstable_by_key(|row| row.id);
    rows.to_vec()
}

fn ascending(value: fn(&Token) -> Option<Uuid>) -> Vec<(i64, Uuid)> {
    column::in_order(&rows(), &UUIDS.map(|(id, _)| id), value)
}

fn filled(stage: &Stage) -> Verdict<Session> {
    column::there_and_back(stage, &rows())
}

pub(super) fn tokens(stage: &Stage) -> Verdict {
    let s = filled(stage)?;
    column::as_records(&s, &rows())?;
    column::compares::<Token, _, _>(&s, |t| t.uuid, &ascending(|t| Some(t.uuid)))?;
    column::compares::<Token, _, _>(&s, |t| t.maybe, &ascending(|t| t.maybe))?;
    column::nulls::<Token, _, _>(&s, |t| t.maybe, &NULLS)?;
    // However it is written.
    for text in [
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
        "f81d4fae7dec11d0a76500a0c91e6bf6",
    ] {
        column::finds(&s, Token::objects().lookup("uuid", text), &[5])?;
    }
    Ok(())
}

pub(super) fn bounds(stage: &Stage) -> Verdict {
    let s = filled(stage)?;
    column::bounds::<Token, _, _>(&s, |t| t.uuid, &ascending(|t| Some(t.uuid)))?;
    column::bounds::<Token, _, _>(&s, |t| t.maybe, &ascending(|t| t.maybe))
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "ticket")]
struct Ticket {
    #[model(primary_key)]
    uuid: Uuid,
    seat: i64,
}

/// As the primary key.
pub(super) fn key(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating tickets", s.db().create_table::<Ticket>())?;
    let rows = UUIDS.map(|(seat, uuid)| Ticket {
        uuid: Uuid::from_u128(uuid),
        seat,
    });
    s.prepare("adding tickets", s.db().bulk_create(&rows))?;
    let [nil, one, .., max] = &rows;
    let absent = Uuid::from_u128(2);
    let wanted = [max.uuid, absent, nil.uuid];
    // A map has no order of its own that the two forms could agree on.
    let sorted = |found: HashMap<Uuid, Ticket>| {
        let mut found: Vec<Ticket> = found.into_values().collect();
        found.sort_unstable_by_key(|ticket| ticket.uuid);
        found
    };
    read!(s, Ticket::objects(), in_bulk / ain_bulk(wanted) => sorted)?
        .gives(vec![nil.clone(), max.clone()])?;
    let row = one.clone();
    read!(s, Ticket::objects(), contains / acontains(&row))?.gives(true)?;
    read!(s, Ticket::objects(), contains_key / acontains_key(absent))?.gives(false)
}
