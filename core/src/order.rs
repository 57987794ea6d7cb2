//! The terms of an ordering.

use std::marker::PhantomData;

use crate::condition::ColumnRef;
use crate::expression::{Expression, F, Node};

/// One term of an ordering by name, as Django spells it: `"price"`, `"-price"`,
/// `"-published__year"`, `"?"` for a random order; or one by something computed,
/// `(F("price") / F("pages")).desc()`. A text converts into one, and so does an expression.
///
/// ```
/// use queryset::{F, OrderTerm};
///
/// let term = OrderTerm::from("-price").nulls_last();
/// assert_eq!(term.path(), Some("price"));
/// assert!(term.is_descending());
///
/// let dearest = (F("price") / F("pages")).desc().nulls_last();
/// assert_eq!(dearest.path(), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OrderTerm {
    pub(crate) by: By,
    descending: bool,
    nulls: Option<Nulls>,
}

/// What a term orders by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum By {
    Path(Box<str>),
    Expression(Expression),
}

/// Where NULLs stand in an ordering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl OrderTerm {
    /// NULLs stand before all values, whatever the database's habit.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls = Some(Nulls::First);
        self
    }

    /// NULLs stand after all values, whatever the database's habit.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls = Some(Nulls::Last);
        self
    }

    /// The path, without its sign; `None` for something computed.
    pub fn path(&self) -> Option<&str> {
        match &self.by {
            By::Path(path) => Some(path),
            By::Expression(_) => None,
        }
    }

    /// Whether the order is descending.
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// Where NULLs stand, if the term says so.
    pub fn nulls(&self) -> Option<Nulls> {
        self.nulls
    }
}

impl From<&str> for OrderTerm {
    fn from(text: &str) -> Self {
        let (path, descending) = match text.strip_prefix('-') {
            Some(path) => (path, true),
            None => (text, false),
        };
        Self {
            by: By::Path(path.into()),
            descending,
            nulls: None,
        }
    }
}

impl From<&String> for OrderTerm {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for OrderTerm {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Expression> for OrderTerm {
    fn from(expression: Expression) -> Self {
        expression.asc()
    }
}

impl From<F<'_>> for OrderTerm {
    fn from(column: F<'_>) -> Self {
        column.asc()
    }
}

impl Expression {
    /// An ordering by this, the smallest first.
    pub fn asc(self) -> OrderTerm {
        self.ordering(false)
    }

    /// An ordering by this, the largest first.
    ///
    /// ```
    /// use queryset::{F, QuerySet};
    /// # use queryset::{ColumnMeta, ColumnType, ModelMeta};
    /// # let book = ModelMeta::builder("Book")
    /// #     .column(ColumnMeta::new("pages", ColumnType::I32))
    /// #     .column(ColumnMeta::new("read", ColumnType::I32))
    /// #     .build()?;
    /// let most_left = QuerySet::dynamic(&book).order_by_names([(F("pages") - F("read")).desc()]);
    /// # most_left.check()?;
    /// # Ok::<(), queryset::Error>(())
    /// ```
    pub fn desc(self) -> OrderTerm {
        self.ordering(true)
    }

    fn ordering(self, descending: bool) -> OrderTerm {
        OrderTerm {
            by: By::Expression(self),
            descending,
            nulls: None,
        }
    }
}

impl F<'_> {
    /// An ordering by the column, the smallest first. Unlike a plain name, the name of a relation
    /// orders by its key, whatever the ordering of its model.
    pub fn asc(self) -> OrderTerm {
        Expression::from(self).asc()
    }

    /// An ordering by the column, the largest first; see [`asc`](Self::asc).
    pub fn desc(self) -> OrderTerm {
        Expression::from(self).desc()
    }
}

/// One term of an ordering of `R`, made by [`Column::asc`](crate::Column::asc) and
/// [`desc`](crate::Column::desc), the same of an [`Expr`](crate::Expr), or
/// [`random`](Order::random).
#[derive(Debug)]
pub struct Order<R> {
    pub(crate) term: Term,
    root: PhantomData<fn() -> R>,
}

/// A term whose path is resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    Column {
        column: ColumnRef,
        descending: bool,
        nulls: Option<Nulls>,
    },
    /// Something computed, which is never a plain column.
    Computed {
        node: Box<Node>,
        descending: bool,
        nulls: Option<Nulls>,
    },
    Random,
}

