//! Values that the database computes, with the types of their columns.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use super::{Expression, Node, Operator, Source};
use crate::column::Column;
use crate::field::Field;
use crate::operand::IntoOperand;
use crate::order::Order;

/// A value of type `T` that the database computes from columns of `R`: what arithmetic on
/// [`Column`]s gives, and parts of dates (`b.published.year()`).
///
/// It has the comparisons of a column, and a column can be compared with it.
///
/// ```
/// use queryset::Model;
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     id: i64,
///     pages: i32,
///     read: Option<i32>,
/// }
///
/// let half_read = Book::objects().filter(|b| b.read.gte(b.pages / 2));
/// let most_left = Book::objects().filter(|b| (b.pages - b.read).gt(300));
/// # half_read.check()?;
/// # most_left.check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
///
/// In Django's spelling these are `read__gte=F("pages") / 2` and
/// `GreaterThan(F("pages") - F("read"), 300)`. What the operators do is told at [`Expression`].
pub struct Expr<R, T> {
    node: Node,
    types: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Expr<R, T> {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node,
            types: PhantomData,
        }
    }

    /// A value as an expression. Generated code calls it.
    #[doc(hidden)]
    #[inline]
    pub fn value(value: impl IntoOperand<T>) -> Self {
        Self::new(Node::Value(value.into_value()))
    }

    pub(crate) fn into_node(self) -> Node {
        self.node
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }
}

impl<R, T: Field> Column<R, T> {
    pub(crate) fn node(self) -> Node {
        Node::Column(Source {
            at: self.at(),
            ty: T::TYPE,
            nullable: T::NULLABLE,
        })
    }

    /// The column as an expression.
    pub fn expr(self) -> Expr<R, T::Base> {
        Expr::new(self.node())
    }
}

/// What a column of type `T` of `R` can be compared with: a value of its type, another column of
/// the same model, or something computed.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with `{Self}`",
    note = "pass a value of the column's own type, or a column or expression of that type; a literal may need a suffix or `.to_owned()`"
)]
pub trait IntoExpr<T, R> {
    /// The right-hand side.
    fn into_expr(self) -> Expr<R, T>;
}

