use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Statement, Value};
use queryset_sqlite::{InlineBudget, SqliteOptions};

use crate::support::{Folder, Rows, aread, int, new_file, open, read, taken, text, write};

#[test]
fn both_forms_read_what_was_written() {
    let folder = Folder::new();
    for options in [new_file(&folder), SqliteOptions::memory()] {
        let db = open(options);
        write(&db, "CREATE TABLE t (a INTEGER, b TEXT, c REAL, d BLOB, e)").unwrap();
        let insert = Statement::write(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
            vec![
                int(-1),
                text("ä'\";"),
                Value::F64(0.5),
                Value::Bytes([0, 255].into()),
                Value::Null,
            ],
        );
        assert_eq!(block_on(db.execute(insert.clone())).unwrap(), 1);
        assert_eq!(db.execute_blocking(insert.clone(), None).unwrap(), 1);
        let expected = vec![insert.params.clone(), insert.params];
        assert_eq!(read(&db, "SELECT * FROM t", vec![]).unwrap(), expected);
        assert_eq!(aread(&db, "SELECT * FROM t", vec![]).unwrap(), expected);
        let one = aread(
            &db,
            "SELECT a FROM t WHERE b = ? LIMIT 1",
            vec![text("ä'\";")],
        );
        assert_eq!(one.unwrap(), [[int(-1)]]);
        block_on(db.close()).unwrap();
        let late = aread(&db, "SELECT 1", vec![]).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Closed);
    }
}

const COUNT: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) \
                     SELECT i FROM n";

#[test]
fn a_result_comes_in_chunks_and_frees_its_connection_with_the_last() {
    let db = open(SqliteOptions::memory().readers(1));
    let statement = Statement::read(COUNT, vec![int(5)]);
    let fetched = block_on(db.fetch(statement.clone(), Box::new(Rows::default()), 2)).unwrap();
    let (rows, cursor) = taken(fetched);
    assert_eq!(rows.rows, [[int(1)], [int(2)]]);
    assert_eq!(rows.names, ["i"]);
    let fetched = block_on(cursor.unwrap().fill(Box::new(Rows::default()), 2)).unwrap();
    let (rows, cursor) = taken(fetched);
    assert_eq!(rows.rows, [[int(3)], [int(4)]]);
    let fetched = cursor
        .unwrap()
        .fill_blocking(Box::new(Rows::default()), 1, None)
        .unwrap();
    let (rows, cursor) = taken(fetched);
    assert_eq!(rows.rows, [[int(5)]]);
    assert!(cursor.is_none(), "the chunk ended with the result");

    let fetched = db
        .fetch_blocking(statement, Box::new(Rows::default()), 5, None)
        .unwrap();
    assert!(taken(fetched).1.is_none());
}

#[test]
fn behind_the_last_row_that_there_can_be_nothing_is_looked_for() {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let options = || {
        let counter = Arc::clone(&counter);
        SqliteOptions::memory().on_connect(move |connection| {
            let counter = Arc::clone(&counter);
            connection.create_scalar_function("asked", Some(1), move |arguments| {
                counter.fetch_add(1, Ordering::Relaxed);
                Ok(arguments[0].to_owned())
            })
        })
    };
    let budget = InlineBudget::default().time(Duration::from_secs(1));
    for (options, max_rows) in [
        (options(), 2),
        (options(), usize::MAX),
        (options().inline(budget), 2),
    ] {
        let db = open(options);
        for round in 0..3 {
            let sql = "WITH t(a) AS (VALUES (1), (2), (3)) SELECT asked(a) FROM t";
            let mut statement = Statement::read(sql, vec![]);
            statement.most_rows = Some(2);
            let sink = Box::new(Rows::default());
            let fetched = match round {
                0 => db.fetch_blocking(statement, sink, max_rows, None),
                _ => block_on(db.fetch(statement, sink, max_rows)),
            };
            let (rows, cursor) = taken(fetched.unwrap());
            assert_eq!(rows.rows, [[int(1)], [int(2)]]);
            assert!(cursor.is_none(), "the connection is free");
            assert_eq!(asked.swap(0, Ordering::Relaxed), 2);
        }
    }
}
