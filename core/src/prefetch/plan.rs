//! The statements for the rows that a relation leads to.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::compile::{ARRAY_FROM, Select, What, compile};
use crate::condition::{ColumnRef, Compare, Condition, Right};
use crate::database::{Database, Layout, Limits, Read};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::lookup::Lookup;
use crate::meta::{ModelMeta, RelationKind, RelationMeta, steps};
use crate::model::not_loaded;
use crate::path::Path;
use crate::query::{Query, Sticky};
use crate::related::{FetchPlan, Key, Loadable};
use crate::row::Tree;
use crate::value::{ColumnType, Value};

/// The most composite keys in one statement: each nests its expression one level deeper, and
/// SQLite allows a thousand levels.
const MOST_COMPOSITE: usize = 250;

/// What ties rows to those that a relation leads to.
pub(crate) struct Tie {
    /// The relation's place in the model.
    pub(super) position: usize,
    pub(super) target: Arc<ModelMeta>,
    /// Whether a row may have several.
    pub(super) many: bool,
    /// Whether other tables hold the model's key, and not the model the target's.
    referred: bool,
    /// The columns of the model, and the types that both sides are compared in.
    own: SmallVec<[(usize, ColumnType); 1]>,
    /// The same columns as a query of the target reaches them.
    there: SmallVec<[ColumnRef; 1]>,
    /// Whether each row of the target refers to a row of the model.
    always: bool,
    /// The relation of the target that leads back, where it leads to one row.
    pub(super) back: Option<Back>,
    /// How the target reaches the model, where another table is between them.
    origin: Option<Arc<RelationMeta>>,
}

/// A relation by its place in its model and its name.
pub(super) struct Back {
    pub(super) position: usize,
    pub(super) name: Box<str>,
}

impl Tie {
    pub(crate) fn new(meta: &Arc<ModelMeta>, name: &str) -> Result<Self> {
        let position = meta
            .find_relation(name)
            .ok_or_else(|| no_relation(meta, name))?;
        let relation = meta
            .relation_at(position)
            .ok_or_else(|| no_relation(meta, name))?;
        let invalid = |invalid: crate::condition::Invalid| invalid.to_error();
        let steps = steps(meta, relation).map_err(invalid)?;
        let many = relation.kind().is_some_and(RelationKind::is_to_many);
        let through = steps.len() > 1;
        let origin = match through {
            true => Some(
                relation
                    .turned(meta)
                    .ok_or_else(|| no_relation(meta, name))?,
            ),
            false => None,
        };
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
            return Err(no_relation(meta, name));
        };
        let own = first.on.iter().map(|&(own, _)| {
            let own = usize::from(own);
            (own, meta.columns()[own].ty())
        });
        let there = first.on.iter().map(|&(own, there)| match through {
            false => ColumnRef {
                path: Path::ROOT,
                index: there,
            },
            // The way back leads to this model's key, which the table between holds.
            true => ColumnRef {
                path: Path::ROOT.through(crate::query::ORIGIN),
                index: own,
            },
        });
        let there_not_null = first.on.iter().all(|&(_, there)| {
            let column = first.model.columns().get(usize::from(there));
            column.is_some_and(|column| !column.is_nullable())
        });
        let back = match relation.reverse_of() {
            Some(name) if !through => {
                let position = last.model.relation_position(name);
                position.map(|position| Back {
                    position,
                    name: name.into(),
                })
            }
            _ => None,
        };
        Ok(Self {
            position,
            back,
            many,
            referred: !first.forward,
            own: own.collect(),
            there: there.collect(),
            always: there_not_null && !first.forward && !through,
            origin: origin.map(Arc::new),
            target: Arc::clone(&last.model),
        })
    }

    /// Whether other tables hold the model's key.
    pub(crate) fn is_referred_to(&self) -> bool {
        self.referred
    }

    /// The columns of the model that rows are tied by.
    pub(crate) fn own_columns(&self) -> impl Iterator<Item = usize> {
        self.own.iter().map(|&(column, _)| column)
    }

    /// A query of the target that reaches the model's key.
    fn start(&self) -> Query {
        let mut query = Query::new(Arc::clone(&self.target));
        query.origin.clone_from(&self.origin);
        query
    }

    /// The rows that a row with this key leads to.
    pub(crate) fn query_of(&self, key: impl IntoIterator<Item = Value>) -> Query {
        let mut query = self.start();
        let key = Key(key.into_iter().collect());
        query.filter(self.equal(&key));
        // The first filter that follows is about the very rows that tie the two.
        query.sticky = Sticky::Next;
        query
    }

    fn equal(&self, key: &Key) -> Condition {
        let parts = self.there.iter().zip(&key.0);
        parts.fold(Condition::Always, |all, (&column, value)| {
            all.and(Condition::compare(column, Lookup::Exact, value.clone()))
        })
    }

    /// The rows that rows with one of these keys lead to.
    ///
    /// Keys are repeated so that the text is the same for another number of them: one for all
    /// where a list is one parameter, and else one for each doubling.
    fn one_of(&self, keys: &[Key], dialect: &Dialect) -> Condition {
        match self.there.as_slice() {
            [column] => {
                let mut values: Vec<_> = keys.iter().flat_map(|key| key.0.clone()).collect();
                let room = match dialect.array_params {
                    true => ARRAY_FROM,
                    false => values.len().next_power_of_two().max(8),
                };
                if let (true, Some(last)) = (room <= dialect.max_params / 2, values.last()) {
                    values.resize(values.len().max(room), last.clone());
                }
                Condition::Compare(Compare {
                    column: *column,
                    lookup: Lookup::In,
                    right: Right::Many(values),
                })
            }
            _ => keys
                .iter()
                .fold(Condition::Never, |any, key| any.or(self.equal(key))),
        }
    }

    /// What a row is tied by; `None` if that is NULL.
    pub(super) fn key_of(&self, row: &dyn Loadable, meta: &ModelMeta) -> Result<Option<Key>> {
        let mut parts: SmallVec<[(Value, ColumnType); 1]> = SmallVec::new();
        for &(column, ty) in &self.own {
            let value = row.part(meta, column).ok_or_else(|| {
                let name = meta.columns()[column].name();
                not_loaded(&format!(
                    "{}.{name}, by which rows are looked for,",
                    meta.name()
                ))
            })?;
            parts.push((value, ty));
        }
        Ok(Key::new(
            parts.iter().map(|(value, ty)| (value.borrow(), *ty)),
        ))
    }
}

