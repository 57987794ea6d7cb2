//! Conditions as values.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, BitXor, Not};

use crate::condition::Condition;
use crate::expression::Expression;
use crate::lookup::Lookup;
use crate::operand::Operand;

/// A condition on `R`, to be combined with `&`, `|`, `^` and `!`.
///
/// It comes from the generated fields ([`Column`](crate::Column)) or from a path in Django's
/// spelling, and is used by [`filter_by`](crate::QuerySet::filter_by):
///
/// ```
/// use queryset::{Q, QuerySet, Record};
/// # use queryset::{ColumnMeta, ColumnType, ModelMeta};
/// # let book = ModelMeta::builder("Book").column(ColumnMeta::new("pages", ColumnType::I32)).build()?;
///
/// let short_or_long: Q<Record> = Q::lookup("pages__lt", 50) | Q::lookup("pages__gt", 1000);
/// let middling = QuerySet::dynamic(&book).filter_by(!short_or_long);
/// # middling.check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[must_use = "a condition does nothing until a query is filtered by it"]
pub struct Q<R> {
    condition: Condition,
    root: PhantomData<fn() -> R>,
}

impl<R> Q<R> {
    /// The condition that holds for every row.
    pub fn all() -> Self {
        Self::from(Condition::Always)
    }

    /// The condition that holds for no row.
    pub fn none() -> Self {
        Self::from(Condition::Never)
    }

    /// A condition in Django's spelling: a path, with a lookup at its end (`title__icontains`)
    /// or without (`title`, equality).
    ///
    /// The path and the value are looked at when a query is filtered by the condition; the error
    /// is the query's then.
    pub fn lookup(path: impl Into<Box<str>>, value: impl Into<Operand>) -> Self {
        Self::from(Condition::Named(path.into(), value.into()))
    }

    /// Something computed, compared: Django's `GreaterThan(F("pages") - F("read"), 300)` is
    /// `Q::compare(F("pages") - F("read"), Lookup::Gt, 300)`. The typed form is
    /// `(b.pages - b.read).gt(300)`.
    ///
    /// As there, a negation does not keep the rows for which the left side is NULL.
    pub fn compare(left: impl Into<Expression>, lookup: Lookup, right: impl Into<Operand>) -> Self {
        Self::from(Condition::Computed(Box::new((
            left.into(),
            lookup,
            right.into(),
        ))))
    }

    /// The condition as one part: Django's `Q(condition)`. A negation of a negation is the
    /// condition itself, but that of a negation which is one part is not: below it, a relation
    /// that may have several rows is asked in a subquery, so that rows do not repeat.
    pub fn grouped(self) -> Self {
        Self::from(match self.condition {
            negation @ Condition::Not(_) => Condition::And(vec![negation]),
            other => other,
        })
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.condition
    }
}

impl<R> From<Condition> for Q<R> {
    fn from(condition: Condition) -> Self {
        Self {
            condition,
            root: PhantomData,
        }
    }
}

impl<R> BitAnd for Q<R> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self::from(self.condition.and(other.condition))
    }
}

impl<R> BitOr for Q<R> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self::from(self.condition.or(other.condition))
    }
}

impl<R> BitXor for Q<R> {
    type Output = Self;

    fn bitxor(self, other: Self) -> Self {
        Self::from(self.condition.xor(other.condition))
    }
}

impl<R> Not for Q<R> {
    type Output = Self;

    fn not(self) -> Self {
        Self::from(self.condition.negate())
    }
}

impl<R> Clone for Q<R> {
    fn clone(&self) -> Self {
        Self::from(self.condition.clone())
    }
}

impl<R> fmt::Debug for Q<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Q").field(&self.condition).finish()
    }
}
