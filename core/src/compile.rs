//! From a query to SQL text and bound values.
//!
//! The text depends only on a query's shape, so it is kept under that; only a shape that is not
//! known yet is rendered, which is where sea-query comes in. No value is ever part of a text.

mod cache;
mod expression;
mod fold;
mod joins;
mod key;
mod memo;
mod plan;
mod render;
mod shape;
mod writer;

pub(crate) use cache::Cache;
pub(crate) use memo::Memo;
pub(crate) use shape::ARRAY_FROM;

use crate::aggregate::AggregateCall;
use crate::condition::{ColumnRef, Condition};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::order::Term;
use crate::query::{Ordering, Query, Window};
use crate::statement::{Access, Statement};
use crate::zone::Zone;

/// One SELECT over a query: what a terminal asks for.
#[derive(Debug)]
pub(crate) struct Select<'q> {
    pub(crate) query: &'q Query,
    pub(crate) what: What<'q>,
    /// One more condition beside the query's own.
    pub(crate) also: Option<&'q Condition>,
    /// That condition is about the related rows that the query's own are about.
    pub(crate) also_shares: bool,
    pub(crate) order: Sort<'q>,
    pub(crate) window: Window,
    /// The columns that tell whose a row is, where the window counts for each owner separately.
    pub(crate) per: &'q [ColumnRef],
}

/// What is selected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'q> {
    /// Every column of the model.
    Rows,
    /// These columns, of the model and of those that paths lead to.
    Columns(&'q [ColumnRef]),
    /// The number of rows.
    Count,
    /// Whether there is a row.
    Exists,
    /// Functions over all rows.
    Aggregates(&'q [AggregateCall]),
}

/// In which order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sort<'q> {
    /// None.
    No,
    /// As the query says.
    Query,
    /// The query's turned round.
    Reversed,
    /// By these terms, turned round or not.
    By(&'q [Term], bool),
}

impl<'q> Select<'q> {
    /// The rows of a query as they are.
    pub(crate) fn rows(query: &'q Query) -> Self {
        Self {
            query,
            what: What::Rows,
            also: None,
            also_shares: false,
            order: Sort::Query,
            window: query.window,
            per: &[],
        }
    }

    /// The most rows that it can have.
    fn most_rows(&self) -> Option<u64> {
        match self.what {
            What::Count | What::Exists | What::Aggregates(_) => Some(1),
            // The window is each owner's.
            What::Rows | What::Columns(_) if !self.per.is_empty() => None,
            What::Rows | What::Columns(_) => self.window.limit(),
        }
    }

    /// The order's terms and whether they are turned round; `None` stands for the model's own.
    fn terms(&self) -> (Option<&'q [Term]>, bool) {
        let (terms, reversed) = match self.order {
            Sort::No => return (Some(&[]), false),
            Sort::By(terms, reversed) => return (Some(terms), reversed != self.query.reversed),
            Sort::Query => (&self.query.ordering, self.query.reversed),
            Sort::Reversed => (&self.query.ordering, !self.query.reversed),
        };
        match terms {
            Ordering::Default => (None, reversed),
            Ordering::By(terms) => (Some(terms), reversed),
        }
    }
}

/// A statement for the select; `None` when it can match no row and nothing needs to be sent.
pub(crate) fn compile(
    select: &Select<'_>,
    dialect: &Dialect,
    zone: &Zone,
    cache: &Cache,
) -> Result<Option<Statement>> {
    let memo = &select.query.memo;
    if let Some(statement) = memo.statement(select, dialect, zone, cache.id()) {
        return Ok(Some(statement));
    }
    let conditions = Conditions::of(select);
    let mut shape = shape::Shape::new(dialect, zone);
    if shape.select(select, &conditions) {
        let statement = finish(select, &conditions, &mut shape, cache)?;
        memo.keep(select, dialect, zone, cache.id(), &statement);
        return Ok(Some(statement));
    }
    // A number is out of its column's range there, so the condition is another one.
    let meta = &select.query.meta;
    let folded: Vec<Condition> = conditions
        .iter()
        .map(|condition| fold::fold(condition, meta, dialect))
        .collect();
    if folded
        .iter()
        .any(|condition| condition.outcome() == Some(false))
    {
        return Ok(None);
    }
    let (own, also) = folded.split_at(conditions.own.len());
    let conditions = Conditions {
        own,
        also: also.first(),
    };
    let mut shape = shape::Shape::new(dialect, zone);
    shape.select(select, &conditions);
    finish(select, &conditions, &mut shape, cache).map(Some)
}

fn finish(
    select: &Select<'_>,
    conditions: &Conditions<'_>,
    shape: &mut shape::Shape<'_>,
    cache: &Cache,
) -> Result<Statement> {
    let params = std::mem::take(&mut shape.params);
    let (key, dialect, zone) = (shape.key.as_slice(), shape.dialect, shape.zone);
    if params.len() > dialect.max_params {
        return Err(too_many(params.len(), dialect));
    }
    let (sql, params) = match cache.arranged(key, params) {
        Ok(known) => known,
        Err(params) => {
            let text = render::render(select, conditions, dialect, zone)?;
            cache.insert(key, text, params)
        }
    };
    Ok(Statement {
        sql,
        params,
        access: Access::Read,
        most_rows: select.most_rows(),
    })
}

#[cold]
fn too_many(params: usize, dialect: &Dialect) -> Error {
    let message = format!(
        "the query binds {params} values, but {} takes at most {} in one statement; \
         ask for fewer at a time",
        dialect.name, dialect.max_params
    );
    Error::new(ErrorKind::NotSupported, message)
}

/// The conditions of a select, all of which hold.
pub(crate) struct Conditions<'c> {
    own: &'c [Condition],
    also: Option<&'c Condition>,
}

impl<'c> Conditions<'c> {
    fn of(select: &Select<'c>) -> Self {
        Self {
            own: &select.query.conditions,
            also: select.also,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &'c Condition> {
        self.own.iter().chain(self.also)
    }
}
