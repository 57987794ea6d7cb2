//! Pages that begin where another ended.

use std::sync::Arc;

use super::QuerySet;
use crate::condition::{ColumnRef, Condition, Invalid};
use crate::database::Database;
use crate::dialect::{Dialect, Family};
use crate::error::{Error, ErrorKind, Result};
use crate::keyset::{KeysetCursor, KeysetPage};
use crate::lookup::Lookup;
use crate::meta::ModelMeta;
use crate::model::not_loaded;
use crate::order::{Nulls, Term};
use crate::query::{Ordering, Query};
use crate::related::Loadable;
use crate::resolve::{orders_by, own_column, own_value};
use crate::row::FromRow;
use crate::value::Value;

impl<T: FromRow + Loadable> QuerySet<T> {
    /// The next `size` rows after a cursor, or the first ones without.
    ///
    /// Such a page is found by the values that its neighbour ended with, and not by counting rows:
    /// rows that are inserted or deleted meanwhile neither repeat others nor leave them out, and the
    /// thousandth page costs what the first does, if an index has the order's columns. In return
    /// there are no page numbers; for those see [`paginate`](Self::paginate).
    ///
    /// The order is the query's or its model's, of any number of columns of the model, ascending
    /// or not, with NULLs where the order has them. The primary key is added unless the order
    /// leaves no two rows equal as it is.
    ///
    /// ```
    /// use queryset::{Database, KeysetCursor, Model, Result};
    ///
    /// #[derive(Model)]
    /// struct Book {
    ///     #[model(primary_key)]
    ///     id: i64,
    ///     title: String,
    ///     pages: Option<i32>,
    /// }
    ///
    /// /// The titles of a page, and what the link to the next one says.
    /// async fn page(db: &Database, after: Option<&str>) -> Result<(Vec<String>, Option<String>)> {
    ///     let after = after.map(str::parse::<KeysetCursor>).transpose()?;
    ///     let books = Book::objects().order_by(|b| (b.pages.desc(), b.title.asc()));
    ///     let page = books.apage_after(db, after.as_ref(), 20).await?;
    ///     let next = page.next().map(ToString::to_string);
    ///     Ok((page.into_iter().map(|book| book.title).collect(), next))
    /// }
    /// # let _ = page;
    /// ```
    ///
    /// # Errors
    /// Kind [`Type`](ErrorKind::Type) for a slice, [`NotSupported`](ErrorKind::NotSupported) for
    /// an order by something else than columns of the model, [`Value`](ErrorKind::Value) for a
    /// cursor of another order and for pages of no rows, or what reading reports.
    #[track_caller]
    pub fn page_after(
        &self,
        db: &Database,
        after: Option<&KeysetCursor>,
        size: usize,
    ) -> Result<KeysetPage<T>> {
        let plan = KeysetPlan::new(self.query(), db.dialect(), after, size, false)?;
        let rows = Self::of(plan.query.clone()).list(db)?;
        plan.page(rows)
    }

    /// The asynchronous twin of [`page_after`](Self::page_after). Cancel safe.
    ///
    /// # Errors
    /// As [`page_after`](Self::page_after).
    pub async fn apage_after(
        &self,
        db: &Database,
        after: Option<&KeysetCursor>,
        size: usize,
    ) -> Result<KeysetPage<T>> {
        let plan = KeysetPlan::new(self.query(), db.dialect(), after, size, false)?;
        let rows = Self::of(plan.query.clone()).alist(db).await?;
        plan.page(rows)
    }

    /// The last `size` rows before a cursor, or the very last ones without, in the query's order;
    /// see [`page_after`](Self::page_after).
    ///
    /// # Errors
    /// As [`page_after`](Self::page_after).
    #[track_caller]
    pub fn page_before(
        &self,
        db: &Database,
        before: Option<&KeysetCursor>,
        size: usize,
    ) -> Result<KeysetPage<T>> {
        let plan = KeysetPlan::new(self.query(), db.dialect(), before, size, true)?;
        let rows = Self::of(plan.query.clone()).list(db)?;
        plan.page(rows)
    }

    /// The asynchronous twin of [`page_before`](Self::page_before). Cancel safe.
    ///
    /// # Errors
    /// As [`page_after`](Self::page_after).
    pub async fn apage_before(
        &self,
        db: &Database,
        before: Option<&KeysetCursor>,
        size: usize,
    ) -> Result<KeysetPage<T>> {
        let plan = KeysetPlan::new(self.query(), db.dialect(), before, size, true)?;
        let rows = Self::of(plan.query.clone()).alist(db).await?;
        plan.page(rows)
    }
}

/// A column of the order, as the statement has it.
struct Key {
    column: ColumnRef,
    descending: bool,
    /// Where NULLs stand; `None` for a column that has none.
    nulls: Option<Nulls>,
}

struct KeysetPlan {
    query: Query,
    keys: Vec<Key>,
    size: usize,
    /// The rows come the other way round.
    back: bool,
    /// The page has a neighbour where it began.
    continued: bool,
}

impl KeysetPlan {
    fn new(
        query: &Query,
        dialect: &Dialect,
        cursor: Option<&KeysetCursor>,
        size: usize,
        back: bool,
    ) -> Result<Self> {
        let meta = Arc::clone(&query.meta);
        query.check()?;
        if query.window.is_sliced() {
            let message = "cannot page through a query once a slice has been taken";
            return Err(query.error(ErrorKind::Type, message.into()));
        }
        let rows = u64::try_from(size)
            .ok()
            .and_then(|size| size.checked_add(1));
        let Some(rows) = rows.filter(|_| size > 0) else {
            let message = format!("a page has at least one row, not {size}");
            return Err(query.error(ErrorKind::Value, message));
        };
        let terms = terms(query, back)?;
        let keys = terms
            .iter()
            .map(|term| key(term, query, dialect))
            .collect::<Result<Vec<_>>>()?;
        let mut query = query.clone();
        query.memo.forget();
        query.ordering = Ordering::By(terms.into());
        query.reversed = false;
        if let Some(KeysetCursor(values)) = cursor {
            let values = fitting(values, &keys, &meta)?;
            query.filter(after(&keys, &values));
        }
        query.window = query.window.slice(0, Some(rows));
        Ok(Self {
            query,
            keys,
            size,
            back,
            continued: cursor.is_some(),
        })
    }

