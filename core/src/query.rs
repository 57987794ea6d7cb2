//! The state of a query: what a QuerySet keeps.

mod prefetch;

pub(crate) use prefetch::{Began, loadables};

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use crate::cancel::CancelToken;
use crate::compile::Memo;
use crate::condition::{ColumnRef, Compare, Condition, Invalid, Right};
use crate::database::Limits;
use crate::error::{Error, ErrorKind, Result};
use crate::loading::{Loading, Selection};
use crate::lookup::Lookup;
use crate::meta::{ColumnMeta, ModelMeta, RelationMeta};
use crate::order::{OrderTerm, Term};
use crate::resolve;

/// A query, apart from the type that its rows are read into.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) meta: Arc<ModelMeta>,
    /// All of them hold; `Always` is never among them.
    pub(crate) conditions: SmallVec<[Condition; 4]>,
    /// Where the conditions of each call of `filter` and its like end. Only conditions of one call
    /// are about the same related row.
    pub(crate) calls: SmallVec<[u32; 4]>,
    pub(crate) sticky: Sticky,
    pub(crate) ordering: Ordering,
    /// Every term is turned round when the query runs; it outlives a change of ordering.
    pub(crate) reversed: bool,
    pub(crate) distinct: bool,
    /// The columns that tell which rows are doubles; none for all.
    pub(crate) distinct_on: Box<[ColumnRef]>,
    /// `none()` was called, which no later refiner takes back.
    pub(crate) none: bool,
    pub(crate) window: Window,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
    /// Related rows and left out columns; `None` for the rows of the model as they are.
    pub(crate) loading: Option<Box<Loading>>,
    /// A relation that only this query knows, by which it reaches the row that it belongs to.
    pub(crate) origin: Option<Arc<RelationMeta>>,
    /// Its rows are records, which may lack any column.
    pub(crate) records: bool,
    pub(crate) memo: Memo,
    /// The first error of building, which every terminal returns; or, without one, the first
    /// that only a terminal tells.
    pub(crate) invalid: Option<Box<Invalid>>,
}

/// The hop of a path that is the query's [`origin`](Query::origin).
pub(crate) const ORIGIN: u8 = u8::MAX;

/// The terms of an ordering, kept in place where there are few.
pub(crate) type Terms = SmallVec<[Term; 3]>;

/// Where the ordering of a query comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ordering {
    /// The model's, if it has one.
    Default,
    /// `order_by` said so; no terms if it was called with none.
    By(Terms),
}

/// Whether two calls of `filter` count as one: a related set's own condition and the first call
/// that follows at once are about the same related row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sticky {
    #[default]
    No,
    /// The next call belongs to the first.
    Next,
    /// The second call belongs to the first.
    Done,
}

/// A slice: the rows from `low` to before `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    pub(crate) low: u64,
    pub(crate) high: Option<u64>,
}

impl Window {
    pub(crate) const ALL: Self = Self { low: 0, high: None };

    /// The slice `low..high` of this slice.
    pub(crate) fn slice(self, low: u64, high: Option<u64>) -> Self {
        let cut = |end: u64| self.high.map_or(end, |own| end.min(own));
        let low_end = cut(self.low.saturating_add(low));
        let high_end = match high {
            Some(high) => Some(cut(self.low.saturating_add(high))),
            None => self.high,
        };
        // No table has more rows than this, and no database takes a larger number.
        Self {
            low: low_end.min(i64::MAX as u64),
            high: high_end.map(|high| high.min(i64::MAX as u64)),
        }
    }

    pub(crate) fn is_sliced(self) -> bool {
        self != Self::ALL
    }

    pub(crate) fn is_empty(self) -> bool {
        self.high.is_some_and(|high| high <= self.low)
    }

    /// The number of rows at most.
    pub(crate) fn limit(self) -> Option<u64> {
        self.high.map(|high| high.saturating_sub(self.low))
    }
}

impl Query {
    pub(crate) fn new(meta: Arc<ModelMeta>) -> Self {
        Self {
            meta,
            conditions: SmallVec::new(),
            calls: SmallVec::new(),
            sticky: Sticky::No,
            ordering: Ordering::Default,
            reversed: false,
            distinct: false,
            distinct_on: Box::default(),
            none: false,
            window: Window::ALL,
            timeout: None,
            cancel: None,
            loading: None,
            origin: None,
            records: false,
            memo: Memo::default(),
            invalid: None,
        }
    }

    /// Whether its only condition compares a key of the model, so that it has one row at most.
    pub(crate) fn is_by_key(&self) -> bool {
        let [Condition::Compare(compare)] = self.conditions.as_slice() else {
            return false;
        };
        let Compare {
            column: ColumnRef { path, index },
            lookup: Lookup::Exact,
            right: Right::One(value),
        } = compare
        else {
            return false;
        };
        let index = usize::from(*index);
        path.is_root()
            && !value.is_null()
            && (self.meta.primary_key() == [index]
                || self
                    .meta
                    .columns()
                    .get(index)
                    .is_some_and(ColumnMeta::is_unique))
    }

    /// What is loaded beside the rows, to be changed.
    pub(crate) fn loading(&mut self) -> &mut Loading {
        self.loading.get_or_insert_default()
    }

