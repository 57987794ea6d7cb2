//! Comparisons of what is computed.

use super::{Expr, IntoExpr, Node};
use crate::column::{none_as_value, null};
use crate::condition::{Condition, Predicate, Right, Side};
use crate::field::Field;
use crate::lookup::Lookup;
use crate::operand::IntoOperand;
use crate::q::Q;
use crate::resolve::check_year;
use crate::subquery::IntoSubquery;
use crate::value::Value;

impl<R, T: Field> Expr<R, T> {
    /// Equal to `value`, a column or something computed; for `None`, NULL.
    pub fn eq(self, value: impl IntoExpr<T, R>) -> Q<R> {
        self.compare(Lookup::Exact, value)
    }

    /// Greater than `value`.
    pub fn gt(self, value: impl IntoExpr<T, R>) -> Q<R> {
        self.compare(Lookup::Gt, value)
    }

    /// Greater than or equal to `value`.
    pub fn gte(self, value: impl IntoExpr<T, R>) -> Q<R> {
        self.compare(Lookup::Gte, value)
    }

    /// Less than `value`.
    pub fn lt(self, value: impl IntoExpr<T, R>) -> Q<R> {
        self.compare(Lookup::Lt, value)
    }

    /// Less than or equal to `value`.
    pub fn lte(self, value: impl IntoExpr<T, R>) -> Q<R> {
        self.compare(Lookup::Lte, value)
    }

    /// One of `values`; `None`s are left out, and without values nothing matches and nothing is
    /// sent.
    pub fn is_in<V: IntoOperand<T>>(self, values: impl IntoIterator<Item = V>) -> Q<R> {
        let values: Vec<Value> = values.into_iter().map(V::into_value).collect();
        let only_null = !values.is_empty() && values.iter().all(Value::is_null);
        let of_column = self.node().source().is_some();
        match Right::listed(values) {
            // A negation still leaves NULL out, where it is a column that may be.
            None if only_null && of_column => {
                self.holds(Lookup::In, Side::Values(Right::ManyOrNull(Vec::new())))
            }
            None => Q::none(),
            Some(right) => self.holds(Lookup::In, Side::Values(right)),
        }
    }

    /// One of the rows of a query, as of a column
    /// ([`Column::is_in_query`](crate::Column::is_in_query)).
    pub fn is_in_query(self, query: impl IntoSubquery<T>) -> Q<R> {
        let query = query.into_subquery().into_select();
        Q::from(query.compare(self.into_node(), Lookup::In))
    }

    /// Between `low` and `high`, both included; nothing when they are the wrong way round.
    pub fn range(self, low: impl IntoExpr<T, R>, high: impl IntoExpr<T, R>) -> Q<R> {
        match (low.into_expr().into_node(), high.into_expr().into_node()) {
            (Node::Value(Value::Null), _) | (_, Node::Value(Value::Null)) => {
                none_as_value(Lookup::Range)
            }
            (Node::Value(low), Node::Value(high)) => {
                let ends = Right::Many(vec![low, high]);
                self.holds(Lookup::Range, Side::Values(ends))
            }
            (low, high) => self.holds(Lookup::Range, Side::Nodes(vec![low, high])),
        }
    }

    /// NULL if `yes`, not NULL otherwise.
    pub fn isnull(self, yes: bool) -> Q<R> {
        let yes = Side::Values(Right::One(Value::Bool(yes)));
        self.holds(Lookup::IsNull, yes)
    }

    pub(crate) fn compare(self, lookup: Lookup, value: impl IntoExpr<T, R>) -> Q<R> {
        let is_year = matches!(self.node(), Node::Transform(transform, _) if transform.is_year());
        match value.into_expr().into_node() {
            Node::Value(Value::Null) => {
                let is_null = self.isnull(true).into_condition();
                null(lookup, || is_null)
            }
            Node::Value(value) => match check_year(&value) {
                Err(invalid) if is_year => Q::from(Condition::from(invalid)),
                _ => self.holds(lookup, Side::Values(Right::One(value))),
            },
            node => self.holds(lookup, Side::Node(node)),
        }
    }

    fn holds(self, lookup: Lookup, right: Side) -> Q<R> {
        let left = self.into_node();
        Q::from(Condition::from(Predicate {
            // Something computed is no path, whose NULLs a negation would keep.
            bare: left.source().is_none(),
            left,
            lookup,
            right,
        }))
    }
}
