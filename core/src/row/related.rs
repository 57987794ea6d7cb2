//! What is loaded with a record.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Record;
use crate::database::{Database, Flat};
use crate::error::{Error, ErrorKind, Result};
use crate::meta::ModelMeta;
use crate::model::not_loaded;
use crate::queryset::QuerySet;
use crate::related::{Copied, Copy, Fetch, Fetched, Loadable, Origin, Slot, copies, fetch};
use crate::value::Value;

/// Related rows by name. Names are only ever added, so that a shared record can be filled and its
/// rows be lent.
#[derive(Clone, Default)]
pub(super) struct RelatedRows(OnceLock<Box<Entry>>);

#[derive(Clone)]
struct Entry {
    name: Box<str>,
    loaded: OnceLock<Loaded>,
    next: RelatedRows,
}

#[derive(Clone)]
enum Loaded {
    One(Option<Arc<Record>>),
    /// The row that this one was prefetched for.
    Back(Copy<Record>),
    Many(Arc<Vec<Record>>),
}

impl RelatedRows {
    /// The place of this name, added if there is none.
    fn entry(&self, name: &str) -> &Entry {
        let mut at = self;
        loop {
            let entry = at.0.get_or_init(|| {
                Box::new(Entry {
                    name: name.into(),
                    loaded: OnceLock::new(),
                    next: Self::default(),
                })
            });
            if *entry.name == *name {
                return entry;
            }
            at = &entry.next;
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        std::iter::successors(self.0.get(), |entry| entry.next.0.get()).map(Box::as_ref)
    }

    fn loaded(&self, name: &str) -> Option<&Loaded> {
        let entry = self.entries().find(|entry| *entry.name == *name)?;
        entry.loaded.get()
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.loaded(name).is_some()
    }

    /// The names of what is loaded.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries()
            .filter(|entry| entry.loaded.get().is_some())
            .map(|entry| &*entry.name)
    }

    pub(super) fn set_back(&self, name: &str, row: Copy<Record>) {
        let _ = self.entry(name).loaded.set(Loaded::Back(row));
    }

    pub(super) fn set_one(&self, name: &str, row: Option<Arc<Record>>) {
        let _ = self.entry(name).loaded.set(Loaded::One(row));
    }
}

/// What is loaded does not make two records different.
impl PartialEq for RelatedRows {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for RelatedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl Record {
    /// The loaded row that a relation leads to, or `None` if there is no such row.
    ///
    /// ```
    /// # use queryset::{Database, QuerySet, Record, Result};
    /// fn publishers(books: QuerySet<Record>, db: &Database) -> Result<()> {
    ///     for book in books.select_related_names(["publisher"]).list(db)? {
    ///         if let Some(publisher) = book.related("publisher")? {
    ///             println!("{}", publisher.get::<String>("name")?);
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// Kind [`NotLoaded`](ErrorKind::NotLoaded) when it is not loaded,
    /// [`Type`](ErrorKind::Type) when several rows are.
    pub fn related(&self, name: &str) -> Result<Option<&Self>> {
        match self.rows.loaded(name) {
            Some(Loaded::One(row)) => Ok(row.as_deref()),
            Some(Loaded::Back(row)) => Ok(row.row().map(Arc::as_ref)),
            Some(Loaded::Many(_)) => Err(Error::new(
                ErrorKind::Type,
                format!("'{name}' leads to several rows: ask for `related_set`"),
            )),
            None => Err(not_loaded(&format!("'{name}'"))),
        }
    }

    /// The loaded rows that a relation leads to, or that were prefetched under this name.
    ///
    /// # Errors
    /// Kind [`NotLoaded`](ErrorKind::NotLoaded) when they are not loaded,
    /// [`Type`](ErrorKind::Type) when the relation leads to one row.
    pub fn related_set(&self, name: &str) -> Result<&[Self]> {
        match self.rows.loaded(name) {
            Some(Loaded::Many(rows)) => Ok(rows),
            Some(Loaded::One(_) | Loaded::Back(_)) => Err(Error::new(
                ErrorKind::Type,
                format!("'{name}' leads to one row at most: ask for `related`"),
            )),
            None => Err(not_loaded(&format!("'{name}'"))),
        }
    }

