//! What the server and the driver report, as errors that every backend shares.

use mysql_async::{DriverError, IoError, ServerError};
use queryset::{Error, ErrorKind};

/// The longest piece of SQL that is quoted in a message.
const QUOTED: usize = 200;

/// The error of a statement.
#[cold]
pub(crate) fn in_statement(error: mysql_async::Error, sql: &str) -> Error {
    match error {
        mysql_async::Error::Server(reported) => from_server(&reported, Some(sql)),
        other => from_driver(other),
    }
}

/// An error that no statement of a caller's caused.
#[cold]
pub(crate) fn from_driver(error: mysql_async::Error) -> Error {
    match error {
        mysql_async::Error::Server(reported) => from_server(&reported, None),
        mysql_async::Error::Io(IoError::Io(source)) => lost().with_source(source),
        mysql_async::Error::Io(IoError::Tls(source)) => tls().with_source(source),
        mysql_async::Error::Driver(DriverError::ConnectionClosed) => lost(),
        mysql_async::Error::Driver(source) => {
            let (kind, message) = match &source {
                DriverError::PacketTooLarge => (
                    ErrorKind::Data,
                    "mysql: the statement and its values are larger than the server's \
                     max_allowed_packet",
                ),
                DriverError::NoClientSslFlagFromServer => (
                    ErrorKind::Connection,
                    "mysql: the server does not offer TLS",
                ),
                DriverError::UnknownAuthPlugin { .. }
                | DriverError::MysqlOldPasswordDisabled
                | DriverError::CleartextPluginDisabled => (
                    ErrorKind::Authentication,
                    "mysql: the authentication that the server asks for is not possible",
                ),
                DriverError::StmtParamsNumberExceedsLimit { .. } => (
                    ErrorKind::NotSupported,
                    "mysql: the statement has too many values",
                ),
                DriverError::MixedParams | DriverError::Params(_) => (
                    ErrorKind::Programming,
                    "mysql: the statement's placeholders are not all question marks",
                ),
                DriverError::LocalInfile(_) => (
                    ErrorKind::NotSupported,
                    "mysql: the server asked for a file of the client, which it does not get",
                ),
                DriverError::NoKeyFound => (
                    ErrorKind::Value,
                    "mysql: the client's key file has no private key",
                ),
                _ => (
                    ErrorKind::Operational,
                    "mysql: the driver and the server do not understand each other",
                ),
            };
            Error::new(kind, message).with_source(source)
        }
        other => Error::new(ErrorKind::Operational, "mysql: the driver failed").with_source(other),
    }
}

/// Whether the connection cannot serve after this error.
pub(crate) fn is_fatal(error: &mysql_async::Error) -> bool {
    match error {
        mysql_async::Error::Server(reported) => {
            kind(reported.code, &reported.state) == ErrorKind::Connection
        }
        _ => true,
    }
}

#[cold]
pub(crate) fn tls() -> Error {
    Error::new(ErrorKind::Connection, "mysql: the TLS handshake failed")
}

#[cold]
pub(crate) fn lost() -> Error {
    Error::new(ErrorKind::Connection, "mysql: the connection was lost")
}

/// The error of a number of values that does not fit the statement's placeholders.
#[cold]
pub(crate) fn wrong_count(expected: u16, given: usize, sql: &str) -> Error {
    let message = format!(
        "the statement has {expected} placeholders, but {given} values were given (in `{}`)",
        excerpt(sql)
    );
    Error::new(ErrorKind::Programming, message)
}

fn from_server(reported: &ServerError, sql: Option<&str>) -> Error {
    let kind = kind(reported.code, &reported.state);
    let mut message = format!("mysql: {}", reported.message.trim_end_matches('.'));
    message.push_str(advice(reported.code));
    if let (ErrorKind::Programming, Some(sql)) = (kind, sql) {
        message.push_str(&format!(" (in `{}`)", excerpt(sql)));
    }
    let error = Error::new(kind, message).with_code(reported.code.to_string());
    named(error, reported.code, &reported.message)
}

