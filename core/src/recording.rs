//! A backend for tests of code that uses queryset: it answers from canned rows and keeps what it
//! was asked.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backend::{Backend, Cursor, Fetched};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Columns, Row, RowSink};
use crate::runtime::{BoxFuture, Runtime, Threads};
use crate::statement::Statement;
use crate::value::{Value, ValueRef};

/// A database that expects statements in order and answers each with canned rows or an error.
///
/// ```
/// use queryset::recording::Recording;
/// use queryset::{Dialect, Family, Value, raw};
///
/// let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
/// recording.expect("SELECT id, title FROM book", ["id", "title"], [[Value::I64(1), "Emma".into()]]);
///
/// let db = recording.database();
/// let books: Vec<(i64, String)> = raw("SELECT id, title FROM book", vec![]).list(&db)?;
/// assert_eq!(books, [(1, "Emma".to_owned())]);
/// recording.finish()?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone)]
pub struct Recording {
    shared: Arc<Shared>,
}

struct Shared {
    dialect: Dialect,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    expected: VecDeque<Expected>,
    statements: Vec<Statement>,
    mismatches: Vec<String>,
    closed: bool,
}

struct Expected {
    sql: Box<str>,
    answer: Answer,
}

enum Answer {
    Rows(Columns, VecDeque<Box<[Value]>>),
    Changed(u64),
    Fails(Error),
}

impl Recording {
    /// A recording that expects nothing yet.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            shared: Arc::new(Shared {
                dialect,
                state: Mutex::default(),
            }),
        }
    }

    /// A handle to the recording, on threads of the standard library.
    pub fn database(&self) -> Database {
        self.database_on(Threads)
    }

    /// A handle to the recording on a runtime.
    pub fn database_on(&self, runtime: impl Into<Runtime>) -> Database {
        Database::new(Arc::new(self.clone()), runtime.into())
    }

    /// Expects a statement with exactly this text next, and answers it with these rows.
    pub fn expect<C, V>(
        &self,
        sql: &str,
        columns: impl IntoIterator<Item = C>,
        rows: impl IntoIterator<Item = V>,
    ) where
        C: Into<Box<str>>,
        V: Into<Box<[Value]>>,
    {
        let rows = rows.into_iter().map(Into::into).collect();
        self.push(sql, Answer::Rows(Columns::new(None, columns), rows));
    }

    /// Expects a statement that returns no rows next, which changes as many rows as this.
    pub fn expect_execute(&self, sql: &str, changed: u64) {
        self.push(sql, Answer::Changed(changed));
    }

    /// Expects a statement next, and answers it with this error.
    pub fn expect_error(&self, sql: &str, error: Error) {
        self.push(sql, Answer::Fails(error));
    }

    /// The statements so far, in order.
    pub fn statements(&self) -> Vec<Statement> {
        self.state().statements.clone()
    }

    /// Checks that every expected statement came, and none that was not expected.
    ///
    /// # Errors
    /// Kind [`Operational`](ErrorKind::Operational), naming what differs.
    pub fn finish(&self) -> Result<()> {
        let state = self.state();
        let mut problems = state.mismatches.clone();
        problems.extend(
            state
                .expected
                .iter()
                .map(|missing| format!("never came: {}", missing.sql)),
        );
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Operational, problems.join("\n")))
    }

    fn push(&self, sql: &str, answer: Answer) {
        self.state().expected.push_back(Expected {
            sql: sql.into(),
            answer,
        });
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the statement and looks its answer up.
    fn answer(&self, statement: Statement) -> Result<Answer> {
        let mut state = self.state();
        if state.closed {
            return Err(Error::new(ErrorKind::Closed, "the recording was closed"));
        }
        let answer = match state.expected.pop_front() {
            Some(expected) if *expected.sql == *statement.sql => Ok(expected.answer),
            Some(expected) => {
                let problem = format!("expected: {}\n     came: {}", expected.sql, statement.sql);
                state.expected.push_front(expected);
                Err(problem)
            }
            None => Err(format!(
                "nothing was expected, but this came: {}",
                statement.sql
            )),
        };
        state.statements.push(statement);
        answer.map_err(|problem| {
            state.mismatches.push(problem.clone());
            Error::new(ErrorKind::Operational, problem)
        })
    }

    fn rows(&self, statement: Statement) -> Result<CannedRows> {
        match self.answer(statement)? {
            Answer::Rows(columns, rows) => Ok(CannedRows { columns, rows }),
            Answer::Changed(_) => Ok(CannedRows {
                columns: Columns::new(None, Vec::<Box<str>>::new()),
                rows: VecDeque::new(),
            }),
            Answer::Fails(error) => Err(error),
        }
    }
}

impl Backend for Recording {
    fn dialect(&self) -> &Dialect {
        &self.shared.dialect
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let rows = self.rows(statement);
        Box::pin(async move { rows?.hand_over(sink, max_rows) })
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        let answer = self.answer(statement);
        Box::pin(async move {
            match answer? {
                Answer::Rows(_, rows) => Ok(rows.len() as u64),
                Answer::Changed(changed) => Ok(changed),
                Answer::Fails(error) => Err(error),
            }
        })
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        self.state().closed = true;
        Box::pin(async { Ok(()) })
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("dialect", &self.shared.dialect.name)
            .finish_non_exhaustive()
    }
}

/// The rest of an answer.
struct CannedRows {
    columns: Columns,
    rows: VecDeque<Box<[Value]>>,
}

impl CannedRows {
    fn hand_over(mut self, mut sink: Box<dyn RowSink>, max_rows: usize) -> Result<Fetched> {
        for values in self.rows.drain(..max_rows.min(self.rows.len())) {
            sink.row(&CannedRow {
                columns: &self.columns,
                values: &values,
                given: &vec![Cell::new(false); values.len()],
            })?;
        }
        let cursor: Option<Box<dyn Cursor>> = if self.rows.is_empty() {
            None
        } else {
            Some(Box::new(self))
        };
        Ok(Fetched { sink, cursor })
    }
}

impl Cursor for CannedRows {
    fn fill(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        Box::pin(async move { self.hand_over(sink, max_rows) })
    }
}

impl fmt::Debug for CannedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CannedRows")
            .field("left", &self.rows.len())
            .finish_non_exhaustive()
    }
}

struct CannedRow<'r> {
    columns: &'r Columns,
    values: &'r [Value],
    /// The texts that it has no more, as a driver's row that gives its own away.
    given: &'r [Cell<bool>],
}

impl Row for CannedRow<'_> {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn name(&self, index: usize) -> &str {
        self.columns.name(index).unwrap_or("")
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        if self.given.get(index).is_some_and(Cell::get) {
            let name = self.name(index);
            return Err(Error::new(
                ErrorKind::Operational,
                format!("the text of column {name} was given away"),
            ));
        }
        Ok(self.values.get(index).map_or(ValueRef::Null, Value::borrow))
    }

    fn take_text(&self, index: usize) -> Option<String> {
        match self.values.get(index)? {
            Value::Text(text) if !self.given[index].replace(true) => Some(text.to_string()),
            _ => None,
        }
    }
}
