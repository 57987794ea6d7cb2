//! What records of a model known at run time carry.

use queryset::recording::Recording;
use queryset::{
    ColumnMeta, ColumnType, Dialect, ErrorKind, Family, ModelMeta, QuerySet, Value, raw,
};

#[test]
fn values_are_in_the_models_types_whatever_the_database_keeps_them_as() {
    let columns = [
        ("flag", ColumnType::Bool, Value::I64(1), Value::Bool(true)),
        (
            "day",
            ColumnType::Date,
            "1969-12-31".into(),
            Value::Date(-1),
        ),
        (
            "noon",
            ColumnType::Time,
            "12:00:00".into(),
            Value::Time(43_200_000_000),
        ),
        (
            "local",
            ColumnType::DateTime,
            "1970-01-01 00:00:01".into(),
            Value::DateTime(1_000_000),
        ),
        (
            "at",
            ColumnType::Timestamp,
            "1970-01-01 00:00:01".into(),
            Value::Timestamp(1_000_000),
        ),
        (
            "span",
            ColumnType::Duration,
            Value::I64(5),
            Value::Duration(5),
        ),
        (
            "price",
            ColumnType::Decimal,
            Value::F64(9.99),
            Value::Decimal("9.99".parse().unwrap()),
        ),
        (
            "id",
            ColumnType::Uuid,
            "000102030405060708090a0b0c0d0e0f".into(),
            Value::Uuid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        ),
        (
            "doc",
            ColumnType::Json,
            "[1]".into(),
            Value::Json("[1]".into()),
        ),
        ("none", ColumnType::Date, Value::Null, Value::Null),
        // Values that are none of their column's type stay as they came.
        ("odd", ColumnType::I64, "oops".into(), "oops".into()),
        (
            "never",
            ColumnType::Date,
            "2020-02-30".into(),
            "2020-02-30".into(),
        ),
        ("maybe", ColumnType::Bool, Value::I64(2), Value::I64(2)),
    ];
    let mut model = ModelMeta::builder("Thing");
    for (name, ty, ..) in &columns {
        model = model.column(ColumnMeta::new(*name, *ty).nullable(true));
    }
    let things = QuerySet::dynamic(&model.build().unwrap());

    let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
    let db = recording.database();
    let sql = things.statement(&db).unwrap().unwrap().sql;
    let stored: Vec<Value> = columns
        .iter()
        .map(|(_, _, stored, _)| stored.clone())
        .collect();
    recording.expect(&sql, columns.iter().map(|column| column.0), [stored]);

    let rows = things.list(&db).unwrap();
    let [record] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    for (name, _, _, read) in &columns {
        assert_eq!(record.value(name), Some(read), "{name}");
    }
    let error = record.get::<i64>("odd").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "column thing.odd holds a value of type text where i64 is wanted: it is of another kind"
    );
}

#[test]
fn those_of_a_statement_written_by_hand_are_as_the_database_has_them() {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
    recording.expect("SELECT 1", ["day"], [["1969-12-31".into()]]);
    let rows: Vec<queryset::Record> = raw("SELECT 1", vec![]).list(&recording.database()).unwrap();
    assert_eq!(rows[0].value("day"), Some(&"1969-12-31".into()));
}
