//! Numbered pages, as Django's Paginator has them.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::queryset::QuerySet;
use crate::row::FromRow;

/// A query cut into numbered pages: what [`QuerySet::paginate`] gives. Numbers begin at one.
///
/// The rows are counted once, when a page or their number is first asked for; a new paginator
/// counts again. The query should have an order that leaves no two rows equal
/// ([`is_totally_ordered`](QuerySet::is_totally_ordered)), or pages may repeat rows.
///
/// ```
/// use queryset::{Database, Model, Result};
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     id: i64,
///     title: String,
/// }
///
/// async fn overview(db: &Database, number: u64) -> Result<String> {
///     let books = Book::objects().order_by(|b| (b.title.asc(), b.id.asc())).paginate(25);
///     let page = books.aget_page(db, number).await?;
///     let shown = format!("{} to {}", page.start_index(), page.end_index());
///     Ok(format!("{shown} of {}", books.acount(db).await?))
/// }
/// # let _ = overview;
/// ```
#[derive(Debug)]
pub struct Paginator<T> {
    query: QuerySet<T>,
    per_page: u64,
    orphans: u64,
    empty_first_page: bool,
    count: OnceLock<u64>,
}

/// The rows of a [`Paginator`]'s page.
#[derive(Clone, Debug)]
pub struct Page<T> {
    rows: Vec<T>,
    number: u64,
    per_page: u64,
    pages: u64,
    count: u64,
}

impl<T> QuerySet<T> {
    /// The rows in numbered pages of this many: Django's `Paginator(query, 25)`. Pages of no rows
    /// are an error of kind [`Value`](ErrorKind::Value) of all that asks for one.
    ///
    /// A page far behind costs the database all rows before it, and rows that are inserted meanwhile
    /// move to the next page: for pages that are only walked through see
    /// [`page_after`](Self::page_after).
    pub fn paginate(self, per_page: u64) -> Paginator<T> {
        Paginator {
            query: self,
            per_page,
            orphans: 0,
            empty_first_page: true,
            count: OnceLock::new(),
        }
    }
}

impl<T> Paginator<T> {
    /// A last page of no more than this many rows is part of the page before.
    #[must_use]
    pub fn orphans(mut self, rows: u64) -> Self {
        self.orphans = rows;
        self
    }

    /// Whether there is a first page where there are no rows. There is, unless this says otherwise.
    #[must_use]
    pub fn allow_empty_first_page(mut self, allow: bool) -> Self {
        self.empty_first_page = allow;
        self
    }

    /// The number of rows on a page.
    pub fn per_page(&self) -> u64 {
        self.per_page
    }

    /// The query whose rows the pages have.
    pub fn query(&self) -> &QuerySet<T> {
        &self.query
    }

    /// Refuses pages of no rows, of which there would be no end.
    fn check(&self) -> Result<()> {
        match self.per_page {
            0 => Err(Error::new(ErrorKind::Value, "a page has at least one row")),
            _ => Ok(()),
        }
    }

    fn pages(&self, count: u64) -> Result<u64> {
        self.check()?;
        if count == 0 && !self.empty_first_page {
            return Ok(0);
        }
        let hits = count.saturating_sub(self.orphans).max(1);
        Ok(hits.div_ceil(self.per_page))
    }

    /// The number, if there is such a page.
    fn valid(&self, number: u64, count: u64) -> Result<u64> {
        let message = match number {
            0 => "pages are numbered from one".to_owned(),
            number if number > self.pages(count)? => {
                format!(
                    "page {number} has no rows; there are {}",
                    self.pages(count)?
                )
            }
            number => return Ok(number),
        };
        Err(Error::new(ErrorKind::Index, message))
    }

    /// The nearest number of a page that there is: the last page for one that is too large, as
    /// Django has it for zero too.
    fn nearest(&self, number: u64, count: u64) -> Result<u64> {
        let pages = self.pages(count)?;
        Ok(match number {
            0 => pages,
            number => number.min(pages),
        })
    }

    /// The rows of a page.
    fn slice(&self, number: u64, count: u64) -> QuerySet<T> {
        let low = number.saturating_sub(1).saturating_mul(self.per_page);
        let high = low.saturating_add(self.per_page);
        let high = match high.saturating_add(self.orphans) >= count {
            true => count,
            false => high,
        };
        self.query.clone().slice(low..high.max(low))
    }

    fn page_of(&self, rows: Vec<T>, number: u64, count: u64) -> Result<Page<T>> {
        Ok(Page {
            rows,
            number,
            per_page: self.per_page,
            pages: self.pages(count)?,
            count,
        })
    }
}

impl<T: FromRow> Paginator<T> {
    /// The number of rows on all pages.
    ///
    /// # Errors
    /// As [`QuerySet::count`].
    #[track_caller]
    pub fn count(&self, db: &Database) -> Result<u64> {
        match self.count.get() {
            Some(count) => Ok(*count),
            None => {
                let count = self.query.count(db)?;
                Ok(*self.count.get_or_init(|| count))
            }
        }
    }