// One by one: an impl for whatever is an `IntoOperand` would rule out those for columns.
#[diagnostic::do_not_recommend]
impl<R, T: Field> IntoExpr<T, R> for T {
    #[inline]
    fn into_expr(self) -> Expr<R, T> {
        Expr::value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R, T: Field<Base = T>> IntoExpr<T, R> for Option<T> {
    #[inline]
    fn into_expr(self) -> Expr<R, T> {
        Expr::value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R, T: Field> IntoExpr<T, R> for &T {
    #[inline]
    fn into_expr(self) -> Expr<R, T> {
        Expr::value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R> IntoExpr<String, R> for &str {
    #[inline]
    fn into_expr(self) -> Expr<R, String> {
        Expr::value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R> IntoExpr<Vec<u8>, R> for &[u8] {
    #[inline]
    fn into_expr(self) -> Expr<R, Vec<u8>> {
        Expr::value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R, T: Field> IntoExpr<T::Base, R> for Column<R, T> {
    fn into_expr(self) -> Expr<R, T::Base> {
        self.expr()
    }
}

#[diagnostic::do_not_recommend]
impl<R, T> IntoExpr<T, R> for Expr<R, T> {
    fn into_expr(self) -> Expr<R, T> {
        self
    }
}

/// A type with which the database computes: `b.pages + 1`, `b.at + b.lasts`.
///
/// Numbers are added to numbers of their own type; to dates, times and instants the spans of the
/// same library are added.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` cannot be computed with",
    note = "numbers can, and the dates, times, instants and spans of chrono, time and jiff"
)]
pub trait Computable: Field {
    /// What is added to it or subtracted from it.
    type Step: Field;

    /// What a sum or difference of both is.
    type Sum: Field;

    /// What lies between two of it.
    type Between: Field;
}

/// A number, by which others of its type are multiplied and divided.
#[diagnostic::on_unimplemented(message = "a column of `{Self}` cannot be multiplied or divided")]
pub trait Factor: Computable {}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Computable for $number {
            type Step = Self;
            type Sum = Self;
            type Between = Self;
        }

        #[diagnostic::do_not_recommend]
        impl Factor for $number {}
    )*};
}

numbers!(
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    f32,
    f64,
    crate::Decimal
);

macro_rules! sums {
    ($($trait:ident $method:ident),*) => {$(
        impl<R, T, V> $trait<V> for Column<R, T>
        where
            T: Field<Base: Computable>,
            V: IntoExpr<<T::Base as Computable>::Step, R>,
        {
            type Output = Expr<R, <T::Base as Computable>::Sum>;

            fn $method(self, other: V) -> Self::Output {
                Expr::new(self.node().with(Operator::$trait, other.into_expr().node))
            }
        }

        impl<R, T, V> $trait<V> for Expr<R, T>
        where
            T: Computable,
            V: IntoExpr<T::Step, R>,
        {
            type Output = Expr<R, T::Sum>;

            fn $method(self, other: V) -> Self::Output {
                Expr::new(self.node.with(Operator::$trait, other.into_expr().node))
            }
        }
    )*};
}

impl Computable for std::time::Duration {
    type Step = Self;
    type Sum = Self;
    type Between = Self;
}

sums!(Add add, Sub sub);

macro_rules! products {
    ($($trait:ident $method:ident),*) => {$(
        impl<R, T, V> $trait<V> for Column<R, T>
        where
            T: Field<Base: Factor>,
            V: IntoExpr<T::Base, R>,
        {
            type Output = Expr<R, T::Base>;

            fn $method(self, other: V) -> Self::Output {
                Expr::new(self.node().with(Operator::$trait, other.into_expr().node))
            }
        }

        impl<R, T, V> $trait<V> for Expr<R, T>
        where
            T: Factor,
            V: IntoExpr<T, R>,
        {
            type Output = Expr<R, T>;

            fn $method(self, other: V) -> Self::Output {
                Expr::new(self.node.with(Operator::$trait, other.into_expr().node))
            }
        }
    )*};
}

products!(Mul mul, Div div, Rem rem);

impl<R, T: Field<Base: Factor>> Neg for Column<R, T> {
    type Output = Expr<R, T::Base>;

    fn neg(self) -> Self::Output {
        -self.expr()
    }
}

impl<R, T: Factor> Neg for Expr<R, T> {
    type Output = Self;

    fn neg(self) -> Self {
        let minus = Node::Value(crate::Value::I64(-1));
        Self::new(self.node.with(Operator::Mul, minus))
    }
}

impl<R, T: Field<Base: Factor>> Column<R, T> {
    /// The column to the power of another value.
    pub fn pow(self, power: impl IntoExpr<T::Base, R>) -> Expr<R, T::Base> {
        self.expr().pow(power)
    }
}

impl<R, T: Factor> Expr<R, T> {
    /// This to the power of another value.
    pub fn pow(self, power: impl IntoExpr<T, R>) -> Self {
        Self::new(self.node.with(Operator::Pow, power.into_expr().node))
    }
}

impl<R, T: Field<Base: Computable>> Column<R, T> {
    /// The time since another moment: Django's `F("ended") - F("at")`. Of numbers, the difference.
    pub fn since(
        self,
        other: impl IntoExpr<T::Base, R>,
    ) -> Expr<R, <T::Base as Computable>::Between> {
        self.expr().since(other)
    }
}

impl<R, T: Computable> Expr<R, T> {
    /// The time since another moment. Of numbers, the difference.
    pub fn since(self, other: impl IntoExpr<T, R>) -> Expr<R, T::Between> {
        Expr::new(self.node.with(Operator::Sub, other.into_expr().node))
    }
}

impl<R, T> Expr<R, T> {
    /// Ascending order by this.
    ///
    /// Django: `order_by("published__year")`, here `order_by(|b| b.published.year().asc())` or
    /// `order_by_names(["published__year"])`.
    pub fn asc(self) -> Order<R> {
        Order::by(self.node, false)
    }

    /// Descending order by this.
    ///
    /// Django: `order_by((F("pages") - F("read")).desc())`, here
    /// `order_by(|b| (b.pages - b.read).desc())` or
    /// `order_by_names([(F("pages") - F("read")).desc()])`.
    pub fn desc(self) -> Order<R> {
        Order::by(self.node, true)
    }
}

impl<R, T> From<Expr<R, T>> for Expression {
    fn from(expr: Expr<R, T>) -> Self {
        Self(expr.node)
    }
}

impl<R, T> Clone for Expr<R, T> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<R, T> fmt::Debug for Expr<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.node).finish()
    }
}
