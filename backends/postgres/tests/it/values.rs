use queryset::{Decimal, ErrorKind, Value};

use crate::support::{int, open, options, read, servers, text, write};

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse::<Decimal>().unwrap())
}

#[test]
fn values_come_back_as_they_went() {
    let servers = servers();
    let db = open(options(servers.postgres().unwrap()));
    let day = 86_400_000_000_i64;
    let kinds: Vec<(&str, Vec<Value>)> = vec![
        ("boolean", vec![Value::Bool(true), Value::Bool(false)]),
        ("smallint", vec![int(i16::MIN.into()), int(i16::MAX.into())]),
        ("integer", vec![int(i32::MIN.into()), int(i32::MAX.into())]),
        ("bigint", vec![int(i64::MIN), int(0), int(i64::MAX)]),
        ("oid", vec![int(0), int(u32::MAX.into())]),
        ("real", vec![Value::F64(0.5), Value::F64(f64::NEG_INFINITY)]),
        (
            "double precision",
            vec![
                Value::F64(0.1),
                Value::F64(-0.0),
                Value::F64(f64::INFINITY),
                Value::F64(f64::MIN_POSITIVE),
            ],
        ),
        (
            "numeric",
            vec![
                decimal("0"),
                decimal("-0.00000001"),
                decimal("12345678901234567890.12345678"),
                decimal("99999999999999999999999999999999999999"),
                decimal("0.99999999999999999999999999999999999999"),
                decimal("100000000"),
            ],
        ),
        (
            "text",
            vec![text(""), text("ä🐘\n'\"\\"), text(&"x".repeat(100_000))],
        ),
        ("varchar(5)", vec![text("abc")]),
        ("char(3)", vec![text("abc")]),
        ("name", vec![text("abc")]),
        (
            "bytea",
            vec![Value::Bytes([].into()), Value::Bytes([0, 255, 0].into())],
        ),
        (
            "date",
            vec![
                Value::Date(0),
                Value::Date(-719_162),
                Value::Date(2_932_896),
            ],
        ),
        ("time", vec![Value::Time(0), Value::Time(day - 1)]),
        (
            "timestamp",
            vec![
                Value::DateTime(-1),
                Value::DateTime(253_402_300_799_999_999),
            ],
        ),
        (
            "timestamptz",
            vec![
                Value::Timestamp(-1),
                Value::Timestamp(1_700_000_000_123_456),
            ],
        ),
        (
            "interval",
            vec![
                Value::Duration(-1),
                Value::Duration(3 * day + 5),
                Value::Duration(i64::MAX),
            ],
        ),
        ("uuid", vec![Value::Uuid([0xab; 16])]),
        (
            "json",
            vec![
                Value::Json("{\"a\": [1, null]}".into()),
                Value::Json("null".into()),
            ],
        ),
        (
            "jsonb",
            vec![
                Value::Json("{\"a\": [1, null]}".into()),
                Value::Json("null".into()),
            ],
        ),
    ];
    for (ty, values) in kinds {
        for value in values {
            let sql = format!("SELECT $1::{ty}, $1::{ty}::text IS NULL");
            let rows = read(&db, &sql, vec![value.clone()]).unwrap();
            assert_eq!(rows, [[value, Value::Bool(false)]], "{ty}");
        }
        let rows = read(&db, &format!("SELECT $1::{ty}"), vec![Value::Null]).unwrap();
        assert_eq!(rows, [[Value::Null]], "{ty}");
    }
    let rows = read(&db, "SELECT $1::float8", vec![Value::F64(f64::NAN)]).unwrap();
    assert!(matches!(rows[0][0], Value::F64(number) if number.is_nan()));
}

#[test]
fn the_server_reads_texts_for_other_types() {
    let servers = servers();
    let db = open(options(servers.postgres().unwrap()));
    let rows = read(
        &db,
        "SELECT $1::uuid, $2::int[] @> $3, host($4::inet)",
        vec![
            text("abababab-abab-abab-abab-abababababab"),
            text("{1,2,3}"),
            Value::Array([int(2)].into()),
            text("10.0.0.1"),
        ],
    );
    assert_eq!(
        rows.unwrap(),
        [[Value::Uuid([0xab; 16]), Value::Bool(true), text("10.0.0.1")]]
    );
    let error = read(&db, "SELECT $1::uuid", vec![text("nonsense")]).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Data, Some("22P02"))
    );
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_sent() {
    let servers = servers();
    let db = open(options(servers.postgres().unwrap()));
    for (sql, value) in [
        ("SELECT $1::int2", int(40_000)),
        ("SELECT $1::int8", Value::U64(u64::MAX)),
        ("SELECT $1::real", Value::F64(0.1)),
        ("SELECT $1::text", text("a\0b")),
        ("SELECT $1::date", Value::Date(i32::MIN)),
        ("SELECT $1::bool", int(1)),
        ("SELECT $1::int4[]", Value::Array([int(1 << 40)].into())),
    ] {
        let error = read(&db, sql, vec![value]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value, "{sql}");
        assert!(error.to_string().starts_with("parameter 1: "), "{error}");
    }
    let error = read(&db, "SELECT $1::int", vec![]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the statement has 1 placeholders, but 0 values were given: `SELECT $1::int`"
    );
    // The connection is as good as before.
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
    assert_eq!(db.pool_status().in_use, 0);
}

#[test]
fn what_has_no_form_is_an_error_that_names_it() {
    let servers = servers();
    let db = open(options(servers.postgres().unwrap()));
    for (sql, reason) in [
        ("SELECT '1.2.3.4'::inet AS x", "type inet"),
        ("SELECT ARRAY[1] AS x", "type _int4"),
        ("SELECT ROW(1, 2) AS x", "type record"),
        ("SELECT 'NaN'::numeric AS x", "NaN"),
        ("SELECT 10::numeric ^ 40 AS x", "38 digits"),
        ("SELECT 'infinity'::timestamp AS x", "infinite"),
        ("SELECT '1 month'::interval AS x", "1 months"),
    ] {
        let error = read(&db, sql, vec![]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{sql}");
        let message = error.to_string();
        assert!(
            message.starts_with("the value of column x cannot be read: "),
            "{message}"
        );
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

#[test]
fn enums_and_domains_are_what_they_stand_for() {
    let servers = servers();
    let database = servers
        .postgres()
        .unwrap()
        .create_database("enums")
        .unwrap();
    let db = open(queryset_postgres::PostgresOptions::new(database.url()).unwrap());
    write(
        &db,
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN age AS int CHECK (VALUE > 0);
         CREATE TABLE person (mood mood, age age, moods mood[])",
        vec![],
    )
    .unwrap();
    let row = vec![
        text("happy"),
        int(7),
        Value::Array([text("sad"), Value::Null].into()),
    ];
    write(&db, "INSERT INTO person VALUES ($1, $2, $3)", row).unwrap();
    let rows = read(
        &db,
        "SELECT mood, age, moods[1] FROM person WHERE mood = ANY($1) AND age = $2",
        vec![Value::Array([text("happy")].into()), int(7)],
    );
    assert_eq!(rows.unwrap(), [[text("happy"), int(7), text("sad")]]);
    let error = write(&db, "INSERT INTO person (age) VALUES ($1)", vec![int(-1)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Check);
    assert_eq!(error.constraint(), Some("age_check"));
}
