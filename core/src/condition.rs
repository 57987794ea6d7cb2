//! The tree of conditions that a query keeps.

mod predicate;

pub(crate) use predicate::{Predicate, Side};

use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::lookup::Lookup;
use crate::operand::Operand;
use crate::path::Path;
use crate::value::Value;

/// A column, by position, of the model at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ColumnRef {
    pub(crate) path: Path,
    pub(crate) index: u16,
}

/// A condition. `Always` and `Never` are folded away as the tree is built, so that they can only
/// be its root or a part of `Xor`: a query that can match nothing is then known before anything is
/// sent.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Always,
    Never,
    /// A comparison with a column of another table that always or never holds. The table is joined
    /// all the same: a row comes once for each row of it.
    Known(ColumnRef, bool),
    Compare(Compare),
    Predicate(Box<Predicate>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Xor(Vec<Condition>),
    Not(Box<Condition>),
    /// A path and an operand in Django's spelling; resolved when it meets its model.
    Named(Box<str>, Operand),
    /// Something computed from names, compared; resolved as a name is.
    Computed(Box<(Expression, Lookup, Operand)>),
    /// What was wrong while the condition was built; the query reports it.
    Invalid(Box<Invalid>),
}

/// An error kept in a tree that must be `Clone`.
#[derive(Clone, Debug)]
pub(crate) struct Invalid {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) model: Option<Box<str>>,
    /// Django raises it only when the query is evaluated, so `check` lets it pass.
    pub(crate) late: bool,
}

impl Invalid {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            model: None,
            late: false,
        }
    }

    /// The same error, told only by a terminal.
    pub(crate) fn late(mut self) -> Self {
        self.late = true;
        self
    }

    pub(crate) fn to_error(&self) -> Error {
        let error = Error::new(self.kind, self.message.clone());
        match &self.model {
            Some(model) => error.with_model(model.clone()),
            None => error,
        }
    }
}

impl From<Invalid> for Condition {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(Box::new(invalid))
    }
}

/// A column compared with one value or several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compare {
    pub(crate) column: ColumnRef,
    pub(crate) lookup: Lookup,
    pub(crate) right: Right,
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Right {
    One(Value),
    /// The values of `in` and `range`; never empty, and never NULL but for an end of `range`.
    Many(Vec<Value>),
    /// The values of an `in` that listed NULL too. It matters only to a negation, which then
    /// leaves the rows with NULL out.
    ManyOrNull(Vec<Value>),
}

impl Right {
    /// The members of `in`, with NULLs removed and doubles collapsed; `None` where none is left.
    pub(crate) fn listed(values: Vec<Value>) -> Option<Self> {
        let listed_null = values.iter().any(Value::is_null);
        let values = distinct(values);
        match (values.is_empty(), listed_null) {
            (true, _) => None,
            (false, true) => Some(Self::ManyOrNull(values)),
            (false, false) => Some(Self::Many(values)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(values) | Self::ManyOrNull(values) => values.len(),
        }
    }

    pub(crate) fn into_values(self) -> Vec<Value> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) | Self::ManyOrNull(values) => values,
        }
    }
}

impl Condition {
    pub(crate) fn compare(column: ColumnRef, lookup: Lookup, value: Value) -> Self {
        Self::Compare(Compare {
            column,
            lookup,
            right: Right::One(value),
        })
    }

    pub(crate) fn is_null(column: ColumnRef, yes: bool) -> Self {
        Self::compare(column, Lookup::IsNull, Value::Bool(yes))
    }

    /// `in`, with NULLs removed and doubles collapsed.
    pub(crate) fn is_in(column: ColumnRef, values: Vec<Value>) -> Self {
        let only_null = !values.is_empty() && values.iter().all(Value::is_null);
        match Right::listed(values) {
            // A negation still leaves NULL out; what is left without one is known when the query
            // is compiled.
            None if only_null => Self::Compare(Compare {
                column,
                lookup: Lookup::In,
                right: Right::ManyOrNull(Vec::new()),
            }),
            None => Self::known(column, false),
            Some(right) => Self::Compare(Compare {
                column,
                lookup: Lookup::In,
                right,
            }),
        }
    }

    /// A comparison with a column that always or never holds.
    pub(crate) fn known(column: ColumnRef, holds: bool) -> Self {
        match (column.path.is_root(), holds) {
            (false, holds) => Self::Known(column, holds),
            (true, true) => Self::Always,
            (true, false) => Self::Never,
        }
    }

