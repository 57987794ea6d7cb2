//! A column that a query may leave out.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::copy::Lender;
use super::related::not_loaded;
use crate::compile::{Select, Sort, What, compile};
use crate::condition::{Condition, Invalid};
use crate::database::{Database, Layout, Limits, Read};
use crate::error::{Error, ErrorKind, Result};
use crate::field::{DecodeError, Field};
use crate::lookup::Lookup;
use crate::meta::ModelMeta;
use crate::query::Query;
use crate::resolve::own_column;
use crate::row::{Columns, RowReader};
use crate::value::{ColumnType, Value, ValueRef};

/// A column that [`defer`](crate::QuerySet::defer) and [`only`](crate::QuerySet::only) may leave
/// out of the statement.
///
/// ```
/// use queryset::{Database, Deferred, Model, Result};
///
/// #[derive(Model)]
/// struct Article {
///     #[model(primary_key)]
///     id: i64,
///     title: String,
///     body: Deferred<String>,
/// }
///
/// fn titles(db: &Database) -> Result<Vec<String>> {
///     let articles = Article::objects().defer(|a| a.body).list(db)?;
///     Ok(articles.into_iter().map(|article| article.title).collect())
/// }
///
/// fn body<'a>(article: &'a Article, db: &Database) -> Result<&'a str> {
///     Ok(article.body.load(db)?) // a statement of its own, unless it is loaded
/// }
///
/// let article = Article { id: 1, title: "On".into(), body: "Long".to_owned().into() };
/// assert_eq!(article.body.get().map(String::as_str), Some("Long"));
/// # let _ = (titles, body, article.id, article.title);
/// ```
pub struct Deferred<T> {
    value: OnceLock<T>,
    place: Option<Box<Place>>,
}

/// Where a value that was left out is found.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) meta: Arc<ModelMeta>,
    pub(crate) column: usize,
    /// The primary key of the row.
    pub(crate) key: Vec<Value>,
}

impl<T> Deferred<T> {
    /// A value that is there.
    pub fn new(value: T) -> Self {
        Self {
            value: OnceLock::from(value),
            place: None,
        }
    }

    /// The value, if it is loaded.
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The value.
    ///
    /// # Errors
    /// Kind [`NotLoaded`](ErrorKind::NotLoaded) when the query left it out.
    pub fn loaded(&self) -> Result<&T> {
        self.get().ok_or_else(|| not_loaded(&self.name()))
    }

    /// Whether the value is loaded.
    pub fn is_loaded(&self) -> bool {
        self.value.get().is_some()
    }

    fn name(&self) -> String {
        match &self.place {
            Some(place) => format!(
                "{}.{}",
                place.meta.name(),
                place.meta.columns()[place.column].name()
            ),
            None => "the column".into(),
        }
    }
}

impl<T: Field> Deferred<T> {
    /// The value, fetched now unless it is loaded; it stays loaded.
    ///
    /// # Errors
    /// Kind [`NotFound`](ErrorKind::NotFound) when the row is there no more, or what reading
    /// reports.
    pub fn load(&self, db: &Database) -> Result<&T> {
        match self.value.get() {
            Some(value) => Ok(value),
            None => {
                db.enter("load")?;
                let place = self.place()?;
                let found = match place.read(db)? {
                    Some(read) => db.fetch(read, |row| row.get(0), usize::MAX)?.pop(),
                    None => None,
                };
                let value = found.ok_or_else(|| place.gone())?;
                Ok(self.value.get_or_init(|| value))
            }
        }
    }

    /// The asynchronous twin of [`load`](Self::load). Cancel safe.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn aload(&self, db: &Database) -> Result<&T>
    where
        T: Sync,
    {
        match self.value.get() {
            Some(value) => Ok(value),
            None => {
                let place = self.place()?;
                let found = match place.read(db)? {
                    Some(read) => db.afetch(read, |row| row.get(0), usize::MAX).await?.pop(),
                    None => None,
                };
                let value = found.ok_or_else(|| place.gone())?;
                Ok(self.value.get_or_init(|| value))
            }
        }
    }

    fn place(&self) -> Result<&Place> {
        self.place
            .as_deref()
            .ok_or_else(|| not_loaded(&self.name()))
    }
}

impl Place {
    /// The read of the value alone.
    fn read(&self, db: &Database) -> Result<Option<Read>> {
        let invalid = |invalid: Invalid| invalid.to_error();
        let mut query = Query::new(Arc::clone(&self.meta));
        for (&column, value) in self.meta.primary_key().iter().zip(&self.key) {
            let column = own_column(column).map_err(invalid)?;
            query.filter(Condition::compare(column, Lookup::Exact, value.clone()));
        }
        let columns = [own_column(self.column).map_err(invalid)?];
        let select = Select {
            what: What::Columns(&columns),
            order: Sort::No,
            ..Select::rows(&query)
        };
        let statement = compile(&select, db.dialect(), db.time_zone(), db.cache())?;
        let name = self.meta.columns()[self.column].name();
        Ok(statement.map(|statement| Read {
            statement,
            layout: Layout::InOrder(Columns::new(Some(self.meta.table()), [name])),
            limits: Limits::default(),
        }))
    }

    #[cold]
    fn gone(&self) -> Error {
        let message = format!("the {} is there no more", self.meta.name());
        Error::new(ErrorKind::NotFound, message).with_model(self.meta.name())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Field for Deferred<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = T::NULLABLE;
    const DEFERRABLE: bool = true;
    type Base = T::Base;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        T::from_value(value).map(Self::new)
    }

    fn to_value(&self) -> Value {
        match self.get() {
            Some(value) => value.to_value(),
            None => Value::Refused("it was left out of the query that the row came from".into()),
        }
    }

    fn lend(&self, lender: &mut Lender<'_>) {
        match self.get() {
            Some(value) => value.lend(lender),
            None => lender.value(&self.to_value()),
        }
    }

    fn read(row: &RowReader<'_>, index: usize) -> Result<Self> {
        match row.left_out(index)? {
            None => T::read(row, index).map(Self::new),
            Some(place) => Ok(Self {
                value: OnceLock::new(),
                place: Some(Box::new(place)),
            }),
        }
    }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Clone> Clone for Deferred<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            place: self.place.clone(),
        }
    }
}

/// A value that is not loaded is equal to no other but one that is not loaded either.
impl<T: PartialEq> PartialEq for Deferred<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for Deferred<T> {}

impl<T: fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => f.debug_tuple("Deferred").field(value).finish(),
            None => f.write_str("Deferred(not loaded)"),
        }
    }
}