/// So many keys at least are not asked for where they are all that there are: a scan of the table is
/// then the shortest way to what refers to them, and the keys need not be sent.
const MANY: usize = 32;

/// The statements for the rows of `query` that rows with these keys lead to: one, unless the
/// database takes fewer values in a statement. `whole` says that these keys are all that there are.
pub(super) fn plans(
    db: &Database,
    query: &Query,
    tie: &Tie,
    keys: &[Key],
    whole: bool,
    limits: &Limits,
) -> Result<Vec<FetchPlan>> {
    // A row that belongs to nobody must not be the one that stands for those like it, and those that
    // a condition wants may be few.
    let each = query.distinct_on.is_empty() && query.conditions.is_empty();
    let whole = whole && each && tie.always && keys.len() >= MANY;
    query.check()?;
    if keys.is_empty() || query.is_empty() {
        return Ok(Vec::new());
    }
    query.check_late()?;
    let mut query = query.clone();
    query.origin.clone_from(&tie.origin);
    let (columns, layout, key) = selected(&query, tie)?;
    // The window counts for each owner, and the statement itself has none.
    let sliced = query.window.is_sliced();
    let most = match tie.there.len() {
        1 => db.dialect().max_params.saturating_sub(ROOM).max(1),
        _ => MOST_COMPOSITE,
    };
    let as_array = tie.there.len() == 1 && db.dialect().array_params;
    let batches: Vec<&[Key]> = match as_array || whole {
        true => vec![keys],
        false => keys.chunks(most).collect(),
    };
    let mut plans = Vec::with_capacity(batches.len());
    let mut next = 0;
    for keys in batches {
        let first = next;
        next += keys.len() as u32;
        // What refers to a row that has come since belongs to nobody, and is left out when it is read.
        let condition = (!whole).then(|| tie.one_of(keys, db.dialect()));
        let select = Select {
            what: What::Columns(&columns),
            also: condition.as_ref(),
            // A query that is filtered by the very relation means the rows that tie the two.
            also_shares: true,
            per: if sliced { &tie.there } else { &[] },
            ..Select::rows(&query)
        };
        let Some(statement) = compile(&select, db.dialect(), db.time_zone(), db.cache())? else {
            continue;
        };
        plans.push(FetchPlan {
            read: Read {
                statement,
                layout: layout.clone(),
                limits: limits.clone(),
            },
            numbers: first..next,
            whole,
            key: key.clone(),
        });
    }
    Ok(plans)
}

/// The parameters that a query's own conditions may have beside the keys.
const ROOM: usize = 500;

/// What is selected, how a row is laid out, and where in it the key is.
#[allow(clippy::type_complexity, reason = "the three are taken apart at once")]
fn selected(
    query: &Query,
    tie: &Tie,
) -> Result<(Vec<ColumnRef>, Layout, Vec<(usize, ColumnType)>)> {
    let (mut columns, layout) = match query.selection()? {
        Some(selection) => (
            selection.columns.clone(),
            Layout::Tree(Arc::clone(&selection.tree)),
        ),
        None => {
            let own = 0..query.meta.columns().len();
            let own = own.map(crate::resolve::own_column);
            let columns: Vec<ColumnRef> = own
                .collect::<Result<_, _>>()
                .map_err(|invalid| invalid.to_error())?;
            let positions = (0..columns.len()).collect();
            let tree = Tree::new(Arc::clone(&query.meta), positions, Vec::new());
            (columns, Layout::Tree(Arc::new(tree)))
        }
    };
    let mut key = Vec::with_capacity(tie.there.len());
    for (&column, &(_, ty)) in tie.there.iter().zip(&tie.own) {
        let known = columns.iter().position(|own| *own == column);
        let position = known.unwrap_or_else(|| {
            columns.push(column);
            columns.len() - 1
        });
        key.push((position, ty));
    }
    Ok((columns, layout, key))
}

#[cold]
fn no_relation(meta: &ModelMeta, name: &str) -> Error {
    let (kind, what) = match meta.position(name) {
        Some(_) => (ErrorKind::Value, "is a column, which needs no prefetch"),
        None => (ErrorKind::Field, "is no relation"),
    };
    let message = format!(
        "'{name}' of {} {what}; choices are: {}",
        meta.name(),
        meta.choices()
    );
    Error::new(kind, message).with_model(meta.name())
}
