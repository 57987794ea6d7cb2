//! The column that refers to another model.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::copy::Lender;
use super::related::{not_there, own_key};
use super::{Model, not_loaded};
use crate::database::Database;
use crate::error::Result;
use crate::field::{DecodeError, Field};
use crate::queryset::QuerySet;
use crate::related::{Copy, Fetch, Fetched, Loadable, Origin, Slot, fetch};
use crate::value::{ColumnType, Value, ValueRef};

/// A reference to a row of `M` by its primary key. `Option<ForeignKey<M>>` is one that may be
/// NULL.
///
/// The key is always there ([`id`](Self::id)). The row is there once it was loaded: with the query
/// ([`select_related`](crate::QuerySet::select_related),
/// [`prefetch_related`](crate::QuerySet::prefetch_related)) or on its own ([`load`](Self::load)).
/// Nothing is ever fetched behind the caller's back.
///
/// ```
/// use queryset::{Database, ForeignKey, Model};
///
/// #[derive(Model)]
/// struct Author {
///     #[model(primary_key)]
///     id: i64,
///     name: String,
/// }
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     id: i64,
///     author: ForeignKey<Author>,
/// }
///
/// fn name_of_author(book: &Book, db: &Database) -> queryset::Result<String> {
///     Ok(book.author.load(db)?.name.clone())
/// }
///
/// let book = Book { id: 1, author: ForeignKey::new(7) };
/// assert_eq!(book.author.id(), &7);
/// assert!(book.author.get().is_none()); // not loaded
/// # let _ = (name_of_author, book.id);
/// ```
pub struct ForeignKey<M: Model> {
    key: M::Key,
    row: Referred<M>,
}

/// The row that a reference leads to. `None` in it for a row that was looked for and is not there,
/// or not among those wanted.
enum Referred<M> {
    /// It came with the reference, which then needs no lock.
    Row(Option<Arc<M>>),
    /// It is the row that the reference's own was prefetched for.
    Copy(Copy<M>),
    /// It is set once it is fetched.
    Open(OnceLock<Option<Arc<M>>>),
}

impl<M> Clone for Referred<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Row(row) => Self::Row(row.clone()),
            Self::Copy(copy) => Self::Copy(copy.clone()),
            Self::Open(row) => Self::Open(row.clone()),
        }
    }
}

/// A reference that no two rows share: `#[derive(Model)]` makes its column unique, and the other
/// side is at most one row.
pub type OneToOne<M> = ForeignKey<M>;

impl<M: Model> ForeignKey<M> {
    /// A reference to the row with this key.
    pub fn new(key: M::Key) -> Self {
        Self {
            key,
            row: Referred::Open(OnceLock::new()),
        }
    }

    /// A reference to a row that is at hand, which is then loaded.
    pub fn to(row: impl Into<Arc<M>>) -> Self {
        let row = row.into();
        Self {
            key: row.key(),
            row: Referred::Row(Some(row)),
        }
    }

    /// The key that the column holds.
    pub fn id(&self) -> &M::Key {
        &self.key
    }

    /// The row, if it is loaded. `None` also for a row that a prefetch looked for and did not
    /// find.
    pub fn get(&self) -> Option<&M> {
        self.shared().map(Arc::as_ref)
    }

    /// The row, to be kept beyond this reference; several references may share one.
    pub fn shared(&self) -> Option<&Arc<M>> {
        self.known()?
    }

    /// The row; `Some(None)` for one that was looked for and not found.
    fn known(&self) -> Option<Option<&Arc<M>>> {
        match &self.row {
            Referred::Row(row) => Some(row.as_ref()),
            Referred::Copy(copy) => copy.row().map(Some),
            Referred::Open(row) => row.get().map(Option::as_ref),
        }
    }

    /// The reference with the row that came with it.
    #[inline]
    pub(super) fn with(self, row: Option<Arc<M>>) -> Self {
        Self {
            key: self.key,
            row: Referred::Row(row),
        }
    }

    /// The reference with the row that it was prefetched for.
    #[inline]
    pub(super) fn back_to(self, row: Copy<M>) -> Self {
        Self {
            key: self.key,
            row: Referred::Copy(row),
        }
    }

    fn set(&self, row: Option<Arc<M>>) {
        match (&self.row, row) {
            (Referred::Open(place), row) => drop(place.set(row)),
            (Referred::Copy(copy), Some(row)) => copy.set(row),
            _ => {}
        }
    }

    /// The row.
    ///
    /// # Errors
    /// Kind [`NotLoaded`](crate::ErrorKind::NotLoaded) when it is not loaded,
    /// [`NotFound`](crate::ErrorKind::NotFound) when it was looked for and not found.
    pub fn loaded(&self) -> Result<&M> {
        match self.known() {
            Some(Some(row)) => Ok(row),
            Some(None) => Err(not_there::<M>()),
            None => Err(not_loaded(M::meta().name())),
        }
    }

    /// Whether the row was looked for.
    pub fn is_loaded(&self) -> bool {
        self.known().is_some()
    }
}

impl<M: Model<Key: Field>> ForeignKey<M> {
    /// The row, fetched now unless it is loaded; it stays loaded.
    ///
    /// # Errors
    /// Kind [`NotFound`](crate::ErrorKind::NotFound) when there is no such row, or what reading
    /// it reports.
    pub fn load(&self, db: &Database) -> Result<&M> {
        if !self.is_loaded() {
            db.enter("load")?;
            self.set(Some(Arc::new(self.query().get(db)?)));
        }
        self.loaded()
    }

    /// The asynchronous twin of [`load`](Self::load). Cancel safe.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn aload(&self, db: &Database) -> Result<&M> {
        if !self.is_loaded() {
            self.set(Some(Arc::new(self.query().aget(db).await?)));
        }
        self.loaded()
    }

    fn query(&self) -> QuerySet<M> {
        own_key(self.key.to_value())
    }
}

impl<M: Model> Slot for ForeignKey<M> {
    fn is_loaded(&self) -> bool {
        self.known().is_some()
    }

    fn rows<'s>(&'s self, into: &mut Vec<&'s dyn Loadable>) {
        into.extend(self.get().and_then(M::loadable));
    }

    fn fetch(&self) -> Fetch {
        fetch::<M>
    }

    fn fill(&self, fetched: &Fetched, key: Option<u32>) {
        self.set(fetched.one(key));
    }

    fn put(&self, row: &Origin) {
        if let Some(row) = row.of().as_ref().and_then(Copy::row) {
            self.set(Some(Arc::clone(row)));
        }
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Field for ForeignKey<M>
where
    M::Key: Field,
{
    const TYPE: ColumnType = <M::Key as Field>::TYPE;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        M::Key::from_value(value).map(Self::new)
    }

    fn to_value(&self) -> Value {
        self.key.to_value()
    }

    #[inline]
    fn lend(&self, lender: &mut Lender<'_>) {
        self.key.lend(lender);
    }
}

impl<M: Model<Key: Clone>> Clone for ForeignKey<M> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            row: self.row.clone(),
        }
    }
}

/// Two references are equal when their keys are, whatever is loaded.
impl<M: Model<Key: PartialEq>> PartialEq for ForeignKey<M> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<M: Model<Key: Eq>> Eq for ForeignKey<M> {}

impl<M: Model<Key: fmt::Debug>> fmt::Debug for ForeignKey<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ForeignKey").field(&self.key).finish()
    }
}
