//! Fetching related rows, and handing them to their places.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::Key;
use crate::database::{Database, Read};
use crate::error::Result;
use crate::row::{FromRow, RowReader};
use crate::runtime::BoxFuture;
use crate::value::ColumnType;

/// The way to the database: one code for both forms of loading. A future of the blocking form
/// never waits.
#[derive(Clone, Debug)]
pub enum Io {
    Blocking(Database),
    Async(Database),
}

impl Io {
    pub(crate) fn db(&self) -> &Database {
        match self {
            Self::Blocking(db) | Self::Async(db) => db,
        }
    }

    async fn fetch<T, F>(&self, read: Read, decode: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
    {
        match self {
            Self::Blocking(db) => db.fetch(read, decode, usize::MAX),
            Self::Async(db) => db.afetch(read, decode, usize::MAX).await,
        }
    }
}

/// One statement for related rows.
#[derive(Debug)]
pub struct FetchPlan {
    pub(crate) read: Read,
    /// Where the columns stand that tell whose a row is, and their types.
    pub(crate) key: Vec<(usize, ColumnType)>,
}

/// How rows of one type are fetched.
pub(crate) type Fetch = fn(Io, Vec<FetchPlan>, bool) -> BoxFuture<'static, Result<Fetched>>;

/// Fetched rows by what they are looked for by.
pub struct Fetched(Box<dyn Any + Send + Sync>);

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").finish_non_exhaustive()
    }
}

enum Grouped<T> {
    One(HashMap<Key, Arc<T>>),
    Many(HashMap<Key, Arc<[T]>>, Arc<[T]>),
}

/// Fetches rows of `T`; whether a key may have `many`.
pub(crate) fn fetch<T: FromRow + Sync>(
    io: Io,
    plans: Vec<FetchPlan>,
    many: bool,
) -> BoxFuture<'static, Result<Fetched>> {
    Box::pin(async move {
        let mut ones = HashMap::new();
        let mut groups: HashMap<Key, Vec<T>> = HashMap::new();
        for plan in plans {
            let key = plan.key;
            let decode = move |row: &RowReader<'_>| {
                let mut parts = Vec::with_capacity(key.len());
                for &(position, ty) in &key {
                    parts.push((row.raw(position)?, ty));
                }
                Ok((Key::new(parts), T::from_row(row)?))
            };
            for (key, row) in io.fetch(plan.read, decode).await? {
                let Some(key) = key else {
                    continue;
                };
                if many {
                    groups.entry(key).or_default().push(row);
                } else {
                    ones.entry(key).or_insert_with(|| Arc::new(row));
                }
            }
        }
        Ok(Fetched(if many {
            let groups = groups.into_iter();
            let groups = groups.map(|(key, rows)| (key, rows.into())).collect();
            Box::new(Grouped::<T>::Many(groups, Arc::new([])))
        } else {
            Box::new(Grouped::One(ones))
        }))
    })
}

impl Fetched {
    /// The row of a key.
    pub(crate) fn one<T: FromRow + Sync>(&self, key: Option<&Key>) -> Option<Arc<T>> {
        match self.0.downcast_ref() {
            Some(Grouped::One(rows)) => rows.get(key?).cloned(),
            _ => None,
        }
    }

    /// The rows of a key; they are shared by all who look for them.
    pub(crate) fn many<T: FromRow + Sync>(&self, key: Option<&Key>) -> Option<Arc<[T]>> {
        match self.0.downcast_ref() {
            Some(Grouped::Many(rows, none)) => {
                let rows = key.and_then(|key| rows.get(key));
                Some(Arc::clone(rows.unwrap_or(none)))
            }
            _ => None,
        }
    }
}
