//! Statements as the server knows them, kept by their text.

mod cache;
mod describe;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_postgres::types::Type;

use crate::connection::{Connection, Stopped};
use crate::row::{self, Column};
pub(crate) use cache::Cache;
pub(crate) use describe::CustomTypes;

/// A statement whose types are known.
pub(crate) struct Prepared {
    /// Under a name of the server's, if statements have names.
    pub(crate) named: Option<tokio_postgres::Statement>,
    pub(crate) params: Box<[Type]>,
    pub(crate) columns: Arc<[Column]>,
    /// Whether it may open a transaction.
    pub(crate) begins: bool,
    /// Whether its last answer came soon, so that others may wait for the next.
    swift: AtomicBool,
}

impl Prepared {
    /// One that stays on the server under its name.
    pub(crate) fn named(statement: tokio_postgres::Statement, sql: &str) -> Self {
        let mut prepared = Self::new(&statement, sql);
        prepared.named = Some(statement);
        prepared
    }

    fn new(statement: &tokio_postgres::Statement, sql: &str) -> Self {
        Self {
            named: None,
            params: statement.params().into(),
            columns: row::columns(statement.columns()),
            begins: begins(sql),
            swift: AtomicBool::new(false),
        }
    }

    /// Notes whether its answer came soon.
    pub(crate) fn note(&self, swift: bool) {
        self.swift.store(swift, Ordering::Relaxed);
    }

    /// Whether its last answer came soon.
    pub(crate) fn is_swift(&self) -> bool {
        self.swift.load(Ordering::Relaxed)
    }
}

impl Connection {
    /// The statement of a text; the second is whether it was known before, and so may be out of
    /// date.
    pub(crate) async fn prepare(
        &mut self,
        sql: &Arc<str>,
    ) -> Result<(Arc<Prepared>, bool), Stopped> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok((prepared, true));
        }
        // In a box, as what is rare should not make every read's future larger.
        let prepared = Box::pin(self.prepare_new(sql)).await?;
        Ok((prepared, false))
    }

    async fn prepare_new(&mut self, sql: &Arc<str>) -> Result<Arc<Prepared>, Stopped> {
        let prepared = if self.opener.options.named_statements {
            let Self { client, driver, .. } = self;
            let named = driver.drive(pin!(client.prepare(sql))).await;
            let statement = match named {
                Ok(Ok(statement)) => statement,
                Ok(Err(error)) => return Err(self.stop(error, sql)),
                Err(lost) => return Err(self.lost(lost)),
            };
            Prepared::named(statement, sql)
        } else {
            self.describe(sql).await?
        };
        let prepared = Arc::new(prepared);
        self.statements
            .insert(Arc::clone(sql), Arc::clone(&prepared));
        Ok(prepared)
    }
}

/// Whether a statement may open a transaction. A word that only looks like it costs one more
/// question to the server.
pub(crate) fn begins(sql: &str) -> bool {
    let mut words = sql
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty());
    words.any(|word| word.eq_ignore_ascii_case("begin") || word.eq_ignore_ascii_case("start"))
}

/// Whether a statement, or one of several, may end a transaction.
pub(crate) fn ends(sql: &str) -> bool {
    const WORDS: [&str; 5] = ["commit", "rollback", "abort", "end", "prepare"];
    let mut words = sql
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty());
    words.any(|word| WORDS.iter().any(|ends| word.eq_ignore_ascii_case(ends)))
}

#[cfg(test)]
mod tests {
    use super::{begins, ends};

    #[test]
    fn ends_are_recognised() {
        for sql in [
            "COMMIT",
            "/* so */ end;",
            "SELECT 1; rollback",
            "PREPARE TRANSACTION 'a'",
        ] {
            assert!(ends(sql), "{sql}");
        }
        for sql in [
            "SELECT committed FROM t",
            "SAVEPOINT a",
            "RELEASE SAVEPOINT a",
        ] {
            assert!(!ends(sql), "{sql}");
        }
    }

    #[test]
    fn transactions_are_recognised() {
        for sql in [
            "BEGIN",
            " begin;",
            "SELECT 1; START TRANSACTION",
            "/**/Begin work",
        ] {
            assert!(begins(sql), "{sql}");
        }
        for sql in [
            "SELECT beginning FROM t",
            "INSERT INTO restart VALUES (1)",
            "",
        ] {
            assert!(!begins(sql), "{sql}");
        }
    }
}
