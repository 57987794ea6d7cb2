use queryset::{Backend, ErrorKind, Statement};
use queryset_sqlite::SqliteOptions;

use crate::support::{Folder, aread, int, new_file, open, read, text, write};

#[test]
fn constraints() {
    let db = open(SqliteOptions::memory());
    write(
        &db,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            n INTEGER CONSTRAINT positive CHECK (n > 0));
         CREATE TABLE b (a INTEGER REFERENCES a (id));
         CREATE TABLE c (name); CREATE UNIQUE INDEX one ON c (lower(name));
         INSERT INTO c VALUES ('x');
         CREATE TABLE strict (i INTEGER) STRICT;
         INSERT INTO a VALUES (1, 'x', 1)",
    )
    .unwrap();
    for (sql, kind, table, column) in [
        (
            "INSERT INTO a VALUES (2, 'x', 1)",
            ErrorKind::Unique,
            Some("a"),
            Some("name"),
        ),
        (
            "INSERT INTO a VALUES (1, 'y', 1)",
            ErrorKind::Unique,
            Some("a"),
            Some("id"),
        ),
        ("INSERT INTO c VALUES ('X')", ErrorKind::Unique, None, None),
        (
            "INSERT INTO a VALUES (2, NULL, 1)",
            ErrorKind::NotNull,
            Some("a"),
            Some("name"),
        ),
        (
            "INSERT INTO a VALUES (2, 'y', 0)",
            ErrorKind::Check,
            None,
            None,
        ),
        (
            "INSERT INTO b VALUES (9)",
            ErrorKind::ForeignKey,
            None,
            None,
        ),
        (
            "INSERT INTO strict VALUES ('x')",
            ErrorKind::Data,
            None,
            None,
        ),
        ("SELEC 1", ErrorKind::Programming, None, None),
        ("SELECT * FROM d", ErrorKind::Programming, Some("d"), None),
        ("SELECT z FROM a", ErrorKind::Programming, None, Some("z")),
        (
            "SELECT abs(-9223372036854775807 - 1)",
            ErrorKind::Data,
            None,
            None,
        ),
    ] {
        let error = write(&db, sql).unwrap_err();
        assert_eq!(error.kind(), kind, "{sql}: {error}");
        assert_eq!(
            (error.table(), error.column()),
            (table, column),
            "{sql}: {error}"
        );
        assert!(error.code().is_some(), "{sql}");
    }
}

#[test]
fn statements_that_do_not_fit() {
    let db = open(SqliteOptions::memory());
    write(&db, "CREATE TABLE t (a)").unwrap();
    for (sql, params, message) in [
        (
            "INSERT INTO t VALUES (1)",
            vec![],
            "the statement `INSERT INTO t VALUES (1)` writes, but was sent as a read: send it \
             with `execute`",
        ),
        (
            "SELECT ?",
            vec![],
            "the statement `SELECT ?` has 1 placeholders, and 0 values were given",
        ),
        (
            "SELECT 1; SELECT 2",
            vec![],
            "one statement was expected, and another follows it: `SELECT 2`",
        ),
        ("  ", vec![], "the statement is empty"),
        ("-- nothing", vec![], "the statement is empty"),
        (
            "SELECT ?",
            vec![queryset::Value::F64(f64::NAN)],
            "parameter 1: not a number (NaN) would be stored as NULL by sqlite",
        ),
    ] {
        for error in [
            read(&db, sql, params.clone()).unwrap_err(),
            aread(&db, sql, params.clone()).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }
    let rows = read(&db, "SELECT 1; -- that is all", vec![]).unwrap();
    assert_eq!(rows, [[int(1)]]);
    assert_eq!(
        read(&db, "SELECT count(*) FROM t", vec![]).unwrap(),
        [[int(0)]]
    );
}

#[test]
fn a_failure_in_the_middle_comes_after_the_rows_before_it() {
    let db = open(SqliteOptions::memory().readers(1));
    let sql = "SELECT abs(column1) FROM (VALUES (1), (2), (-9223372036854775807 - 1))";
    let sink = Box::new(crate::support::Rows::default());
    let fetched = db
        .fetch_blocking(Statement::read(sql, vec![]), sink, 2, None)
        .unwrap();
    let (rows, cursor) = crate::support::taken(fetched);
    assert_eq!(rows.rows, [[int(1)], [int(2)]]);
    let error = cursor
        .unwrap()
        .fill_blocking(Box::new(rows), 2, None)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

#[test]
fn a_lock_that_stays_is_busy() {
    let folder = Folder::new();
    let db = open(new_file(&folder).busy_timeout(std::time::Duration::from_millis(20)));
    write(&db, "CREATE TABLE t (a)").unwrap();
    let other = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = write(&db, "INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.is_retryable());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(write(&db, "INSERT INTO t VALUES (1)").unwrap(), 1);
}

#[test]
fn changes_are_counted() {
    let db = open(SqliteOptions::memory());
    assert_eq!(write(&db, "CREATE TABLE t (a)").unwrap(), 0);
    assert_eq!(write(&db, "INSERT INTO t VALUES (1), (2)").unwrap(), 2);
    assert_eq!(write(&db, "UPDATE t SET a = 3 WHERE a = 9").unwrap(), 0);
    assert_eq!(write(&db, "CREATE INDEX i ON t (a)").unwrap(), 0);
    let update = Statement::write("UPDATE t SET a = ?", vec![text("x")]);
    assert_eq!(db.execute_blocking(update, None).unwrap(), 2);
    assert_eq!(
        write(&db, "DELETE FROM t; INSERT INTO t VALUES (1)").unwrap(),
        3
    );
}
