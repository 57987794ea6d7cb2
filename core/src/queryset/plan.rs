//! From a terminal to the read that it needs.

use std::sync::{Arc, LazyLock};

use super::QuerySet;
use crate::compile::{Select, Sort, What, compile};
use crate::condition::{Condition, Invalid};
use crate::database::{Database, Layout, Read};
use crate::error::{ErrorKind, Result};
use crate::order::Term;
use crate::query::{Ordering, Query, Terms, Window};
use crate::resolve::own_column;
use crate::row::Columns;
use crate::statement::Statement;

/// The one column of what has no name.
static RESULT: LazyLock<Columns> = LazyLock::new(|| Columns::new(None, ["result"]));

impl<T> QuerySet<T> {
    /// The read of a select over this query; `None` where nothing needs to be sent.
    pub(super) fn plan(&self, db: &Database, select: &Select<'_>) -> Result<Option<Read>> {
        let query = self.query();
        if let (What::Rows, Some(_)) = (select.what, &query.loading) {
            return self.plan_selection(db, select);
        }
        let Some(statement) = self.compiled(db, select)? else {
            return Ok(None);
        };
        let columns = match select.what {
            What::Rows | What::Columns(_) => query.meta.result_columns().clone(),
            What::Count | What::Exists => RESULT.clone(),
            What::Aggregates(calls) => Columns::new(
                None,
                calls.iter().map(|call| format!("{:?}", call.function)),
            ),
        };
        Ok(Some(Read {
            statement,
            layout: Layout::InOrder(columns),
            limits: query.limits(),
        }))
    }

    /// The read of a select of rows with related ones, or without some columns.
    fn plan_selection(&self, db: &Database, select: &Select<'_>) -> Result<Option<Read>> {
        let query = self.query();
        query.check()?;
        if query.is_empty() || select.window.is_empty() {
            return Ok(None);
        }
        query.check_late()?;
        let selection = query.selection()?;
        let what = match &selection {
            Some(selection) => What::Columns(&selection.columns),
            None => What::Rows,
        };
        let select = Select { what, ..*select };
        let Some(statement) = compile(&select, db.dialect(), db.time_zone(), db.cache())? else {
            return Ok(None);
        };
        let layout = match &selection {
            Some(selection) => Layout::Tree(Arc::clone(&selection.tree)),
            None => Layout::InOrder(query.meta.result_columns().clone()),
        };
        Ok(Some(Read {
            statement,
            layout,
            limits: query.limits(),
        }))
    }

    /// The statement of a select over this query; `None` where nothing needs to be sent.
    pub(super) fn compiled(&self, db: &Database, select: &Select<'_>) -> Result<Option<Statement>> {
        let query = self.query();
        query.check()?;
        if query.is_empty() || select.window.is_empty() {
            return Ok(None);
        }
        query.check_late()?;
        compile(select, db.dialect(), db.time_zone(), db.cache())
    }

    /// The rows of the query as it is.
    pub(super) fn plan_rows(&self, db: &Database) -> Result<Option<Read>> {
        self.plan(db, &Select::rows(self.query()))
    }

    /// The first row: in the query's order, or by the primary key where it has none and was not
    /// told to have none.
    pub(super) fn plan_first(&self, db: &Database) -> Result<Option<Read>> {
        self.plan_edge(db, false)
    }

    /// The last row; a slice has none that a database could find.
    pub(super) fn plan_last(&self, db: &Database) -> Result<Option<Read>> {
        let query = self.query();
        query.check()?;
        if query.window.is_sliced() {
            let message = "cannot reverse a query once a slice has been taken, so it has no last";
            return Err(query.error(ErrorKind::Type, message.into()));
        }
        self.plan_edge(db, true)
    }

    fn plan_edge(&self, db: &Database, last: bool) -> Result<Option<Read>> {
        let query = self.query();
        let by_key;
        let order = if query.is_ordered() || query.ordering != Ordering::Default {
            if last { Sort::Reversed } else { Sort::Query }
        } else if query.window.is_sliced() {
            return Err(query.error(
                ErrorKind::Type,
                "cannot reorder a query once a slice has been taken; order it before".into(),
            ));
        } else {
            by_key = key_terms(query)?;
            Sort::By(&by_key, last)
        };
        let window = query.window.slice(0, Some(1));
        self.plan(
            db,
            &Select {
                order,
                window,
                ..Select::rows(query)
            },
        )
    }

    /// The row that an ordering puts first, or last.
    pub(super) fn plan_extreme(
        &self,
        db: &Database,
        terms: Result<Terms, Invalid>,
        latest: bool,
    ) -> Result<Option<Read>> {
        let query = self.query();
        query.check()?;
        if query.window.is_sliced() {
            let message = "cannot change a query once a slice has been taken";
            return Err(query.error(ErrorKind::Type, message.into()));
        }
        let terms = terms.map_err(|invalid| invalid.to_error())?;
        if terms.is_empty() {
            let message =
                "earliest and latest need a field: name one, or declare latest_by in the model";
            return Err(query.error(ErrorKind::Value, message.into()));
        }
        let window = Window {
            low: 0,
            high: Some(1),
        };
        self.plan(
            db,
            &Select {
                order: Sort::By(&terms, latest),
                window,
                ..Select::rows(query)
            },
        )
    }

    /// The terms of the model's own `latest_by`.
    pub(super) fn latest_terms(&self) -> Result<Terms, Invalid> {
        self.query()
            .terms(self.query().meta.latest_by().iter().cloned())
    }

    /// The rows of the query for which one more condition holds.
    pub(super) fn plan_also(
        &self,
        db: &Database,
        what: What<'_>,
        condition: &Condition,
    ) -> Result<Option<Read>> {
        let query = self.query();
        if let Condition::Invalid(invalid) = condition {
            query.check()?;
            return Err(invalid.to_error());
        }
        let mut select = Select {
            what,
            also: Some(condition),
            ..Select::rows(query)
        };
        if matches!(what, What::Exists) {
            select.order = Sort::No;
            select.window = select.window.slice(0, Some(1));
        }
        self.plan(db, &select)
    }
}

/// The order by the primary key.
fn key_terms(query: &Query) -> Result<Terms> {
    let key = query.meta.primary_key();
    if key.is_empty() {
        let message = format!(
            "{} has no primary key to order by; order the query before asking for its first or last row",
            query.meta.name()
        );
        return Err(query.error(ErrorKind::Type, message));
    }
    key.iter()
        .map(|&index| {
            let column = own_column(index).map_err(|invalid| invalid.to_error())?;
            Ok(Term::Column {
                column,
                descending: false,
                nulls: None,
            })
        })
        .collect()
}