    /// The asynchronous twin of [`count`](Self::count). Cancel safe.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub async fn acount(&self, db: &Database) -> Result<u64> {
        match self.count.get() {
            Some(count) => Ok(*count),
            None => {
                let count = self.query.acount(db).await?;
                Ok(*self.count.get_or_init(|| count))
            }
        }
    }

    /// The number of pages.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    #[track_caller]
    pub fn num_pages(&self, db: &Database) -> Result<u64> {
        self.pages(self.count(db)?)
    }

    /// The asynchronous twin of [`num_pages`](Self::num_pages). Cancel safe.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub async fn anum_pages(&self, db: &Database) -> Result<u64> {
        self.pages(self.acount(db).await?)
    }

    /// The numbers of the pages.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    #[track_caller]
    pub fn page_range(&self, db: &Database) -> Result<RangeInclusive<u64>> {
        Ok(1..=self.num_pages(db)?)
    }

    /// The asynchronous twin of [`page_range`](Self::page_range). Cancel safe.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub async fn apage_range(&self, db: &Database) -> Result<RangeInclusive<u64>> {
        Ok(1..=self.anum_pages(db).await?)
    }

    /// The page of this number.
    ///
    /// # Errors
    /// Kind [`Index`](ErrorKind::Index) where there is no such page, or what reading reports.
    #[track_caller]
    pub fn page(&self, db: &Database, number: u64) -> Result<Page<T>> {
        self.check()?;
        let count = self.count(db)?;
        let number = self.valid(number, count)?;
        self.page_of(self.slice(number, count).list(db)?, number, count)
    }

    /// The asynchronous twin of [`page`](Self::page). Cancel safe.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn apage(&self, db: &Database, number: u64) -> Result<Page<T>> {
        self.check()?;
        let count = self.acount(db).await?;
        let number = self.valid(number, count)?;
        self.page_of(self.slice(number, count).alist(db).await?, number, count)
    }

    /// The page of this number, or the last one where there is no such page: for numbers that
    /// visitors type.
    ///
    /// # Errors
    /// What reading reports; kind [`Index`](ErrorKind::Index) where there is no page at all.
    #[track_caller]
    pub fn get_page(&self, db: &Database, number: u64) -> Result<Page<T>> {
        self.page(db, self.nearest(number, self.count(db)?)?)
    }

    /// The asynchronous twin of [`get_page`](Self::get_page). Cancel safe.
    ///
    /// # Errors
    /// As [`get_page`](Self::get_page).
    pub async fn aget_page(&self, db: &Database, number: u64) -> Result<Page<T>> {
        let number = self.nearest(number, self.acount(db).await?)?;
        self.apage(db, number).await
    }
}

impl<T> Page<T> {
    /// The rows.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The page's number, from one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The number of all pages.
    pub fn num_pages(&self) -> u64 {
        self.pages
    }

    /// The number of the next page, if there is one.
    pub fn next_page_number(&self) -> Option<u64> {
        (self.number < self.pages).then(|| self.number + 1)
    }

    /// The number of the page before, if there is one.
    pub fn previous_page_number(&self) -> Option<u64> {
        (self.number > 1).then(|| self.number - 1)
    }

    /// Whether there is a next page.
    pub fn has_next(&self) -> bool {
        self.next_page_number().is_some()
    }

    /// Whether there is a page before.
    pub fn has_previous(&self) -> bool {
        self.previous_page_number().is_some()
    }

    /// Whether there are pages beside this one.
    pub fn has_other_pages(&self) -> bool {
        self.has_next() || self.has_previous()
    }

    /// The place of the page's first row among all, from one; zero without rows.
    pub fn start_index(&self) -> u64 {
        match self.count {
            0 => 0,
            _ => (self.number - 1) * self.per_page + 1,
        }
    }

    /// The place of the page's last row among all, from one.
    pub fn end_index(&self) -> u64 {
        match self.number == self.pages {
            true => self.count,
            false => self.number * self.per_page,
        }
    }

    /// The numbers of pages around this one and at both ends, and `None` for those in between:
    /// what a list of links shows. Django's `get_elided_page_range` has 3 around and 2 at each end.
    ///
    /// ```
    /// # use queryset::{Dialect, Family, Value, Model, recording::Recording};
    /// # #[derive(Model)]
    /// # struct Book { #[model(primary_key)] id: i64 }
    /// # let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    /// # recording.expect("SELECT COUNT(*) FROM \"book\"", ["n"], [[Value::I64(50)]]);
    /// # recording.expect("SELECT \"book\".\"id\" FROM \"book\" LIMIT 1 OFFSET 9", ["id"], [[Value::I64(10)]]);
    /// # let db = recording.database();
    /// let page = Book::objects().paginate(1).page(&db, 10)?;
    /// let links: Vec<_> = page
    ///     .elided_page_range(2, 1)
    ///     .map(|number| number.map_or("…".to_owned(), |number| number.to_string()))
    ///     .collect();
    /// assert_eq!(links.join(" "), "1 … 8 9 10 11 12 … 50");
    /// # assert_eq!(page.rows()[0].id, 10);
    /// # Ok::<(), queryset::Error>(())
    /// ```
    pub fn elided_page_range(
        &self,
        on_each_side: u64,
        on_ends: u64,
    ) -> impl Iterator<Item = Option<u64>> + use<T> {
        let (number, pages) = (self.number, self.pages);
        let both = on_each_side.saturating_add(on_ends);
        let mut shown = Vec::new();
        if pages <= both.saturating_mul(2) {
            shown.extend((1..=pages).map(Some));
            return shown.into_iter();
        }
        if number > both.saturating_add(2) {
            shown.extend((1..=on_ends).map(Some));
            shown.push(None);
            shown.extend((number - on_each_side..=number).map(Some));
        } else {
            shown.extend((1..=number).map(Some));
        }
        // More than both ends' worth of pages are left, or they are all shown.
        if number < (pages - on_each_side - on_ends).saturating_sub(1) {
            shown.extend((number + 1..=number + on_each_side).map(Some));
            shown.push(None);
            shown.extend((pages - on_ends + 1..=pages).map(Some));
        } else {
            shown.extend((number + 1..=pages).map(Some));
        }
        shown.into_iter()
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}
