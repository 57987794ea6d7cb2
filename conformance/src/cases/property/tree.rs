//! Trees of conditions, built at random, and their truth by SQL's three values.

use std::fmt::{self, Debug, Display};

use proptest::collection::vec;
use proptest::prelude::*;
use queryset::{Family, Q};

/// A tree of conditions over leaves of some kind.
#[derive(Clone)]
pub(super) enum Tree<L> {
    Every,
    No,
    Leaf(L),
    And(Vec<Tree<L>>),
    Or(Vec<Tree<L>>),
    Xor(Vec<Tree<L>>),
    Not(Box<Tree<L>>),
}

/// Where a leaf stands: within how many negations.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// An odd number: then a nullable column is also asked not to be NULL.
    pub(super) odd: bool,
    /// At least one.
    pub(super) within: bool,
    /// Part of an XOR, itself or as part of another XOR in it.
    of_xor: bool,
    /// Part of an XOR that is negated, or of another part of one: Django makes a join there an INNER
    /// JOIN, which loses rows that have nothing to join.
    pub(super) losing: bool,
}

impl Place {
    /// Within one more negation, if so.
    pub(super) fn negated(self, negated: bool) -> Self {
        Self {
            odd: self.odd != negated,
            within: self.within || negated,
            losing: self.losing || self.of_xor && negated,
            ..self
        }
    }

    fn in_group(self) -> Self {
        Self {
            losing: self.losing || self.of_xor,
            ..self
        }
    }

    fn in_xor(self) -> Self {
        Self {
            of_xor: true,
            losing: self.losing || self.odd,
            ..self
        }
    }
}

/// Trees over these leaves, some levels deep, and what holds for every row or for none.
pub(super) fn trees<L>(leaf: impl Strategy<Value = L> + 'static) -> BoxedStrategy<Tree<L>>
where
    L: Clone + Display + Debug + 'static,
{
    let leaf = prop_oneof![
        30 => leaf.prop_map(Tree::Leaf),
        1 => Just(Tree::Every),
        1 => Just(Tree::No),
    ];
    grown(leaf)
}

/// Trees that grow from these.
pub(super) fn grown<L>(leaf: impl Strategy<Value = Tree<L>> + 'static) -> BoxedStrategy<Tree<L>>
where
    L: Clone + Display + 'static,
{
    leaf.prop_recursive(4, 14, 3, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 2..=3).prop_map(Tree::And),
            3 => vec(inner.clone(), 2..=3).prop_map(Tree::Or),
            2 => vec(inner.clone(), 2..=3).prop_map(Tree::Xor),
            3 => inner.prop_map(|inner| match inner {
                // Two negations in a row are none.
                Tree::Not(inner) => *inner,
                inner => Tree::Not(Box::new(inner)),
            }),
        ]
    })
    .boxed()
}

impl<L> Tree<L> {
    /// The same condition as a query takes it.
    pub(super) fn condition<R>(&self, leaf: &impl Fn(&L) -> Q<R>) -> Q<R> {
        let join = |parts: &[Self], join: fn(Q<R>, Q<R>) -> Q<R>| {
            let mut parts = parts.iter().map(|part| part.condition(leaf));
            let first = parts.next().unwrap_or_else(Q::all);
            parts.fold(first, join)
        };
        match self {
            Self::Every => Q::all(),
            Self::No => Q::none(),
            Self::Leaf(own) => leaf(own),
            Self::And(parts) => join(parts, |a, b| a & b),
            Self::Or(parts) => join(parts, |a, b| a | b),
            Self::Xor(parts) => join(parts, |a, b| a ^ b),
            Self::Not(inner) => !inner.condition(leaf),
        }
    }

    /// The same tree of other leaves, each told where it stands.
    pub(super) fn map(&self, place: Place, change: &impl Fn(&L, Place) -> L) -> Self {
        let each = |parts: &[Self], place| {
            let parts = parts.iter().map(|part| part.map(place, change));
            parts.collect()
        };
        match self {
            Self::Every => Self::Every,
            Self::No => Self::No,
            Self::Leaf(leaf) => Self::Leaf(change(leaf, place)),
            Self::And(parts) => Self::And(each(parts, place.in_group())),
            Self::Or(parts) => Self::Or(each(parts, place.in_group())),
            Self::Xor(parts) => Self::Xor(each(parts, place.in_xor())),
            Self::Not(inner) => Self::Not(Box::new(inner.map(place.negated(true), change))),
        }
    }

    /// Calls `see` with each leaf and where it stands.
    pub(super) fn visit(&self, place: Place, see: &mut impl FnMut(&L, Place)) {
        match self {
            Self::Every | Self::No => {}
            Self::Leaf(leaf) => see(leaf, place),
            Self::And(parts) | Self::Or(parts) | Self::Xor(parts) => {
                parts.iter().for_each(|part| part.visit(place, see));
            }
            Self::Not(inner) => inner.visit(place.negated(true), see),
        }
    }

    /// Whether it holds; `None` where SQL says NULL.
    pub(super) fn truth(
        &self,
        place: Place,
        family: Family,
        leaf: &impl Fn(&L, Place) -> Option<bool>,
    ) -> Option<bool> {
        let each = |parts: &[Self]| -> Vec<Option<bool>> {
            let parts = parts.iter().map(|part| part.truth(place, family, leaf));
            parts.collect()
        };
        match self {
            Self::Every => Some(true),
            Self::No => Some(false),
            Self::Leaf(own) => leaf(own, place),
            Self::And(parts) => decided(&each(parts), false),
            Self::Or(parts) => decided(&each(parts), true),
            // An odd number hold. One that is NULL does not, but MySQL's own operator is NULL then.
            Self::Xor(parts) => {
                let parts = each(parts);
                if family == Family::Mysql && parts.contains(&None) {
                    return None;
                }
                let hold = parts.iter().filter(|part| **part == Some(true)).count();
                Some(hold % 2 == 1)
            }
            Self::Not(inner) => inner
                .truth(place.negated(true), family, leaf)
                .map(|holds| !holds),
        }
    }
}

/// The truth of parts of which one that is `decisive` decides.
fn decided(parts: &[Option<bool>], decisive: bool) -> Option<bool> {
    if parts.contains(&Some(decisive)) {
        Some(decisive)
    } else if parts.contains(&None) {
        None
    } else {
        Some(!decisive)
    }
}

/// As Django writes it.
impl<L: Display> Display for Tree<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut join = |parts: &[Self], sign: &str| {
            for (place, part) in parts.iter().enumerate() {
                f.write_str(if place == 0 { "(" } else { sign })?;
                write!(f, "{part}")?;
            }
            f.write_str(")")
        };
        match self {
            Self::Every => f.write_str("Q()"),
            Self::No => f.write_str("Q(pk__in=[])"),
            Self::Leaf(leaf) => write!(f, "{leaf}"),
            Self::And(parts) => join(parts, " & "),
            Self::Or(parts) => join(parts, " | "),
            Self::Xor(parts) => join(parts, " ^ "),
            Self::Not(inner) => write!(f, "~{inner}"),
        }
    }
}

impl<L: Display> Debug for Tree<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}
