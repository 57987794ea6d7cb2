//! Rows by their keys.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use smallvec::SmallVec;

use super::QuerySet;
use crate::column::Column;
use crate::compile::{Select, What};
use crate::condition::{ColumnRef, Condition};
use crate::database::{Database, Read};
use crate::error::{ErrorKind, Result};
use crate::field::{Field, in_type};
use crate::meta::ModelMeta;
use crate::model::Model;
use crate::operand::{IntoOperand, Operand};
use crate::path::Path;
use crate::query::loadables;
use crate::related::Key;
use crate::resolve::{self, own_column, own_field};
use crate::row::{FromRow, RowReader, last_look};
use crate::value::{ColumnType, Value};

/// Where the parts of a key stand in a row, and their types.
type KeyColumns = Vec<(usize, ColumnType)>;

/// The most composite keys in one statement: each nests its expression one level deeper, and
/// SQLite allows a thousand levels.
const MOST_COMPOSITE: usize = 250;

impl<M: Model<Key: Hash + Eq>> QuerySet<M> {
    /// The rows with these primary keys, by key; keys that are not there are left out.
    ///
    /// More keys than the database takes in one statement go in several.
    ///
    /// # Errors
    /// Kind [`Type`](ErrorKind::Type) for a slice.
    #[track_caller]
    pub fn in_bulk<K: IntoOperand<M::Key>>(
        &self,
        db: &Database,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<M::Key, M>> {
        db.enter("in_bulk")?;
        let keys = keys.into_iter().map(K::into_value).collect();
        let began = self.query().began(db);
        let mut found = HashMap::new();
        for read in self.plan_bulk(db, self.own_key()?, Some(keys))? {
            found.extend(
                db.fetch(read, last_look, usize::MAX)?
                    .into_iter()
                    .map(by_key),
            );
        }
        self.query()
            .prefetch_for(db, loadables(found.values()), began)?;
        Ok(found)
    }

    /// The asynchronous twin of [`in_bulk`](Self::in_bulk). Cancel safe.
    ///
    /// # Errors
    /// As [`in_bulk`](Self::in_bulk).
    pub async fn ain_bulk<K: IntoOperand<M::Key>>(
        &self,
        db: &Database,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<M::Key, M>> {
        let keys = keys.into_iter().map(K::into_value).collect();
        let began = self.query().began(db);
        let mut found = HashMap::new();
        for read in self.plan_bulk(db, self.own_key()?, Some(keys))? {
            let rows = db.afetch(read, last_look, usize::MAX).await?;
            found.extend(rows.into_iter().map(by_key));
        }
        let fetched = self
            .query()
            .aprefetch_for(db, loadables(found.values()), began);
        fetched.await?;
        Ok(found)
    }

    /// All rows by their primary keys.
    ///
    /// # Errors
    /// As [`in_bulk`](Self::in_bulk).
    #[track_caller]
    pub fn in_bulk_all(&self, db: &Database) -> Result<HashMap<M::Key, M>> {
        db.enter("in_bulk_all")?;
        let began = self.query().began(db);
        let mut found = HashMap::new();
        for read in self.plan_bulk(db, self.own_key()?, None)? {
            found.extend(
                db.fetch(read, last_look, usize::MAX)?
                    .into_iter()
                    .map(by_key),
            );
        }
        self.query()
            .prefetch_for(db, loadables(found.values()), began)?;
        Ok(found)
    }

    /// The asynchronous twin of [`in_bulk_all`](Self::in_bulk_all). Cancel safe.
    ///
    /// # Errors
    /// As [`in_bulk`](Self::in_bulk).
    pub async fn ain_bulk_all(&self, db: &Database) -> Result<HashMap<M::Key, M>> {
        let began = self.query().began(db);
        let mut found = HashMap::new();
        for read in self.plan_bulk(db, self.own_key()?, None)? {
            let rows = db.afetch(read, last_look, usize::MAX).await?;
            found.extend(rows.into_iter().map(by_key));
        }
        let fetched = self
            .query()
            .aprefetch_for(db, loadables(found.values()), began);
        fetched.await?;
        Ok(found)
    }

    fn own_key(&self) -> Result<ColumnRef> {
        match self.query().meta.single_key() {
            Some(index) => own_column(index).map_err(|invalid| invalid.to_error()),
            None => {
                let message = "in_bulk needs a primary key of one column";
                Err(self.query().error(ErrorKind::Value, message.into()))
            }
        }
    }
}

impl<M: Model> QuerySet<M> {
    /// The rows by a unique column: `in_bulk_by(&db, |b| b.isbn, ["978-0012-4"])`, or
    /// [`in_bulk_by_name`](Self::in_bulk_by_name)`(&db, "isbn", ["978-0012-4"])`.
    ///
    /// # Errors
    /// Kind [`Value`](ErrorKind::Value) for a column that is not unique,
    /// [`Type`](ErrorKind::Type) for a slice.
    #[track_caller]
    pub fn in_bulk_by<T, K>(
        &self,
        db: &Database,
        column: impl FnOnce(M::Fields<M>) -> Column<M, T>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<T, M>>
    where
        T: Field + Hash + Eq,
        K: IntoOperand<T::Base>,
    {
        db.enter("in_bulk_by")?;
        let column = column(M::fields(Path::ROOT)).at();
        let keys = keys.into_iter().map(K::into_value).collect();
        let began = self.query().began(db);
        let mut found = HashMap::new();
        for read in self.plan_bulk(db, column, Some(keys))? {
            found.extend(db.fetch(read, keyed::<T, M>(column), usize::MAX)?);
        }
        self.query()
            .prefetch_for(db, loadables(found.values()), began)?;
        Ok(found)
    }

    /// The asynchronous twin of [`in_bulk_by`](Self::in_bulk_by). Cancel safe.
    ///
    /// # Errors
    /// As [`in_bulk_by`](Self::in_bulk_by).
    pub async fn ain_bulk_by<T, K>(
        &self,
        db: &Database,
        column: impl FnOnce(M::Fields<M>) -> Column<M, T>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<T, M>>
    where
        T: Field + Hash + Eq,
        K: IntoOperand<T::Base>,
    {
        let column = column(M::fields(Path::ROOT)).at();
        let keys = keys.into_iter().map(K::into_value).collect();
        let began = self.query().began(db);
        let mut found = HashMap::new();
        for read in self.plan_bulk(db, column, Some(keys))? {
            found.extend(db.afetch(read, keyed::<T, M>(column), usize::MAX).await?);
        }
        let fetched = self
            .query()
            .aprefetch_for(db, loadables(found.values()), began);
        fetched.await?;
        Ok(found)
    }
}

impl<T: FromRow> QuerySet<T> {
    /// The rows by a unique column, named (`"pk"` for the primary key), with their keys; all rows
    /// for `None`. Keys that are not there are left out. A composite key is an array of its parts,
    /// both as an operand and in the result.
    ///
    /// # Errors
    /// Kind [`FieldDoesNotExist`](ErrorKind::FieldDoesNotExist) for a name that the model lacks,
    /// [`Value`](ErrorKind::Value) for a column that is not unique, [`Type`](ErrorKind::Type) for
    /// a slice.
    #[track_caller]
    pub fn in_bulk_by_name(
        &self,
        db: &Database,
        name: &str,
        keys: Option<Vec<Operand>>,
    ) -> Result<Vec<(Value, T)>> {
        db.enter("in_bulk_by_name")?;
        let began = self.query().began(db);
        let mut found = Vec::new();
        let (key, reads) = self.plan_bulk_named(db, name, keys)?;
        for read in reads {
            found.append(&mut db.fetch(read, named::<T>(key.clone()), usize::MAX)?);
        }
        let found = once_each(found);
        self.query()
            .prefetch_for(db, loadables(found.iter().map(|(_, row)| row)), began)?;
        Ok(found)
    }

    /// The asynchronous twin of [`in_bulk_by_name`](Self::in_bulk_by_name). Cancel safe.
    ///
    /// # Errors
    /// As [`in_bulk_by_name`](Self::in_bulk_by_name).
    pub async fn ain_bulk_by_name(
        &self,
        db: &Database,
        name: &str,
        keys: Option<Vec<Operand>>,
    ) -> Result<Vec<(Value, T)>> {
        let began = self.query().began(db);
        let mut found = Vec::new();
        let (key, reads) = self.plan_bulk_named(db, name, keys)?;
        for read in reads {
            let rows = db.afetch(read, named::<T>(key.clone()), usize::MAX);
            found.append(&mut rows.await?);
        }
        let found = once_each(found);
        let fetched =
            self.query()
                .aprefetch_for(db, loadables(found.iter().map(|(_, row)| row)), began);
        fetched.await?;
        Ok(found)
    }

    /// Where the parts of the key stand, and the reads.
    fn plan_bulk_named(
        &self,
        db: &Database,
        name: &str,
        keys: Option<Vec<Operand>>,
    ) -> Result<(KeyColumns, Vec<Read>)> {
        let query = self.query();
        query.check()?;
        self.unsliced()?;
        let typed = |&index: &usize| (index, query.meta.columns()[index].ty());
        if name == "pk" && query.meta.primary_key().len() > 1 {
            return Ok((
                query.meta.primary_key().iter().map(typed).collect(),
                self.plan_bulk_composite(db, keys)?,
            ));
        }
        let index = own_field(name, &query.meta).map_err(|invalid| invalid.to_error())?;
        let column = own_column(index).map_err(|invalid| invalid.to_error())?;
        self.unique(column)?;
        let keys = match keys {
            None => None,
            Some(keys) => {
                // The keys are prepared for the column as those of a lookup are.
                let named = Condition::Named(format!("{name}__in").into(), Operand::List(keys));
                match resolve::condition(named, &query.meta) {
                    Condition::Invalid(invalid) => return Err(invalid.to_error()),
                    Condition::Compare(compare) => Some(compare.right.into_values()),
                    _ => Some(Vec::new()),
                }
            }
        };
        Ok((vec![typed(&index)], self.plan_bulk(db, column, keys)?))
    }

    fn plan_bulk_composite(&self, db: &Database, keys: Option<Vec<Operand>>) -> Result<Vec<Read>> {
        let query = self.query();
        let Some(keys) = keys else {
            return Ok(self.plan(db, &Select::rows(query))?.into_iter().collect());
        };
        let own = query.conditions.iter().map(params).sum::<usize>();
        let batch = db.dialect().max_params.saturating_sub(own) / query.meta.primary_key().len();
        let mut reads = Vec::new();
        for keys in keys.chunks(batch.clamp(1, MOST_COMPOSITE)) {
            let named = Condition::Named("pk__in".into(), Operand::List(keys.to_vec()));
            let condition = resolve::condition(named, &query.meta);
            reads.extend(self.plan_also(db, What::Rows, &condition)?);
        }
        Ok(reads)
    }

    /// The reads that bring the rows with these keys, as many as the database's limit of
    /// parameters asks for.
    fn plan_bulk(
        &self,
        db: &Database,
        column: ColumnRef,
        keys: Option<Vec<Value>>,
    ) -> Result<Vec<Read>> {
        let query = self.query();
        query.check()?;
        self.unsliced()?;
        self.unique(column)?;
        let Some(keys) = keys else {
            return Ok(self.plan(db, &Select::rows(query))?.into_iter().collect());
        };
        let own = query.conditions.iter().map(params).sum::<usize>();
        let batch = db.dialect().max_params.saturating_sub(own).max(1);
        let mut reads = Vec::new();
        let mut keys = keys.into_iter().peekable();
        while keys.peek().is_some() {
            let condition = Condition::is_in(column, keys.by_ref().take(batch).collect());
            reads.extend(self.plan_also(db, What::Rows, &condition)?);
        }
        Ok(reads)
    }

    fn unsliced(&self) -> Result<()> {
        if self.query().window.is_sliced() {
            let message = "cannot use in_bulk once a slice has been taken";
            return Err(self.query().error(ErrorKind::Type, message.into()));
        }
        Ok(())
    }

    fn unique(&self, column: ColumnRef) -> Result<()> {
        let meta: &ModelMeta = &self.query().meta;
        let index = usize::from(column.index);
        let unique = meta.single_key() == Some(index)
            || meta
                .columns()
                .get(index)
                .is_some_and(|column| column.is_unique())
            || meta.unique_together().any(|set| set == [index])
            || *self.query().distinct_on == [column];
        if unique {
            return Ok(());
        }
        let name = meta
            .columns()
            .get(index)
            .map_or("?", |column| column.name());
        let message = format!("in_bulk needs a unique column, which '{name}' is not");
        Err(self.query().error(ErrorKind::Value, message))
    }
}

/// One row for each key, where a relation that was filtered by brought a row several times.
fn once_each<T>(rows: Vec<(Value, T)>) -> Vec<(Value, T)> {
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(rows.len());
    let mut found: Vec<(Value, T)> = Vec::with_capacity(rows.len());
    for (key, row) in rows {
        let place = places.entry(Key(SmallVec::from_buf([key.clone()])));
        match place {
            // The last one counts, as in a map.
            Entry::Occupied(place) => found[*place.get()].1 = row,
            Entry::Vacant(place) => {
                place.insert(found.len());
                found.push((key, row));
            }
        }
    }
    found
}

/// How many values the condition binds at most.
fn params(condition: &Condition) -> usize {
    match condition {
        Condition::Compare(compare) => compare.right.len(),
        Condition::And(parts) | Condition::Or(parts) | Condition::Xor(parts) => {
            parts.iter().map(params).sum()
        }
        Condition::Not(inner) => params(inner),
        _ => 0,
    }
}

fn by_key<M: Model>(row: M) -> (M::Key, M) {
    (row.key(), row)
}

fn keyed<T: Field, M: FromRow>(
    column: ColumnRef,
) -> impl Fn(&RowReader<'_>) -> Result<(T, M)> + Send + 'static {
    move |row| Ok((row.get(usize::from(column.index))?, last_look(row)?))
}

fn named<T: FromRow>(
    key: KeyColumns,
) -> impl Fn(&RowReader<'_>) -> Result<(Value, T)> + Send + 'static {
    move |row| {
        let mut parts = key
            .iter()
            .map(|&(index, ty)| Ok(in_type(row.value(index)?, ty)))
            .collect::<Result<Vec<_>>>()?;
        let key = match parts.len() {
            1 => parts.remove(0),
            _ => Value::Array(parts.into()),
        };
        Ok((key, last_look(row)?))
    }
}
