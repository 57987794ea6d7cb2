//! Functions over all rows.

use super::QuerySet;
use crate::aggregate::{AggregateCall, AggregateTerm, Aggregates, resolve};
use crate::compile::{Select, Sort, What};
use crate::database::{Database, Read};
use crate::error::{ErrorKind, Result};
use crate::meta::ModelMeta;
use crate::model::Model;
use crate::path::Path;
use crate::row::{Columns, FromRow, Record, Row, RowReader};
use crate::value::{Value, ValueRef};

impl<M: Model> QuerySet<M> {
    /// Computes one aggregate or a tuple of them over all rows:
    /// `aggregate(&db, |b| (b.id.count(), b.pages.max()))`.
    ///
    /// # Errors
    /// What building the query found wrong, what the database reports, or a result that does not
    /// fit its type.
    #[track_caller]
    pub fn aggregate<A: Aggregates<M>>(
        &self,
        db: &Database,
        aggregates: impl FnOnce(M::Fields<M>) -> A,
    ) -> Result<A::Output> {
        db.enter("aggregate")?;
        let calls = calls::<M, A>(aggregates);
        let values = self.compute(db, &calls)?;
        output::<M, A>(&values)
    }

    /// The asynchronous twin of [`aggregate`](Self::aggregate). Cancel safe.
    ///
    /// # Errors
    /// As [`aggregate`](Self::aggregate).
    pub async fn aaggregate<A: Aggregates<M>>(
        &self,
        db: &Database,
        aggregates: impl FnOnce(M::Fields<M>) -> A,
    ) -> Result<A::Output> {
        let calls = calls::<M, A>(aggregates);
        let values = self.acompute(db, &calls).await?;
        output::<M, A>(&values)
    }
}

impl<T: FromRow> QuerySet<T> {
    /// Computes named aggregates over all rows:
    /// `aggregate_by_names(&db, [("n", AggregateTerm::count("*"))])`.
    ///
    /// # Errors
    /// As [`aggregate`](Self::aggregate), and kind [`Field`](crate::ErrorKind::Field) for a name
    /// that the model lacks.
    #[track_caller]
    pub fn aggregate_by_names<N: Into<Box<str>>>(
        &self,
        db: &Database,
        terms: impl IntoIterator<Item = (N, AggregateTerm)>,
    ) -> Result<Record> {
        db.enter("aggregate_by_names")?;
        let (names, calls) = self.named_calls(terms)?;
        let values = self.compute(db, &calls)?;
        Record::new(Columns::new(None, names), values)
    }

    /// The asynchronous twin of [`aggregate_by_names`](Self::aggregate_by_names). Cancel safe.
    ///
    /// # Errors
    /// As [`aggregate_by_names`](Self::aggregate_by_names).
    pub async fn aaggregate_by_names<N: Into<Box<str>>>(
        &self,
        db: &Database,
        terms: impl IntoIterator<Item = (N, AggregateTerm)>,
    ) -> Result<Record> {
        let (names, calls) = self.named_calls(terms)?;
        let values = self.acompute(db, &calls).await?;
        Record::new(Columns::new(None, names), values)
    }

    fn named_calls<N: Into<Box<str>>>(
        &self,
        terms: impl IntoIterator<Item = (N, AggregateTerm)>,
    ) -> Result<(Vec<Box<str>>, Vec<AggregateCall>)> {
        let mut names = Vec::new();
        let mut calls = Vec::new();
        for (name, term) in terms {
            names.push(name.into());
            let call = resolve(&term, &self.query().meta);
            calls.push(call.map_err(|invalid| invalid.to_error())?);
        }
        Ok((names, calls))
    }

    #[track_caller]
    fn compute(&self, db: &Database, calls: &[AggregateCall]) -> Result<Vec<Value>> {
        let rows = match self.plan_aggregate(db, calls)? {
            Some(read) => db.fetch(read, values, usize::MAX)?,
            None => Vec::new(),
        };
        settle(rows, calls, &self.query().meta)
    }

    async fn acompute(&self, db: &Database, calls: &[AggregateCall]) -> Result<Vec<Value>> {
        let rows = match self.plan_aggregate(db, calls)? {
            Some(read) => db.afetch(read, values, usize::MAX).await?,
            None => Vec::new(),
        };
        settle(rows, calls, &self.query().meta)
    }

    fn plan_aggregate(&self, db: &Database, calls: &[AggregateCall]) -> Result<Option<Read>> {
        let query = self.query();
        query.check()?;
        if calls.is_empty() {
            return Ok(None);
        }
        if !query.distinct_on.is_empty() {
            let message = "rows that are distinct by columns cannot be aggregated";
            return Err(query.error(ErrorKind::NotSupported, message.into()));
        }
        let order = if query.window.is_sliced() {
            Sort::Query
        } else {
            Sort::No
        };
        self.plan(
            db,
            &Select {
                what: What::Aggregates(calls),
                order,
                ..Select::rows(query)
            },
        )
    }
}

fn calls<M: Model, A: Aggregates<M>>(
    aggregates: impl FnOnce(M::Fields<M>) -> A,
) -> Vec<AggregateCall> {
    let mut calls = Vec::new();
    aggregates(M::fields(Path::ROOT)).calls(&mut |call| calls.push(call.0));
    calls
}

fn values(row: &RowReader<'_>) -> Result<Vec<Value>> {
    (0..row.len()).map(|index| row.owned(index)).collect()
}

/// The results in the types that the functions want; those of no rows where nothing was sent.
fn settle(rows: Vec<Vec<Value>>, calls: &[AggregateCall], meta: &ModelMeta) -> Result<Vec<Value>> {
    match rows.into_iter().next() {
        None => Ok(calls.iter().map(AggregateCall::of_nothing).collect()),
        Some(values) => calls
            .iter()
            .zip(values)
            .map(|(call, value)| call.settle(value, meta))
            .collect(),
    }
}

fn output<M: Model, A: Aggregates<M>>(values: &[Value]) -> Result<A::Output> {
    let columns = Columns::new(
        None,
        (1..=values.len()).map(|index| format!("aggregate {index}")),
    );
    A::read(&RowReader::new(&Results(values), &columns, None))
}

/// Settled results as a row.
struct Results<'v>(&'v [Value]);

impl Row for Results<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, _: usize) -> &str {
        "aggregate"
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        Ok(self.0.get(index).map_or(ValueRef::Null, Value::borrow))
    }
}
