//! Comparisons of columns at the ends of paths.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use queryset::{ColumnType, Family, Q, Value};

use super::ask::{Step, steps};
use super::leaf::{Given, Leaf};
use super::tree::{Place, Tree, grown};
use super::world::{COLUMNS, HOPS, Hop};

/// Relations one behind the other.
pub(super) type Path = Vec<Hop>;

/// A comparison of a column of the model at the end of a path.
#[derive(Clone, Debug)]
pub(super) struct Related {
    pub(super) path: Path,
    pub(super) leaf: Leaf,
    /// A column of the root's own, for where a path to many would mean what is not certain.
    instead: Leaf,
}

/// Filters and excludes over a model, across up to three relations.
///
/// What Django makes of some conditions depends on the order in which it meets them, or loses rows
/// that it has to keep. So one filter asks for related rows only outside of its negations or only
/// within, and within a negation no relation to many is asked to be NULL; and no join that may find no
/// row is asked for where an XOR, or a negation of a negation, would make an INNER JOIN of it.
pub(super) fn related_steps(root: usize) -> BoxedStrategy<Step<Related>> {
    let trees = grown(leaves(root).prop_map(Tree::Leaf));
    (steps(trees), any::<bool>())
        .prop_map(|(step, within)| {
            let start = Place::default().negated(step.exclude);
            let settle = |leaf: &Related, place: Place| leaf.settled(place, within || step.exclude);
            Step {
                tree: step.tree.map(start, &settle),
                ..step
            }
        })
        .boxed()
}

fn leaves(root: usize) -> BoxedStrategy<Related> {
    let (short, long): (Vec<Path>, Vec<Path>) =
        paths(root).into_iter().partition(|path| path.len() < 3);
    let path = prop_oneof![5 => select(short), 1 => select(long)];
    (path, comparison(), comparison())
        .prop_map(|(path, leaf, instead)| Related {
            path,
            leaf,
            instead,
        })
        .boxed()
}

/// Comparisons of a column that every model has. None is known before it is asked, since a join
/// that only such a one needs may be there or not.
fn comparison() -> BoxedStrategy<Leaf> {
    let leaf = |column: usize, (lookup, given): (&'static str, Given)| Leaf {
        column,
        name: COLUMNS[column].0.into(),
        lookup,
        given,
    };
    let is_null = any::<bool>().prop_map(|yes| ("isnull", Given::One(Value::Bool(yes))));
    let number = |lookup| (0..5i64).prop_map(move |n| (lookup, Given::One(Value::I64(n))));
    let listed = vec(0..5i64, 1..=6).prop_map(|list| {
        (
            "in",
            Given::Many(list.into_iter().map(Value::I64).collect()),
        )
    });
    let letter = select(vec!["a", "b", "A", "ab"]).prop_map(Value::from);
    let text = (select(vec!["exact", "contains", "icontains"]), letter)
        .prop_map(|(lookup, value)| (lookup, Given::One(value)));
    let numbers = prop_oneof![
        3 => number("exact"),
        1 => number("gt"),
        1 => number("lte"),
        1 => listed,
        1 => is_null,
    ];
    prop_oneof![
        2 => numbers.clone().prop_map(move |given| leaf(0, given)),
        2 => text.prop_map(move |given| leaf(1, given)),
        3 => numbers.prop_map(move |given| leaf(2, given)),
    ]
    .boxed()
}

impl Related {
    /// The comparison in Django's spelling: that a key is NULL is said of the relation.
    pub(super) fn named<R>(&self) -> Q<R> {
        let mut leaf = self.leaf.clone();
        leaf.name = self.name().into();
        leaf.named()
    }

    fn name(&self) -> String {
        let mut names: Vec<&str> = self.path.iter().map(|hop| hop.name).collect();
        if names.is_empty() || self.leaf.column > 0 || self.leaf.lookup != "isnull" {
            names.push(COLUMNS[self.leaf.column].0);
        }
        names.join("__")
    }

    /// The parts of the path that end in a relation to many: what a filter joins for it.
    pub(super) fn joins(&self) -> Vec<Path> {
        let ends = (1..=self.path.len()).filter(|end| self.path[end - 1].many);
        ends.map(|end| self.path[..end].to_vec()).collect()
    }

    /// Whether the cell may be NULL: the column's own or for want of a row.
    pub(super) fn is_nullable(&self) -> bool {
        let own = COLUMNS[self.leaf.column].2;
        own || self.path.iter().any(|hop| hop.name != "editor")
    }

    pub(super) fn truth(&self, cell: &Value, asked: bool, family: Family) -> Option<bool> {
        self.leaf.truth(cell, self.ty(), asked, family)
    }

    fn ty(&self) -> ColumnType {
        COLUMNS[self.leaf.column].1
    }

    /// The comparison as it may stand at its place, where `within` says on which side of the
    /// negations relations to many are asked.
    fn settled(&self, place: Place, within: bool) -> Self {
        let mut settled = self.clone();
        let joins_none = place.within && self.path.iter().any(|hop| hop.many);
        let twice = place.within && !place.odd;
        if (place.losing || twice)
            && !joins_none
            && self.path.iter().any(|hop| hop.name != "editor")
        {
            settled.path.clear();
            settled.leaf = self.instead.clone();
            return settled;
        }
        if !self.path.iter().any(|hop| hop.many) {
            return settled;
        }
        if place.within != within {
            settled.path.clear();
            settled.leaf = self.instead.clone();
        } else if within && self.leaf.lookup == "isnull" {
            settled.leaf.given = Given::One(Value::Bool(false));
        }
        settled
    }
}

impl fmt::Display for Related {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}__{}=", self.name(), self.leaf.lookup)?;
        match &self.leaf.given {
            Given::One(value) => write!(f, "{value:?}"),
            Given::Many(values) => write!(f, "{values:?}"),
        }
    }
}

/// All paths of up to three relations, and the one of none.
fn paths(root: usize) -> Vec<Path> {
    let mut all: Vec<Path> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..3 {
        let longest = all.len();
        for place in from..longest {
            let end = all[place].last().map_or(root, |hop| hop.to);
            for hop in HOPS.iter().filter(|hop| hop.from == end) {
                let longer = [all[place].as_slice(), &[*hop]].concat();
                all.push(longer);
            }
        }
        from = longest;
    }
    all
}
