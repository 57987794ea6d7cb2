//! Files that another program wrote.

use queryset::{ErrorKind, Value};
use queryset_sqlite::SqliteOptions;

use crate::support::{Folder, int, open, read, text};

#[test]
fn a_foreign_file_is_read_as_it_is() {
    let folder = Folder::new();
    let path = folder.file("it's 100% \"odd\".db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch(
            r#"CREATE TABLE "the ""table""" ("a column" INTEGER, "sélect" TEXT, "x.y" NUMERIC);
               INSERT INTO "the ""table""" VALUES
                 (1, 'one', 1.50), ('not a number', NULL, 'text'), (NULL, x'00ff', 1e300);
               CREATE TABLE bad (t TEXT);
               INSERT INTO bad VALUES (CAST(x'ff' AS TEXT));"#,
        )
        .unwrap();
    drop(other);
    let db = open(SqliteOptions::path(&path));
    let rows = read(&db, r#"SELECT * FROM "the ""table""""#, vec![]).unwrap();
    assert_eq!(
        rows,
        [
            [int(1), text("one"), Value::F64(1.5)],
            [text("not a number"), Value::Null, text("text")],
            [
                Value::Null,
                Value::Bytes([0, 255].into()),
                Value::F64(1e300)
            ],
        ]
    );
    let error = read(&db, "SELECT t FROM bad", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "column `t` holds text that is not utf-8");
    assert_eq!(error.column(), Some("t"));
}

#[test]
fn a_changed_schema_is_noticed() {
    let folder = Folder::new();
    let path = folder.file("changing.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    let db = open(SqliteOptions::path(&path).readers(1));
    let sql = "SELECT * FROM t";
    assert_eq!(read(&db, sql, vec![]).unwrap(), [[int(1)]]);
    other
        .execute_batch("ALTER TABLE t ADD COLUMN b DEFAULT 2")
        .unwrap();
    assert_eq!(read(&db, sql, vec![]).unwrap(), [[int(1), int(2)]]);
}

#[test]
fn utf16_files() {
    let folder = Folder::new();
    let path = folder.file("utf16.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch(
            "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a); INSERT INTO t VALUES ('äß€😀')",
        )
        .unwrap();
    let db = open(SqliteOptions::path(&path));
    let rows = read(&db, "SELECT a, a FROM t WHERE a = ?", vec![text("äß€😀")]).unwrap();
    assert_eq!(rows, [[text("äß€😀"), text("äß€😀")]]);
    let rows = read(&db, "SELECT queryset_icontains(a, 'Äß') FROM t", vec![]).unwrap();
    assert_eq!(rows, [[int(1)]]);
}

#[test]
fn parameters_arrive_as_their_storage_class() {
    let db = open(SqliteOptions::memory());
    for (value, class, back) in [
        (Value::Bool(true), "integer", int(1)),
        (Value::U64(7), "integer", int(7)),
        (
            Value::Decimal("9.90".parse().unwrap()),
            "real",
            Value::F64(9.9),
        ),
        (Value::Decimal("12".parse().unwrap()), "integer", int(12)),
        (Value::Date(0), "text", text("1970-01-01")),
        (
            Value::Timestamp(1),
            "text",
            text("1970-01-01 00:00:00.000001"),
        ),
        (Value::Duration(5), "integer", int(5)),
        (Value::Uuid([1; 16]), "text", text(&"01".repeat(16))),
        (Value::Json("{}".into()), "text", text("{}")),
        (Value::Text("".into()), "text", text("")),
        (Value::Bytes([].into()), "blob", Value::Bytes([].into())),
        (Value::Text("a\0b".into()), "text", text("a\0b")),
        (Value::Null, "null", Value::Null),
    ] {
        let rows = read(&db, "SELECT typeof(?1), ?1", vec![value.clone()]).unwrap();
        assert_eq!(rows, [[text(class), back]], "{value:?}");
    }
    let list = Value::Array([int(3), int(1)].into());
    let rows = read(&db, "SELECT value FROM json_each(?)", vec![list]).unwrap();
    assert_eq!(rows, [[int(3)], [int(1)]]);
    let list = Value::Array([text("a\"b"), text("ü\u{1}")].into());
    let rows = read(&db, "SELECT value FROM json_each(?)", vec![list]).unwrap();
    assert_eq!(rows, [[text("a\"b")], [text("ü\u{1}")]]);
}

#[test]
fn the_statement_cache_makes_room() {
    let db = open(SqliteOptions::memory().readers(1).statement_cache(3));
    for round in 0..3 {
        for number in 0..10 {
            let sql = format!("SELECT {number}, ?");
            let rows = read(&db, &sql, vec![int(round)]).unwrap();
            assert_eq!(rows, [[int(number), int(round)]]);
        }
    }
    let db = open(SqliteOptions::memory().statement_cache(0));
    for _ in 0..3 {
        assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
    }
}
