//! Columns by their names.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use super::{Expression, Node};

/// A column as a value, by its path in Django's spelling: `F("pages")`, `F("published__year")`.
///
/// ```
/// use queryset::{F, Q, Record};
///
/// let unread: Q<Record> = Q::lookup("read__lt", F("pages") - 1);
/// # let _ = unread;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct F<'p>(pub &'p str);

impl From<F<'_>> for Expression {
    fn from(column: F<'_>) -> Self {
        Self(Node::Named(column.0.into()))
    }
}

impl F<'_> {
    /// The column to the power of another value.
    #[must_use]
    pub fn pow(self, power: impl Into<Expression>) -> Expression {
        Expression::from(self).pow(power)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident),*) => {$(
        impl<V: Into<Expression>> $trait<V> for F<'_> {
            type Output = Expression;

            fn $method(self, other: V) -> Expression {
                Expression::from(self).$method(other)
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div, Rem rem);

impl Neg for F<'_> {
    type Output = Expression;

    fn neg(self) -> Expression {
        -Expression::from(self)
    }
}
