//! How the database would run the query.

use super::QuerySet;
use crate::database::{Database, Layout, Read};
use crate::dialect::Family;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{FromRow, RowReader};
use crate::value::Value;

/// What to ask of `EXPLAIN`. Which formats and options there are depends on the database;
/// SQLite has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExplainOptions {
    format: Option<Box<str>>,
    analyze: bool,
}

impl ExplainOptions {
    /// The output's format, such as `json`.
    #[must_use]
    pub fn format(mut self, format: impl Into<Box<str>>) -> Self {
        self.format = Some(format.into());
        self
    }

    /// Runs the query and tells what it took.
    #[must_use]
    pub fn analyze(mut self) -> Self {
        self.analyze = true;
        self
    }
}

impl<T: FromRow> QuerySet<T> {
    /// The database's plan for the query, as text; empty where nothing would be sent.
    ///
    /// # Errors
    /// Kind [`Value`](ErrorKind::Value) for a format or option that the database lacks.
    #[track_caller]
    pub fn explain(&self, db: &Database, options: &ExplainOptions) -> Result<String> {
        db.enter("explain")?;
        match self.plan_explain(db, options)? {
            Some(read) => Ok(text(db.fetch(read, line, usize::MAX)?)),
            None => Ok(String::new()),
        }
    }

    /// The asynchronous twin of [`explain`](Self::explain). Cancel safe.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn aexplain(&self, db: &Database, options: &ExplainOptions) -> Result<String> {
        match self.plan_explain(db, options)? {
            Some(read) => Ok(text(db.afetch(read, line, usize::MAX).await?)),
            None => Ok(String::new()),
        }
    }

    fn plan_explain(&self, db: &Database, options: &ExplainOptions) -> Result<Option<Read>> {
        let prefix = prefix(db, options)?;
        let Some(mut read) = self.plan_rows(db)? else {
            return Ok(None);
        };
        read.statement.sql = format!("{prefix} {}", read.statement.sql).into();
        read.statement.most_rows = None;
        read.layout = Layout::ByName(None);
        Ok(Some(read))
    }
}

/// The words before the statement; only words that are known to the dialect get there.
fn prefix(db: &Database, options: &ExplainOptions) -> Result<String> {
    let dialect = db.dialect();
    let words = match (options.analyze, dialect.explain_analyze) {
        (true, Some(words)) => words,
        (true, None) => {
            let message = format!(
                "{} cannot analyze a query while it explains it",
                dialect.name
            );
            return Err(Error::new(ErrorKind::Value, message));
        }
        (false, _) if dialect.family == Family::Sqlite => "EXPLAIN QUERY PLAN",
        (false, _) => "EXPLAIN",
    };
    let Some(format) = &options.format else {
        return Ok(words.to_owned());
    };
    let upper = format.to_uppercase();
    if !dialect.explain_formats.contains(&upper.as_str()) {
        let choices = match dialect.explain_formats {
            [] => "it has no formats".to_owned(),
            formats => format!("its formats are: {}", formats.join(", ")),
        };
        let message = format!("{} cannot explain as '{format}'; {choices}", dialect.name);
        return Err(Error::new(ErrorKind::Value, message));
    }
    Ok(match (dialect.family, options.analyze) {
        (Family::Postgres, true) => format!("EXPLAIN (ANALYZE, FORMAT {upper})"),
        (Family::Postgres, false) => format!("EXPLAIN (FORMAT {upper})"),
        _ => format!("{words} FORMAT={upper}"),
    })
}

fn line(row: &RowReader<'_>) -> Result<String> {
    let mut words = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        words.push(match row.owned(index)? {
            Value::Null => String::new(),
            Value::Text(text) | Value::Json(text) => text.into(),
            Value::I64(number) => number.to_string(),
            Value::F64(number) => number.to_string(),
            other => format!("{other:?}"),
        });
    }
    Ok(words.join(" "))
}

fn text(lines: Vec<String>) -> String {
    lines.join("\n")
}
