//! Which columns a query wants.

use std::collections::HashMap;

use super::Names;
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::meta::ModelMeta;

/// The columns that `only` and `defer` ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Wanted {
    #[default]
    All,
    /// All but these.
    Without(Vec<Box<str>>),
    /// These and the keys.
    Only(Vec<Box<str>>),
}

impl Wanted {
    /// `defer(names)`: more columns to leave out, or fewer of those that `only` named.
    pub(crate) fn defer(&mut self, names: Vec<Box<str>>) {
        *self = match std::mem::take(self) {
            Self::All => Self::without(names),
            Self::Without(mut earlier) => {
                let new = names.into_iter().filter(|name| !earlier.contains(name));
                let new: Vec<_> = new.collect();
                earlier.extend(new);
                Self::without(earlier)
            }
            Self::Only(only) => {
                let left: Vec<_> = minus(&only, &names);
                match left.is_empty() {
                    false => Self::Only(left),
                    // Nothing is left to load alone, so all is but what only `defer` named.
                    true => Self::without(minus(&names, &only)),
                }
            }
        };
    }

    /// `only(names)`, which replaces an earlier one, and does not bring back what was deferred.
    pub(crate) fn only(&mut self, names: Vec<Box<str>>) {
        *self = match std::mem::take(self) {
            Self::Without(deferred) => Self::only_these(minus(&names, &deferred)),
            Self::All | Self::Only(_) => Self::only_these(names),
        };
    }

    fn without(names: Vec<Box<str>>) -> Self {
        match names.is_empty() {
            true => Self::All,
            false => Self::Without(names),
        }
    }

    fn only_these(names: Vec<Box<str>>) -> Self {
        match names.is_empty() {
            true => Self::All,
            false => Self::Only(names),
        }
    }
}

fn minus(names: &[Box<str>], others: &[Box<str>]) -> Vec<Box<str>> {
    let left = names.iter().filter(|name| !others.contains(name));
    left.cloned().collect()
}

/// The columns and relations of one model that are wanted. No mask means all of them.
#[derive(Debug, Default)]
pub(super) struct Mask {
    columns: Vec<usize>,
    behind: HashMap<Box<str>, Mask>,
}

impl Mask {
    pub(super) fn new(wanted: &Wanted, meta: &ModelMeta) -> Result<Option<Self>, Invalid> {
        let names = match wanted {
            Wanted::All => return Ok(None),
            Wanted::Without(names) | Wanted::Only(names) => names,
        };
        let mut tree = Names::default();
        for name in names {
            tree.add(name);
        }
        match wanted {
            Wanted::Only(_) => Self::only(&tree, meta, true),
            _ => Self::without(&tree, meta),
        }
        .map(Some)
    }

    pub(super) fn has(&self, column: usize) -> bool {
        self.columns.contains(&column)
    }

    /// The mask of what a relation leads to; all is wanted there if there is none.
    pub(super) fn behind(&self, relation: &str) -> Option<&Self> {
        self.behind.get(relation)
    }

    fn only(names: &Names, meta: &ModelMeta, root: bool) -> Result<Self, Invalid> {
        let mut mask = Self {
            columns: meta.primary_key().to_vec(),
            behind: HashMap::new(),
        };
        for (name, behind) in names.iter() {
            if name == "pk" && root && behind.is_empty() {
                continue;
            }
            match field(name, meta)? {
                Field::Column(column) => {
                    if let Some((next, _)) = behind.iter().next() {
                        return Err(no_relation(name, next, meta));
                    }
                    mask.add(column);
                }
                Field::Relation(columns, target) => {
                    columns.into_iter().for_each(|column| mask.add(column));
                    if !behind.is_empty() {
                        let behind = Self::only(behind, &target, false)?;
                        mask.behind.insert(name.into(), behind);
                    }
                }
            }
        }
        Ok(mask)
    }

    fn without(names: &Names, meta: &ModelMeta) -> Result<Self, Invalid> {
        let mut left_out = Vec::new();
        let mut masks = HashMap::new();
        for (name, behind) in names.iter() {
            match field(name, meta)? {
                Field::Column(column) => {
                    if let Some((next, _)) = behind.iter().next() {
                        return Err(no_relation(name, next, meta));
                    }
                    left_out.push(column);
                }
                Field::Relation(columns, _) if behind.is_empty() => left_out.extend(columns),
                Field::Relation(_, target) => {
                    masks.insert(name.into(), Self::without(behind, &target)?);
                }
            }
        }
        let key = meta.primary_key();
        let wanted = (0..meta.columns().len())
            .filter(|column| key.contains(column) || !left_out.contains(column));
        Ok(Self {
            columns: wanted.collect(),
            behind: masks,
        })
    }

    fn add(&mut self, column: usize) {
        if !self.has(column) {
            self.columns.push(column);
        }
    }
}

enum Field {
    Column(usize),
    /// The columns that hold its key, and where it leads.
    Relation(Vec<usize>, std::sync::Arc<ModelMeta>),
}

fn field(name: &str, meta: &ModelMeta) -> Result<Field, Invalid> {
    if let Some(column) = meta.position(name) {
        return Ok(Field::Column(column));
    }
    let Some(position) = meta.relation_position(name) else {
        let message = format!(
            "{} has no field named '{name}'; choices are: {}",
            meta.name(),
            meta.choices()
        );
        return Err(Invalid::new(ErrorKind::FieldDoesNotExist, message).late());
    };
    let relation = &meta.relations()[position];
    let columns = relation.columns().filter_map(|name| meta.position(name));
    let columns = columns.collect();
    match relation.target().resolve() {
        Some(target) => Ok(Field::Relation(columns, target)),
        None => {
            let message = format!("the relation '{name}' leads to no model");
            Err(Invalid::new(ErrorKind::Field, message).late())
        }
    }
}

fn no_relation(name: &str, next: &str, meta: &ModelMeta) -> Invalid {
    let message = format!(
        "'{name}' of {} is no relation, so there is no '{next}' behind it",
        meta.name()
    );
    Invalid::new(ErrorKind::Field, message).late()
}