/// The kind of a native code; by its SQLSTATE's class where it is none of the known.
fn kind(code: u16, state: &str) -> ErrorKind {
    match code {
        1022 | 1062 | 1169 | 1586 | 1859 => ErrorKind::Unique,
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => ErrorKind::ForeignKey,
        1048 | 1263 | 1364 => ErrorKind::NotNull,
        3819 | 4025 => ErrorKind::Check,
        // MariaDB: the row has changed since the snapshot was taken.
        1020 => ErrorKind::Serialization,
        1213 | 1614 => ErrorKind::Deadlock,
        1205 | 3572 => ErrorKind::Busy,
        // The transaction only reads, or is none that takes this.
        1568 | 1792 => ErrorKind::Transaction,
        // MySQL, MariaDB.
        3024 | 1969 => ErrorKind::Timeout,
        1317 => ErrorKind::Cancelled,
        1040 | 1203 | 1226 => ErrorKind::TooManyConnections,
        1044 | 1045 | 1130 | 1251 | 1396 | 1524 | 1698 | 1820 | 1862 | 3118 | 3159 | 4151 => {
            ErrorKind::Authentication
        }
        1042
        | 1043
        | 1047
        | 1049
        | 1053
        | 1080
        | 1129
        | 1152
        | 1153
        | 1158..=1161
        | 1184
        | 1927
        | 2006
        | 2013
        | 3168
        | 3169
        | 4031 => ErrorKind::Connection,
        1235 | 1295 | 1286 => ErrorKind::NotSupported,
        1139
        | 1264
        | 1265
        | 1292
        | 1365
        | 1366
        | 1367
        | 1406
        | 1411
        | 1416
        | 1525
        | 1690
        | 1918
        | 3140..=3157
        | 3685..=3700
        | 4037..=4043 => ErrorKind::Data,
        1046
        | 1050..=1052
        | 1054..=1056
        | 1060
        | 1061
        | 1064..=1066
        | 1072
        | 1091
        | 1109
        | 1136
        | 1146
        | 1149
        | 1210
        | 1222
        | 1241
        | 1242
        | 1247
        | 1248
        | 1305 => ErrorKind::Programming,
        _ => match state.get(..2) {
            Some("08") => ErrorKind::Connection,
            Some("22") => ErrorKind::Data,
            Some("23") => ErrorKind::Check,
            Some("25") => ErrorKind::Transaction,
            Some("28") => ErrorKind::Authentication,
            Some("40") => ErrorKind::Serialization,
            Some("42") => ErrorKind::Programming,
            _ => ErrorKind::Operational,
        },
    }
}

fn advice(code: u16) -> &'static str {
    match code {
        1040 => ": the server's max_connections are in use",
        1205 => ": another transaction holds it longer than innodb_lock_wait_timeout",
        1153 => ": see the server's max_allowed_packet",
        _ => "",
    }
}

/// Reads the names out of the message, as far as the server puts them there.
fn named(error: Error, code: u16, message: &str) -> Error {
    let quoted: Vec<&str> = message.split('\'').skip(1).step_by(2).collect();
    match code {
        // `Duplicate entry 'x' for key 'book.title'`, where the entry may hold any character.
        1062 | 1586 => match key(message) {
            Some((Some(table), key)) => error.with_table(table).with_constraint(key),
            Some((None, key)) => error.with_constraint(key),
            None => error,
        },
        1216 | 1217 | 1451 | 1452 => foreign_key(error, message),
        1048 | 1263 | 1364 | 1264 | 1265 | 1366 | 1406 | 1054 => match quoted.as_slice() {
            [column, ..] if code != 1366 => with_column(error, column),
            [.., column] if code == 1366 => with_column(error, column),
            _ => error,
        },
        3819 => match quoted.first() {
            Some(constraint) => error.with_constraint(*constraint),
            None => error,
        },
        4025 => {
            let mut names = message.split('`').skip(1).step_by(2);
            let constraint = names.next();
            let table = names.nth(1);
            match (constraint, table) {
                (Some(constraint), Some(table)) => {
                    error.with_constraint(constraint).with_table(table)
                }
                (Some(constraint), None) => error.with_constraint(constraint),
                _ => error,
            }
        }
        1146 | 1051 | 1050 => match quoted.first() {
            Some(name) => error.with_table(name.rsplit('.').next().unwrap_or(name)),
            None => error,
        },
        _ => error,
    }
}

/// MySQL calls a column of a statement by its table's name too.
fn with_column(error: Error, name: &str) -> Error {
    match name.rsplit('.').collect::<Vec<_>>().as_slice() {
        [column, table, ..] => error.with_column(*column).with_table(*table),
        _ => error.with_column(name),
    }
}

/// The key behind the last `for key`; MySQL puts its table before it.
fn key(message: &str) -> Option<(Option<&str>, &str)> {
    let name = message.rsplit_once(" for key '")?.1.strip_suffix('\'')?;
    Some(match name.split_once('.') {
        Some((table, key)) => (Some(table), key),
        None => (None, name),
    })
}

