use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use queryset::{Error, ErrorKind, Result, Value, ValueRef};
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef as SqlRef};

use crate::bind::{Bound, bound};
use crate::error;
use crate::panics;

/// A connection in the hands of an [`on_connect`](crate::SqliteOptions::on_connect) hook.
pub struct SqliteConnection<'a> {
    database: &'a rusqlite::Connection,
    writes: bool,
    blocking: RefCell<Vec<Box<str>>>,
}

impl<'a> SqliteConnection<'a> {
    pub(super) fn new(database: &'a rusqlite::Connection, writes: bool) -> Self {
        Self {
            database,
            writes,
            blocking: RefCell::default(),
        }
    }

    /// The names of the functions that may block.
    pub(super) fn into_blocking(self) -> Vec<Box<str>> {
        self.blocking.into_inner()
    }

    /// Whether this is the connection that writes. The others only read.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// Runs statements, one after the other, without values; rows that they return are passed
    /// over.
    ///
    /// # Errors
    /// What SQLite reports. The statements before the one that failed stay done.
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        self.database
            .execute_batch(sql)
            .map_err(error::from_rusqlite)
    }

    /// Registers a function for SQL under `name`, with a number of arguments, or with any number
    /// for `None`.
    ///
    /// It runs in the middle of a statement, on the thread that runs the statement. Integers,
    /// floats, texts, bytes and NULL arrive as such; what it returns is bound as a parameter
    /// would be. Its error, or its panic, ends the statement with an error that has its message.
    /// While it runs it cannot be interrupted.
    ///
    /// ```
    /// use queryset::{Value, ValueRef};
    /// use queryset_sqlite::SqliteOptions;
    ///
    /// let options = SqliteOptions::memory().on_connect(|connection| {
    ///     connection.create_scalar_function("half", Some(1), |arguments| {
    ///         Ok(match arguments {
    ///             [ValueRef::I64(whole)] => Value::I64(whole / 2),
    ///             _ => Value::Null,
    ///         })
    ///     })
    /// });
    /// ```
    ///
    /// # Errors
    /// SQLite refuses the name or the number of arguments (at most 127).
    pub fn create_scalar_function(
        &self,
        name: &str,
        arguments: Option<u8>,
        function: impl Fn(&[ValueRef<'_>]) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<()> {
        self.create(name, arguments, FunctionFlags::empty(), function)
    }

    /// Registers a function whose result depends on nothing but its arguments, so that SQLite
    /// may use it in an index and run it once for arguments that do not change; otherwise as
    /// [`create_scalar_function`](Self::create_scalar_function).
    ///
    /// # Errors
    /// As there.
    pub fn create_deterministic_function(
        &self,
        name: &str,
        arguments: Option<u8>,
        function: impl Fn(&[ValueRef<'_>]) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<()> {
        self.create(
            name,
            arguments,
            FunctionFlags::SQLITE_DETERMINISTIC,
            function,
        )
    }

    /// Registers a function that may block its thread; otherwise as
    /// [`create_scalar_function`](Self::create_scalar_function). What calls it never starts on a
    /// thread that awaits it: see [`inline`](crate::SqliteOptions::inline).
    ///
    /// # Errors
    /// As there.
    pub fn create_blocking_function(
        &self,
        name: &str,
        arguments: Option<u8>,
        function: impl Fn(&[ValueRef<'_>]) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<()> {
        self.blocking.borrow_mut().push(name.into());
        self.create(name, arguments, FunctionFlags::empty(), function)
    }

    fn create(
        &self,
        name: &str,
        arguments: Option<u8>,
        flags: FunctionFlags,
        function: impl Fn(&[ValueRef<'_>]) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<()> {
        let owned = name.to_owned();
        self.database
            .create_scalar_function(
                name,
                arguments.map_or(-1, i32::from),
                flags | FunctionFlags::SQLITE_UTF8,
                move |context| {
                    call(context, &function).map_err(|error| {
                        let message = format!("function `{owned}`: {error}");
                        rusqlite::Error::UserFunctionError(message.into())
                    })
                },
            )
            .map_err(error::from_rusqlite)
    }
}

impl fmt::Debug for SqliteConnection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteConnection")
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}

fn call(
    context: &rusqlite::functions::Context<'_>,
    function: &dyn Fn(&[ValueRef<'_>]) -> Result<Value>,
) -> Result<ToSqlOutput<'static>> {
    let arguments: Vec<ValueRef<'_>> = (0..context.len())
        .map(|index| argument(context.get_raw(index), index))
        .collect::<Result<_>>()?;
    // Unwinding must not go through SQLite, and the panic's message is worth more than its type.
    let value = catch_unwind(AssertUnwindSafe(|| function(&arguments)))
        .map_err(|panic| panics::error("it", &*panic))??;
    let output = match bound(&value, 1, false)? {
        Bound::Null => SqlValue::Null,
        Bound::Integer(integer) => SqlValue::Integer(integer),
        Bound::Real(real) => SqlValue::Real(real),
        Bound::Text(text) => SqlValue::Text(text.into_owned()),
        Bound::Blob(bytes) => SqlValue::Blob(bytes.to_vec()),
    };
    Ok(ToSqlOutput::Owned(output))
}

fn argument(value: SqlRef<'_>, index: usize) -> Result<ValueRef<'_>> {
    Ok(match value {
        SqlRef::Null => ValueRef::Null,
        SqlRef::Integer(integer) => ValueRef::I64(integer),
        SqlRef::Real(real) => ValueRef::F64(real),
        SqlRef::Blob(bytes) => ValueRef::Bytes(bytes),
        SqlRef::Text(text) => ValueRef::Text(std::str::from_utf8(text).map_err(|source| {
            Error::new(
                ErrorKind::Decode,
                format!("argument {} is text that is not utf-8", index + 1),
            )
            .with_source(source)
        })?),
    })
}
