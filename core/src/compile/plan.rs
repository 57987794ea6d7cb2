//! Which table each column of a select is taken from.
//!
//! The rules are Django's: a call of `filter` shares the tables that it joins among its own
//! conditions and shares those of other calls only where they have one row at most; a table is
//! joined by INNER JOIN where a row without a partner cannot meet the conditions.

mod promote;
mod split;

pub(super) use split::Split;

use smallvec::SmallVec;

use self::promote::{Connector, Votes};
use super::joins::{Joins, Spot, Tables};
use super::{Conditions, Select};
use crate::condition::{ColumnRef, Compare, Condition, Predicate, Right, Side};
use crate::error::Result;
use crate::lookup::Lookup;
use crate::query::{Query, Sticky};
use crate::value::Value;

/// The tables of a select, and the columns of its comparisons in the order of the conditions.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) joins: Joins,
    pub(super) leaves: Vec<Leaf>,
}

/// Where the columns of one comparison are.
#[derive(Debug)]
pub(super) enum Leaf {
    Here(Columns),
    /// In a subquery, since it is negated and may have several rows.
    Split(Box<Split>),
}

/// The columns of one comparison.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// The one that the left side is made of.
    pub(super) left: Option<Spot>,
    /// Those that it is compared with.
    pub(super) right: Spots,
}

pub(super) type Spots = SmallVec<[(ColumnRef, Spot); 1]>;

impl Plan {
    /// The tables that the conditions need, and where their columns are.
    pub(super) fn new(select: &Select<'_>, conditions: &Conditions<'_>) -> Result<Self> {
        let mut planner = Planner {
            query: select.query,
            joins: Joins::new(select.query, None),
            leaves: Vec::new(),
        };
        let mut shared = Tables::new();
        let mut own = conditions.own;
        let mut start = 0;
        for (number, &end) in select.query.calls.iter().enumerate() {
            let length = (end as usize - start).min(own.len());
            let (call, rest) = own.split_at(length);
            (own, start) = (rest, end as usize);
            if number != 1 || select.query.sticky != Sticky::Done {
                shared.clear();
            }
            planner.call(&call.iter().collect::<Vec<_>>(), &mut shared)?;
        }
        if let Some(also) = conditions.also {
            let mut shared = match select.also_shares {
                true => planner.joins.all(),
                false => Tables::new(),
            };
            planner.call(&[also], &mut shared)?;
        }
        let Planner { joins, leaves, .. } = planner;
        Ok(Self { joins, leaves })
    }
}

/// Whether a condition is below a negation, and whether below an odd number of them.
#[derive(Clone, Copy, Debug, Default)]
struct Negation {
    any: bool,
    odd: bool,
}

struct Planner<'p> {
    query: &'p Query,
    joins: Joins,
    leaves: Vec<Leaf>,
}

