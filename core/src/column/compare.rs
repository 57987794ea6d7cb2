//! Comparisons that every column has.

use super::Column;
use crate::condition::{Compare, Condition, Invalid, Predicate, Right, Side};
use crate::error::ErrorKind;
use crate::expression::{IntoExpr, Node};
use crate::field::Field;
use crate::lookup::Lookup;
use crate::operand::IntoOperand;
use crate::q::Q;
use crate::subquery::IntoSubquery;
use crate::value::Value;

impl<R, T: Field> Column<R, T> {
    /// Equal to `value`, another column or something computed; for `None`, NULL.
    ///
    /// `b.id.eq(5)`, by name `lookup("id", 5)`.
    pub fn eq(self, value: impl IntoExpr<T::Base, R>) -> Q<R> {
        self.compare(Lookup::Exact, value)
    }

    /// Greater than `value`.
    ///
    /// `b.pages.gt(100)`, by name `lookup("pages__gt", 100)`.
    pub fn gt(self, value: impl IntoExpr<T::Base, R>) -> Q<R> {
        self.compare(Lookup::Gt, value)
    }

    /// Greater than or equal to `value`.
    ///
    /// `b.pages.gte(100)`, by name `lookup("pages__gte", 100)`.
    pub fn gte(self, value: impl IntoExpr<T::Base, R>) -> Q<R> {
        self.compare(Lookup::Gte, value)
    }

    /// Less than `value`.
    ///
    /// `b.pages.lt(100)`, by name `lookup("pages__lt", 100)`.
    pub fn lt(self, value: impl IntoExpr<T::Base, R>) -> Q<R> {
        self.compare(Lookup::Lt, value)
    }

    /// Less than or equal to `value`.
    ///
    /// `b.pages.lte(100)`, by name `lookup("pages__lte", 100)`.
    pub fn lte(self, value: impl IntoExpr<T::Base, R>) -> Q<R> {
        self.compare(Lookup::Lte, value)
    }

    /// One of `values`; `None`s are left out, and without values nothing matches and nothing is
    /// sent.
    ///
    /// `b.id.is_in([1, 2])`, by name `lookup("id__in", [1, 2])`.
    pub fn is_in<V: IntoOperand<T::Base>>(self, values: impl IntoIterator<Item = V>) -> Q<R> {
        Q::from(Condition::is_in(
            self.at,
            values.into_iter().map(V::into_value).collect(),
        ))
    }

    /// One of the rows of a query: of the keys of its model, or of the column that
    /// [`column`](crate::QuerySet::column) chose. Both become one statement.
    ///
    /// `b.publisher_id.is_in_query(query)`, by name `lookup("publisher__in", query)`. A slice within it is an error of
    /// kind [`NotSupported`](ErrorKind::NotSupported) on MySQL and MariaDB. As everywhere in SQL,
    /// `exclude` leaves no row at all if the query gives a NULL.
    pub fn is_in_query(self, query: impl IntoSubquery<T::Base>) -> Q<R> {
        let query = query.into_subquery().into_select();
        Q::from(query.compare(self.node(), Lookup::In))
    }

    /// Between `low` and `high`, both included; nothing when they are the wrong way round.
    ///
    /// `b.pages.range(100, 200)`, by name `lookup("pages__range", (100, 200))`.
    pub fn range(self, low: impl IntoExpr<T::Base, R>, high: impl IntoExpr<T::Base, R>) -> Q<R> {
        match (low.into_expr().into_node(), high.into_expr().into_node()) {
            (Node::Value(Value::Null), _) | (_, Node::Value(Value::Null)) => {
                none_as_value(Lookup::Range)
            }
            (Node::Value(low), Node::Value(high)) => Q::from(Condition::Compare(Compare {
                column: self.at,
                lookup: Lookup::Range,
                right: Right::Many(vec![low, high]),
            })),
            (low, high) => computed(self, Lookup::Range, Side::Nodes(vec![low, high])),
        }
    }

    /// NULL if `yes`, not NULL otherwise.
    ///
    /// `b.note.isnull(true)`, by name `lookup("note__isnull", true)`.
    pub fn isnull(self, yes: bool) -> Q<R> {
        Q::from(Condition::is_null(self.at, yes))
    }

    #[inline]
    pub(super) fn compare(self, lookup: Lookup, value: impl IntoExpr<T::Base, R>) -> Q<R> {
        match value.into_expr().into_node() {
            Node::Value(Value::Null) => null(lookup, || Condition::is_null(self.at, true)),
            Node::Value(value) => Q::from(Condition::compare(self.at, lookup, value)),
            node => computed(self, lookup, Side::Node(node)),
        }
    }
}

#[cold]
fn computed<R, T: Field>(column: Column<R, T>, lookup: Lookup, right: Side) -> Q<R> {
    Q::from(Condition::from(Predicate::new(
        column.node(),
        lookup,
        right,
    )))
}

/// A comparison with `None`: only equality asks for NULL by it.
pub(crate) fn null<R>(lookup: Lookup, is_null: impl FnOnce() -> Condition) -> Q<R> {
    match lookup {
        Lookup::Exact | Lookup::IExact => Q::from(is_null()),
        _ => none_as_value(lookup),
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

pub(crate) fn none_as_value<R>(lookup: Lookup) -> Q<R> {
    Q::from(Condition::from(none_is_no_value(lookup)))
}
