use queryset::{Backend, Value};
use queryset_sqlite::SqliteOptions;

use crate::support::{Folder, int, new_file, open, read, text, write};

#[test]
fn text_functions_answer_as_postgresql_does() {
    let db = open(SqliteOptions::memory());
    for (function, value, needle, answer) in [
        ("contains", text("Straße"), text("aß"), Some(true)),
        ("contains", text("abc"), text("B"), Some(false)),
        ("icontains", text("ÄÖÜ"), text("öü"), Some(true)),
        ("icontains", text("STRASSE"), text("ß"), Some(false)),
        ("startswith", text("abc"), text("ab"), Some(true)),
        ("startswith", text("abc"), text("AB"), Some(false)),
        ("istartswith", text("Éa"), text("é"), Some(true)),
        ("endswith", text("abc"), text("bc"), Some(true)),
        ("iendswith", text("abÇ"), text("ç"), Some(true)),
        ("iexact", text("Σίσυφος"), text("ΣΊΣΥΦΟΣ"), Some(true)),
        ("iexact", text("a"), text("ab"), Some(false)),
        ("contains", text("50%_"), text("%_"), Some(true)),
        ("contains", int(1234), text("23"), Some(true)),
        ("icontains", Value::F64(1.5), text("1.5"), Some(true)),
        ("startswith", Value::F64(100.0), text("100"), Some(true)),
        ("contains", text("x"), text(""), Some(true)),
        ("icontains", Value::Null, text("a"), None),
        ("icontains", text("a"), Value::Null, None),
    ] {
        let sql = format!("SELECT queryset_{function}(?, ?)");
        let answer = answer.map_or(Value::Null, |answer| int(i64::from(answer)));
        let rows = read(&db, &sql, vec![value.clone(), needle.clone()]).unwrap();
        assert_eq!(rows, [[answer]], "{function} {value:?} {needle:?}");
    }
}

#[test]
fn moments_have_parts_in_their_zone() {
    let db = open(SqliteOptions::memory());
    let at = "2021-01-01 04:30:05.250000";
    for (call, argument, answer) in [
        ("year(?)", at, int(2021)),
        ("iso_year(?)", at, int(2020)),
        ("week(?)", at, int(53)),
        ("quarter('2021-12-31')", at, int(4)),
        ("week_day(?)", at, int(6)),
        ("iso_week_day(?)", at, int(5)),
        ("hour('23:59:59.999999')", at, int(23)),
        ("second(?)", at, int(5)),
        ("date(?)", at, text("2021-01-01")),
        ("time(?)", at, text("04:30:05.250000")),
        ("year(?, 'America/New_York')", at, int(2020)),
        ("time(?, 'America/New_York')", at, text("23:30:05.250000")),
        ("hour(?, '+05:30')", at, int(10)),
        ("date(?, '-05:00')", at, text("2020-12-31")),
        // What a value does not have is NULL.
        ("year('12:00:00')", at, Value::Null),
        ("month('nonsense')", at, Value::Null),
        ("day(20210101)", at, Value::Null),
        ("day(NULL)", at, Value::Null),
        (
            "shift(?, 86400000000)",
            at,
            text("2021-01-02 04:30:05.250000"),
        ),
        (
            "shift('2021-01-01', -1)",
            at,
            text("2020-12-31 23:59:59.999999"),
        ),
        ("shift('23:00:00', 7200000000)", at, text("01:00:00")),
        ("shift(?, NULL)", at, Value::Null),
        ("span(?, '2021-01-01')", at, int(16_205_250_000)),
        ("span('01:00:00', '02:00:00')", at, int(-3_600_000_000)),
        ("power(2, 10)", at, int(1024)),
        ("power(2, -1)", at, Value::F64(0.5)),
        ("mod(7.5, 2)", at, Value::F64(1.5)),
        ("mod(7.5, 0)", at, Value::Null),
    ] {
        let sql = format!("SELECT queryset_{call}");
        let params = match call.contains('?') {
            true => vec![text(argument)],
            false => vec![],
        };
        assert_eq!(read(&db, &sql, params).unwrap(), [[answer]], "{call}");
    }
    let error = read(
        &db,
        "SELECT queryset_year(?, 'Nowhere/At_All')",
        vec![text(at)],
    );
    let error = error.unwrap_err().to_string();
    assert!(error.contains("Nowhere/At_All"), "{error}");
}

