//! SQLite's result codes and messages, as errors that every backend shares.

use queryset::{Error, ErrorKind};
use rusqlite::ffi;

/// The longest piece of SQL that is quoted in a message.
const QUOTED: usize = 200;

/// The error of an extended result code with SQLite's own message.
#[cold]
pub(crate) fn from_code(extended: i32, message: &str) -> Error {
    let error = Error::new(
        kind(extended, message),
        format!("sqlite: {message}{}", advice(extended)),
    )
    .with_code(extended.to_string());
    match extended & 0xff {
        ffi::SQLITE_CONSTRAINT => constraint(error, message),
        ffi::SQLITE_ERROR => named(error, message),
        _ => error,
    }
}

/// The error of an extended result code, from a statement whose text may be quoted.
#[cold]
pub(crate) fn in_statement(
    extended: i32,
    message: &str,
    sql: &str,
    offset: Option<usize>,
) -> Error {
    match (extended & 0xff, offset) {
        (ffi::SQLITE_ERROR, Some(offset)) => {
            let message = format!("{message} (at byte {offset} of `{}`)", excerpt(sql));
            from_code(extended, &message)
        }
        (ffi::SQLITE_ERROR, None) => {
            from_code(extended, &format!("{message} (in `{}`)", excerpt(sql)))
        }
        _ => from_code(extended, message),
    }
}

/// The error of a call into rusqlite.
#[cold]
pub(crate) fn from_rusqlite(error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(failure, Some(message)) => {
            from_code(failure.extended_code, &message)
        }
        rusqlite::Error::SqliteFailure(failure, None) => {
            from_code(failure.extended_code, &failure.to_string())
        }
        other => {
            Error::new(ErrorKind::Operational, "sqlite refused the operation").with_source(other)
        }
    }
}

/// The same error, about a transaction that was begun for reading.
#[cold]
pub(crate) fn in_read_only_transaction(error: Error) -> Error {
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    match code {
        Some(code) if code & 0xff == ffi::SQLITE_READONLY => Error::new(
            ErrorKind::Transaction,
            "the statement writes, but its transaction was begun for reading only",
        )
        .with_code(code.to_string()),
        _ => error,
    }
}

/// The start of a statement, short enough for a message.
pub(crate) fn excerpt(sql: &str) -> String {
    match sql.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &sql[..end]),
        None => sql.to_owned(),
    }
}

fn kind(extended: i32, message: &str) -> ErrorKind {
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => return ErrorKind::Unique,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return ErrorKind::ForeignKey,
        ffi::SQLITE_CONSTRAINT_NOTNULL => return ErrorKind::NotNull,
        ffi::SQLITE_CONSTRAINT_DATATYPE => return ErrorKind::Data,
        _ => {}
    }
    match extended & 0xff {
        ffi::SQLITE_CONSTRAINT => ErrorKind::Check,
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => ErrorKind::Busy,
        ffi::SQLITE_INTERRUPT => ErrorKind::Cancelled,
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOTADB | ffi::SQLITE_IOERR => ErrorKind::Connection,
        ffi::SQLITE_AUTH | ffi::SQLITE_PERM => ErrorKind::Authentication,
        ffi::SQLITE_TOOBIG | ffi::SQLITE_MISMATCH | ffi::SQLITE_RANGE => ErrorKind::Data,
        // SQLite has one code for what it cannot parse and for what fails while it runs.
        ffi::SQLITE_ERROR if at_run_time(message) => ErrorKind::Data,
        ffi::SQLITE_ERROR => ErrorKind::Programming,
        _ => ErrorKind::Operational,
    }
}

fn at_run_time(message: &str) -> bool {
    [
        "integer overflow",
        "malformed JSON",
        "bad JSON path",
        "LIKE or GLOB pattern too complex",
        "ESCAPE expression must be a single character",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}

fn advice(extended: i32) -> &'static str {
    match extended {
        ffi::SQLITE_BUSY_SNAPSHOT => {
            ": another connection has written since this transaction began to read"
        }
        _ => match extended & 0xff {
            ffi::SQLITE_BUSY => {
                ": another connection holds the lock; see the `busy_timeout` option"
            }
            ffi::SQLITE_LOCKED => ": an open cursor or another connection holds the table",
            ffi::SQLITE_NOTADB => ": the file is of another kind, or encrypted",
            ffi::SQLITE_CORRUPT => ": the file is damaged; `PRAGMA integrity_check` tells more",
            ffi::SQLITE_READONLY => ": the file or its folder cannot be written",
            ffi::SQLITE_FULL => ": the disk is full",
            _ => "",
        },
    }
}

