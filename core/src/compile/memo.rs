//! The statement of a query that is kept.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Select, Sort, What};
use crate::dialect::Dialect;
use crate::query::Window;
use crate::statement::Statement;
use crate::zone::Zone;

/// What a query was compiled to, from its second use on: a program may keep a query and read it
/// again and again, and most queries are built for one use, which should not pay for a copy.
///
/// It is of the query as it is: whoever changes the query forgets it.
#[derive(Default)]
pub(crate) struct Memo {
    used: AtomicBool,
    kept: OnceLock<Box<Kept>>,
}

struct Kept {
    /// The database's that it was first compiled for, which is known by its number.
    cache: u64,
    /// That of this database, and of the others that it serves.
    dialect: Dialect,
    zone: Zone,
    form: Form,
    statement: Statement,
}

/// Which of a query's reads a statement is.
#[derive(PartialEq)]
struct Form {
    what: u8,
    order: u8,
    window: Window,
}

impl Form {
    /// `None` for a read that depends on more than the query.
    #[inline]
    fn of(select: &Select<'_>) -> Option<Self> {
        if select.also.is_some() {
            return None;
        }
        let what = match select.what {
            What::Rows => 0,
            What::Count => 1,
            What::Exists => 2,
            What::Columns(_) | What::Aggregates(_) => return None,
        };
        let order = match select.order {
            Sort::No => 0,
            Sort::Query => 1,
            Sort::Reversed => 2,
            Sort::By(..) => return None,
        };
        Some(Self {
            what,
            order,
            window: select.window,
        })
    }
}

impl Memo {
    /// The statement, if it was kept for this database or for one of the same dialect.
    #[inline]
    pub(super) fn statement(
        &self,
        select: &Select<'_>,
        dialect: &Dialect,
        zone: &Zone,
        cache: u64,
    ) -> Option<Statement> {
        let kept = self.kept.get()?;
        let same = (kept.cache == cache || kept.dialect == *dialect)
            && kept.zone.is(zone)
            && Form::of(select)? == kept.form;
        same.then(|| kept.statement.clone())
    }

    /// Keeps the statement, if the query was used before.
    #[inline]
    pub(super) fn keep(
        &self,
        select: &Select<'_>,
        dialect: &Dialect,
        zone: &Zone,
        cache: u64,
        statement: &Statement,
    ) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        } else if self.kept.get().is_none() {
            self.fill(select, dialect, zone, cache, statement);
        }
    }

    #[cold]
    fn fill(
        &self,
        select: &Select<'_>,
        dialect: &Dialect,
        zone: &Zone,
        cache: u64,
        statement: &Statement,
    ) {
        if let Some(form) = Form::of(select) {
            let statement = statement.clone();
            // Another thread may have been first, with a statement that is as good.
            let _ = self.kept.set(Box::new(Kept {
                cache,
                dialect: dialect.clone(),
                zone: zone.clone(),
                form,
                statement,
            }));
        }
    }

    /// The query changes.
    #[inline]
    pub(crate) fn forget(&mut self) {
        if *self.used.get_mut() {
            *self = Self::default();
        }
    }
}

/// A clone is about to be changed, most often.
impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").finish_non_exhaustive()
    }
}
