//! Statements through SQLite's C interface: the one module of the crate with unsafe code.
//!
//! rusqlite's statements borrow their connection, so nothing can own both, and a cursor that is
//! `Send` and waits between two chunks has to. Here the prepared statement is a bare pointer, and
//! what makes it sound is who may hold it: it lives in the [`Cache`] of its connection, or in a
//! [`Running`] that owns that connection, and in both it is dropped before the connection. Both
//! move from thread to thread as a whole, never shared, so a connection opened without SQLite's
//! own mutex is used by one thread at a time.
#![allow(unsafe_code)]

mod cache;
mod habit;
mod row;
pub(crate) mod shape;

use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use queryset::{Error, ErrorKind, Result, Statement, Value};
use rusqlite::ffi;

use crate::bind::{Bound, bound};
use crate::connection::Connection;
use crate::error;

pub(crate) use cache::Cache;
use cache::Place;
use habit::Habit;
pub(crate) use habit::Start;
pub(crate) use shape::Shape;

/// A statement in the middle of its run, with the connection that it runs on.
///
/// [`finish`](Running::finish) gives the connection back; a plain drop closes it, which is right
/// after a panic and nowhere else.
pub(crate) struct Running {
    // Dropped first: a connection cannot be closed under its statements.
    prepared: Prepared,
    place: Option<Place>,
    sql: Arc<str>,
    /// What the placeholders refer to: texts and bytes are bound without a copy.
    params: Vec<Value>,
    /// Whether a text or bytes were bound.
    bytes: bool,
    columns: c_int,
    stepped: bool,
    /// Whether it stands on a row that was not handed over yet.
    ahead: bool,
    /// The failure of the step after the last row that was handed over.
    failed: Option<Error>,
    connection: Box<Connection>,
}

/// A prepared statement. It frees itself, and must do so before its connection.
pub(crate) struct Prepared {
    pointer: NonNull<ffi::sqlite3_stmt>,
    parameters: usize,
    readonly: bool,
    habit: Habit,
}

impl Prepared {
    /// Ends a run, wherever it is. Values that lie in memory are unbound, so that it can be freed.
    fn end(&self, unbinds: bool) {
        // SAFETY: the statement is alive, and its connection is only used by this thread.
        unsafe {
            ffi::sqlite3_reset(self.pointer.as_ptr());
            if unbinds {
                ffi::sqlite3_clear_bindings(self.pointer.as_ptr());
            }
        }
    }

    /// Notes for the next run if SQLite has prepared the statement again by itself.
    fn look_back(&mut self) {
        // SAFETY: the statement is alive, and its connection is only used by this thread.
        let again = unsafe {
            ffi::sqlite3_stmt_status(self.pointer.as_ptr(), ffi::SQLITE_STMTSTATUS_REPREPARE, 1)
        };
        if again > 0 {
            self.habit.has_changed();
        }
    }

    /// Runs a statement without values and rows to its end; false if it failed.
    pub(crate) fn run(&mut self) -> bool {
        // SAFETY: the statement is alive, and its connection is only used by this thread.
        unsafe {
            let code = ffi::sqlite3_step(self.pointer.as_ptr());
            ffi::sqlite3_reset(self.pointer.as_ptr());
            code == ffi::SQLITE_DONE
        }
    }
}

// SAFETY: SQLite ties a statement to no thread, only to one thread at a time; `Prepared` is not
// `Sync` and moves together with its connection.
unsafe impl Send for Prepared {}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `sqlite3_prepare_v3`, is finalized only here, and its
        // connection is still open (see the module).
        unsafe { ffi::sqlite3_finalize(self.pointer.as_ptr()) };
    }
}

/// What could not be started, and the connection that is free again.
pub(crate) type NotStarted = (Error, Box<Connection>);

impl Running {
    /// Prepares a statement, or takes it from the cache, and binds its values.
    pub(crate) fn start(
        mut connection: Box<Connection>,
        sql: Arc<str>,
        params: Vec<Value>,
        must_read: bool,
    ) -> Result<Self, NotStarted> {
        let (prepared, place) = match connection.statements.take(&sql) {
            Some((mut prepared, place)) => {
                // On a thread of the pool: nothing that is stale starts elsewhere.
                if prepared.habit.wants_a_look() {
                    prepared.habit.looked(connection.shape(&sql));
                }
                (prepared, Some(place))
            }
            None => match prepare_one(&connection, &sql) {
                Ok(mut prepared) => {
                    let reads = must_read && prepared.readonly && !is_pragma(&sql);
                    if reads {
                        prepared.habit = Habit::new(connection.shape(&sql));
                    }
                    (prepared, None)
                }
                Err(error) => return Err((error, connection)),
            },
        };
        let mut running = Self {
            prepared,
            place,
            sql,
            params,
            bytes: false,
            columns: 0,
            stepped: false,
            ahead: false,
            failed: None,
            connection,
        };
        // SQLite takes even a pragma that only asks for a write. One that does write fails, since
        // the connections that read are `query_only`.
        if must_read && !running.prepared.readonly && !is_pragma(&running.sql) {
            let error = Error::new(
                ErrorKind::Programming,
                format!(
                    "the statement `{}` writes, but was sent as a read: send it with `execute`",
                    error::excerpt(&running.sql)
                ),
            );
            return Err((error, running.finish()));
        }
        match running.bind() {
            Ok(()) => Ok(running),
            Err(error) => Err((error, running.finish())),
        }
    }

