//! Fetching relation by relation.

use std::collections::HashSet;
use std::sync::Arc;

use super::Lookup;
use super::hop::{Hop, hops};
use super::plan::{Back, Tie, plans};
use crate::database::Limits;
use crate::error::{Error, ErrorKind, Result};
use crate::meta::ModelMeta;
use crate::query::Query;
use crate::related::{Io, Keys, Loadable, Origins, Owners, Slot};
use crate::runtime::BoxFuture;

/// The rows that others are fetched for.
pub(crate) struct Rows<'a> {
    pub(crate) meta: &'a Arc<ModelMeta>,
    pub(crate) rows: Vec<&'a dyn Loadable>,
    /// Whether they are all that their table has.
    pub(crate) whole: bool,
}

/// Fetches what the lookups lead to from these rows, and puts it into their places.
pub(crate) async fn prefetch(
    io: &Io,
    rows: Rows<'_>,
    lookups: &[Lookup],
    limits: &Limits,
) -> Result<()> {
    let hops = hops(lookups);
    all(io, rows, hops, limits).await
}

/// In a box, since what is behind a relation is fetched the same way.
fn all<'a>(
    io: &'a Io,
    rows: Rows<'a>,
    hops: Vec<Hop>,
    limits: &'a Limits,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        for hop in hops {
            // A path is only looked at as long as there are rows to follow it from.
            if rows.rows.is_empty() {
                break;
            }
            one(io, &rows, hop, limits).await?;
        }
        Ok(())
    })
}

async fn one(io: &Io, rows: &Rows<'_>, hop: Hop, limits: &Limits) -> Result<()> {
    let Rows { meta, whole, .. } = *rows;
    let rows = rows.rows.as_slice();
    if hop.contradicted {
        let message = format!(
            "'{}' is prefetched already: a second query for it needs a `to_attr` of its own",
            hop.name
        );
        return Err(Error::new(ErrorKind::Value, message).with_model(meta.name()));
    }
    let tie = Tie::new(meta, &hop.relation)?;
    check_name(meta, rows, &hop, &tie)?;
    let slots: Vec<Option<&dyn Slot>> = rows
        .iter()
        .map(|row| row.slot(tie.position, &hop.name))
        .collect();
    let mut keys = Keys::with_capacity(rows.len());
    // The first row of each key.
    let mut owners = Vec::with_capacity(rows.len());
    let mut wait = Vec::with_capacity(rows.len());
    for (row, slot) in rows.iter().zip(&slots) {
        if let Some(slot) = slot
            && !slot.is_loaded()
        {
            let number = tie.key_of(*row, meta)?.map(|key| {
                let (number, new) = keys.add(key);
                if new {
                    owners.push(*row);
                }
                number
            });
            wait.push((*slot, number));
        }
    }
    let (query, own) = match hop.query {
        Some(mut query) => {
            if query.meta.id() != tie.target.id() {
                let message = format!(
                    "'{}' leads to {}, so its rows cannot be those of a query of {}",
                    hop.relation,
                    tie.target.name(),
                    query.meta.name()
                );
                return Err(Error::new(ErrorKind::Value, message).with_model(meta.name()));
            }
            let own = query.take_prefetch();
            (query, own)
        }
        None => (Box::new(Query::new(Arc::clone(&tie.target))), Vec::new()),
    };
    if let Some((slot, _)) = wait.first() {
        let whole = whole && wait.len() == rows.len();
        let plans = plans(io.db(), &query, &tie, keys.all(), whole, limits)?;
        let origins = match (&tie.back, owners.first()) {
            (Some(back), Some(row)) => Some(Origins {
                relation: back.position,
                name: back.name.clone(),
                rows: row.copies(&owners),
            }),
            _ => None,
        };
        let owners = Owners {
            keys,
            many: tie.many,
            origins,
        };
        let fetch = slot.fetch();
        let fetched = fetch(io.clone(), plans, Arc::new(owners)).await?;
        if query.window.is_sliced() && hop.name == hop.relation && rows[0].takes_names() {
            let message = format!(
                "cannot keep a part of '{}' as if it were all: give the slice a `to_attr`",
                hop.relation
            );
            return Err(Error::new(ErrorKind::Type, message).with_model(meta.name()));
        }
        for (slot, key) in &wait {
            slot.fill(&fetched, *key);
        }
        if let Some(back) = &tie.back
            && wait.len() < rows.len()
        {
            for (row, slot) in rows.iter().zip(&slots) {
                refer_back(*row, *slot, back);
            }
        }
    }
    let mut behind = hops(&own);
    merge(&mut behind, hop.behind);
    if behind.is_empty() {
        return Ok(());
    }
    let mut found = Vec::new();
    for slot in slots.iter().flatten() {
        slot.rows(&mut found);
    }
    // A row that several share is looked at once.
    let mut seen = HashSet::new();
    found.retain(|row| seen.insert(std::ptr::from_ref(*row).cast::<()>().addr()));
    let found = Rows {
        meta: &tie.target,
        rows: found,
        whole: false,
    };
    all(io, found, behind, limits).await
}

/// Tells the rows that refer to a row that it is the one, where they do not know yet: those that
/// were loaded before.
fn refer_back(row: &dyn Loadable, slot: Option<&dyn Slot>, back: &Back) {
    let mut found = Vec::new();
    if let Some(slot) = slot {
        slot.rows(&mut found);
    }
    let mut copy = None;
    for child in found {
        if let Some(place) = child.slot(back.position, &back.name)
            && !place.is_loaded()
            // One copy for all of them.
            && let Some(copy) = copy.get_or_insert_with(|| row.copies(&[row]).pop().flatten())
        {
            place.put(copy);
        }
    }
}

/// Adds the hops of longer paths to those of the query in between.
fn merge(into: &mut Vec<Hop>, hops: Vec<Hop>) {
    for hop in hops {
        match into.iter_mut().find(|own| own.name == hop.name) {
            None => into.push(hop),
            Some(own) => {
                own.contradicted |= hop.contradicted || hop.query.is_some();
                merge(&mut own.behind, hop.behind);
            }
        }
    }
}

/// Refuses a name that no row has a place for.
fn check_name(meta: &ModelMeta, rows: &[&dyn Loadable], hop: &Hop, tie: &Tie) -> Result<()> {
    let taken = hop.name != hop.relation
        && (meta.position(&hop.name).is_some() || meta.relation_position(&hop.name).is_some());
    let message = if taken {
        format!(
            "to_attr '{}' is the name of a field of {}",
            hop.name,
            meta.name()
        )
    } else if hop.name != hop.relation && !rows[0].takes_names() {
        format!(
            "a struct has no place for '{}': its rows are kept in its field '{}'",
            hop.name, hop.relation
        )
    } else if !rows[0].has_slot(tie.position) {
        format!(
            "{} has no place for '{}': declare a field for it",
            meta.name(),
            hop.relation
        )
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Value, message).with_model(meta.name()))
}
