//! INNER JOIN or LEFT JOIN.

use std::collections::BTreeMap;

use crate::compile::joins::{At, Joins, Tables};

/// What ties the parts of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connector {
    And,
    Or,
    Xor,
}

/// How many parts of a condition need a row of each table.
#[derive(Debug)]
pub(super) struct Votes {
    connector: Connector,
    parts: usize,
    votes: BTreeMap<At, usize>,
}

impl Votes {
    pub(super) fn new(connector: Connector, parts: usize, negated: bool) -> Self {
        // NOT (a AND b) is NOT a OR NOT b. A negated XOR is an AND to Django too, whose rows these
        // are to be: it leaves out what has no related row.
        let connector = match (connector, negated) {
            (connector, false) => connector,
            (Connector::And, true) => Connector::Or,
            (Connector::Or | Connector::Xor, true) => Connector::And,
        };
        Self {
            connector,
            parts,
            votes: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, needed: Tables) {
        for at in needed {
            *self.votes.entry(at).or_default() += 1;
        }
    }

    /// Sets the joins, and tells which tables the whole condition needs a row of.
    ///
    /// Under an OR a table that only some parts ask for must not leave rows out that meet the
    /// others; one that all parts ask for may. Under an AND one part is enough.
    pub(super) fn settle(self, joins: &mut Joins) -> Tables {
        let (mut optional, mut needed) = (Tables::new(), Tables::new());
        for (at, votes) in self.votes {
            let by_all = votes == self.parts;
            match self.connector {
                Connector::And => needed.insert(at),
                Connector::Or if by_all => needed.insert(at),
                Connector::Or => optional.insert(at),
                // The joins stay what they are, as Django leaves them: optional where the relation
                // is, but for those that a part that is an AND needs.
                Connector::Xor => continue,
            };
        }
        joins.promote(optional);
        joins.demote(needed.iter().copied());
        needed
    }
}
