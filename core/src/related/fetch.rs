//! Fetching related rows, and handing them to their places.

use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

use super::group::Grouping;
use super::{Keys, Origins};
use crate::database::{Database, Gather, Read};
use crate::error::Result;
use crate::row::FromRow;
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

    async fn gather<G: Gather>(&self, read: Read, into: G) -> Result<G> {
        match self {
            Self::Blocking(db) => db.gather(read, into),
            Self::Async(db) => db.agather(read, into).await,
        }
    }
}

/// One statement for related rows.
#[derive(Debug)]
pub struct FetchPlan {
    pub(crate) read: Read,
    /// Which of the keys it looks for.
    pub(crate) numbers: Range<u32>,
    /// Whether it asks for no keys, so that rows of others may come.
    pub(crate) whole: bool,
    /// Where the columns stand that tell whose a row is, and their types.
    pub(crate) key: Vec<(usize, ColumnType)>,
}

/// Whose rows are fetched.
#[derive(Debug)]
pub struct Owners {
    pub(crate) keys: Keys,
    /// Whether a key may have several rows.
    pub(crate) many: bool,
    /// What the fetched rows refer back to.
    pub(crate) origins: Option<Origins>,
}

/// How rows of one type are fetched.
pub(crate) type Fetch = fn(Io, Vec<FetchPlan>, Arc<Owners>) -> BoxFuture<'static, Result<Fetched>>;

/// Fetched rows by the numbers of the keys that they were looked for by.
pub struct Fetched(Box<dyn Any + Send + Sync>);

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").finish_non_exhaustive()
    }
}

struct Ones<T>(Vec<Option<Arc<T>>>);

struct Groups<T> {
    groups: Vec<Arc<Vec<T>>>,
    none: Arc<Vec<T>>,
}

/// Fetches rows of `T`.
pub(crate) fn fetch<T: FromRow + Sync>(
    io: Io,
    plans: Vec<FetchPlan>,
    owners: Arc<Owners>,
) -> BoxFuture<'static, Result<Fetched>> {
    Box::pin(async move {
        let mut groups: Vec<Vec<T>> = Vec::new();
        for plan in plans {
            // The keys before it may be those of no statement.
            groups.resize_with(plan.numbers.start as usize, Vec::new);
            let grouping = Grouping::new(&owners, plan.numbers, plan.whole, plan.key);
            groups.extend(io.gather(plan.read, grouping).await?.into_groups());
        }
        Ok(Fetched(if owners.many {
            let none = Arc::new(Vec::new());
            let shared = |rows: Vec<T>| match rows.is_empty() {
                true => Arc::clone(&none),
                false => Arc::new(rows),
            };
            Box::new(Groups {
                groups: groups.into_iter().map(shared).collect(),
                none,
            })
        } else {
            let first = |rows: Vec<T>| rows.into_iter().next().map(Arc::new);
            Box::new(Ones(groups.into_iter().map(first).collect()))
        }))
    })
}

impl Fetched {
    /// The row of a key.
    pub(crate) fn one<T: FromRow + Sync>(&self, key: Option<u32>) -> Option<Arc<T>> {
        let Ones(rows) = self.0.downcast_ref()?;
        rows.get(key? as usize)?.clone()
    }

    /// The rows of a key; they are shared by all who look for them.
    pub(crate) fn many<T: FromRow + Sync>(&self, key: Option<u32>) -> Option<Arc<Vec<T>>> {
        let Groups { groups, none } = self.0.downcast_ref()?;
        let rows = key.and_then(|key| groups.get(key as usize));
        Some(Arc::clone(rows.unwrap_or(none)))
    }
}