#[test]
fn patterns_are_regular_expressions() {
    let db = open(SqliteOptions::memory());
    for (function, value, pattern, answer) in [
        ("regex", text("abc"), "^a.c$", int(1)),
        ("regex", text("ABC"), "abc", int(0)),
        ("iregex", text("ÉCOLE"), "école", int(1)),
        ("regex", text("a\nc"), "a.c", int(1)),
        ("regex", text("a\n"), "a$", int(0)),
        ("regex", text("xyxy"), r"(xy)\1", int(1)),
        ("regex", text("price"), "p(?=r)", int(1)),
        ("regex", int(1234), "^12", int(1)),
        ("regex", Value::Null, "a", Value::Null),
    ] {
        let sql = format!("SELECT queryset_{function}(?, ?)");
        let rows = read(&db, &sql, vec![value, text(pattern)]).unwrap();
        assert_eq!(rows, [[answer]], "{pattern}");
    }
    read(&db, "SELECT queryset_regex('a', '(')", vec![]).unwrap_err();
}

#[test]
fn the_needle_is_kept_for_one_run_only() {
    let db = open(SqliteOptions::memory().readers(1));
    write(&db, "CREATE TABLE t (a TEXT, b TEXT)").unwrap();
    write(
        &db,
        "INSERT INTO t VALUES ('Ab', 'B'), ('Cd', 'x'), ('ef', 'F')",
    )
    .unwrap();
    let sql = "SELECT a FROM t WHERE queryset_icontains(a, ?)";
    for (needle, found) in [("B", "Ab"), ("d", "Cd"), ("E", "ef")] {
        assert_eq!(read(&db, sql, vec![text(needle)]).unwrap(), [[text(found)]]);
    }
    let sql = "SELECT a FROM t WHERE queryset_icontains(a, b)";
    assert_eq!(
        read(&db, sql, vec![]).unwrap(),
        [[text("Ab")], [text("ef")]]
    );
}

#[test]
fn they_are_on_read_only_connections_and_can_be_left_out() {
    let folder = Folder::new();
    write(&open(new_file(&folder)), "CREATE TABLE t (a)").unwrap();
    let path = folder.file("test.db");
    let db = open(SqliteOptions::path(&path).read_only(true));
    assert!(db.dialect().text_functions);
    read(&db, "SELECT queryset_contains('a', 'a')", vec![]).unwrap();
    let db = open(SqliteOptions::path(&path).text_functions(false));
    assert!(!db.dialect().text_functions);
    read(&db, "SELECT queryset_contains('a', 'a')", vec![]).unwrap_err();
    assert!(db.dialect().max_params >= 32_766);
}

#[test]
fn hooks_run_on_each_connection_and_may_refuse() {
    let folder = Folder::new();
    let options = new_file(&folder).readers(1).on_connect(|connection| {
        let role = if connection.writes() {
            "writer"
        } else {
            "reader"
        };
        connection.execute_batch("PRAGMA cache_size = -1234")?;
        connection.create_deterministic_function("role", Some(0), move |_| Ok(text(role)))?;
        connection.create_scalar_function("arguments", None, |arguments| {
            Ok(int(i64::try_from(arguments.len()).unwrap()))
        })
    });
    let db = open(options);
    write(&db, "CREATE TABLE t AS SELECT role() AS r").unwrap();
    let rows = read(&db, "SELECT r, role(), arguments(1, 2, 3) FROM t", vec![]).unwrap();
    assert_eq!(rows, [[text("writer"), text("reader"), int(3)]]);
    let rows = read(&db, "PRAGMA cache_size", vec![]).unwrap();
    assert_eq!(rows, [[int(-1234)]]);

    let refusing = SqliteOptions::memory()
        .on_connect(|connection| connection.execute_batch("PRAGMA nonsense("));
    let error = queryset_sqlite::SqliteBackend::open(refusing, queryset::runtime::Threads);
    assert_eq!(error.unwrap_err().kind(), queryset::ErrorKind::Programming);
}
