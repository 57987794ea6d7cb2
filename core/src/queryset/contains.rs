//! Whether a row is among those of the query.

use super::QuerySet;
use super::exists::nothing;
use crate::compile::What;
use crate::condition::{Condition, Invalid};
use crate::database::{Database, Read};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::operand::Operand;
use crate::resolve;
use crate::row::FromRow;

impl<T: FromRow> QuerySet<T> {
    /// Whether the row with this primary key is among those of the query; a composite key is an
    /// array of its parts.
    ///
    /// # Errors
    /// Kind [`Type`](ErrorKind::Type) for a slice or a model without a primary key.
    #[track_caller]
    pub fn contains_key(&self, db: &Database, key: impl Into<Operand>) -> Result<bool> {
        db.enter("contains_key")?;
        self.holds(db, key.into())
    }

    /// The asynchronous twin of [`contains_key`](Self::contains_key). Cancel safe.
    ///
    /// # Errors
    /// As [`contains_key`](Self::contains_key).
    pub async fn acontains_key(&self, db: &Database, key: impl Into<Operand>) -> Result<bool> {
        let key = key.into();
        self.aholds(db, key).await
    }

    #[track_caller]
    fn holds(&self, db: &Database, key: Operand) -> Result<bool> {
        match self.plan_contains(db, key)? {
            Some(read) => Ok(!db.fetch(read, nothing, usize::MAX)?.is_empty()),
            None => Ok(false),
        }
    }

    async fn aholds(&self, db: &Database, key: Operand) -> Result<bool> {
        match self.plan_contains(db, key)? {
            Some(read) => Ok(!db.afetch(read, nothing, usize::MAX).await?.is_empty()),
            None => Ok(false),
        }
    }

    fn plan_contains(&self, db: &Database, key: Operand) -> Result<Option<Read>> {
        let query = self.query();
        query.check()?;
        if query.meta.primary_key().is_empty() {
            let message = format!(
                "{} has no primary key to look a row up by",
                query.meta.name()
            );
            return Err(query.error(ErrorKind::Type, message));
        }
        if query.window.is_sliced() {
            let message = "cannot filter a query once a slice has been taken";
            return Err(query.error(ErrorKind::Type, message.into()));
        }
        if lacks_key(&key) {
            let message = "a row without a key cannot be looked for: was it ever saved?";
            return Err(query.error(ErrorKind::Value, message.into()));
        }
        let condition = resolve::condition(Condition::Named("pk".into(), key), &query.meta);
        self.plan_also(db, What::Exists, &condition)
    }
}

impl<M: Model> QuerySet<M> {
    /// Whether this row, by its primary key, is among those of the query.
    ///
    /// # Errors
    /// Kind [`Type`](ErrorKind::Type) for a slice or a model without a primary key.
    #[track_caller]
    pub fn contains(&self, db: &Database, row: &M) -> Result<bool> {
        db.enter("contains")?;
        self.holds(db, key_of(row)?)
    }

    /// The asynchronous twin of [`contains`](Self::contains). Cancel safe.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub async fn acontains(&self, db: &Database, row: &M) -> Result<bool> {
        let key = key_of(row)?;
        self.aholds(db, key).await
    }
}

/// Whether a key, or a part of one, is NULL.
fn lacks_key(key: &Operand) -> bool {
    match key {
        Operand::Value(value) => value.is_null(),
        Operand::List(parts) => parts.iter().any(lacks_key),
        Operand::Expression(_) | Operand::Query(_) | Operand::Row(_) => false,
    }
}

fn key_of<M: Model>(row: &M) -> Result<Operand> {
    let values = row.values();
    let mut key = Vec::new();
    for &index in M::meta().primary_key() {
        let value = values.get(index).cloned().ok_or_else(|| -> Error {
            Invalid::new(
                ErrorKind::Value,
                "the model gives fewer values than it has columns",
            )
            .to_error()
        })?;
        key.push(Operand::Value(value));
    }
    Ok(match key.len() {
        1 => key.remove(0),
        _ => Operand::List(key),
    })
}
