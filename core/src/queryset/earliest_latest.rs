//! The row that comes first, or last, by some fields.

use super::QuerySet;
use crate::condition::Invalid;
use crate::database::{Database, Read};
use crate::error::Result;
use crate::model::Model;
use crate::order::{IntoOrder, OrderTerm};
use crate::path::Path;
use crate::query::Terms;
use crate::resolve::push_term;
use crate::row::FromRow;

impl<T: FromRow> QuerySet<T> {
    /// The first row by the model's `latest_by`; the query's own order does not count.
    ///
    /// # Errors
    /// Kind [`NotFound`](crate::ErrorKind::NotFound) without a row,
    /// [`Value`](crate::ErrorKind::Value) when the model has no `latest_by`,
    /// [`Type`](crate::ErrorKind::Type) for a slice.
    #[track_caller]
    pub fn earliest(&self, db: &Database) -> Result<T> {
        db.enter("earliest")?;
        self.found(self.one(db, self.plan_extreme(db, self.latest_terms(), false)?)?)
    }

    /// The asynchronous twin of [`earliest`](Self::earliest). Cancel safe.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    pub async fn aearliest(&self, db: &Database) -> Result<T> {
        self.found(
            self.aone(db, self.plan_extreme(db, self.latest_terms(), false)?)
                .await?,
        )
    }

    /// The last row by the model's `latest_by`; the query's own order does not count.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    #[track_caller]
    pub fn latest(&self, db: &Database) -> Result<T> {
        db.enter("latest")?;
        self.found(self.one(db, self.plan_extreme(db, self.latest_terms(), true)?)?)
    }

    /// The asynchronous twin of [`latest`](Self::latest). Cancel safe.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    pub async fn alatest(&self, db: &Database) -> Result<T> {
        self.found(
            self.aone(db, self.plan_extreme(db, self.latest_terms(), true)?)
                .await?,
        )
    }

    /// The first row by these names: Django's `earliest("published", "id")`.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest), and [`Field`](crate::ErrorKind::Field) for a name that
    /// the model lacks.
    #[track_caller]
    pub fn earliest_by_names<O: Into<OrderTerm>>(
        &self,
        db: &Database,
        names: impl IntoIterator<Item = O>,
    ) -> Result<T> {
        db.enter("earliest_by_names")?;
        self.found(self.one(db, self.plan_named(db, names, false)?)?)
    }

    /// The asynchronous twin of [`earliest_by_names`](Self::earliest_by_names). Cancel safe.
    ///
    /// # Errors
    /// As [`earliest_by_names`](Self::earliest_by_names).
    pub async fn aearliest_by_names<O: Into<OrderTerm>>(
        &self,
        db: &Database,
        names: impl IntoIterator<Item = O>,
    ) -> Result<T> {
        let read = self.plan_named(db, names, false)?;
        self.found(self.aone(db, read).await?)
    }

    /// The last row by these names: Django's `latest("published", "id")`.
    ///
    /// # Errors
    /// As [`earliest_by_names`](Self::earliest_by_names).
    #[track_caller]
    pub fn latest_by_names<O: Into<OrderTerm>>(
        &self,
        db: &Database,
        names: impl IntoIterator<Item = O>,
    ) -> Result<T> {
        db.enter("latest_by_names")?;
        self.found(self.one(db, self.plan_named(db, names, true)?)?)
    }

    /// The asynchronous twin of [`latest_by_names`](Self::latest_by_names). Cancel safe.
    ///
    /// # Errors
    /// As [`earliest_by_names`](Self::earliest_by_names).
    pub async fn alatest_by_names<O: Into<OrderTerm>>(
        &self,
        db: &Database,
        names: impl IntoIterator<Item = O>,
    ) -> Result<T> {
        let read = self.plan_named(db, names, true)?;
        self.found(self.aone(db, read).await?)
    }

    fn plan_named<O: Into<OrderTerm>>(
        &self,
        db: &Database,
        names: impl IntoIterator<Item = O>,
        latest: bool,
    ) -> Result<Option<Read>> {
        let terms = self.query().terms(names.into_iter().map(Into::into));
        self.plan_extreme(db, terms, latest)
    }

    fn found(&self, row: Option<T>) -> Result<T> {
        row.ok_or_else(|| self.none_matches())
    }
}

impl<M: Model> QuerySet<M> {
    /// The first row by these fields: `earliest_by(&db, |b| b.published.asc())`, or
    /// [`earliest_by_names`](Self::earliest_by_names)`(&db, ["published"])`.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    #[track_caller]
    pub fn earliest_by<O: IntoOrder<M>>(
        &self,
        db: &Database,
        order: impl FnOnce(M::Fields<M>) -> O,
    ) -> Result<M> {
        db.enter("earliest_by")?;
        self.found(self.one(db, self.plan_extreme(db, terms::<M, O>(order), false)?)?)
    }

    /// The asynchronous twin of [`earliest_by`](Self::earliest_by). Cancel safe.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    pub async fn aearliest_by<O: IntoOrder<M>>(
        &self,
        db: &Database,
        order: impl FnOnce(M::Fields<M>) -> O,
    ) -> Result<M> {
        let read = self.plan_extreme(db, terms::<M, O>(order), false)?;
        self.found(self.aone(db, read).await?)
    }

    /// The last row by these fields: `latest_by(&db, |b| b.published.asc())`, or
    /// [`latest_by_names`](Self::latest_by_names)`(&db, ["published"])`.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    #[track_caller]
    pub fn latest_by<O: IntoOrder<M>>(
        &self,
        db: &Database,
        order: impl FnOnce(M::Fields<M>) -> O,
    ) -> Result<M> {
        db.enter("latest_by")?;
        self.found(self.one(db, self.plan_extreme(db, terms::<M, O>(order), true)?)?)
    }

    /// The asynchronous twin of [`latest_by`](Self::latest_by). Cancel safe.
    ///
    /// # Errors
    /// As [`earliest`](Self::earliest).
    pub async fn alatest_by<O: IntoOrder<M>>(
        &self,
        db: &Database,
        order: impl FnOnce(M::Fields<M>) -> O,
    ) -> Result<M> {
        let read = self.plan_extreme(db, terms::<M, O>(order), true)?;
        self.found(self.aone(db, read).await?)
    }
}

fn terms<M: Model, O: IntoOrder<M>>(
    order: impl FnOnce(M::Fields<M>) -> O,
) -> Result<Terms, Invalid> {
    let mut terms = Terms::new();
    order(M::fields(Path::ROOT)).for_each(&mut |order| push_term(&mut terms, order.term));
    Ok(terms)
}
