//! Comparisons of more than a column with values.

use super::{Compare, Condition, Right};
use crate::expression::{Node, Source};
use crate::lookup::Lookup;
use crate::subquery::Subselect;
use crate::value::Value;

/// A comparison in which something is computed. That of a plain column with values, of which most
/// queries consist, is a [`Compare`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicate {
    pub(crate) left: Node,
    pub(crate) lookup: Lookup,
    pub(crate) right: Side,
    /// The left side is no path of a filter, so that a negation does not keep its NULLs.
    pub(crate) bare: bool,
}

/// What the left side is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Side {
    Values(Right),
    Node(Node),
    /// The members of `in` and the ends of `range`, of which at least one is computed.
    Nodes(Vec<Node>),
    /// The rows of a query.
    Query(Subselect),
}

impl Predicate {
    pub(crate) fn new(left: Node, lookup: Lookup, right: Side) -> Self {
        Self {
            left,
            lookup,
            right,
            bare: false,
        }
    }

    /// Whether it is NULL.
    pub(crate) fn null(left: Node) -> Self {
        let yes = Right::One(Value::Bool(true));
        Self::new(left, Lookup::IsNull, Side::Values(yes))
    }

    /// The same comparison of something that is computed from the column.
    pub(crate) fn over(left: Node, condition: Condition) -> Condition {
        match condition {
            Condition::Compare(Compare { lookup, right, .. }) => {
                Self::new(left, lookup, Side::Values(right)).into()
            }
            other => other,
        }
    }

    /// The column that a path on the left side led to.
    pub(crate) fn path(&self) -> Option<&Source> {
        self.left.source().filter(|_| !self.bare)
    }

    /// The columns beside the one that a path on the left side led to.
    pub(crate) fn other_columns(&self, each: &mut impl FnMut(&Source)) {
        if self.path().is_none() {
            self.left.columns(each);
        }
        match &self.right {
            // A query's columns are its own.
            Side::Values(_) | Side::Query(_) => {}
            Side::Node(node) => node.columns(each),
            Side::Nodes(nodes) => nodes.iter().for_each(|node| node.columns(each)),
        }
    }

    /// The year that the left side's is compared with by its first and last moment.
    pub(crate) fn by_bounds(&self) -> Option<YearBounds<'_>> {
        let (Node::Transform(transform, of), Side::Values(right)) = (&self.left, &self.right)
        else {
            return None;
        };
        let by_bounds = transform.is_year()
            && matches!(
                self.lookup,
                Lookup::Exact | Lookup::Gt | Lookup::Gte | Lookup::Lt | Lookup::Lte
            );
        let Right::One(Value::I64(year)) = right else {
            return None;
        };
        by_bounds.then_some(YearBounds {
            of,
            iso: *transform == crate::transform::Transform::IsoYear,
            year: *year,
        })
    }
}

/// A year as the bounds of what it is the year of.
#[derive(Debug)]
pub(crate) struct YearBounds<'p> {
    pub(crate) of: &'p Node,
    pub(crate) iso: bool,
    pub(crate) year: i64,
}

impl From<Predicate> for Condition {
    fn from(predicate: Predicate) -> Self {
        Self::Predicate(Box::new(predicate))
    }
}