/// ``… fails (`db`.`book`, CONSTRAINT `book_author` FOREIGN KEY (`author_id`) REFERENCES …)``
fn foreign_key(mut error: Error, message: &str) -> Error {
    let between = |before: &str, after: &str| {
        let rest = message.split_once(before)?.1;
        Some(rest.split_once(after)?.0)
    };
    if let Some(table) = between("`.`", "`") {
        error = error.with_table(table);
    }
    if let Some(constraint) = between("CONSTRAINT `", "`") {
        error = error.with_constraint(constraint);
    }
    match between("FOREIGN KEY (`", "`)") {
        // With several columns none is the one.
        Some(column) if !column.contains('`') => error.with_column(column),
        _ => error,
    }
}

/// The start of a statement, short enough for a message.
fn excerpt(sql: &str) -> String {
    match sql.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &sql[..end]),
        None => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u16, state: &str, message: &str) -> Error {
        let reported = ServerError {
            code,
            message: message.to_owned(),
            state: state.to_owned(),
        };
        from_server(&reported, Some("SELECT 1"))
    }

    #[test]
    fn a_unique_key_keeps_its_name_whatever_the_entry() {
        for (message, table) in [
            (
                "Duplicate entry 'a' for key 'x' for key 'book.title'",
                Some("book"),
            ),
            ("Duplicate entry 'it's' for key 'title'", None),
        ] {
            let error = of(1062, "23000", message);
            assert_eq!(error.kind(), ErrorKind::Unique);
            assert_eq!((error.constraint(), error.table()), (Some("title"), table));
            assert_eq!(error.code(), Some("1062"));
            assert_eq!(error.to_string(), format!("mysql: {message}"));
        }
    }

    #[test]
    fn a_foreign_key_tells_constraint_table_and_column() {
        let error = of(
            1452,
            "23000",
            "Cannot add or update a child row: a foreign key constraint fails (`shop`.`book`, \
             CONSTRAINT `book_ibfk_1` FOREIGN KEY (`author_id`) REFERENCES `author` (`id`))",
        );
        assert_eq!(error.kind(), ErrorKind::ForeignKey);
        assert_eq!(error.constraint(), Some("book_ibfk_1"));
        assert_eq!(
            (error.table(), error.column()),
            (Some("book"), Some("author_id"))
        );
    }

    #[test]
    fn columns_and_checks_keep_their_names() {
        let error = of(1048, "23000", "Column 'title' cannot be null");
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::NotNull, Some("title"))
        );
        let error = of(1406, "22001", "Data too long for column 'title' at row 1");
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::Data, Some("title"))
        );
        let error = of(3819, "HY000", "Check constraint 'positive' is violated.");
        assert_eq!(
            (error.kind(), error.constraint()),
            (ErrorKind::Check, Some("positive"))
        );
        assert_eq!(
            error.to_string(),
            "mysql: Check constraint 'positive' is violated"
        );
        let error = of(
            4025,
            "23000",
            "CONSTRAINT `positive` failed for `shop`.`book`",
        );
        assert_eq!(
            (error.constraint(), error.table()),
            (Some("positive"), Some("book"))
        );
        let error = of(1054, "42S22", "Unknown column 'book.titel' in 'field list'");
        assert_eq!(
            (error.column(), error.table()),
            (Some("titel"), Some("book"))
        );
        let error = of(1146, "42S02", "Table 'shop.book' doesn't exist");
        assert_eq!(error.table(), Some("book"));
        assert_eq!(
            error.to_string(),
            "mysql: Table 'shop.book' doesn't exist (in `SELECT 1`)"
        );
    }

    #[test]
    fn codes_and_states_have_kinds() {
        for (code, state, kind) in [
            (1213, "40001", ErrorKind::Deadlock),
            (1205, "HY000", ErrorKind::Busy),
            (3024, "HY000", ErrorKind::Timeout),
            (1969, "70100", ErrorKind::Timeout),
            (1317, "70100", ErrorKind::Cancelled),
            (1792, "25006", ErrorKind::Transaction),
            (1045, "28000", ErrorKind::Authentication),
            (1040, "08004", ErrorKind::TooManyConnections),
            (1927, "70100", ErrorKind::Connection),
            (4031, "HY000", ErrorKind::Connection),
            (1690, "22003", ErrorKind::Data),
            (1064, "42000", ErrorKind::Programming),
            (9999, "22000", ErrorKind::Data),
            (9999, "HY000", ErrorKind::Operational),
        ] {
            assert_eq!(of(code, state, "x").kind(), kind, "{code} {state}");
        }
    }
}
