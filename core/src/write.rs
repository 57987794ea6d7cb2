//! Just enough writing for examples, fixtures and tests: tables and rows.

mod insert;
mod table;

use std::sync::Arc;

use crate::database::Database;
use crate::error::Result;
use crate::meta::ModelMeta;
use crate::model::Model;
use crate::value::Value;

impl Database {
    /// Creates the table of `M`, with its keys and unique columns, and the tables of its relations
    /// from many to many that have no model of their own.
    ///
    /// # Errors
    /// What the database reports, such as a table that exists already.
    pub fn create_table<M: Model>(&self) -> Result<()> {
        self.create_table_for(M::meta())
    }

    /// The asynchronous twin of [`create_table`](Self::create_table). Once it is sent it may
    /// take effect though the future is dropped.
    ///
    /// # Errors
    /// As [`create_table`](Self::create_table).
    pub async fn acreate_table<M: Model>(&self) -> Result<()> {
        self.acreate_table_for(M::meta()).await
    }

    /// Creates the tables of a model that is known at run time, as
    /// [`create_table`](Self::create_table) does.
    ///
    /// # Errors
    /// As [`create_table`](Self::create_table).
    pub fn create_table_for(&self, meta: &ModelMeta) -> Result<()> {
        for statement in table::create_all(meta, self.dialect())? {
            self.execute(statement, Vec::new())?;
        }
        Ok(())
    }

    /// The asynchronous twin of [`create_table_for`](Self::create_table_for). Once it is sent it
    /// may take effect though the future is dropped.
    ///
    /// # Errors
    /// As [`create_table`](Self::create_table).
    pub async fn acreate_table_for(&self, meta: &ModelMeta) -> Result<()> {
        for statement in table::create_all(meta, self.dialect())? {
            self.aexecute(statement, Vec::new()).await?;
        }
        Ok(())
    }

    /// Inserts one row.
    ///
    /// # Errors
    /// What the database reports, such as a key that is taken.
    pub fn create<M: Model>(&self, row: &M) -> Result<()> {
        self.insert(M::meta(), vec![row.values()]).map(drop)
    }

    /// The asynchronous twin of [`create`](Self::create). Once it is sent it may take effect
    /// though the future is dropped.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn acreate<M: Model>(&self, row: &M) -> Result<()> {
        let values = vec![row.values()];
        self.ainsert(M::meta(), values).await.map(drop)
    }

    /// Inserts rows, as many a statement as the database takes; the number of rows inserted. It
    /// is not one transaction: after an error the earlier statements' rows are there.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn bulk_create<M: Model>(&self, rows: &[M]) -> Result<u64> {
        self.insert(M::meta(), rows.iter().map(M::values).collect())
    }

    /// The asynchronous twin of [`bulk_create`](Self::bulk_create). Dropped midway, some of the
    /// rows may be there.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn abulk_create<M: Model>(&self, rows: &[M]) -> Result<u64> {
        let values = rows.iter().map(M::values).collect();
        self.ainsert(M::meta(), values).await
    }

    /// Inserts rows of a model that is known at run time, each with a value for every column.
    ///
    /// # Errors
    /// As [`create`](Self::create), and kind [`Value`](crate::ErrorKind::Value) for a row with
    /// too few or too many values.
    pub fn insert(&self, meta: &Arc<ModelMeta>, rows: Vec<Vec<Value>>) -> Result<u64> {
        let mut inserted = 0;
        for statement in insert::batches(meta, self.dialect(), rows)? {
            inserted += self.execute(statement.sql, statement.params)?;
        }
        Ok(inserted)
    }

    /// The asynchronous twin of [`insert`](Self::insert). Dropped midway, some of the rows may be
    /// there.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub async fn ainsert(&self, meta: &Arc<ModelMeta>, rows: Vec<Vec<Value>>) -> Result<u64> {
        let mut inserted = 0;
        for statement in insert::batches(meta, self.dialect(), rows)? {
            inserted += self.aexecute(statement.sql, statement.params).await?;
        }
        Ok(inserted)
    }
}