    /// Goes to the next row; false at the end of the result.
    pub(crate) fn step(&mut self) -> Result<bool> {
        // SAFETY: the statement is alive, and the connection is only used by this thread.
        let code = unsafe { ffi::sqlite3_step(self.prepared.pointer.as_ptr()) };
        match code {
            ffi::SQLITE_ROW => {
                if !self.stepped {
                    self.stepped = true;
                    // Only now: the first step prepares again after a change of the schema.
                    // SAFETY: as above.
                    self.columns =
                        unsafe { ffi::sqlite3_column_count(self.prepared.pointer.as_ptr()) };
                }
                Ok(true)
            }
            ffi::SQLITE_DONE => Ok(false),
            _ => Err(self.connection.last_error(&self.sql)),
        }
    }

    /// Whether it has come to a row.
    pub(crate) fn has_begun(&self) -> bool {
        self.stepped
    }

    /// Whether a row waits to be handed over, which is then taken to be.
    pub(crate) fn take_ahead(&mut self) -> Result<bool> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut self.ahead)),
        }
    }

    /// Says that the row on which it stands waits to be handed over.
    pub(crate) fn set_ahead(&mut self) {
        self.ahead = true;
    }

    /// Keeps a failure for the next call.
    pub(crate) fn fail_later(&mut self, error: Error) {
        self.failed = Some(error);
    }

    /// Ends the run, wherever it is, and gives the connection back.
    pub(crate) fn finish(self) -> Box<Connection> {
        self.end().0
    }

    /// The same, and gives back the values of the placeholders too.
    pub(crate) fn end(self) -> (Box<Connection>, Vec<Value>) {
        let Self {
            mut prepared,
            place,
            sql,
            params,
            bytes,
            mut connection,
            ..
        } = self;
        prepared.end(bytes);
        if connection.inline_budget().is_some() {
            prepared.look_back();
        }
        connection.statements.put(place, sql, prepared);
        (connection, params)
    }

    /// Ends the run, and gives back what it takes to begin again.
    pub(crate) fn take_back(self) -> (Box<Connection>, Statement) {
        let Self {
            mut prepared,
            place,
            sql,
            params,
            bytes,
            mut connection,
            ..
        } = self;
        prepared.end(bytes);
        if connection.inline_budget().is_some() {
            prepared.look_back();
        }
        connection.statements.put(place, Arc::clone(&sql), prepared);
        (connection, Statement::read(sql, params))
    }

    /// How it ran, for where its next run starts.
    pub(crate) fn habit(&mut self) -> &mut Habit {
        &mut self.prepared.habit
    }

    /// The connection, for what does not touch the statement.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The statement's text.
    pub(crate) fn sql(&self) -> &Arc<str> {
        &self.sql
    }

    fn bind(&mut self) -> Result<()> {
        if self.params.len() != self.prepared.parameters {
            return Err(Error::new(
                ErrorKind::Programming,
                format!(
                    "the statement `{}` has {} placeholders, and {} values were given",
                    error::excerpt(&self.sql),
                    self.prepared.parameters,
                    self.params.len(),
                ),
            ));
        }
        for (index, value) in self.params.iter().enumerate() {
            let bound = bound(value, index + 1, self.connection.round_decimals())?;
            self.bytes |= matches!(bound, Bound::Text(_) | Bound::Blob(_));
            let code = bind_one(&self.prepared, index + 1, &bound);
            if code != ffi::SQLITE_OK {
                return Err(self.connection.last_error(&self.sql));
            }
        }
        Ok(())
    }
}

fn is_pragma(sql: &str) -> bool {
    let start = sql.trim_start().as_bytes();
    start.len() >= 6 && start[..6].eq_ignore_ascii_case(b"pragma")
}

/// Runs every statement of a text, without values.
pub(crate) fn run_batch(connection: &Connection, sql: &str) -> Result<()> {
    let mut rest = sql;
    loop {
        let (prepared, end) = prepare(connection, rest)?;
        if let Some(prepared) = prepared {
            loop {
                // SAFETY: the statement is alive, and the connection is only used by this thread.
                match unsafe { ffi::sqlite3_step(prepared.pointer.as_ptr()) } {
                    ffi::SQLITE_ROW => {}
                    ffi::SQLITE_DONE => break,
                    _ => return Err(connection.last_error(rest)),
                }
            }
        }
        match rest.get(end..) {
            Some(next) if !next.is_empty() && end > 0 => rest = next,
            _ => return Ok(()),
        }
    }
}