    fn page<T: Loadable>(self, mut rows: Vec<T>) -> Result<KeysetPage<T>> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        if self.back {
            rows.reverse();
        }
        let (before, behind) = match self.back {
            true => (more, self.continued),
            false => (self.continued, more),
        };
        let cursor = |row: Option<&T>, wanted: bool| {
            let row = row.filter(|_| wanted);
            row.map(|row| self.cursor(row)).transpose()
        };
        Ok(KeysetPage {
            previous: cursor(rows.first(), before)?,
            next: cursor(rows.last(), behind)?,
            rows,
        })
    }

    fn cursor<T: Loadable>(&self, row: &T) -> Result<KeysetCursor> {
        let meta = &self.query.meta;
        let values = self.keys.iter().map(|key| {
            let index = usize::from(key.column.index);
            match row.value_of(meta, index) {
                None | Some(Value::Refused(_)) => {
                    let name = meta
                        .columns()
                        .get(index)
                        .map_or("?", |column| column.name());
                    let what = format!("{}.{name}, by which the rows are ordered,", meta.name());
                    Err(not_loaded(&what))
                }
                Some(value) => Ok(value),
            }
        });
        Ok(KeysetCursor(values.collect::<Result<_>>()?))
    }
}

/// The order's terms as the statement has them, to which the primary key is added.
fn terms(query: &Query, back: bool) -> Result<Vec<Term>> {
    let meta = &query.meta;
    let own = match &query.ordering {
        Ordering::Default => meta.default_terms().map_err(|invalid| invalid.to_error())?,
        Ordering::By(terms) => terms,
    };
    let mut terms = own.to_vec();
    if !query.is_totally_ordered() {
        if meta.primary_key().is_empty() {
            let message = format!(
                "{} has no primary key to tell rows apart that are equal in the order",
                meta.name()
            );
            return Err(query.error(ErrorKind::Type, message));
        }
        for &index in meta.primary_key() {
            let column = own_column(index).map_err(|invalid| invalid.to_error())?;
            let term = Term::ascending(column);
            if !orders_by(&terms, &term) {
                terms.push(term);
            }
        }
    }
    let turned = query.reversed != back;
    Ok(match turned {
        true => terms.iter().map(Term::reversed).collect(),
        false => terms,
    })
}

fn key(term: &Term, query: &Query, dialect: &Dialect) -> Result<Key> {
    let &Term::Column {
        column,
        descending,
        nulls,
    } = term
    else {
        return Err(no_key(query));
    };
    let meta = query.meta.columns().get(usize::from(column.index));
    let (true, Some(meta)) = (column.path.is_root(), meta) else {
        return Err(no_key(query));
    };
    // NULL is the largest value on PostgreSQL and the least elsewhere.
    let usual = match descending == (dialect.family == Family::Postgres) {
        true => Nulls::First,
        false => Nulls::Last,
    };
    Ok(Key {
        column,
        descending,
        nulls: meta.is_nullable().then_some(nulls.unwrap_or(usual)),
    })
}

#[cold]
fn no_key(query: &Query) -> Error {
    let message =
        "pages that begin where others ended need an order by columns of the model itself";
    query.error(ErrorKind::NotSupported, message.into())
}

/// The cursor's values, as values of the order's columns.
fn fitting(values: &[Value], keys: &[Key], meta: &ModelMeta) -> Result<Vec<Value>> {
    let other = || {
        let message = "the cursor is of a query with another order";
        Invalid::new(ErrorKind::Value, message)
    };
    let columns = keys.iter().zip(values).map(|(key, value)| {
        let column = &meta.columns()[usize::from(key.column.index)];
        match value {
            Value::Null if key.nulls.is_none() => Err(other()),
            Value::Null => Ok(Value::Null),
            value => own_value(column, value.clone()).map_err(|_| other()),
        }
    });
    let fitting = match keys.len() == values.len() {
        true => columns.collect::<Result<Vec<_>, _>>(),
        false => Err(other()),
    };
    fitting.map_err(|invalid| invalid.to_error().with_model(meta.name()))
}

/// The rows behind one with these values: the first column in which they differ decides.
fn after(keys: &[Key], values: &[Value]) -> Condition {
    let mut any = Condition::Never;
    let mut equal = Condition::Always;
    for (key, value) in keys.iter().zip(values) {
        any = any.or(equal.clone().and(behind(key, value)));
        equal = equal.and(match value {
            Value::Null => Condition::is_null(key.column, true),
            value => Condition::compare(key.column, Lookup::Exact, value.clone()),
        });
    }
    any
}

fn behind(key: &Key, value: &Value) -> Condition {
    match (value, key.nulls) {
        (Value::Null, Some(Nulls::First)) => Condition::is_null(key.column, false),
        (Value::Null, _) => Condition::Never,
        (value, nulls) => {
            let lookup = match key.descending {
                true => Lookup::Lt,
                false => Lookup::Gt,
            };
            let behind = Condition::compare(key.column, lookup, value.clone());
            match nulls {
                Some(Nulls::Last) => behind.or(Condition::is_null(key.column, true)),
                _ => behind,
            }
        }
    }
}