/// Reads the names out of `UNIQUE constraint failed: book.title, book.year`.
fn constraint(error: Error, message: &str) -> Error {
    let Some((_, what)) = message.split_once("constraint failed: ") else {
        return error;
    };
    if let Some(index) = what
        .strip_prefix("index '")
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return error.with_constraint(index);
    }
    if message.starts_with("CHECK") {
        return error.with_constraint(what);
    }
    // A table's name may contain a dot, a column's seldom does.
    let Some((table, column)) = what
        .split(", ")
        .next()
        .and_then(|name| name.rsplit_once('.'))
    else {
        return error;
    };
    let error = error.with_table(table);
    // With several columns none is the one.
    if what.contains(", ") {
        error
    } else {
        error.with_column(column)
    }
}

/// Reads the name out of `no such column: titel` and the like.
fn named(error: Error, message: &str) -> Error {
    let name = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?;
        Some(rest.split(" (").next().unwrap_or(rest))
    };
    if let Some(table) = name("no such table: ") {
        error.with_table(table)
    } else if let Some(column) = name("no such column: ") {
        error.with_column(column)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_keep_their_names() {
        let error = from_code(2067, "UNIQUE constraint failed: book.title");
        assert_eq!(error.kind(), ErrorKind::Unique);
        assert_eq!(
            error.to_string(),
            "sqlite: UNIQUE constraint failed: book.title"
        );
        assert_eq!(
            (error.table(), error.column(), error.code()),
            (Some("book"), Some("title"), Some("2067"))
        );

        let error = from_code(2067, "UNIQUE constraint failed: a.b.x, a.b.y");
        assert_eq!((error.table(), error.column()), (Some("a.b"), None));

        let error = from_code(2067, "UNIQUE constraint failed: index 'one_each'");
        assert_eq!(
            (error.constraint(), error.table()),
            (Some("one_each"), None)
        );

        let error = from_code(275, "CHECK constraint failed: price_is_positive");
        assert_eq!(error.kind(), ErrorKind::Check);
        assert_eq!(error.constraint(), Some("price_is_positive"));

        let error = from_code(1555, "UNIQUE constraint failed: book.id");
        assert_eq!(error.kind(), ErrorKind::Unique);
        assert_eq!(
            from_code(787, "FOREIGN KEY constraint failed").kind(),
            ErrorKind::ForeignKey
        );
        let error = from_code(1299, "NOT NULL constraint failed: book.title");
        assert_eq!(error.kind(), ErrorKind::NotNull);
        assert_eq!(error.column(), Some("title"));
    }

    #[test]
    fn what_cannot_be_parsed_quotes_the_statement() {
        let error = in_statement(
            1,
            "no such column: titel",
            "SELECT titel FROM book",
            Some(7),
        );
        assert_eq!(error.kind(), ErrorKind::Programming);
        assert_eq!(
            error.to_string(),
            "sqlite: no such column: titel (at byte 7 of `SELECT titel FROM book`)"
        );
        assert_eq!(error.column(), Some("titel"));
        let error = in_statement(1, "no such table: bok", "SELECT 1 FROM bok", None);
        assert_eq!(error.table(), Some("bok"));
        assert_eq!(from_code(1, "integer overflow").kind(), ErrorKind::Data);
    }

    #[test]
    fn locks_files_and_interrupts() {
        let error = from_code(5, "database is locked");
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(
            error.to_string(),
            "sqlite: database is locked: another connection holds the lock; see the \
             `busy_timeout` option"
        );
        assert_eq!(from_code(517, "database is locked").kind(), ErrorKind::Busy);
        assert_eq!(from_code(6, "table is locked").kind(), ErrorKind::Busy);
        assert_eq!(from_code(9, "interrupted").kind(), ErrorKind::Cancelled);
        for code in [14, 26, 10, 3338] {
            assert_eq!(from_code(code, "x").kind(), ErrorKind::Connection, "{code}");
        }
        assert_eq!(from_code(18, "too big").kind(), ErrorKind::Data);
        assert_eq!(from_code(20, "mismatch").kind(), ErrorKind::Data);
        assert_eq!(from_code(11, "malformed").kind(), ErrorKind::Operational);
    }

    #[test]
    fn long_statements_are_cut_at_a_character() {
        let sql = "ä".repeat(300);
        assert_eq!(excerpt(&sql).chars().count(), QUOTED + 1);
        assert_eq!(excerpt("SELECT 1"), "SELECT 1");
    }
}