/// The error that SQLite keeps for the last call on a connection.
#[cold]
pub(crate) fn last_error(db: &rusqlite::Connection, sql: &str) -> Error {
    // SAFETY: the connection is open and only used by this thread; the message is copied before
    // the next call.
    let (code, message, offset) = unsafe {
        let db = db.handle();
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db))
            .to_string_lossy()
            .into_owned();
        (
            ffi::sqlite3_extended_errcode(db),
            message,
            ffi::sqlite3_error_offset(db),
        )
    };
    error::in_statement(code, &message, sql, usize::try_from(offset).ok())
}

/// How many rows the connection has changed, in all and by its last writing statement.
pub(crate) fn changes(db: &rusqlite::Connection) -> (i64, i64) {
    // SAFETY: the connection is open and only used by this thread.
    unsafe {
        let db = db.handle();
        (ffi::sqlite3_total_changes64(db), ffi::sqlite3_changes64(db))
    }
}

/// The largest number of placeholders in a statement.
pub(crate) fn max_params(db: &rusqlite::Connection) -> usize {
    // SAFETY: the connection is open and only used by this thread; -1 only asks.
    let limit = unsafe { ffi::sqlite3_limit(db.handle(), ffi::SQLITE_LIMIT_VARIABLE_NUMBER, -1) };
    usize::try_from(limit).unwrap_or(0)
}

/// Prepares a text that is one statement.
pub(crate) fn prepare_one(connection: &Connection, sql: &str) -> Result<Prepared> {
    let (prepared, end) = prepare(connection, sql)?;
    let Some(prepared) = prepared else {
        return Err(Error::new(ErrorKind::Programming, "the statement is empty"));
    };
    let rest = sql.get(end..).unwrap_or("");
    // A comment behind the statement is none: SQLite itself has to tell.
    if !rest.trim().is_empty() && prepare(connection, rest)?.0.is_some() {
        return Err(Error::new(
            ErrorKind::Programming,
            format!(
                "one statement was expected, and another follows it: `{}`",
                error::excerpt(rest.trim())
            ),
        ));
    }
    Ok(prepared)
}

/// Prepares the first statement of a text (`None` if there is none), and tells where it ends.
fn prepare(connection: &Connection, sql: &str) -> Result<(Option<Prepared>, usize)> {
    let length = c_int::try_from(sql.len()).map_err(|_| {
        Error::new(
            ErrorKind::Data,
            "the statement is longer than sqlite can take",
        )
    })?;
    let start: *const c_char = sql.as_ptr().cast();
    let mut pointer = ptr::null_mut();
    let mut tail = ptr::null();
    // SAFETY: the connection is open and only used by this thread; SQLite reads `length` bytes,
    // and puts `tail` into or just behind them.
    let (code, end) = unsafe {
        let code = ffi::sqlite3_prepare_v3(
            connection.database().handle(),
            start,
            length,
            ffi::SQLITE_PREPARE_PERSISTENT as _,
            &raw mut pointer,
            &raw mut tail,
        );
        let end = match tail.is_null() {
            true => sql.len(),
            false => usize::try_from(tail.offset_from(start)).unwrap_or(sql.len()),
        };
        (code, end)
    };
    if code != ffi::SQLITE_OK {
        return Err(connection.last_error(sql));
    }
    let prepared = NonNull::new(pointer).map(|pointer| {
        // SAFETY: the statement has just been prepared.
        let (parameters, readonly) = unsafe {
            (
                ffi::sqlite3_bind_parameter_count(pointer.as_ptr()),
                ffi::sqlite3_stmt_readonly(pointer.as_ptr()) != 0,
            )
        };
        Prepared {
            pointer,
            parameters: usize::try_from(parameters).unwrap_or(0),
            readonly,
            habit: Habit::new(Shape::Blind),
        }
    });
    Ok((prepared, end))
}

/// Binds a value to the placeholder `position`, counted from one.
///
/// Borrowed texts and bytes are bound without a copy: the caller keeps them until the statement
/// is finished, as [`Running`] does.
fn bind_one(prepared: &Prepared, position: usize, value: &Bound<'_>) -> c_int {
    let statement = prepared.pointer.as_ptr();
    let Ok(position) = c_int::try_from(position) else {
        return ffi::SQLITE_RANGE;
    };
    // SAFETY: the statement is alive and not in the middle of a run. Borrowed memory outlives the
    // binding, since `Running` owns the values and unbinds them first; owned memory is copied.
    unsafe {
        match value {
            Bound::Null => ffi::sqlite3_bind_null(statement, position),
            Bound::Integer(integer) => ffi::sqlite3_bind_int64(statement, position, *integer),
            Bound::Real(real) => ffi::sqlite3_bind_double(statement, position, *real),
            Bound::Text(text) => {
                let keep = match text {
                    std::borrow::Cow::Borrowed(_) => ffi::SQLITE_STATIC(),
                    std::borrow::Cow::Owned(_) => ffi::SQLITE_TRANSIENT(),
                };
                ffi::sqlite3_bind_text64(
                    statement,
                    position,
                    text.as_ptr().cast(),
                    text.len() as u64,
                    keep,
                    ffi::SQLITE_UTF8 as _,
                )
            }
            Bound::Blob(bytes) => ffi::sqlite3_bind_blob64(
                statement,
                position,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                ffi::SQLITE_STATIC(),
            ),
        }
    }
}
