//! The SQL of what is computed, the three dialects side by side.

use std::sync::Arc;

use expect_test::{Expect, expect};
use queryset::recording::Recording;
use queryset::{
    ColumnMeta, ColumnType, Dialect, F, Family, ModelMeta, Operand, QuerySet, Record, Statement,
    Value, Zone,
};

fn event() -> Arc<ModelMeta> {
    ModelMeta::builder("Event")
        .table("event")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("name", ColumnType::Text))
        .column(ColumnMeta::new("at", ColumnType::Timestamp))
        .column(ColumnMeta::new("day", ColumnType::Date).nullable(true))
        .column(ColumnMeta::new("span", ColumnType::Duration))
        .column(ColumnMeta::new("size", ColumnType::I32).nullable(true))
        .column(ColumnMeta::new("price", ColumnType::Decimal))
        .build()
        .expect("a valid model")
}

fn all() -> QuerySet<Record> {
    QuerySet::dynamic(&event())
}

/// What is asked after WHERE, in UTC and, where it differs, in New York.
fn check(query: QuerySet<Record>, expected: Expect) {
    let zone = Zone::named("America/New_York").expect("a zone");
    let mut shown = String::new();
    for (family, name) in [
        (Family::Sqlite, "sqlite  "),
        (Family::Postgres, "postgres"),
        (Family::Mysql, "mysql   "),
    ] {
        let recording = Recording::new(Dialect::new(family, name));
        let db = recording.database();
        let _ = query.exists(&db);
        let _ = query.exists(&db.in_time_zone(zone.clone()));
        let asked = |statement: &Statement| {
            let sql = &*statement.sql;
            let (_, rest) = sql.split_once(" WHERE ").unwrap_or(("", sql));
            let rest = rest.split(" LIMIT ").next().unwrap_or_default();
            format!("{name}: {rest} {:?}\n", statement.params)
        };
        let mut lines: Vec<_> = recording.statements().iter().map(asked).collect();
        lines.dedup();
        shown.extend(lines);
    }
    expected.assert_eq(&shown);
}

#[test]
fn years_by_their_bounds() {
    check(all().lookup("at__year", 2020), expect![[]]);
    check(all().lookup("day__iso_year__gt", 2020), expect![[]]);
    check(all().lookup("at__year__in", [2019, 2020]), expect![[]]);
    check(all().lookup("at__year", F("day__year")), expect![[]]);
}

#[test]
fn parts() {
    check(all().lookup("at__week_day", 1), expect![[]]);
    check(all().lookup("at__second__gte", 30), expect![[]]);
    check(all().lookup("day__iso_week_day", 1), expect![[]]);
    check(all().lookup("at__date__month", 2), expect![[]]);
    check(all().exclude_lookup("day__month", 2), expect![[]]);
}

#[test]
fn arithmetic() {
    check(all().lookup("size__gt", F("id") * 2 - 1), expect![[]]);
    check(all().lookup("size", F("id").pow(2) % 10), expect![[]]);
    check(all().lookup("price__lt", F("price") / 2.5), expect![[]]);
    check(all().lookup("at__lt", F("at") + F("span")), expect![[]]);
    let hour = Value::Duration(3_600_000_000);
    check(all().lookup("day", F("day") - hour), expect![[]]);
    check(all().lookup("span", F("at") - F("at")), expect![[]]);
    check(all().exclude_lookup("id", F("size")), expect![[]]);
}

#[test]
fn texts() {
    check(all().lookup("name__regex", "^a"), expect![[]]);
    check(all().lookup("size__iregex", "^1"), expect![[]]);
    check(all().lookup("name__icontains", F("size")), expect![[]]);
    check(all().lookup("name__iregex", F("name")), expect![[]]);
}

#[test]
fn queries() {
    let large = || all().lookup("size__gt", 10);
    check(all().lookup("id__in", large()), expect![[]]);
    check(
        all().lookup("size", large().limit(1).columns_by_names(["size"])),
        expect![[]],
    );
    check(
        all().exclude_lookup("size__in", Operand::from(large().columns_by_names(["size"]))),
        expect![[]],
    );
}