    /// Whether something is loaded under this name.
    pub fn is_loaded(&self, name: &str) -> bool {
        self.rows.loaded(name).is_some()
    }

    /// The row that a relation leads to, fetched now unless it is loaded; it stays loaded. `meta`
    /// is the model that the record is of.
    ///
    /// # Errors
    /// Kind [`Field`](ErrorKind::Field) for a name that is no relation, or what reading reports.
    pub fn load(&self, meta: &Arc<ModelMeta>, name: &str, db: &Database) -> Result<Option<&Self>> {
        if !self.is_loaded(name) {
            db.enter("load")?;
            let row = match self.query(meta, name)? {
                Some(query) => query.get_or_none(db)?,
                None => None,
            };
            self.rows.set_one(name, row.map(Arc::new));
        }
        self.related(name)
    }

    /// The asynchronous twin of [`load`](Self::load). Cancel safe.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn aload(
        &self,
        meta: &Arc<ModelMeta>,
        name: &str,
        db: &Database,
    ) -> Result<Option<&Self>> {
        if !self.is_loaded(name) {
            let row = match self.query(meta, name)? {
                Some(query) => query.aget_or_none(db).await?,
                None => None,
            };
            self.rows.set_one(name, row.map(Arc::new));
        }
        self.related(name)
    }

    /// The rows that a relation leads to, as a query; `None` where a NULL leads nowhere. `meta` is
    /// the model that the record is of.
    ///
    /// # Errors
    /// Kind [`Field`](ErrorKind::Field) for a name that is no relation,
    /// [`NotLoaded`](ErrorKind::NotLoaded) when the record lacks the column that holds the key.
    pub fn query(&self, meta: &Arc<ModelMeta>, name: &str) -> Result<Option<QuerySet<Self>>> {
        QuerySet::related_to_record(meta, name, self)
    }
}

impl Loadable for Record {
    fn part(&self, meta: &ModelMeta, column: usize) -> Option<Value> {
        self.value(meta.columns().get(column)?.name()).cloned()
    }

    fn value_of(&self, meta: &ModelMeta, column: usize) -> Option<Value> {
        self.part(meta, column)
    }

    fn slot(&self, _: usize, name: &str) -> Option<&dyn Slot> {
        Some(self.rows.entry(name))
    }

    fn has_slot(&self, _: usize) -> bool {
        true
    }

    fn takes_names(&self) -> bool {
        true
    }

    fn copies(&self, rows: &[&dyn Loadable]) -> Vec<Option<Origin>> {
        let copy = |row: &Self, _: &mut Flat| Copied::Row(row.without_rows());
        copies(rows, copy, |_, _| None)
    }
}

impl Slot for Entry {
    fn is_loaded(&self) -> bool {
        self.loaded.get().is_some()
    }

    fn rows<'s>(&'s self, into: &mut Vec<&'s dyn Loadable>) {
        let as_loadable = |row: &'s Record| -> &'s dyn Loadable { row };
        match self.loaded.get() {
            Some(Loaded::One(row)) => into.extend(row.as_deref().map(as_loadable)),
            Some(Loaded::Back(row)) => into.extend(row.row().map(|row| as_loadable(row))),
            Some(Loaded::Many(rows)) => into.extend(rows.iter().map(as_loadable)),
            None => {}
        }
    }

    fn fetch(&self) -> Fetch {
        fetch::<Record>
    }

    fn fill(&self, fetched: &Fetched, key: Option<u32>) {
        let loaded = match fetched.many(key) {
            Some(rows) => Loaded::Many(rows),
            None => Loaded::One(fetched.one(key)),
        };
        let _ = self.loaded.set(loaded);
    }

    fn put(&self, row: &Origin) {
        if let Some(row) = row.of() {
            let _ = self.loaded.set(Loaded::Back(row));
        }
    }
}
