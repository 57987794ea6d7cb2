//! Comparisons that every column has.

use super::Column;
use crate::condition::{Compare, Condition, Invalid, Right};
use crate::error::ErrorKind;
use crate::field::Field;
use crate::lookup::Lookup;
use crate::operand::IntoOperand;
use crate::q::Q;
use crate::value::Value;

impl<R, T: Field> Column<R, T> {
    /// Equal to `value`; for `None`, NULL.
    pub fn eq(self, value: impl IntoOperand<T::Base>) -> Q<R> {
        Q::from(match value.into_value() {
            Value::Null => Condition::is_null(self.at, true),
            value => Condition::compare(self.at, Lookup::Exact, value),
        })
    }

    /// Greater than `value`.
    pub fn gt(self, value: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::Gt, value.into_value())
    }

    /// Greater than or equal to `value`.
    pub fn gte(self, value: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::Gte, value.into_value())
    }

    /// Less than `value`.
    pub fn lt(self, value: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::Lt, value.into_value())
    }

    /// Less than or equal to `value`.
    pub fn lte(self, value: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::Lte, value.into_value())
    }

    /// One of `values`; `None`s are left out, and without values nothing matches and nothing is
    /// sent.
    pub fn is_in<V: IntoOperand<T::Base>>(self, values: impl IntoIterator<Item = V>) -> Q<R> {
        Q::from(Condition::is_in(
            self.at,
            values.into_iter().map(V::into_value).collect(),
        ))
    }

    /// Between `low` and `high`, both included; nothing when they are the wrong way round.
    pub fn range(self, low: impl IntoOperand<T::Base>, high: impl IntoOperand<T::Base>) -> Q<R> {
        let (low, high) = (low.into_value(), high.into_value());
        if low.is_null() || high.is_null() {
            return none_as_value(Lookup::Range);
        }
        Q::from(Condition::Compare(Compare {
            column: self.at,
            lookup: Lookup::Range,
            right: Right::Many(vec![low, high]),
        }))
    }

    /// NULL if `yes`, not NULL otherwise.
    pub fn isnull(self, yes: bool) -> Q<R> {
        Q::from(Condition::is_null(self.at, yes))
    }

    pub(super) fn compare(self, lookup: Lookup, value: Value) -> Q<R> {
        if value.is_null() {
            return none_as_value(lookup);
        }
        Q::from(Condition::compare(self.at, lookup, value))
    }
}

/// As Django refuses it: only equality and `isnull` can ask for NULL.
pub(crate) fn none_is_no_value(lookup: Lookup) -> Invalid {
    let message = format!(
        "None cannot be a value of the lookup '{}'; ask for NULL with isnull",
        lookup.name()
    );
    Invalid::new(ErrorKind::Value, message)
}

fn none_as_value<R>(lookup: Lookup) -> Q<R> {
    Q::from(Condition::from(none_is_no_value(lookup)))
}