impl Planner<'_> {
    /// The conditions of one call of `filter` or `exclude`.
    fn call(&mut self, conditions: &[&Condition], shared: &mut Tables) -> Result<()> {
        // What earlier calls left out stays out, whatever this one asks for.
        let inner = self.joins.inner();
        self.group(Connector::And, conditions, shared, Negation::default())?;
        self.joins.demote(inner);
        Ok(())
    }

    /// The tables that a condition needs a row of.
    fn condition(
        &mut self,
        condition: &Condition,
        shared: &mut Tables,
        negation: Negation,
    ) -> Result<Tables> {
        let parts = match condition {
            Condition::Compare(compare) => {
                return self.compare(&Sides::from(compare), shared, negation);
            }
            Condition::Predicate(predicate) => {
                return self.compare(&Sides::from(&**predicate), shared, negation);
            }
            Condition::Known(column, _) => return self.known(*column, shared, negation),
            Condition::Not(inner) => {
                let negation = Negation {
                    any: true,
                    odd: !negation.odd,
                };
                return match &**inner {
                    Condition::And(_) | Condition::Or(_) | Condition::Xor(_) => {
                        self.condition(inner, shared, negation)
                    }
                    leaf => self.group(Connector::And, &[leaf], shared, negation),
                };
            }
            Condition::And(parts) => (Connector::And, parts),
            Condition::Or(parts) => (Connector::Or, parts),
            Condition::Xor(parts) => (Connector::Xor, parts),
            Condition::Always
            | Condition::Never
            | Condition::Named(..)
            | Condition::Computed(_)
            | Condition::Invalid(_) => {
                return Ok(Tables::new());
            }
        };
        let (connector, parts) = parts;
        let parts: Vec<_> = parts.iter().collect();
        self.group(connector, &parts, shared, negation)
    }

    fn group(
        &mut self,
        connector: Connector,
        parts: &[&Condition],
        shared: &mut Tables,
        negation: Negation,
    ) -> Result<Tables> {
        let mut votes = Votes::new(connector, parts.len(), negation.odd);
        for part in parts {
            let needed = self.condition(part, shared, negation)?;
            votes.add(needed);
        }
        Ok(votes.settle(&mut self.joins))
    }

    fn compare(
        &mut self,
        sides: &Sides,
        shared: &mut Tables,
        negation: Negation,
    ) -> Result<Tables> {
        let mut needed = Tables::new();
        let mut right = Spots::new();
        if let Some(left) = sides.left
            && negation.any
            && self.leads_to_many(left)?
        {
            let split = self.split(left, sides, shared)?;
            self.leaves.push(Leaf::Split(Box::new(split)));
            return Ok(needed);
        }
        for &column in &sides.right {
            let spot = self.here(column, shared, &mut needed)?;
            right.push((column, spot));
        }
        let left = match sides.left {
            Some(column) => Some(self.here(column, shared, &mut needed)?),
            None => None,
        };
        self.leaves.push(Leaf::Here(Columns { left, right }));
        let needs_none = match sides.asks_null {
            Some(true) => !negation.odd,
            _ => negation.odd,
        };
        Ok(if needs_none { Tables::new() } else { needed })
    }

    /// A comparison with a column whose outcome is known.
    fn known(
        &mut self,
        column: ColumnRef,
        shared: &mut Tables,
        negation: Negation,
    ) -> Result<Tables> {
        let mut needed = Tables::new();
        if !negation.any || !self.leads_to_many(column)? {
            self.here(column, shared, &mut needed)?;
        }
        if negation.odd {
            needed.clear();
        }
        Ok(needed)
    }

    /// A column among the tables of the query.
    fn here(
        &mut self,
        column: ColumnRef,
        shared: &mut Tables,
        needed: &mut Tables,
    ) -> Result<Spot> {
        let mut way = self.joins.follow(column.path, Some(shared))?;
        // Also the tables that are left away count: that their key is known needs a row of theirs.
        needed.extend(way.tables.iter().copied());
        let mut index = [column.index];
        self.joins.trim(&mut way, &mut index);
        shared.extend(way.tables.iter().copied());
        Ok(self.joins.spot(&way, index[0]))
    }

    /// Whether a path leads through a relation that may have several rows.
    fn leads_to_many(&self, column: ColumnRef) -> Result<bool> {
        if column.path.is_root() {
            return Ok(false);
        }
        let mut aside = Joins::new(self.query, None);
        Ok(aside.follow(column.path, None)?.first_many().is_some())
    }
}

/// What the tables of a comparison depend on.
#[derive(Debug)]
struct Sides {
    /// The column that the left side is made of.
    left: Option<ColumnRef>,
    /// The columns beside it.
    right: SmallVec<[ColumnRef; 2]>,
    /// Whether it is `isnull`, and what it asks for.
    asks_null: Option<bool>,
}

impl From<&Compare> for Sides {
    fn from(compare: &Compare) -> Self {
        Self {
            left: Some(compare.column),
            right: SmallVec::new(),
            asks_null: asks_null(compare.lookup, &compare.right),
        }
    }
}

impl From<&Predicate> for Sides {
    fn from(predicate: &Predicate) -> Self {
        let mut right = SmallVec::new();
        predicate.other_columns(&mut |column| right.push(column.at));
        Self {
            left: predicate.path().map(|column| column.at),
            right,
            asks_null: match &predicate.right {
                Side::Values(right) => asks_null(predicate.lookup, right),
                Side::Node(_) | Side::Nodes(_) | Side::Query(_) => None,
            },
        }
    }
}

fn asks_null(lookup: Lookup, right: &Right) -> Option<bool> {
    match (lookup, right) {
        (Lookup::IsNull, Right::One(Value::Bool(yes))) => Some(*yes),
        _ => None,
    }
}
