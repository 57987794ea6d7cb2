//! The tables of a select and how they are joined, as Django decides it.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::condition::ColumnRef;
use crate::error::{Error, ErrorKind, Result};
use crate::meta::{ColumnMeta, ModelMeta, Pairs, RelationMeta, Step, Steps, steps};
use crate::path::Path;
use crate::query::{ORIGIN, Query};

/// The place of a table among those of a select; zero is the query's own.
pub(super) type At = usize;

/// Tables that a condition may share, or asks for.
pub(super) type Tables = BTreeSet<At>;

/// The tables of a select, in the order in which they are joined.
#[derive(Debug)]
pub(super) struct Joins {
    tables: Vec<Join>,
    /// The letter of the names in a subquery.
    letter: Option<char>,
    /// A relation that only the query knows.
    origin: Option<Arc<RelationMeta>>,
}

/// One table of a select.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) model: Arc<ModelMeta>,
    /// What it is called in the statement.
    pub(super) name: Arc<str>,
    /// What it is called where it is no subquery's.
    pub(super) plain: Arc<str>,
    pub(super) parent: At,
    pub(super) on: Pairs,
    /// Rows without a partner here are kept.
    pub(super) outer: bool,
    nullable: bool,
    /// A row may have several partners here.
    many: bool,
    /// Nothing but what is selected needs it, and it adds no row.
    pub(super) only_selected: bool,
    /// How many columns and tables need it.
    uses: usize,
}

/// A way from the query's own table to another.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The tables, the query's own first.
    pub(super) tables: SmallVec<[At; 4]>,
    steps: SmallVec<[Step; 4]>,
    /// Of each step, the relation of the path that it belongs to, counted from the front.
    hops: SmallVec<[usize; 4]>,
}

/// A column of one of the tables.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) table: Arc<str>,
    pub(super) model: Arc<ModelMeta>,
    pub(super) index: u16,
    /// The column may be NULL, or its table may have no row.
    pub(super) nullable: bool,
}

impl Joins {
    pub(super) fn new(query: &Query, letter: Option<char>) -> Self {
        let mut joins = Self {
            tables: Vec::new(),
            letter,
            origin: query.origin.clone(),
        };
        joins.add(&query.meta, 0, Pairs::new(), false, false);
        joins
    }

    pub(super) fn table(&self, at: At) -> &Join {
        &self.tables[at]
    }

    /// Whether a table is what another is among the tables of a subquery: of the same name, and
    /// joined in the same way. The name alone tells nothing, since later tables are numbered.
    pub(super) fn is_as(&self, at: At, inside: &Self, there: At) -> bool {
        let (own, other) = (&self.tables[at], &inside.tables[there]);
        own.plain == other.plain && self.is_joined_as(at, inside, there)
    }

    fn is_joined_as(&self, at: At, inside: &Self, there: At) -> bool {
        let (own, other) = (&self.tables[at], &inside.tables[there]);
        let alike = own.model.id() == other.model.id() && own.on == other.on;
        match (at, there) {
            (0, 0) => true,
            (0, _) | (_, 0) => false,
            _ => alike && self.is_joined_as(own.parent, inside, other.parent),
        }
    }

    /// How many tables there are.
    pub(super) fn len(&self) -> usize {
        self.tables.len()
    }

    /// The tables that came since there were so many are there for what is selected.
    pub(super) fn selected_since(&mut self, before: usize) {
        for join in &mut self.tables[before..] {
            join.only_selected = !join.many;
        }
    }

    /// The table is not needed.
    pub(super) fn leave(&mut self, at: At) {
        self.tables[at].uses = 0;
    }

    /// The tables that are needed beside the first one.
    pub(super) fn joined(&self, first: At) -> impl Iterator<Item = &Join> {
        self.tables
            .iter()
            .enumerate()
            .filter(move |(at, join)| *at != first && *at != 0 && join.uses > 0)
            .map(|(_, join)| join)
    }

    /// All tables beside the query's own.
    pub(super) fn all(&self) -> Tables {
        (1..self.tables.len()).collect()
    }

    /// The tables that leave rows without a partner out.
    pub(super) fn inner(&self) -> Tables {
        let joined = self.tables.iter().enumerate().skip(1);
        joined
            .filter(|(_, join)| !join.outer)
            .map(|(at, _)| at)
            .collect()
    }

    /// Joins the tables of a path. Those that may have several rows for one are shared only if
    /// `reuse` has them; without it all are shared.
    pub(super) fn follow(&mut self, path: Path, reuse: Option<&Tables>) -> Result<Way> {
        if path.is_too_long() {
            let message = format!("a path leads through at most {} relations", Path::MAX_HOPS);
            return Err(Error::new(ErrorKind::NotSupported, message));
        }
        let mut way = Way {
            tables: SmallVec::from_slice(&[0]),
            steps: SmallVec::new(),
            hops: SmallVec::new(),
        };
        let mut model = Arc::clone(&self.tables[0].model);
        let mut at = 0;
        for (place, &hop) in path.hops().iter().enumerate() {
            let origin = self
                .origin
                .as_deref()
                .filter(|_| hop == ORIGIN && place == 0);
            for step in steps_of(&model, hop, origin)? {
                at = self.join(at, &step, reuse.filter(|_| step.many));
                way.tables.push(at);
                way.hops.push(place);
                model = Arc::clone(&step.model);
                way.steps.push(step);
            }
        }
        Ok(way)
    }

