//! The methods that narrow, order and cut a query.

use std::time::Duration;

use super::{IntoSlice, QuerySet};
use crate::cancel::CancelToken;
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::model::Model;
use crate::operand::Operand;
use crate::order::{IntoOrder, OrderTerm};
use crate::path::Path;
use crate::q::Q;
use crate::query::{Ordering, Query, Terms};
use crate::resolve::push_term;

impl<M: Model> QuerySet<M> {
    /// The rows for which the condition holds.
    ///
    /// Django: `filter(pages__gt=100)`, here `filter(|b| b.pages.gt(100))` or
    /// [`lookup`](Self::lookup)`("pages__gt", 100)`.
    pub fn filter(self, condition: impl FnOnce(M::Fields<M>) -> Q<M>) -> Self {
        self.filter_by(condition(M::fields(Path::ROOT)))
    }

    /// The rows for which the condition does not hold. Rows with NULL in a compared column are
    /// kept, as in Django.
    ///
    /// Django: `exclude(pages__gt=100)`, here `exclude(|b| b.pages.gt(100))` or
    /// [`exclude_lookup`](Self::exclude_lookup)`("pages__gt", 100)`.
    pub fn exclude(self, condition: impl FnOnce(M::Fields<M>) -> Q<M>) -> Self {
        self.exclude_by(condition(M::fields(Path::ROOT)))
    }

    /// The rows in this order, which replaces the earlier one and the model's own.
    ///
    /// Django: `order_by("-price", "id")`, here `order_by(|b| (b.price.desc(), b.id.asc()))` or
    /// [`order_by_names`](Self::order_by_names)`(["-price", "id"])`.
    pub fn order_by<O: IntoOrder<M>>(self, order: impl FnOnce(M::Fields<M>) -> O) -> Self {
        self.change(|query| {
            if query.may("reorder a query") {
                let mut terms = Terms::new();
                order(M::fields(Path::ROOT))
                    .for_each(&mut |order| push_term(&mut terms, order.term));
                query.ordering = Ordering::By(terms);
            }
        })
    }
}

impl<T> QuerySet<T> {
    /// The same query.
    pub fn all(self) -> Self {
        self
    }

    /// A query without rows; its terminals send nothing.
    pub fn none(self) -> Self {
        self.change(|query| query.none = true)
    }

    /// The rows for which a ready condition holds: `filter_by(Book::q(|b| b.pages.gt(100)))`, by
    /// name `filter_by(Q::lookup("pages__gt", 100))`.
    pub fn filter_by(self, condition: Q<T>) -> Self {
        self.change(|query| query.filter(condition.into_condition()))
    }

    /// The rows for which a ready condition does not hold; see [`filter_by`](Self::filter_by).
    pub fn exclude_by(self, condition: Q<T>) -> Self {
        self.change(|query| query.filter(condition.into_condition().exclude()))
    }

    /// The rows for which a condition in Django's spelling holds: `lookup("title__icontains", "x")`.
    pub fn lookup(self, path: impl Into<Box<str>>, value: impl Into<Operand>) -> Self {
        self.filter_by(Q::lookup(path, value))
    }

    /// The rows for which a condition in Django's spelling does not hold.
    pub fn exclude_lookup(self, path: impl Into<Box<str>>, value: impl Into<Operand>) -> Self {
        self.exclude_by(Q::lookup(path, value))
    }

    /// The rows in the order of these names, `"-"` before a name for descending, `"?"` for random;
    /// without names in no order, not even the model's.
    pub fn order_by_names<O: Into<OrderTerm>>(self, names: impl IntoIterator<Item = O>) -> Self {
        self.change(|query| query.order_by_names(names.into_iter().map(Into::into)))
    }

    /// The rows in the opposite order, NULLs too. An order given later is reversed as well.
    pub fn reverse(self) -> Self {
        self.change(|query| {
            if query.may("reverse a query") {
                query.reversed = !query.reversed;
            }
        })
    }

    /// At most this many rows: Django's `[:limit]`.
    ///
    /// Any integer will do; a negative one is an error of kind
    /// [`Value`](crate::ErrorKind::Value), as in [`offset`](Self::offset) and
    /// [`slice`](Self::slice).
    pub fn limit(self, limit: impl TryInto<u64>) -> Self {
        self.cut(limit.try_into().ok().map(|limit| (0, Some(limit))))
    }

    /// The rows after the first `offset`: Django's `[offset:]`.
    pub fn offset(self, offset: impl TryInto<u64>) -> Self {
        self.cut(offset.try_into().ok().map(|offset| (offset, None)))
    }

    /// The rows of a range of positions, counted from zero within an earlier slice: Django's
    /// `[a:b]` is `slice(a..b)`.
    pub fn slice(self, range: impl IntoSlice) -> Self {
        self.cut(range.positions())
    }

    /// Gives a read up when it takes longer: its error is of kind
    /// [`Timeout`](crate::ErrorKind::Timeout). The time counts from the terminal's call and holds
    /// for the whole read, an iteration's pauses included.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.change(|query| query.timeout = Some(timeout))
    }

    /// Gives a read up when the token is cancelled: its error is of kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn cancel_with(self, token: &CancelToken) -> Self {
        self.change(|query| query.cancel = Some(token.clone()))
    }

    /// Cuts the query, unless an end was no position.
    fn cut(self, positions: Option<(u64, Option<u64>)>) -> Self {
        self.change(|query| match positions {
            Some((low, high)) => query.window = query.window.slice(low, high),
            None => query.refuse(Invalid::new(
                ErrorKind::Value,
                "a slice counts from the first row: its ends cannot be negative",
            )),
        })
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Query)) -> Self {
        self.query.memo.forget();
        change(&mut self.query);
        self.query.refined();
        self
    }
}
