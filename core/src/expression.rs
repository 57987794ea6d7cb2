//! Values that the database computes from columns.

mod compare;
mod name;
mod typed;

pub use name::F;
pub use typed::{Computable, Expr, Factor, IntoExpr};

use crate::condition::ColumnRef;
use crate::field::Field;
use crate::transform::Transform;
use crate::value::{ColumnType, Value};

/// A value that the database computes, in the dynamic spelling: a column by its path
/// ([`F`](crate::F)), a value, or arithmetic on them. It is the right-hand side of a lookup.
///
/// ```
/// use queryset::{Expression, F, QuerySet};
/// # use queryset::{ColumnMeta, ColumnType, ModelMeta};
/// # let book = ModelMeta::builder("Book")
/// #     .column(ColumnMeta::new("pages", ColumnType::I32))
/// #     .column(ColumnMeta::new("read", ColumnType::I32))
/// #     .build()?;
/// let half_read = QuerySet::dynamic(&book).lookup("read__gte", F("pages") / 2);
/// let nearly_read = QuerySet::dynamic(&book).lookup("pages__lt", Expression::from(2) * F("read"));
/// # half_read.check()?;
/// # nearly_read.check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
///
/// `+`, `-`, `*`, `/`, `%` and [`pow`](Self::pow) are the database's own: integers divided by
/// integers give an integer, except on MySQL and MariaDB, and dividing by zero is NULL on SQLite,
/// MySQL and MariaDB and an error on PostgreSQL. Spans of time are added to dates, times and
/// instants, and two of these subtracted are a span.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(pub(crate) Node);

/// One node of an expression's tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// A column, with what its model says of it, so that nobody has to walk its path again.
    Column(Source),
    Value(Value),
    Transform(Transform, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    /// The parts of a key.
    Row(Vec<Node>),
    /// A path that is resolved when the condition meets its model.
    Named(Box<str>),
}

/// A column as a source of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) at: ColumnRef,
    pub(crate) ty: ColumnType,
    pub(crate) nullable: bool,
}

/// An operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Pow,
}

impl Expression {
    /// This to the power of another.
    #[must_use]
    pub fn pow(self, power: impl Into<Self>) -> Self {
        Self(self.0.with(Operator::Pow, power.into().0))
    }
}

impl<T: Field> From<T> for Expression {
    fn from(value: T) -> Self {
        Self(Node::Value(value.to_value()))
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Self(Node::Value(text.into()))
    }
}

impl From<Value> for Expression {
    fn from(value: Value) -> Self {
        Self(Node::Value(value))
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $operator:ident),*) => {$(
        impl<V: Into<Expression>> std::ops::$trait<V> for Expression {
            type Output = Expression;

            fn $method(self, other: V) -> Expression {
                Expression(self.0.with(Operator::$operator, other.into().0))
            }
        }
    )*};
}

operators!(Add add Add, Sub sub Sub, Mul mul Mul, Div div Div, Rem rem Rem);

impl std::ops::Neg for Expression {
    type Output = Self;

    fn neg(self) -> Self {
        self * -1
    }
}

impl Node {
    pub(crate) fn with(self, operator: Operator, other: Self) -> Self {
        Self::Arithmetic(operator, Box::new(self), Box::new(other))
    }

    pub(crate) fn part(self, transform: Transform) -> Self {
        Self::Transform(transform, Box::new(self))
    }

    /// The type of the values, where it is known.
    pub(crate) fn ty(&self) -> Option<ColumnType> {
        match self {
            Self::Column(column) => Some(column.ty),
            Self::Value(value) => type_of(value),
            Self::Transform(transform, _) => Some(transform.output()),
            Self::Arithmetic(operator, left, right) => operator.output(left.ty(), right.ty()),
            Self::Row(_) | Self::Named(_) => None,
        }
    }

    /// The column that a path led to, before what the path makes of it.
    pub(crate) fn source(&self) -> Option<&Source> {
        match self {
            Self::Column(column) => Some(column),
            Self::Transform(_, of) => of.source(),
            Self::Value(_) | Self::Arithmetic(..) | Self::Row(_) | Self::Named(_) => None,
        }
    }

    /// Calls `each` for every column of the tree.
    pub(crate) fn columns(&self, each: &mut impl FnMut(&Source)) {
        match self {
            Self::Column(column) => each(column),
            Self::Transform(_, of) => of.columns(each),
            Self::Arithmetic(_, left, right) => {
                left.columns(each);
                right.columns(each);
            }
            Self::Row(parts) => parts.iter().for_each(|part| part.columns(each)),
            Self::Value(_) | Self::Named(_) => {}
        }
    }
}

fn type_of(value: &Value) -> Option<ColumnType> {
    Some(match value {
        Value::Bool(_) => ColumnType::Bool,
        Value::I64(_) => ColumnType::I64,
        Value::U64(_) => ColumnType::U64,
        Value::F64(_) => ColumnType::F64,
        Value::Decimal(_) => ColumnType::Decimal,
        Value::Text(_) => ColumnType::Text,
        Value::Bytes(_) => ColumnType::Bytes,
        Value::Date(_) => ColumnType::Date,
        Value::Time(_) => ColumnType::Time,
        Value::DateTime(_) => ColumnType::DateTime,
        Value::Timestamp(_) => ColumnType::Timestamp,
        Value::Duration(_) => ColumnType::Duration,
        Value::Uuid(_) => ColumnType::Uuid,
        Value::Json(_) => ColumnType::Json,
        Value::Null | Value::Array(_) | Value::Refused(_) => return None,
    })
}

/// Whether it is a date, a time or both: what a span can be added to.
pub(crate) const fn is_moment(ty: ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp
    )
}

impl Operator {
    /// As Python writes it.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::Pow => "**",
        }
    }

    pub(crate) fn output(
        self,
        left: Option<ColumnType>,
        right: Option<ColumnType>,
    ) -> Option<ColumnType> {
        use ColumnType::{Date, DateTime, Decimal, Duration, F32, F64};
        Some(match (self, left?, right?) {
            (Self::Add | Self::Sub, Date, Duration) | (Self::Add, Duration, Date) => DateTime,
            (Self::Add | Self::Sub, moment, Duration) | (Self::Add, Duration, moment)
                if is_moment(moment) =>
            {
                moment
            }
            (Self::Sub, left, right) if is_moment(left) && is_moment(right) => Duration,
            (_, Duration, _) | (Self::Mul, _, Duration) => Duration,
            (_, F32 | F64, _) | (_, _, F32 | F64) => F64,
            (_, Decimal, _) | (_, _, Decimal) => Decimal,
            (_, left, right)
                if left.integer_range().is_some() && right.integer_range().is_some() =>
            {
                ColumnType::I64
            }
            (_, left, _) => left,
        })
    }
}