    /// Joins the tables of some steps, all of which may be shared.
    fn join(&mut self, parent: At, step: &Step, reuse: Option<&Tables>) -> At {
        let same = |join: &Join| {
            join.parent == parent && join.model.id() == step.model.id() && join.on == step.on
        };
        // The latest, where there are several.
        let shared = (1..self.tables.len())
            .rev()
            .find(|at| reuse.is_none_or(|reuse| reuse.contains(at)) && same(&self.tables[*at]));
        match shared {
            Some(at) => {
                self.tables[at].uses += 1;
                self.tables[at].only_selected = false;
                at
            }
            None => {
                let outer = self.tables[parent].outer || step.nullable;
                let at = self.add(&step.model, parent, step.on.clone(), outer, step.nullable);
                self.tables[at].many = step.many;
                at
            }
        }
    }

    fn add(
        &mut self,
        model: &Arc<ModelMeta>,
        parent: At,
        on: Pairs,
        outer: bool,
        nullable: bool,
    ) -> At {
        let at = self.tables.len();
        let taken = |name: &str| self.tables.iter().any(|join| &*join.plain == name);
        let mut plain: Arc<str> = model.table().into();
        let mut number = at + 1;
        while taken(&plain) {
            plain = format!("T{number}").into();
            number += 1;
        }
        let name = match self.letter {
            None => Arc::clone(&plain),
            Some(letter) => format!("{letter}{at}").into(),
        };
        self.tables.push(Join {
            model: Arc::clone(model),
            name,
            plain,
            parent,
            on,
            outer,
            nullable,
            many: false,
            only_selected: false,
            uses: 1,
        });
        at
    }

    /// Leaves the tables at the end of a way whose columns that are asked for the table before
    /// holds too.
    pub(super) fn trim(&mut self, way: &mut Way, columns: &mut [u16]) {
        while let Some(step) = way.steps.last() {
            let own = |&key: &u16| {
                let pair = step.on.iter().find(|(_, of_target)| *of_target == key);
                pair.map(|&(own, _)| own)
            };
            let held: Option<SmallVec<[u16; 2]>> = columns.iter().map(own).collect();
            let Some(held) = held.filter(|_| step.forward) else {
                return;
            };
            columns.copy_from_slice(&held);
            way.steps.pop();
            if let Some(at) = way.tables.pop() {
                self.tables[at].uses -= 1;
            }
        }
    }

    /// The column of a way's last table.
    pub(super) fn spot(&self, way: &Way, index: u16) -> Spot {
        let at = way.tables.last().copied().unwrap_or_default();
        self.spot_at(at, index)
    }

    pub(super) fn spot_at(&self, at: At, index: u16) -> Spot {
        let join = &self.tables[at];
        let column = join.model.columns().get(usize::from(index));
        Spot {
            table: Arc::clone(&join.name),
            model: Arc::clone(&join.model),
            index,
            nullable: join.outer || column.is_some_and(ColumnMeta::is_nullable),
        }
    }

    /// Joins what a column needs, shared with everything that is there already.
    pub(super) fn shared(&mut self, column: ColumnRef, reuse: Option<&mut Tables>) -> Result<Spot> {
        let mut way = self.follow(column.path, reuse.as_deref())?;
        let mut index = [column.index];
        self.trim(&mut way, &mut index);
        if let Some(reuse) = reuse {
            reuse.extend(way.tables.iter().copied());
        }
        Ok(self.spot(&way, index[0]))
    }

    /// Keeps rows without a partner in these tables and in those that hang on them.
    pub(super) fn promote(&mut self, tables: impl IntoIterator<Item = At>) {
        let mut waiting: Vec<At> = tables.into_iter().collect();
        while let Some(at) = waiting.pop() {
            let join = &self.tables[at];
            let may = join.nullable || self.tables[join.parent].outer;
            if at == 0 || join.outer || !may {
                continue;
            }
            self.tables[at].outer = true;
            let hanging = (1..self.tables.len()).filter(|&other| self.tables[other].parent == at);
            waiting.extend(hanging);
        }
    }

    /// Leaves rows without a partner in these tables out.
    pub(super) fn demote(&mut self, tables: impl IntoIterator<Item = At>) {
        for at in tables {
            let mut at = at;
            while at != 0 && self.tables[at].outer {
                self.tables[at].outer = false;
                at = self.tables[at].parent;
            }
        }
    }
}

impl Spot {
    /// Whether the column itself may be NULL.
    pub(super) fn has_nulls(&self) -> bool {
        let column = self.model.columns().get(usize::from(self.index));
        column.is_some_and(ColumnMeta::is_nullable)
    }
}

impl Way {
    /// The place of the first step that may lead to several rows.
    pub(super) fn first_many(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.many)
    }

    pub(super) fn step(&self, place: usize) -> &Step {
        &self.steps[place]
    }

    /// The number of the path's relations before this step.
    pub(super) fn hop(&self, place: usize) -> usize {
        self.hops[place]
    }
}

fn steps_of(model: &ModelMeta, hop: u8, origin: Option<&RelationMeta>) -> Result<Steps> {
    let relation = origin.or_else(|| model.relation_at(usize::from(hop)));
    let relation = relation.ok_or_else(|| {
        let message = format!("{} has no relation at position {hop}", model.name());
        Error::new(ErrorKind::Field, message)
    })?;
    steps(model, relation).map_err(|invalid| invalid.to_error())
}
