//! The terms of an ordering.

use std::marker::PhantomData;

use crate::condition::ColumnRef;

/// One term of an ordering by name, as Django spells it: `"price"`, `"-price"`, `"?"` for a
/// random order. A text converts into one.
///
/// ```
/// use queryset::OrderTerm;
///
/// let term = OrderTerm::from("-price").nulls_last();
/// assert_eq!(term.path(), "price");
/// assert!(term.is_descending());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    path: Box<str>,
    descending: bool,
    nulls: Option<Nulls>,
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

    /// The path, without its sign.
    pub fn path(&self) -> &str {
        &self.path
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
            path: path.into(),
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

/// One term of an ordering of `R`, made by [`Column::asc`](crate::Column::asc) and
/// [`desc`](crate::Column::desc), or [`random`](Order::random).
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
    Random,
}

impl<R> Order<R> {
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
        if let Term::Column { nulls, .. } = &mut self.term {
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
                nulls: nulls.map(|nulls| match nulls {
                    Nulls::First => Nulls::Last,
                    Nulls::Last => Nulls::First,
                }),
            },
            Self::Random => Self::Random,
        }
    }
}

/// What [`order_by`](crate::QuerySet::order_by) takes: a term, a tuple of up to six, an array or
/// a vector.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an ordering of `{R}`",
    note = "call `.asc()` or `.desc()` on a column"
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