impl<R> Order<R> {
    pub(crate) fn by(node: Node, descending: bool) -> Self {
        Self {
            term: Term::by(node, descending, None),
            root: PhantomData,
        }
    }

    pub(crate) fn column(column: ColumnRef, descending: bool) -> Self {
        Self {
            term: Term::Column {
                column,
                descending,
                nulls: None,
            },
            root: PhantomData,
        }
    }

    /// A random order.
    pub fn random() -> Self {
        Self {
            term: Term::Random,
            root: PhantomData,
        }
    }

    /// NULLs stand before all values, whatever the database's habit.
    #[must_use]
    pub fn nulls_first(self) -> Self {
        self.with_nulls(Nulls::First)
    }

    /// NULLs stand after all values, whatever the database's habit.
    #[must_use]
    pub fn nulls_last(self) -> Self {
        self.with_nulls(Nulls::Last)
    }

    fn with_nulls(mut self, place: Nulls) -> Self {
        if let Term::Column { nulls, .. } | Term::Computed { nulls, .. } = &mut self.term {
            *nulls = Some(place);
        }
        self
    }
}

impl<R> Clone for Order<R> {
    fn clone(&self) -> Self {
        Self {
            term: self.term.clone(),
            root: PhantomData,
        }
    }
}

impl Term {
    pub(crate) fn by(node: Node, descending: bool, nulls: Option<Nulls>) -> Self {
        match node {
            Node::Column(source) => Self::Column {
                column: source.at,
                descending,
                nulls,
            },
            node => Self::Computed {
                node: Box::new(node),
                descending,
                nulls,
            },
        }
    }

    pub(crate) fn ascending(column: ColumnRef) -> Self {
        Self::Column {
            column,
            descending: false,
            nulls: None,
        }
    }

    /// The same term the other way round, its NULLs too.
    pub(crate) fn reversed(&self) -> Self {
        match self {
            Self::Column {
                column,
                descending,
                nulls,
            } => Self::Column {
                column: *column,
                descending: !descending,
                nulls: nulls.map(Nulls::opposite),
            },
            Self::Computed {
                node,
                descending,
                nulls,
            } => Self::Computed {
                node: node.clone(),
                descending: !descending,
                nulls: nulls.map(Nulls::opposite),
            },
            Self::Random => Self::Random,
        }
    }
}

impl Nulls {
    const fn opposite(self) -> Self {
        match self {
            Self::First => Self::Last,
            Self::Last => Self::First,
        }
    }
}

/// What [`order_by`](crate::QuerySet::order_by) takes: a term, a tuple of up to six, an array or
/// a vector.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an ordering of `{R}`",
    note = "call `.asc()` or `.desc()` on a column or an expression"
)]
pub trait IntoOrder<R> {
    /// Hands each term over, the first first.
    fn for_each(self, take: &mut dyn FnMut(Order<R>));
}

#[diagnostic::do_not_recommend]
impl<R> IntoOrder<R> for Order<R> {
    fn for_each(self, take: &mut dyn FnMut(Order<R>)) {
        take(self);
    }
}

#[diagnostic::do_not_recommend]
impl<R> IntoOrder<R> for Vec<Order<R>> {
    fn for_each(self, take: &mut dyn FnMut(Order<R>)) {
        self.into_iter().for_each(take);
    }
}

#[diagnostic::do_not_recommend]
impl<R, const N: usize> IntoOrder<R> for [Order<R>; N] {
    fn for_each(self, take: &mut dyn FnMut(Order<R>)) {
        self.into_iter().for_each(take);
    }
}

macro_rules! tuple {
    ($($index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<R> IntoOrder<R> for ($(tuple!(@order $index R),)*) {
            fn for_each(self, take: &mut dyn FnMut(Order<R>)) {
                $(take(self.$index);)*
            }
        }
    };
    (@order $index:tt $root:ident) => { Order<$root> };
}

tuple!(0, 1);
tuple!(0, 1, 2);
tuple!(0, 1, 2, 3);
tuple!(0, 1, 2, 3, 4);
tuple!(0, 1, 2, 3, 4, 5);
