//! The one row that refers to a row.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Model;
use super::related::{Owner, no_owner, not_loaded};
use crate::database::Database;
use crate::error::Result;
use crate::queryset::QuerySet;
use crate::related::{Fetch, Fetched, Loadable, Origin, Slot, fetch};

/// The row of `T` that refers to a row, if there is one: the other side of a
/// [`OneToOne`](crate::OneToOne).
///
/// It is no column; see [`Reverse`](crate::Reverse) for what a field of it does. Besides prefetch,
/// [`select_related`](crate::QuerySet::select_related) fills it too.
///
/// ```
/// use queryset::{Model, OneToOne, ReverseOne};
///
/// #[derive(Model)]
/// struct Author {
///     #[model(primary_key)]
///     id: i64,
///     #[model(reverse(Profile::author))]
///     profile: ReverseOne<Profile>,
/// }
///
/// #[derive(Model)]
/// struct Profile {
///     #[model(primary_key)]
///     id: i64,
///     nickname: String,
///     author: OneToOne<Author>,
/// }
///
/// let known = Author::objects()
///     .filter(|a| a.profile().nickname.startswith("J"))
///     .select_related(|a| a.profile());
/// known.check()?;
/// # let author = Author { id: 1, profile: ReverseOne::new() };
/// # let profile = Profile { id: 1, nickname: String::new(), author: OneToOne::new(1) };
/// # let _ = (author.id, profile.id, profile.nickname);
/// # Ok::<(), queryset::Error>(())
/// ```
pub struct ReverseOne<T: Model> {
    row: OnceLock<Option<Arc<T>>>,
    owner: Option<Owner>,
}

impl<T: Model> ReverseOne<T> {
    /// A row that is not loaded; also what a new row is built with.
    pub const fn new() -> Self {
        Self {
            row: OnceLock::new(),
            owner: None,
        }
    }

    pub(crate) fn of(owner: Option<Owner>) -> Self {
        Self {
            row: OnceLock::new(),
            owner,
        }
    }

    pub(crate) fn set(&self, row: Option<Arc<T>>) {
        let _ = self.row.set(row);
    }

    /// The row, if it is loaded and there is one.
    pub fn get(&self) -> Option<&T> {
        self.row.get()?.as_deref()
    }

    /// The row, or `None` if there is none.
    ///
    /// # Errors
    /// Kind [`NotLoaded`](crate::ErrorKind::NotLoaded) when it was not looked for.
    pub fn loaded(&self) -> Result<Option<&T>> {
        match self.row.get() {
            Some(row) => Ok(row.as_deref()),
            None => Err(not_loaded(T::meta().name())),
        }
    }

    /// Whether it is known if there is a row.
    pub fn is_loaded(&self) -> bool {
        self.row.get().is_some()
    }

    /// The row, fetched now unless it is loaded; it stays loaded.
    ///
    /// # Errors
    /// Kind [`Value`](crate::ErrorKind::Value) for a row that was not read from a database, or
    /// what reading reports.
    pub fn load(&self, db: &Database) -> Result<Option<&T>> {
        match self.row.get() {
            Some(row) => Ok(row.as_deref()),
            None => {
                db.enter("load")?;
                let row = self.query()?.get_or_none(db)?;
                Ok(self.row.get_or_init(|| row.map(Arc::new)).as_deref())
            }
        }
    }

    /// The asynchronous twin of [`load`](Self::load). Cancel safe.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn aload(&self, db: &Database) -> Result<Option<&T>> {
        match self.row.get() {
            Some(row) => Ok(row.as_deref()),
            None => {
                let row = self.query()?.aget_or_none(db).await?;
                Ok(self.row.get_or_init(|| row.map(Arc::new)).as_deref())
            }
        }
    }

    fn query(&self) -> Result<QuerySet<T>> {
        Ok(self.owner.as_ref().ok_or_else(no_owner::<T>)?.query())
    }
}

impl<T: Model> Slot for ReverseOne<T> {
    fn is_loaded(&self) -> bool {
        self.row.get().is_some()
    }

    fn rows<'s>(&'s self, into: &mut Vec<&'s dyn Loadable>) {
        into.extend(self.get().and_then(T::loadable));
    }

    fn fetch(&self) -> Fetch {
        fetch::<T>
    }

    fn fill(&self, fetched: &Fetched, key: Option<u32>) {
        self.set(fetched.one(key));
    }

    // No prefetch leads here from the row that it would be told.
    fn put(&self, _: &Origin) {}
}

impl<T: Model> Default for ReverseOne<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Model> Clone for ReverseOne<T> {
    fn clone(&self) -> Self {
        Self {
            row: self.row.clone(),
            owner: self.owner.clone(),
        }
    }
}

/// Always equal: two rows are not different for what is loaded beside them.
impl<T: Model> PartialEq for ReverseOne<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T: Model> Eq for ReverseOne<T> {}

impl<T: Model> fmt::Debug for ReverseOne<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the row itself, which refers back.
        f.write_str(match self.row.get() {
            Some(Some(_)) => "ReverseOne(loaded)",
            Some(None) => "ReverseOne(none)",
            None => "ReverseOne(not loaded)",
        })
    }
}
