//! Relations that the models of other crates lead to a model by.
//!
//! A derived model declares the other sides of the relations that lead to it, but it cannot name
//! the models of crates that are built upon its own. Those add them as they are first used.

use std::sync::OnceLock;

use super::RelationMeta;

/// Where they begin among a model's relations, which are fewer.
pub(crate) const ADDED: usize = 192;

/// How many there can be: the last number stands for what only one query knows, and the one
/// before it for no relation.
const MOST: usize = 62;

/// They are only ever added, so that what was found stays where it is.
#[derive(Debug, Default)]
pub(super) struct Added(OnceLock<Box<[OnceLock<RelationMeta>]>>);

impl Added {
    /// Where the relation stands, added unless it is there; `None` where there is no room.
    pub(super) fn add(&self, relation: &RelationMeta) -> Option<usize> {
        let places = self
            .0
            .get_or_init(|| (0..MOST).map(|_| OnceLock::new()).collect());
        let found = places
            .iter()
            .position(|place| is_same(place.get_or_init(|| relation.clone()), relation));
        Some(ADDED + found?)
    }

    pub(super) fn get(&self, position: usize) -> Option<&RelationMeta> {
        self.0.get()?.get(position.checked_sub(ADDED)?)?.get()
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let found = self.iter().position(|relation| relation.name() == name);
        Some(ADDED + found?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &RelationMeta> {
        let places = self.0.get().into_iter().flatten();
        places.map_while(OnceLock::get)
    }
}

/// Whether both are the other side of the same relation, under the same name.
fn is_same(one: &RelationMeta, other: &RelationMeta) -> bool {
    let model = |relation: &RelationMeta| relation.target().resolve().map(|model| model.id());
    one.name() == other.name()
        && one.reverse_of() == other.reverse_of()
        && model(one) == model(other)
}
