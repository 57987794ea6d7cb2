//! A whole random query, and which rows it has to give.

use std::cmp::Ordering;
use std::fmt::{self, Display};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use queryset::{ColumnType, Family, ModelMeta, Nulls, OrderTerm, QuerySet, Record, Value};

use super::table::Table;
use super::tree::{Place, Tree};
use super::values::compare;

/// Filters and excludes one behind the other, an order and a slice.
#[derive(Clone)]
pub(super) struct Ask<L> {
    pub(super) steps: Vec<Step<L>>,
    /// `None` leaves the model's own order; no terms clear it.
    order: Option<Vec<Term>>,
    reversed: bool,
    distinct: bool,
    slice: Option<(u64, Option<u64>)>,
}

/// `filter` or `exclude`.
#[derive(Clone)]
pub(super) struct Step<L> {
    pub(super) exclude: bool,
    pub(super) tree: Tree<L>,
}

#[derive(Clone, Debug)]
struct Term {
    column: usize,
    name: Box<str>,
    descending: bool,
    nulls: Option<Nulls>,
}

/// Queries of these filters and excludes, ordered by any of these places and names.
pub(super) fn asks<L>(
    sorted: Vec<(usize, Box<str>)>,
    steps: BoxedStrategy<Step<L>>,
) -> impl Strategy<Value = Ask<L>> + use<L>
where
    L: Clone + Display + 'static,
{
    let slice = (0..5u64, option::of(0..9u64));
    let order = option::of(order(sorted));
    (
        vec(steps, 0..=3),
        order,
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
        option::weighted(0.4, slice),
    )
        .prop_map(|(steps, order, reversed, distinct, slice)| Ask {
            // What a slice of rows without an order holds is the database's choice.
            slice: slice.filter(|_| order.as_ref().is_some_and(|terms| !terms.is_empty())),
            steps,
            order,
            reversed,
            distinct,
        })
}

/// Filters and excludes by these trees.
pub(super) fn steps<L>(trees: BoxedStrategy<Tree<L>>) -> BoxedStrategy<Step<L>>
where
    L: Clone + Display + 'static,
{
    let step = (any::<bool>(), trees);
    step.prop_map(|(exclude, tree)| Step { exclude, tree })
        .boxed()
}

/// The columns of a model that order alike on every database: a UUID's order is its own.
pub(super) fn sorted(meta: &ModelMeta) -> Vec<(usize, Box<str>)> {
    let columns = meta.columns().iter().enumerate();
    let columns = columns.filter(|(_, column)| column.ty() != ColumnType::Uuid);
    columns
        .map(|(index, column)| (index, column.name().into()))
        .collect()
}

/// No term, or some and the key, so that the order is total.
fn order(sorted: Vec<(usize, Box<str>)>) -> impl Strategy<Value = Vec<Term>> + use<> {
    let nulls = prop_oneof![
        2 => Just(None),
        1 => Just(Some(Nulls::First)),
        1 => Just(Some(Nulls::Last)),
    ];
    let term = (prop::sample::select(sorted), any::<bool>(), nulls).prop_map(
        |((column, name), descending, nulls)| Term {
            column,
            name,
            descending,
            nulls,
        },
    );
    let key = any::<bool>().prop_map(|descending| Term {
        column: 0,
        name: "id".into(),
        descending,
        nulls: None,
    });
    let some = (vec(term, 0..=2), key).prop_map(|(mut terms, key)| {
        terms.push(key);
        terms
    });
    prop_oneof![1 => Just(Vec::new()), 8 => some]
}

impl<L> Ask<L> {
    /// The query over rows of any kind.
    pub(super) fn query<R>(
        &self,
        mut query: QuerySet<R>,
        leaf: &impl Fn(&L) -> queryset::Q<R>,
    ) -> QuerySet<R> {
        for step in &self.steps {
            let condition = step.tree.condition(leaf);
            query = match step.exclude {
                true => query.exclude_by(condition),
                false => query.filter_by(condition),
            };
        }
        if let Some(terms) = &self.order {
            query = query.order_by_names(terms.iter().map(Term::named));
        }
        if self.reversed {
            query = query.reverse();
        }
        if self.distinct {
            query = query.distinct();
        }
        match self.slice {
            None => query,
            Some((low, None)) => query.offset(low),
            Some((low, Some(length))) => query.slice(low..low + length),
        }
    }

    /// The query over records.
    pub(super) fn records(
        &self,
        table: &Table,
        leaf: &impl Fn(&L) -> queryset::Q<Record>,
    ) -> QuerySet<Record> {
        self.query(QuerySet::dynamic(&table.meta), leaf)
    }

