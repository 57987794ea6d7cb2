use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Statement, Value};
use queryset_sqlite::SqliteOptions;

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
