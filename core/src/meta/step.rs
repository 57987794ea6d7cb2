//! What a relation joins.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::relation::Link;
use super::through::{SOURCE, TARGET, Through};
use super::{ModelMeta, RelationMeta};
use crate::condition::Invalid;
use crate::error::ErrorKind;

/// One table on the way to a relation's target.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The model of the table.
    pub(crate) model: Arc<ModelMeta>,
    /// The columns that are equal, by position: of the model before, and of this one.
    pub(crate) on: Pairs,
    /// A row may have no partner in this table.
    pub(crate) nullable: bool,
    /// A row may have several.
    pub(crate) many: bool,
    /// The model before holds the key, so that a condition on the key needs no join.
    pub(crate) forward: bool,
}

pub(crate) type Pairs = SmallVec<[(u16, u16); 1]>;

/// The tables of a relation: one, or two through a third table.
pub(crate) type Steps = SmallVec<[Step; 2]>;

/// The tables that `relation`, a relation of `model`, joins.
pub(crate) fn steps(model: &ModelMeta, relation: &RelationMeta) -> Result<Steps, Invalid> {
    let target = relation
        .target()
        .resolve()
        .ok_or_else(|| incomplete(model, relation, "leads to no model"))?;
    match relation.link() {
        Link::Forward { .. } => {
            let on = pairs(model, relation, &target)?;
            Ok(smallvec![Step {
                nullable: is_nullable(model, &on),
                model: target,
                on,
                many: false,
                forward: true,
            }])
        }
        Link::Through(through) => {
            let ends = Ends::of(model, relation, through, &target)?;
            Ok(ends.steps(&ends.source, &ends.target, target))
        }
        Link::Reverse(name) => {
            let missing = || {
                let what = format!("is the other side of '{name}', which its model lacks");
                incomplete(model, relation, &what)
            };
            let position = target.relation_position(name).ok_or_else(missing)?;
            let forward = &target.relations()[position];
            let own = forward.target().resolve().ok_or_else(missing)?;
            match forward.link() {
                Link::Forward { unique, .. } => {
                    let on = pairs(&target, forward, &own)?;
                    Ok(smallvec![Step {
                        many: !unique,
                        model: Arc::clone(&target),
                        on: turned(&on),
                        nullable: true,
                        forward: false,
                    }])
                }
                Link::Through(through) => {
                    let ends = Ends::of(&target, forward, through, &own)?;
                    Ok(ends.steps(&ends.target, &ends.source, Arc::clone(&target)))
                }
                Link::Reverse(_) => Err(missing()),
            }
        }
    }
}

/// A table between two models, and its columns that hold the keys of both.
struct Ends {
    through: Arc<ModelMeta>,
    source: Pairs,
    target: Pairs,
}

impl Ends {
    fn of(
        model: &ModelMeta,
        relation: &RelationMeta,
        through: &Through,
        target: &Arc<ModelMeta>,
    ) -> Result<Self, Invalid> {
        let between = through.model(model, relation.target());
        let between = between
            .ok_or_else(|| incomplete(model, relation, "has no table between the two models"))?;
        let (source, target) = match through {
            Through::Automatic { .. } => {
                let key = |model: &ModelMeta| model.single_key().and_then(narrow);
                let keys = key(model).zip(key(target));
                let (own, other) = keys
                    .ok_or_else(|| incomplete(model, relation, "needs keys of one column each"))?;
                (smallvec![(SOURCE, own)], smallvec![(TARGET, other)])
            }
            Through::Own {
                source: own_name,
                target: other_name,
                ..
            } => {
                let side = |name: &str, to: &ModelMeta| {
                    let position = between.relation_position(name).ok_or_else(|| {
                        let what = format!(
                            "goes through '{name}' of {}, which it lacks",
                            between.name()
                        );
                        incomplete(model, relation, &what)
                    })?;
                    pairs(&between, &between.relations()[position], to)
                };
                (side(own_name, model)?, side(other_name, target)?)
            }
        };
        Ok(Self {
            through: between,
            source,
            target,
        })
    }

    /// Into the table between by one of its keys, and on by the other.
    fn steps(&self, into: &Pairs, on: &Pairs, target: Arc<ModelMeta>) -> Steps {
        let first = Step {
            model: Arc::clone(&self.through),
            on: turned(into),
            nullable: true,
            many: true,
            forward: false,
        };
        let second = Step {
            model: target,
            on: on.clone(),
            nullable: is_nullable(&self.through, on),
            many: false,
            forward: true,
        };
        smallvec![first, second]
    }
}

/// The positions of a forward relation's columns, and of those that they refer to.
fn pairs(model: &ModelMeta, relation: &RelationMeta, target: &ModelMeta) -> Result<Pairs, Invalid> {
    let lacking = |name: &str, of: &ModelMeta| {
        let what = format!("names the column '{name}', which {} lacks", of.name());
        incomplete(model, relation, &what)
    };
    let position = |of: &ModelMeta, name: &str| {
        let position = of.position(name).and_then(narrow);
        position.ok_or_else(|| lacking(name, of))
    };
    let own: SmallVec<[u16; 1]> = relation
        .columns()
        .map(|name| position(model, name))
        .collect::<Result<_, _>>()?;
    let key: SmallVec<[u16; 1]> = match relation.target_columns() {
        Some(names) => names
            .map(|name| position(target, name))
            .collect::<Result<_, _>>()?,
        None => {
            let key = target.primary_key().iter();
            key.filter_map(|&index| narrow(index)).collect()
        }
    };
    if own.is_empty() || own.len() != key.len() {
        let what = format!(
            "has {} columns for a key of {} in {}",
            own.len(),
            key.len(),
            target.name()
        );
        return Err(incomplete(model, relation, &what));
    }
    Ok(own.into_iter().zip(key).collect())
}

fn turned(pairs: &Pairs) -> Pairs {
    pairs.iter().map(|&(from, to)| (to, from)).collect()
}

fn is_nullable(model: &ModelMeta, on: &Pairs) -> bool {
    on.iter()
        .any(|&(own, _)| model.columns()[usize::from(own)].is_nullable())
}

fn narrow(index: usize) -> Option<u16> {
    u16::try_from(index).ok()
}

#[cold]
fn incomplete(model: &ModelMeta, relation: &RelationMeta, what: &str) -> Invalid {
    let message = format!(
        "the relation '{}' of {} {what}",
        relation.name(),
        model.name()
    );
    Invalid::new(ErrorKind::Field, message)
}
