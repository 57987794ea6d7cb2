//! The one error type of every read, and its kinds.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, as a word that every backend shares.
///
/// The first group comes from building a query and mirrors Django's exception classes; the
/// second tells what a terminal found; the rest comes from the database and the way to it.
///
/// | Django | here |
/// |---|---|
/// | `FieldError` | [`Field`](ErrorKind::Field) |
/// | `FieldDoesNotExist` | [`FieldDoesNotExist`](ErrorKind::FieldDoesNotExist) |
/// | `TypeError` | [`Type`](ErrorKind::Type) |
/// | `ValueError` | [`Value`](ErrorKind::Value) |
/// | `ValidationError` | [`Validation`](ErrorKind::Validation) |
/// | `NotSupportedError`, `NotImplementedError` | [`NotSupported`](ErrorKind::NotSupported) |
/// | `IndexError` | [`Index`](ErrorKind::Index) |
/// | `Model.DoesNotExist` | [`NotFound`](ErrorKind::NotFound) |
/// | `Model.MultipleObjectsReturned` | [`Multiple`](ErrorKind::Multiple) |
/// | `SynchronousOnlyOperation` | [`SynchronousOnly`](ErrorKind::SynchronousOnly) |
/// | `TransactionManagementError` | [`Transaction`](ErrorKind::Transaction) |
/// | `IntegrityError` | [`Unique`](ErrorKind::Unique), [`ForeignKey`](ErrorKind::ForeignKey), [`NotNull`](ErrorKind::NotNull), [`Check`](ErrorKind::Check) |
/// | `OperationalError`, `ProgrammingError`, `DataError` | the database kinds below |
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A path names no field, relation or lookup of the model.
    Field,
    /// A name that must be one of the model's own fields is not.
    FieldDoesNotExist,
    /// The operation does not fit what it is applied to, such as a filter after a slice.
    Type,
    /// A value that the operation cannot take, such as `None` for `gt`.
    Value,
    /// A value that cannot be read as the field's type.
    Validation,
    /// The database, the backend or this kind of query lacks the feature.
    NotSupported,
    /// An index past the end of the result.
    Index,

    /// Related rows or a column were asked for that were not loaded. Nothing is fetched behind the
    /// caller's back.
    NotLoaded,
    /// `get`, `earliest` or `latest` found no row.
    NotFound,
    /// `get` found several rows.
    Multiple,
    /// A blocking method was called inside a task of an async runtime.
    SynchronousOnly,
    /// The transaction has ended, was broken by an earlier error, or is used in a way that it
    /// does not allow.
    Transaction,

    /// A unique constraint was violated.
    Unique,
    /// A foreign key constraint was violated.
    ForeignKey,
    /// A NULL was written into a column that refuses it.
    NotNull,
    /// A check constraint was violated.
    Check,
    /// The transaction could not be serialised; running it again may succeed.
    Serialization,
    /// The database broke a deadlock by ending this statement; running it again may succeed.
    Deadlock,
    /// A lock was not granted in time; running it again may succeed.
    Busy,
    /// The read's own deadline or a timeout of the server passed.
    Timeout,
    /// The read was cancelled by its token, or the database says that it was interrupted.
    Cancelled,
    /// The connection could not be made or was lost.
    Connection,
    /// The server refused the credentials.
    Authentication,
    /// The server takes no more connections for now.
    TooManyConnections,
    /// No connection of the pool became free in time.
    PoolExhausted,
    /// The database handle was closed.
    Closed,
    /// The async runtime is gone, or lacks what the read needs.
    Runtime,
    /// A value in a row does not fit the type that it is read into.
    Decode,
    /// The database refused a value, such as a number out of range or an invalid pattern.
    Data,
    /// The database could not make sense of the statement: bad syntax, an unknown table or column.
    Programming,
    /// Any other failure that the database reports.
    Operational,
}

/// The error of every operation of this crate.
///
/// It is opaque: ask [`kind`](Error::kind) or one of the predicates. The message says what
/// happened, where, and what to do next; it never repeats its [`source`](StdError::source).
///
/// ```
/// use queryset::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Busy, "the database file is locked by another program");
/// assert!(error.is_retryable());
/// assert_eq!(error.to_string(), "the database file is locked by another program");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    model: Option<Box<str>>,
    code: Option<Box<str>>,
    constraint: Option<Box<str>>,
    table: Option<Box<str>>,
    column: Option<Box<str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A result whose error is this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a message: lower case, without a full stop, naming the place and
    /// the way out.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            model: None,
            code: None,
            constraint: None,
            table: None,
            column: None,
            source: None,
        }))
    }

    /// The same error with the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with the name of the model that it is about.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<Box<str>>) -> Self {
        self.0.model = Some(model.into());
        self
    }

    /// The same error with the database's own code, such as an SQLSTATE.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Box<str>>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// The same error with the name of the violated constraint.
    #[must_use]
    pub fn with_constraint(mut self, constraint: impl Into<Box<str>>) -> Self {
        self.0.constraint = Some(constraint.into());
        self
    }

    /// The same error with the name of the table that it is about.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<Box<str>>) -> Self {
        self.0.table = Some(table.into());
        self
    }

    /// The same error with the name of the column that it is about.
    #[must_use]
    pub fn with_column(mut self, column: impl Into<Box<str>>) -> Self {
        self.0.column = Some(column.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The model's name, where the error is about one (not found, multiple).
    pub fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// The database's own code, kept as it came: an SQLSTATE, or SQLite's extended result code.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The violated constraint's name, where the database tells it.
    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    /// The table's name, where it is known.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The column's name, where it is known.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// Whether a `get`, `earliest` or `latest` found no row.
    ///
    /// ```
    /// # use queryset::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::NotFound, "no book matches").is_not_found());
    /// ```
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether a `get` found several rows.
    ///
    /// ```
    /// # use queryset::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::Multiple, "two books match").is_multiple());
    /// ```
    pub fn is_multiple(&self) -> bool {
        self.kind() == ErrorKind::Multiple
    }

    /// Whether the read's deadline or a server's timeout passed.
    ///
    /// ```
    /// # use queryset::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::Timeout, "the deadline passed").is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether the read was cancelled.
    ///
    /// ```
    /// # use queryset::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::Cancelled, "cancelled by its token").is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
    }

    /// Whether the same operation may succeed when it is simply run again.
    ///
    /// ```
    /// # use queryset::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::Deadlock, "deadlock detected").is_retryable());
    /// assert!(!Error::new(ErrorKind::Unique, "the name is taken").is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Serialization
                | ErrorKind::Deadlock
                | ErrorKind::Busy
                | ErrorKind::Connection
                | ErrorKind::TooManyConnections
                | ErrorKind::PoolExhausted
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind)
            .field("message", &self.0.message);
        for (name, value) in [
            ("model", &self.0.model),
            ("code", &self.0.code),
            ("constraint", &self.0.constraint),
            ("table", &self.0.table),
            ("column", &self.0.column),
        ] {
            if let Some(value) = value {
                out.field(name, value);
            }
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