    /// What is selected instead of the model's own columns.
    pub(crate) fn selection(&self) -> Result<Option<Arc<Selection>>> {
        match &self.loading {
            None => Ok(None),
            Some(loading) => {
                let selection = loading.selection(&self.meta);
                let selection = selection.map_err(|invalid| invalid.to_error())?;
                if let (false, Some(selection)) = (self.records, &selection) {
                    selection.tree.check_left_out()?;
                }
                Ok(selection)
            }
        }
    }

    /// How long its reads may take and who may end them.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            timeout: self.timeout,
            cancel: self.cancel.clone(),
        }
    }

    /// The paths to prefetch, out of the query.
    pub(crate) fn take_prefetch(&mut self) -> Vec<crate::prefetch::Lookup> {
        match &mut self.loading {
            None => Vec::new(),
            Some(loading) => std::mem::take(&mut loading.prefetch),
        }
    }

    /// Keeps the first error, one of building before one that is told late.
    pub(crate) fn refuse(&mut self, invalid: Invalid) {
        let keep = match &self.invalid {
            None => false,
            Some(earlier) => !earlier.late || invalid.late,
        };
        if !keep {
            self.invalid = Some(Box::new(invalid));
        }
    }

    /// What building found wrong.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.invalid {
            Some(invalid) if !invalid.late => Err(invalid.to_error()),
            _ => Ok(()),
        }
    }

    /// What evaluating finds wrong, in a query that building found nothing wrong in.
    pub(crate) fn check_late(&self) -> Result<()> {
        match &self.invalid {
            Some(invalid) => Err(invalid.to_error()),
            None => Ok(()),
        }
    }

    /// Refuses what a slice does not allow; whether it may go on.
    pub(crate) fn may(&mut self, what: &str) -> bool {
        if self.window.is_sliced() {
            self.refuse(Invalid::new(
                ErrorKind::Type,
                format!("cannot {what} once a slice has been taken"),
            ));
        }
        self.invalid.as_ref().is_none_or(|invalid| invalid.late)
    }

    pub(crate) fn filter(&mut self, condition: Condition) {
        if !self.may("filter a query") {
            return;
        }
        let condition = if condition.is_resolved() {
            condition
        } else {
            resolve::condition(condition, &self.meta)
        };
        match condition {
            Condition::Invalid(invalid) => return self.refuse(*invalid),
            Condition::Always => return,
            Condition::And(parts) => self.conditions.extend(parts),
            condition => self.conditions.push(condition),
        }
        self.calls
            .push(u32::try_from(self.conditions.len()).unwrap_or(u32::MAX));
        if self.sticky == Sticky::Next {
            self.sticky = Sticky::Done;
        }
    }

    /// A refiner was called: only the one that follows a related set at once belongs to it.
    #[inline]
    pub(crate) fn refined(&mut self) {
        if self.sticky == Sticky::Next {
            self.sticky = Sticky::No;
        }
    }

    pub(crate) fn order_by_names(&mut self, names: impl IntoIterator<Item = OrderTerm>) {
        if !self.may("reorder a query") {
            return;
        }
        match self.terms(names) {
            Ok(terms) => self.ordering = Ordering::By(terms),
            Err(invalid) => self.refuse(invalid),
        }
    }

    pub(crate) fn terms(
        &self,
        names: impl IntoIterator<Item = OrderTerm>,
    ) -> Result<Terms, Invalid> {
        let mut terms = Terms::new();
        for term in names {
            resolve::order(&term, &self.meta, &mut terms)?;
        }
        Ok(terms)
    }

    /// Whether rows come in an order that the query or its model asks for.
    pub(crate) fn is_ordered(&self) -> bool {
        match &self.ordering {
            // No rows are in order.
            _ if self.none => true,
            Ordering::Default => !self.meta.ordering().is_empty(),
            Ordering::By(terms) => !terms.is_empty(),
        }
    }

    /// Whether the order leaves no two rows equal, as far as the model tells.
    pub(crate) fn is_totally_ordered(&self) -> bool {
        let meta = &self.meta;
        let terms = match &self.ordering {
            Ordering::Default => match meta.default_terms() {
                Ok(terms) => terms,
                Err(_) => return false,
            },
            Ordering::By(terms) => terms,
        };
        let ordered = |index: usize| {
            terms.iter().any(|term| {
                matches!(term, Term::Column { column, .. }
                    if column.path.is_root() && usize::from(column.index) == index)
            })
        };
        let key = meta.primary_key();
        let mut unique = meta.unique_together();
        let columns = meta.columns();
        !key.is_empty() && key.iter().all(|&index| ordered(index))
            || columns.iter().enumerate().any(|(index, column)| {
                column.is_unique() && !column.is_nullable() && ordered(index)
            })
            || unique.any(|set| {
                let mut set = set.iter();
                set.all(|&index| !columns[index].is_nullable() && ordered(index))
            })
    }

    /// Whether the query can match no row, so that nothing needs to be sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.none
            || self.window.is_empty()
            || self
                .conditions
                .iter()
                .any(|condition| condition.outcome() == Some(false))
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_model(self.meta.name())
    }
}
