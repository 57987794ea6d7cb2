//! What values become, on their way there and back.

use queryset::pool::PoolOptions;
use queryset::{Decimal, ErrorKind, Model, QuerySet, Record, Value};

use crate::support::{on_each, open, rows};

#[test]
fn values_come_back_as_they_went() {
    on_each(|server, options| {
        let db = open(options);
        let number = |text: &str| Value::Decimal(text.parse::<Decimal>().unwrap());
        let bytes: Vec<u8> = (0..=255).collect();
        let cases: Vec<(&str, Value)> = vec![
            ("bool", Value::I64(1)),
            ("tinyint", Value::I64(-128)),
            ("tinyint unsigned", Value::I64(255)),
            ("smallint", Value::I64(-32768)),
            ("mediumint", Value::I64(8_388_607)),
            ("int unsigned", Value::I64(4_294_967_295)),
            ("bigint", Value::I64(i64::MIN)),
            ("bigint", Value::I64(i64::MAX)),
            ("bigint unsigned", Value::U64(u64::MAX)),
            ("float", Value::F64(f64::from(0.1f32))),
            ("double", Value::F64(f64::MIN_POSITIVE)),
            ("double", Value::F64(-0.1)),
            (
                "decimal(38, 10)",
                number("1234567890123456789012345678.0123456789"),
            ),
            (
                "decimal(38, 0)",
                number("-99999999999999999999999999999999999999"),
            ),
            ("longtext", Value::Text("é 🦀 \0 '\"\\ ".into())),
            ("varchar(10)", Value::Text("".into())),
            ("longblob", Value::Bytes(bytes.into())),
            ("varbinary(4)", Value::Bytes([0, 0xff, 0x27, 0].into())),
            ("date", Value::Date(-719_162)),
            ("date", Value::Date(2_932_896)),
            ("datetime(6)", Value::DateTime(-1)),
            ("datetime(6)", Value::DateTime(253_402_300_799_999_999)),
            ("timestamp(6) null", Value::Timestamp(1_000_001)),
            ("time(6)", Value::Time(86_399_999_999)),
            ("year", Value::I64(2026)),
            ("bit(64)", Value::U64(u64::MAX)),
            ("enum('a', 'b')", Value::Text("b".into())),
            ("int", Value::Null),
        ];
        for (index, (ty, value)) in cases.into_iter().enumerate() {
            let table = format!("t{index}");
            db.execute(format!("CREATE TABLE {table} (c {ty})"), vec![])
                .unwrap();
            let insert = format!("INSERT INTO {table} VALUES (?)");
            db.execute(insert, vec![value.clone()])
                .unwrap_or_else(|error| panic!("{} {ty}: {error:?}", server.kind()));
            let read = rows::<Record>(&db, &format!("SELECT c FROM {table}"), vec![]).unwrap();
            assert_eq!(read[0].values()[0], value, "{} {ty}", server.kind());
            if value != Value::Null {
                let same = format!("SELECT c FROM {table} WHERE c = ?");
                let found = rows::<Record>(&db, &same, vec![value]).unwrap();
                assert_eq!(found.len(), 1, "{} {ty} equals itself", server.kind());
            }
        }
    });
}

#[test]
fn what_has_no_form_here_is_an_error_or_a_span() {
    on_each(|_, options| {
        let db = open(options.sql_mode("STRICT_ALL_TABLES"));
        let read =
            |sql: &str| rows::<Record>(&db, sql, vec![]).map(|rows| rows[0].values()[0].clone());
        assert_eq!(
            read("SELECT CAST('-00:00:01.5' AS TIME(6))").unwrap(),
            Value::Duration(-1_500_000)
        );
        assert_eq!(
            read("SELECT CAST('30:00:00' AS TIME)").unwrap(),
            Value::Duration(108_000_000_000)
        );
        db.execute("CREATE TABLE z (d DATE, t DATETIME)", vec![])
            .unwrap();
        db.execute(
            "INSERT INTO z VALUES ('0000-00-00', '2020-00-01 00:00:00')",
            vec![],
        )
        .unwrap();
        for column in ["d", "t"] {
            let error = read(&format!("SELECT {column} FROM z")).unwrap_err();
            assert_eq!(
                (error.kind(), error.column()),
                (ErrorKind::Decode, Some(column))
            );
        }
        let error = read("SELECT CAST(REPEAT('9', 50) AS DECIMAL(65, 0))").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let out_of_range = db.execute("INSERT INTO z (d) VALUES (?)", vec![Value::Date(i32::MIN)]);
        assert_eq!(out_of_range.unwrap_err().kind(), ErrorKind::Data);
    });
}

/// The protocol has no decimal parameters: as text they would be compared as floats are.
#[test]
fn close_decimals_are_told_apart() {
    on_each(|server, options| {
        let db = open(options);
        db.create_table::<Priced>().unwrap();
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let own = number("1234567890123456789012345678.0123456789");
        let below = number("1234567890123456789012345678.0123456788");
        db.create(&Priced { id: 1, price: own }).unwrap();
        let count = |query: QuerySet<Priced>| query.count(&db).unwrap();
        let all = Priced::objects;
        assert_eq!(count(all().filter(|p| p.price.eq(own))), 1);
        assert_eq!(
            count(all().filter(|p| p.price.eq(below))),
            0,
            "{}",
            server.kind()
        );
        assert_eq!(
            count(all().filter(|p| p.price.gt(below))),
            1,
            "{}",
            server.kind()
        );
        assert_eq!(count(all().filter(|p| p.price.is_in([below, own]))), 1);
        assert_eq!(
            count(all().filter(|p| p.price.is_in([below, number("5")]))),
            0
        );
        let widest = number(&"9".repeat(38));
        assert_eq!(count(all().filter(|p| p.price.lt(widest))), 1);
    });
}

#[derive(Model, Debug)]
struct Priced {
    #[model(primary_key)]
    id: i64,
    price: Decimal,
}

/// What the driver's rows give away is what they lend, also where it is no text.
#[test]
fn texts_that_are_taken_are_those_that_are_lent() {
    on_each(|server, options| {
        let db = open(options.pool(PoolOptions::new().max_size(1)));
        let sql = "SELECT 'ä' AS t, CAST(NULL AS CHAR) AS n, x'ff00' AS b, 1.50 AS d, '' AS e";
        let (text, null, bytes, decimal, empty) =
            rows::<(String, Option<String>, Vec<u8>, Decimal, String)>(&db, sql, vec![])
                .unwrap()
                .remove(0);
        let lent = rows::<Record>(&db, sql, vec![]).unwrap();
        let taken = [
            Value::Text(text.into()),
            null.map_or(Value::Null, Value::from),
            Value::Bytes(bytes.into()),
            Value::Decimal(decimal),
            Value::Text(empty.into()),
        ];
        assert_eq!(lent[0].values(), taken, "{}", server.kind());

        let error = rows::<(String,)>(&db, "SELECT x'ff' AS b", vec![]).unwrap_err();
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::Decode, Some("b"))
        );

        // As they are stored, which is not what the driver takes them for.
        db.execute("SET character_set_results = NULL", vec![])
            .unwrap();
        let latin = "SELECT CONVERT('é' USING latin1) AS t";
        let whys = [
            rows::<(String,)>(&db, latin, vec![]).unwrap_err(),
            rows::<(Option<String>,)>(&db, latin, vec![]).unwrap_err(),
            rows::<Record>(&db, latin, vec![]).unwrap_err(),
        ];
        for why in whys {
            let why = why.to_string();
            assert!(why.contains("its text is not UTF-8"), "{why}");
        }
    });
}