    /// Whether a row passes all filters and excludes.
    pub(super) fn keeps(&self, family: Family, leaf: &impl Fn(&L, Place) -> Option<bool>) -> bool {
        self.steps.iter().all(|step| {
            let place = Place::default().negated(step.exclude);
            step.tree.truth(place, family, leaf) == Some(!step.exclude)
        })
    }

    pub(super) fn is_sliced(&self) -> bool {
        self.slice.is_some()
    }

    /// Whether its order was cleared: then no row is the first one.
    pub(super) fn is_cleared(&self) -> bool {
        self.order.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether its rows come in an order.
    pub(super) fn is_ordered(&self, meta: &ModelMeta) -> bool {
        match &self.order {
            Some(terms) => !terms.is_empty(),
            None => !meta.ordering().is_empty(),
        }
    }

    /// Those of the rows that the query gives, as often as it gives each, in its order; by their
    /// keys where it has none.
    pub(super) fn expected<'t>(
        &self,
        table: &'t Table,
        family: Family,
        times: impl Fn(&[Value]) -> usize,
    ) -> Vec<&'t [Value]> {
        let own: Vec<Term> = match &self.order {
            Some(terms) => terms.clone(),
            None => table
                .meta
                .ordering()
                .iter()
                .map(|term| Term::of(term, &table.meta))
                .collect(),
        };
        let mut kept: Vec<&[Value]> = Vec::new();
        for row in &table.rows {
            let times = times(row);
            let times = if self.distinct { times.min(1) } else { times };
            kept.extend(std::iter::repeat_n(row.as_slice(), times));
        }
        kept.sort_by(|a, b| {
            let terms = own
                .iter()
                .map(|term| term.order(a, b, self.reversed, family));
            let by_key = match self.reversed {
                true => compare(&b[0], &a[0]),
                false => compare(&a[0], &b[0]),
            };
            terms.fold(Ordering::Equal, Ordering::then).then(by_key)
        });
        let (low, length) = self.slice.unwrap_or((0, None));
        let length = length.unwrap_or(u64::MAX);
        let rows = kept.into_iter().skip(low as usize);
        rows.take(usize::try_from(length).unwrap_or(usize::MAX))
            .collect()
    }
}

impl Term {
    fn named(&self) -> OrderTerm {
        let sign = if self.descending { "-" } else { "" };
        let term = OrderTerm::from(format!("{sign}{}", self.name));
        match self.nulls {
            None => term,
            Some(Nulls::First) => term.nulls_first(),
            Some(Nulls::Last) => term.nulls_last(),
        }
    }

    fn of(term: &OrderTerm, meta: &ModelMeta) -> Self {
        let path = term.path().unwrap_or_default();
        Self {
            column: meta.position(path).unwrap_or_default(),
            name: path.into(),
            descending: term.is_descending(),
            nulls: term.nulls(),
        }
    }

    fn order(&self, a: &[Value], b: &[Value], reversed: bool, family: Family) -> Ordering {
        let (a, b) = (&a[self.column], &b[self.column]);
        // Where nothing is said, NULL is the largest value on PostgreSQL and the least elsewhere.
        let nulls_first = match self.nulls {
            Some(nulls) => nulls == Nulls::First,
            None => self.descending == (family == Family::Postgres),
        };
        let order = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (false, false) if self.descending => compare(b, a),
            (false, false) => compare(a, b),
            (true, false) if nulls_first => Ordering::Less,
            (false, true) if !nulls_first => Ordering::Less,
            _ => Ordering::Greater,
        };
        if reversed { order.reverse() } else { order }
    }
}

impl<L: Display> fmt::Debug for Step<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.exclude { "exclude" } else { "filter" };
        write!(f, ".{verb}({})", self.tree)
    }
}

/// As Django writes it.
impl<L: Display> fmt::Debug for Ask<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")?;
        for step in &self.steps {
            write!(f, "{step:?}")?;
        }
        if let Some(terms) = &self.order {
            let terms: Vec<_> = terms
                .iter()
                .map(|term| {
                    let sign = if term.descending { "-" } else { "" };
                    let nulls = match term.nulls {
                        None => "",
                        Some(Nulls::First) => " nulls first",
                        Some(Nulls::Last) => " nulls last",
                    };
                    format!("{sign}{}{nulls}", term.name)
                })
                .collect();
            write!(f, ".order_by({})", terms.join(", "))?;
        }
        if self.reversed {
            f.write_str(".reverse()")?;
        }
        if self.distinct {
            f.write_str(".distinct()")?;
        }
        match self.slice {
            None => Ok(()),
            Some((low, None)) => write!(f, "[{low}:]"),
            Some((low, Some(length))) => write!(f, "[{low}:{}]", low + length),
        }
    }
}
