//! The rows that refer to a row.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Model;
use super::related::{Owner, no_owner, not_loaded};
use crate::database::Database;
use crate::error::Result;
use crate::queryset::QuerySet;
use crate::related::{Fetch, Fetched, Loadable, Origin, Slot, fetch};

/// The rows of `T` that refer to a row: the other side of a [`ForeignKey`](crate::ForeignKey) or
/// of a [`ManyToMany`](crate::ManyToMany).
///
/// It is no column. It makes the relation known to paths (`author().books()`), gives the model a
/// method of the field's name whose result is a query for the rows, and is where
/// [`prefetch_related`](crate::QuerySet::prefetch_related) puts them.
///
/// ```
/// use queryset::{ForeignKey, Model, QuerySet, Reverse};
///
/// #[derive(Model)]
/// struct Author {
///     #[model(primary_key)]
///     id: i64,
///     name: String,
///     #[model(reverse(Book::author))]
///     books: Reverse<Book>,
/// }
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     id: i64,
///     title: String,
///     author: ForeignKey<Author>,
/// }
///
/// let author = Author { id: 1, name: "Austen".into(), books: Reverse::new() };
/// let hers: QuerySet<Book> = author.books().filter(|b| b.title.startswith("E"));
/// hers.check()?;
/// assert!(author.books.get().is_none()); // not loaded
/// # let _ = (author.name, author.id);
/// # Ok::<(), queryset::Error>(())
/// ```
pub struct Reverse<T: Model> {
    rows: OnceLock<Arc<Vec<T>>>,
    owner: Option<Owner>,
}

/// The related rows of a [`ManyToMany`] relation, on the side that declares it.
///
/// It is no column: a third table holds the keys of both. Without settings that table is called
/// as Django calls it: for `authors: ManyToMany<Author>` of a `Book`, whose table is `book`, it is
/// `book_authors` with the columns `book_id` and `author_id`.
///
/// ```
/// use queryset::{ForeignKey, ManyToMany, Model, Reverse};
///
/// #[derive(Model)]
/// struct Author {
///     #[model(primary_key)]
///     id: i64,
///     name: String,
///     #[model(reverse(Book::authors))]
///     books: Reverse<Book>,
/// }
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     id: i64,
///     authors: ManyToMany<Author>,
/// }
///
/// let emma = Book { id: 1, authors: ManyToMany::new() };
/// let query = emma.authors().order_by(|a| a.name.asc());
/// query.check()?;
/// # let author = Author { id: 1, name: String::new(), books: Reverse::new() };
/// # let _ = (emma.id, author.id, author.books().check()?);
/// # Ok::<(), queryset::Error>(())
/// ```
pub struct ManyToMany<T: Model> {
    rows: OnceLock<Arc<Vec<T>>>,
    owner: Option<Owner>,
}

macro_rules! set {
    ($set:ident) => {
        impl<T: Model> $set<T> {
            /// Rows that are not loaded; also what a new row is built with.
            pub const fn new() -> Self {
                Self {
                    rows: OnceLock::new(),
                    owner: None,
                }
            }

            /// Rows that are not loaded, of the row that `owner` tells of.
            pub(crate) fn of(owner: Option<Owner>) -> Self {
                Self {
                    rows: OnceLock::new(),
                    owner,
                }
            }

            /// The rows, if they are loaded.
            pub fn get(&self) -> Option<&[T]> {
                self.rows.get().map(|rows| rows.as_slice())
            }

            /// The rows.
            ///
            /// # Errors
            /// Kind [`NotLoaded`](crate::ErrorKind::NotLoaded) when they are not loaded.
            pub fn loaded(&self) -> Result<&[T]> {
                self.get().ok_or_else(|| not_loaded(T::meta().name()))
            }

            /// Whether the rows are loaded.
            pub fn is_loaded(&self) -> bool {
                self.rows.get().is_some()
            }

            /// The rows, fetched now unless they are loaded; they stay loaded.
            ///
            /// # Errors
            /// Kind [`Value`](crate::ErrorKind::Value) for a row that was not read from a
            /// database, or what reading reports.
            pub fn load(&self, db: &Database) -> Result<&[T]> {
                match self.rows.get() {
                    Some(rows) => Ok(rows),
                    None => {
                        db.enter("load")?;
                        let rows = self.query()?.list(db)?;
                        Ok(self.rows.get_or_init(|| Arc::new(rows)))
                    }
                }
            }

            /// The asynchronous twin of [`load`](Self::load). Cancel safe.
            ///
            /// # Errors
            /// As [`load`](Self::load).
            pub async fn aload(&self, db: &Database) -> Result<&[T]> {
                match self.rows.get() {
                    Some(rows) => Ok(rows),
                    None => {
                        let rows = self.query()?.alist(db).await?;
                        Ok(self.rows.get_or_init(|| Arc::new(rows)))
                    }
                }
            }

            fn query(&self) -> Result<QuerySet<T>> {
                Ok(self.owner.as_ref().ok_or_else(no_owner::<T>)?.query())
            }
        }

        impl<T: Model> Slot for $set<T> {
            fn is_loaded(&self) -> bool {
                self.rows.get().is_some()
            }

            fn rows<'s>(&'s self, into: &mut Vec<&'s dyn Loadable>) {
                let rows = self.rows.get().into_iter().flat_map(|rows| rows.iter());
                into.extend(rows.filter_map(T::loadable));
            }

            fn fetch(&self) -> Fetch {
                fetch::<T>
            }

            fn fill(&self, fetched: &Fetched, key: Option<u32>) {
                if let Some(rows) = fetched.many::<T>(key) {
                    let _ = self.rows.set(rows);
                }
            }

            // It leads to several rows, and no single one is told it.
            fn put(&self, _: &Origin) {}
        }

        impl<T: Model> Default for $set<T> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T: Model> Clone for $set<T> {
            fn clone(&self) -> Self {
                Self {
                    rows: self.rows.clone(),
                    owner: self.owner.clone(),
                }
            }
        }

        /// Always equal: two rows are not different for what is loaded beside them.
        impl<T: Model> PartialEq for $set<T> {
            fn eq(&self, _: &Self) -> bool {
                true
            }
        }

        impl<T: Model> Eq for $set<T> {}

        impl<T: Model> fmt::Debug for $set<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // The number only: related rows may refer back.
                match self.get() {
                    Some(rows) => write!(f, "{}({} rows)", stringify!($set), rows.len()),
                    None => f.write_str(concat!(stringify!($set), "(not loaded)")),
                }
            }
        }
    };
}

set!(Reverse);
set!(ManyToMany);