    /// Whether it holds, where that is known of every row.
    pub(crate) fn outcome(&self) -> Option<bool> {
        let decided = |parts: &[Self], by: bool| {
            let mut outcomes = parts.iter().map(Self::outcome);
            let mut all_known = true;
            for outcome in &mut outcomes {
                if outcome == Some(by) {
                    return Some(by);
                }
                all_known &= outcome.is_some();
            }
            all_known.then_some(!by)
        };
        match self {
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Known(_, holds) => Some(*holds),
            Self::And(parts) => decided(parts, false),
            Self::Or(parts) => decided(parts, true),
            Self::Not(inner) => inner.outcome().map(|holds| !holds),
            _ => None,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid(error), other) | (other, Self::Invalid(error)) => {
                Self::Invalid(first(error, other))
            }
            // A tree with a name in it is not folded: the name may turn out to be wrong.
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::Never, other) | (other, Self::Never) if other.is_resolved() => Self::Never,
            (Self::And(mut left), Self::And(right)) => {
                left.extend(right);
                Self::And(left)
            }
            (Self::And(mut left), right) => {
                left.push(right);
                Self::And(left)
            }
            (left, right) => Self::And(vec![left, right]),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid(error), other) | (other, Self::Invalid(error)) => {
                Self::Invalid(first(error, other))
            }
            (Self::Never, other) | (other, Self::Never) => other,
            (Self::Always, other) | (other, Self::Always) if other.is_resolved() => Self::Always,
            (Self::Or(mut left), Self::Or(right)) => {
                left.extend(right);
                Self::Or(left)
            }
            (Self::Or(mut left), right) => {
                left.push(right);
                Self::Or(left)
            }
            (left, right) => Self::Or(vec![left, right]),
        }
    }

    pub(crate) fn xor(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid(error), other) | (other, Self::Invalid(error)) => {
                Self::Invalid(first(error, other))
            }
            (Self::Never, Self::Never) | (Self::Always, Self::Always) => Self::Never,
            (Self::Never, Self::Always) | (Self::Always, Self::Never) => Self::Always,
            // One that is known stays beside one that is not: alone, or negated, the other would
            // be NULL where the whole never is.
            (Self::Xor(mut left), right) => {
                left.push(right);
                Self::Xor(left)
            }
            (left, right) => Self::Xor(vec![left, right]),
        }
    }

    pub(crate) fn negate(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            Self::Invalid(error) => Self::Invalid(error),
            other => Self::Not(Box::new(other)),
        }
    }

    /// The rows for which it does not hold. Unlike in [`negate`](Self::negate) two negations stay
    /// two: below them a relation that may have several rows is asked in a subquery, so that rows
    /// do not repeat.
    pub(crate) fn exclude(self) -> Self {
        match self {
            Self::Not(inner) => Self::Not(Box::new(Self::Not(inner))),
            other => other.negate(),
        }
    }

    pub(crate) fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }

    /// Whether no name in the tree waits for its model.
    pub(crate) fn is_resolved(&self) -> bool {
        match self {
            Self::Named(..) | Self::Computed(_) | Self::Invalid(_) => false,
            Self::Always
            | Self::Never
            | Self::Known(..)
            | Self::Compare(_)
            | Self::Predicate(_) => true,
            Self::And(parts) | Self::Or(parts) | Self::Xor(parts) => {
                parts.iter().all(Self::is_resolved)
            }
            Self::Not(inner) => inner.is_resolved(),
        }
    }
}

/// The error to keep of two operands: one of building before one of evaluating.
fn first(error: Box<Invalid>, other: Condition) -> Box<Invalid> {
    match other {
        Condition::Invalid(other) if error.late => other,
        _ => error,
    }
}

/// The values without NULLs and doubles, in the order in which they first came.
fn distinct(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    // Up to this many a scan is cheaper than a set.
    const SCANNED: usize = 32;
    let mut seen = std::collections::HashSet::with_hasher(foldhash::fast::RandomState::default());
    for value in values {
        if value.is_null() {
            continue;
        }
        if kept.len() < SCANNED {
            if kept.contains(&value) {
                continue;
            }
        } else {
            if seen.is_empty() {
                seen.extend(kept.iter().map(text));
            }
            if !seen.insert(text(&value)) {
                continue;
            }
        }
        kept.push(value);
    }
    kept
}

fn text(value: &Value) -> String {
    format!("{value:?}")
}
