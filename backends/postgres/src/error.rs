//! What the server and the driver report, as errors that every backend shares.

use std::error::Error as _;

use queryset::{Error, ErrorKind};
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::bind::Refused;

/// The longest piece of SQL that is quoted in a message.
const QUOTED: usize = 200;

/// The error of a statement.
#[cold]
pub(crate) fn in_statement(error: tokio_postgres::Error, sql: &str) -> Error {
    match error.as_db_error() {
        Some(reported) => from_server(reported, Some(sql)),
        None => from_driver(error),
    }
}

/// An error that no statement of ours caused.
#[cold]
pub(crate) fn from_driver(error: tokio_postgres::Error) -> Error {
    if let Some(reported) = error.as_db_error() {
        return from_server(reported, None);
    }
    if let Some(refused) = error
        .source()
        .and_then(|source| source.downcast_ref::<Refused>())
    {
        return Error::new(ErrorKind::Value, refused.to_string());
    }
    // The driver keeps its kinds to itself: their texts are all that tells them apart.
    let text = error.to_string();
    let (kind, message) = match text.as_str() {
        "authentication error" => (
            ErrorKind::Authentication,
            "postgres: the authentication that the server asks for is not possible",
        ),
        "invalid configuration" => (
            ErrorKind::Authentication,
            "postgres: the server asks for a password, and none is configured",
        ),
        "error performing TLS handshake" => {
            (ErrorKind::Connection, "postgres: the TLS handshake failed")
        }
        "invalid connection string" => (ErrorKind::Value, "the address is not one of postgres"),
        "connection closed" | "error communicating with the server" => {
            (ErrorKind::Connection, "postgres: the connection was lost")
        }
        _ => (
            ErrorKind::Operational,
            "postgres: the driver and the server do not understand each other",
        ),
    };
    let result = Error::new(kind, message);
    match error.into_source() {
        Some(source) => result.with_source(source),
        None => result.with_source(text),
    }
}

/// Whether the server ends the connection with this error.
pub(crate) fn is_fatal(error: &DbError) -> bool {
    use tokio_postgres::error::Severity;

    matches!(
        error.parsed_severity(),
        Some(Severity::Fatal | Severity::Panic)
    ) || matches!(error.severity(), "FATAL" | "PANIC")
}

fn from_server(reported: &DbError, sql: Option<&str>) -> Error {
    let code = reported.code().code();
    let mut message = format!("postgres: {}", reported.message());
    let more: Vec<&str> = [reported.detail(), reported.hint()]
        .into_iter()
        .flatten()
        .map(|text| text.trim_end_matches('.'))
        .collect();
    if !more.is_empty() {
        message.push_str(&format!(" ({})", more.join("; ")));
    }
    if code == "25P02" {
        // After an error that was told nothing more is sent.
        message.push_str(": an operation in it was given up, which breaks a transaction");
    }
    if let (Some(sql), Some(ErrorPosition::Original(position))) = (sql, reported.position()) {
        message.push_str(&format!(" (at character {position} of `{}`)", excerpt(sql)));
    }
    let mut error = Error::new(kind(code, reported.message()), message).with_code(code);
    if let Some(constraint) = reported.constraint() {
        error = error.with_constraint(constraint);
    }
    if let Some(table) = reported.table() {
        error = error.with_table(table);
    }
    if let Some(column) = reported.column() {
        error = error.with_column(column);
    }
    error
}

/// The kind of an SQLSTATE. The message only tells two uses of one code apart.
fn kind(code: &str, message: &str) -> ErrorKind {
    match code {
        // An exclusion constraint is a unique one with another operator.
        "23505" | "23P01" => ErrorKind::Unique,
        "23503" | "23001" => ErrorKind::ForeignKey,
        "23502" => ErrorKind::NotNull,
        "23514" | "44000" => ErrorKind::Check,
        "40001" => ErrorKind::Serialization,
        "40P01" => ErrorKind::Deadlock,
        "55P03" => ErrorKind::Busy,
        "57014" if message.contains("statement timeout") => ErrorKind::Timeout,
        "57014" => ErrorKind::Cancelled,
        "53300" => ErrorKind::TooManyConnections,
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "3D000" => {
            ErrorKind::Connection
        }
        "0A000" => ErrorKind::NotSupported,
        "21000" => ErrorKind::Data,
        _ => match code.get(..2) {
            Some("08") => ErrorKind::Connection,
            // No transaction, a broken one, or one that only reads.
            Some("25") => ErrorKind::Transaction,
            Some("22") => ErrorKind::Data,
            Some("23") => ErrorKind::Check,
            Some("28") => ErrorKind::Authentication,
            Some("26" | "34" | "3F" | "42") => ErrorKind::Programming,
            _ => ErrorKind::Operational,
        },
    }
}

/// The start of a statement, short enough for a message.
pub(crate) fn excerpt(sql: &str) -> String {
    match sql.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &sql[..end]),
        None => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_kinds() {
        for (code, expected) in [
            ("23505", ErrorKind::Unique),
            ("23503", ErrorKind::ForeignKey),
            ("23502", ErrorKind::NotNull),
            ("23514", ErrorKind::Check),
            ("40001", ErrorKind::Serialization),
            ("40P01", ErrorKind::Deadlock),
            ("55P03", ErrorKind::Busy),
            ("57014", ErrorKind::Cancelled),
            ("53300", ErrorKind::TooManyConnections),
            ("25P02", ErrorKind::Transaction),
            ("25006", ErrorKind::Transaction),
            ("25P03", ErrorKind::Connection),
            ("57P01", ErrorKind::Connection),
            ("08006", ErrorKind::Connection),
            ("28P01", ErrorKind::Authentication),
            ("22003", ErrorKind::Data),
            ("42P01", ErrorKind::Programming),
            ("XX000", ErrorKind::Operational),
        ] {
            assert_eq!(kind(code, ""), expected, "{code}");
        }
        let message = "canceling statement due to statement timeout";
        assert_eq!(kind("57014", message), ErrorKind::Timeout);
    }

    #[test]
    fn long_statements_are_cut_at_a_character() {
        assert_eq!(excerpt(&"ä".repeat(300)).chars().count(), QUOTED + 1);
        assert_eq!(excerpt("SELECT 1"), "SELECT 1");
    }
}
