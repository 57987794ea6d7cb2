//! The right-hand side of a comparison.

mod row;

pub use row::RowOperand;

use crate::expression::{Expression, F};
use crate::field::Field;
use crate::subquery::Subquery;
use crate::value::Value;

/// What a dynamic lookup compares with: a value, or several for `in` and `range`.
///
/// Every type of a column, its `Option`, and arrays and pairs of them convert into it; for other
/// collections there is [`list`](Operand::list).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// One value; NULL is Django's `None`.
    Value(Value),
    /// Several values.
    List(Vec<Operand>),
    /// A value that the database computes.
    Expression(Expression),
    /// The rows of a query, for `in`, or its one row.
    Query(Subquery<Value>),
    /// A row that a relation leads to; [`row`](Operand::row) makes one.
    Row(Box<RowOperand>),
}

impl Operand {
    /// Django's `None`.
    pub const NONE: Self = Self::Value(Value::Null);

    /// Several values, for `in` and `range`.
    ///
    /// ```
    /// use queryset::Operand;
    ///
    /// let years = vec![1999, 2001];
    /// assert_eq!(Operand::list(years), Operand::from([1999, 2001]));
    /// ```
    pub fn list<T: Into<Self>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Field> From<T> for Operand {
    fn from(value: T) -> Self {
        Self::Value(value.to_value())
    }
}

impl From<&str> for Operand {
    fn from(text: &str) -> Self {
        Self::Value(Value::Text(text.into()))
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Operand {
    fn from(values: [T; N]) -> Self {
        Self::list(values)
    }
}

impl<A: Into<Self>, B: Into<Self>> From<(A, B)> for Operand {
    fn from((a, b): (A, B)) -> Self {
        Self::List(vec![a.into(), b.into()])
    }
}

impl From<Expression> for Operand {
    fn from(expression: Expression) -> Self {
        Self::Expression(expression)
    }
}

impl From<F<'_>> for Operand {
    fn from(column: F<'_>) -> Self {
        Self::Expression(column.into())
    }
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// A value that a column of type `T` can be compared with: the type itself or a borrowed form.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with `{Self}`",
    note = "pass a value of the column's own type; a literal may need a suffix or `.to_owned()`"
)]
pub trait IntoOperand<T> {
    /// The value to send.
    fn into_value(self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Field> IntoOperand<T> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field<Base = T>> IntoOperand<T> for Option<T> {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> IntoOperand<T> for &T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl IntoOperand<String> for &str {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl IntoOperand<Vec<u8>> for &[u8] {
    fn into_value(self) -> Value {
        Value::Bytes(self.into())
    }
}
