//! From a path in Django's spelling to the field that it names.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{no_key, unknown_lookup, unknown_name};
use crate::condition::{ColumnRef, Invalid};
use crate::error::ErrorKind;
use crate::lookup::Lookup;
use crate::meta::{ModelMeta, Owner, Pairs, steps};
use crate::path::Path;

/// A field of the model at the end of a path.
pub(crate) struct Place<'m> {
    pub(crate) path: Path,
    pub(crate) model: Owner<'m>,
    pub(crate) field: Named,
}

/// What the last name of a path names.
pub(crate) enum Named {
    /// The column at this position.
    Column(usize),
    /// A relation: the model is its target, and these columns are the key that it leads to.
    Relation {
        name: Box<str>,
        key: Columns,
        target: Arc<ModelMeta>,
        /// The target's own columns of that key.
        refers: Columns,
        /// The path of the target; the key may be held by a model before it.
        path: Path,
    },
    /// `pk` where it has several columns.
    Key(Columns),
}

pub(crate) type Columns = SmallVec<[usize; 2]>;

impl Place<'_> {
    /// The field's name in messages.
    pub(crate) fn name(&self) -> &str {
        match &self.field {
            Named::Column(index) => self.model.columns()[*index].name(),
            Named::Relation { name, .. } => name,
            Named::Key(_) => "pk",
        }
    }

    pub(crate) fn is_relation(&self) -> bool {
        matches!(self.field, Named::Relation { .. })
    }

    /// The columns that the field is compared and ordered by.
    pub(crate) fn columns(&self) -> &[usize] {
        match &self.field {
            Named::Column(index) => std::slice::from_ref(index),
            Named::Relation { key, .. } | Named::Key(key) => key,
        }
    }

    /// A column of the model, as a query refers to it.
    pub(crate) fn at(&self, index: usize) -> Result<ColumnRef, Invalid> {
        Ok(ColumnRef {
            path: self.path,
            index: super::own_column(index)?.index,
        })
    }
}

/// The field that the front of a path names, and what follows behind it (a lookup's name or
/// nothing).
pub(crate) fn place<'m, 'p>(
    text: &'p str,
    root: &'m ModelMeta,
) -> Result<(Place<'m>, &'p str), Invalid> {
    place_from(text, Path::ROOT, Owner::Root(root))
}

/// The same for a text that begins at the end of a path.
pub(crate) fn place_from<'m, 'p>(
    text: &'p str,
    path: Path,
    model: Owner<'m>,
) -> Result<(Place<'m>, &'p str), Invalid> {
    let mut walk = Walk {
        path,
        model,
        before: SmallVec::new(),
    };
    let mut left = text;
    let mut relation: Option<(&'p str, Columns)> = None;
    let (place, rest) = loop {
        let Some((name, rest)) = longest(left, &walk.model) else {
            let next = left.split_once("__").map_or(left, |(first, _)| first);
            match relation {
                // What stands behind a relation and is no name may be a lookup.
                Some((name, key)) if Lookup::from_name(next).is_some() => {
                    break (walk.relation(name, key), Some(left));
                }
                _ => return Err(unknown_name(next, &walk.model)),
            }
        };
        if let Some(index) = walk.model.position(name) {
            let key = Columns::from_slice(&[index]);
            break (walk.end(key, |key| Named::Column(key[0])), rest);
        }
        if let Some(position) = walk.model.find_relation(name) {
            let key = walk.enter(position)?;
            let Some(rest) = rest else {
                break (walk.relation(name, key), None);
            };
            (relation, left) = (Some((name, key)), rest);
            continue;
        }
        let key = Columns::from_slice(walk.model.primary_key());
        break match key.len() {
            0 => return Err(no_key(&walk.model)),
            1 => (walk.end(key, |key| Named::Column(key[0])), rest),
            _ => (walk.end(key, Named::Key), rest),
        };
    };
    match rest {
        None => Ok((place, "")),
        // Two underscores at the end announce a lookup that does not come.
        Some("") => Err(unknown_lookup(text, "", &place)),
        Some(rest) => Ok((place, rest)),
    }
}

/// The longest beginning that is a name of the model's, since an attribute may itself contain two
/// underscores, and what follows, if anything does.
fn longest<'p>(text: &'p str, model: &ModelMeta) -> Option<(&'p str, Option<&'p str>)> {
    let known = |name: &str| {
        name == "pk" || model.position(name).is_some() || model.find_relation(name).is_some()
    };
    if known(text) {
        return Some((text, None));
    }
    let mut at = text.len();
    loop {
        at = text[..at].rfind("__")?;
        if known(&text[..at]) {
            return Some((&text[..at], Some(&text[at + 2..])));
        }
    }
}

/// On the way along a path.
struct Walk<'m> {
    path: Path,
    model: Owner<'m>,
    /// The models passed, and their columns that hold keys of the next one.
    before: SmallVec<[(Path, Owner<'m>, Pairs); 2]>,
}

impl<'m> Walk<'m> {
    /// Goes through a relation; the columns of the target that it is compared by.
    fn enter(&mut self, position: usize) -> Result<Columns, Invalid> {
        let Some(relation) = self.model.relation_at(position) else {
            return Ok(Columns::new());
        };
        let mut steps = steps(&self.model, relation)?;
        let next = u8::try_from(position)
            .ok()
            .and_then(|hop| self.path.then(hop));
        let next = next.ok_or_else(|| {
            let message = format!("a path leads through at most {} relations", Path::MAX_HOPS);
            Invalid::new(ErrorKind::NotSupported, message)
        })?;
        let alone = steps.len() == 1;
        let Some(last) = steps.pop() else {
            return Ok(Columns::new());
        };
        let key = match last.forward {
            true => last.on.iter().map(|&(_, key)| key.into()).collect(),
            false => Columns::from_slice(last.model.primary_key()),
        };
        let held = match alone && last.forward {
            true => last.on,
            false => Pairs::new(),
        };
        let model = std::mem::replace(&mut self.model, Owner::Related(last.model));
        let path = std::mem::replace(&mut self.path, next);
        self.before.push((path, model, held));
        Ok(key)
    }

    /// The path ends at the relation that was entered last.
    fn relation(self, name: &str, key: Columns) -> Place<'m> {
        let path = self.path;
        let refers = key.clone();
        let target = match &self.model {
            Owner::Related(target) => Some(Arc::clone(target)),
            Owner::Root(_) => None,
        };
        self.end(key, |key| match target {
            Some(target) => Named::Relation {
                name: name.into(),
                key,
                refers,
                target,
                path,
            },
            None => Named::Key(key),
        })
    }

    /// The path ends at these columns, or at columns of a model before that hold the same.
    fn end(mut self, mut columns: Columns, field: impl FnOnce(Columns) -> Named) -> Place<'m> {
        while let Some((path, model, held)) = self.before.pop() {
            let own = columns.iter().map(|&column| {
                let pair = held.iter().find(|&&(_, key)| usize::from(key) == column);
                pair.map(|&(own, _)| usize::from(own))
            });
            let Some(own) = own.collect::<Option<Columns>>() else {
                break;
            };
            (columns, self.path, self.model) = (own, path, model);
        }
        Place {
            path: self.path,
            model: self.model,
            field: field(columns),
        }
    }
}
