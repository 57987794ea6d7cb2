//! The paths to prefetch as a tree: each relation is fetched once.

use super::Lookup;
use crate::query::Query;

/// One relation to fetch, and what to fetch behind it.
#[derive(Debug)]
pub(super) struct Hop {
    /// The relation's name.
    pub(super) relation: Box<str>,
    /// The name under which the rows are kept, and by which later paths lead through them.
    pub(super) name: Box<str>,
    pub(super) query: Option<Box<Query>>,
    /// It was named again, with other rows.
    pub(super) contradicted: bool,
    pub(super) behind: Vec<Hop>,
}

/// The tree of these paths, in their order.
pub(super) fn hops<'l>(lookups: impl IntoIterator<Item = &'l Lookup>) -> Vec<Hop> {
    let mut roots = Vec::new();
    for lookup in lookups {
        add(&mut roots, &lookup.path, lookup);
    }
    roots
}

fn add(hops: &mut Vec<Hop>, path: &str, lookup: &Lookup) {
    let (first, rest) = match path.split_once("__") {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let name = match (rest, &lookup.to_attr) {
        (None, Some(name)) => name,
        _ => first,
    };
    let known = hops.iter().position(|hop| *hop.name == *name);
    let position = known.unwrap_or_else(|| {
        hops.push(Hop {
            relation: first.into(),
            name: name.into(),
            query: None,
            contradicted: false,
            behind: Vec::new(),
        });
        hops.len() - 1
    });
    let hop = &mut hops[position];
    match (rest, &lookup.query) {
        (Some(rest), _) => add(&mut hop.behind, rest, lookup),
        (None, None) => {}
        (None, Some(query)) if known.is_none() => hop.query = Some(query.clone()),
        (None, Some(_)) => hop.contradicted = true,
    }
}
