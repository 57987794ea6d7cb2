//! A negated condition on a relation that may have several rows.
//!
//! `exclude(books__pages__gt=100)` means the authors without such a book, where a joined table
//! would give those who have some other book. It becomes a subquery over the related rows.

use smallvec::SmallVec;

use super::{Columns, Planner, Sides, Spots};
use crate::compile::joins::{At, Joins, Spot, Tables, Way};
use crate::condition::ColumnRef;
use crate::error::Result;

/// A subquery that asks whether there is a related row.
#[derive(Debug)]
pub(in crate::compile) struct Split {
    pub(in crate::compile) joins: Joins,
    /// The table that it starts from.
    pub(in crate::compile) first: At,
    pub(in crate::compile) columns: Columns,
    /// Columns of the subquery and those of the query that they are equal to.
    pub(in crate::compile) links: SmallVec<[(Spot, Spot); 1]>,
    /// Columns of the query that hold nothing where there is nothing to look for.
    pub(in crate::compile) or_null: SmallVec<[Spot; 1]>,
}

impl Planner<'_> {
    pub(super) fn split(
        &mut self,
        left: ColumnRef,
        sides: &Sides,
        shared: &mut Tables,
    ) -> Result<Split> {
        let path = left.path;
        let mut inside = Inside::new(self, left, sides)?;
        // A table whose missing row is asked for must stay joined to the one before.
        let whole = inside.joins.table(inside.many).outer;
        let first = if whole { inside.before } else { inside.many };
        inside.start_at(first);
        let Inside {
            joins,
            way,
            place,
            before,
            many,
            left,
        } = inside;

        // The columns that it is compared with are the query's own.
        let mut right = Spots::new();
        for &column in &sides.right {
            right.push((column, self.joins.shared(column, Some(&mut *shared))?));
        }
        let mut links = SmallVec::new();
        let mut or_null = SmallVec::new();
        let same = shared
            .iter()
            .copied()
            .find(|&at| self.joins.is_as(at, &joins, first));
        match same {
            // The row is joined already, by a condition beside this one: the subquery is about
            // that very row.
            Some(at) => {
                for &index in joins.table(first).model.primary_key() {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    links.push((joins.spot_at(first, index), self.joins.spot_at(at, index)));
                }
            }
            None => {
                let path = path.front(way.hop(place));
                let missing = (1..=place).any(|step| joins.table(way.tables[step]).outer);
                for &(own, key) in &way.step(place).on {
                    let outer = ColumnRef { path, index: own };
                    let outer = self.joins.shared(outer, Some(&mut *shared))?;
                    let inner = match whole {
                        true => joins.spot_at(before, own),
                        false => joins.spot_at(many, key),
                    };
                    if missing {
                        or_null.push(outer.clone());
                    }
                    links.push((inner, outer));
                }
            }
        }
        Ok(Split {
            joins,
            first,
            columns: Columns {
                left: Some(left),
                right,
            },
            links,
            or_null,
        })
    }
}

/// The comparison on its own, in a query of the same model.
struct Inside {
    joins: Joins,
    way: Way,
    /// The first step that may lead to several rows, and the tables on both sides of it.
    place: usize,
    before: At,
    many: At,
    left: Spot,
}

impl Inside {
    fn new(planner: &Planner<'_>, left: ColumnRef, sides: &Sides) -> Result<Self> {
        let mut joins = Joins::new(planner.query, Some('U'));
        let way = joins.follow(left.path, None)?;
        let mut trimmed = way.clone();
        let mut index = [left.index];
        joins.trim(&mut trimmed, &mut index);
        let left = joins.spot(&trimmed, index[0]);
        if sides.asks_null != Some(true) {
            joins.demote(way.tables.iter().copied());
        }
        let place = way.first_many().unwrap_or_default();
        Ok(Self {
            before: way.tables[place],
            many: way.tables[place + 1],
            joins,
            way,
            place,
            left,
        })
    }

    /// Leaves the tables before this one away.
    fn start_at(&mut self, first: At) {
        for &at in self.way.tables.iter().take_while(|&&at| at != first) {
            self.joins.leave(at);
        }
    }
}
