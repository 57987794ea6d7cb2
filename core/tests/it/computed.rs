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
    check(
        all().lookup("at__year", 2020),
        expect![[r#"
            sqlite  : "event"."at" BETWEEN ? AND ? [Timestamp(1577836800000000), Timestamp(1609459199999999)]
            sqlite  : "event"."at" BETWEEN ? AND ? [Timestamp(1577854800000000), Timestamp(1609477199999999)]
            postgres: "event"."at" BETWEEN $1 AND $2 [Timestamp(1577836800000000), Timestamp(1609459199999999)]
            postgres: "event"."at" BETWEEN $1 AND $2 [Timestamp(1577854800000000), Timestamp(1609477199999999)]
            mysql   : `at` BETWEEN ? AND ? [Timestamp(1577836800000000), Timestamp(1609459199999999), I64(1)]
            mysql   : `at` BETWEEN ? AND ? [Timestamp(1577854800000000), Timestamp(1609477199999999), I64(1)]
        "#]],
    );
    check(
        all().lookup("day__iso_year__gt", 2020),
        expect![[r#"
            sqlite  : "event"."day" > ? [Date(18630)]
            postgres: "event"."day" > $1 [Date(18630)]
            mysql   : `day` > ? [Date(18630), I64(1)]
        "#]],
    );
    check(
        all().lookup("at__year__in", [2019, 2020]),
        expect![[r#"
            sqlite  : queryset_year("event"."at") IN (?, ?) [I64(2019), I64(2020)]
            sqlite  : queryset_year("event"."at", ?) IN (?, ?) [Text("America/New_York"), I64(2019), I64(2020)]
            postgres: CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE 'UTC'))) AS integer) IN ($1, $2) [I64(2019), I64(2020)]
            postgres: CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE CAST($1 AS text)))) AS integer) IN ($2, $3) [Text("America/New_York"), I64(2019), I64(2020)]
            mysql   : YEAR(`at`) IN (?, ?) [I64(2019), I64(2020), I64(1)]
            mysql   : YEAR(CONVERT_TZ(`at`, 'UTC', ?)) IN (?, ?) [Text("America/New_York"), I64(2019), I64(2020), I64(1)]
        "#]],
    );
    check(
        all().lookup("at__year", F("day__year")),
        expect![[r#"
            sqlite  : queryset_year("event"."at") = queryset_year("event"."day") []
            sqlite  : queryset_year("event"."at", ?) = queryset_year("event"."day") [Text("America/New_York")]
            postgres: CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE 'UTC'))) AS integer) = CAST((EXTRACT(YEAR FROM "event"."day")) AS integer) []
            postgres: CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE CAST($1 AS text)))) AS integer) = CAST((EXTRACT(YEAR FROM "event"."day")) AS integer) [Text("America/New_York")]
            mysql   : YEAR(`at`) = YEAR(`day`) [I64(1)]
            mysql   : YEAR(CONVERT_TZ(`at`, 'UTC', ?)) = YEAR(`day`) [Text("America/New_York"), I64(1)]
        "#]],
    );
}

#[test]
fn parts() {
    check(
        all().lookup("at__week_day", 1),
        expect![[r#"
            sqlite  : queryset_week_day("event"."at") = ? [I64(1)]
            sqlite  : queryset_week_day("event"."at", ?) = ? [Text("America/New_York"), I64(1)]
            postgres: CAST(((EXTRACT(DOW FROM ("event"."at" AT TIME ZONE 'UTC')) + 1)) AS integer) = $1 [I64(1)]
            postgres: CAST(((EXTRACT(DOW FROM ("event"."at" AT TIME ZONE CAST($1 AS text))) + 1)) AS integer) = $2 [Text("America/New_York"), I64(1)]
            mysql   : DAYOFWEEK(`at`) = ? [I64(1), I64(1)]
            mysql   : DAYOFWEEK(CONVERT_TZ(`at`, 'UTC', ?)) = ? [Text("America/New_York"), I64(1), I64(1)]
        "#]],
    );
    check(
        all().lookup("at__second__gte", 30),
        expect![[r#"
            sqlite  : queryset_second("event"."at") >= ? [I64(30)]
            sqlite  : queryset_second("event"."at", ?) >= ? [Text("America/New_York"), I64(30)]
            postgres: CAST(FLOOR(EXTRACT(SECOND FROM ("event"."at" AT TIME ZONE 'UTC'))) AS integer) >= $1 [I64(30)]
            postgres: CAST(FLOOR(EXTRACT(SECOND FROM ("event"."at" AT TIME ZONE CAST($1 AS text)))) AS integer) >= $2 [Text("America/New_York"), I64(30)]
            mysql   : SECOND(`at`) >= ? [I64(30), I64(1)]
            mysql   : SECOND(CONVERT_TZ(`at`, 'UTC', ?)) >= ? [Text("America/New_York"), I64(30), I64(1)]
        "#]],
    );
    check(
        all().lookup("day__iso_week_day", 1),
        expect![[r#"
            sqlite  : queryset_iso_week_day("event"."day") = ? [I64(1)]
            postgres: CAST((EXTRACT(ISODOW FROM "event"."day")) AS integer) = $1 [I64(1)]
            mysql   : ((WEEKDAY(`day`) + 1)) = ? [I64(1), I64(1)]
        "#]],
    );
    check(
        all().lookup("at__date__month", 2),
        expect![[r#"
            sqlite  : queryset_month(queryset_date("event"."at")) = ? [I64(2)]
            sqlite  : queryset_month(queryset_date("event"."at", ?)) = ? [Text("America/New_York"), I64(2)]
            postgres: CAST((EXTRACT(MONTH FROM CAST((("event"."at" AT TIME ZONE 'UTC')) AS date))) AS integer) = $1 [I64(2)]
            postgres: CAST((EXTRACT(MONTH FROM CAST((("event"."at" AT TIME ZONE CAST($1 AS text))) AS date))) AS integer) = $2 [Text("America/New_York"), I64(2)]
            mysql   : MONTH(DATE(`at`)) = ? [I64(2), I64(1)]
            mysql   : MONTH(DATE(CONVERT_TZ(`at`, 'UTC', ?))) = ? [Text("America/New_York"), I64(2), I64(1)]
        "#]],
    );
    check(
        all().exclude_lookup("day__month", 2),
        expect![[r#"
            sqlite  : NOT (queryset_month("event"."day") = ? AND "event"."day" IS NOT NULL) [I64(2)]
            postgres: NOT (CAST((EXTRACT(MONTH FROM "event"."day")) AS integer) = $1 AND "event"."day" IS NOT NULL) [I64(2)]
            mysql   : NOT (MONTH(`day`) = ? AND `day` IS NOT NULL) [I64(2), I64(1)]
        "#]],
    );
}

#[test]
fn arithmetic() {
    check(
        all().lookup("size__gt", F("id") * 2 - 1),
        expect![[r#"
            sqlite  : "event"."size" > ((("event"."id" * ?) - ?)) [I64(2), I64(1)]
            postgres: "event"."size" > ((("event"."id" * CAST($1 AS bigint)) - CAST($2 AS bigint))) [I64(2), I64(1)]
            mysql   : `size` > (((`id` * ?) - ?)) [I64(2), I64(1), I64(1)]
        "#]],
    );
    check(
        all().lookup("size", F("id").pow(2) % 10),
        expect![[r#"
            sqlite  : "event"."size" = ((queryset_power("event"."id", ?) % ?)) [I64(2), I64(10)]
            postgres: "event"."size" = ((("event"."id" ^ CAST($1 AS bigint)) % CAST($2 AS bigint))) [I64(2), I64(10)]
            mysql   : `size` = ((POW(`id`, ?) % ?)) [I64(2), I64(10), I64(1)]
        "#]],
    );
    check(
        all().lookup("price__lt", F("price") / 2.5),
        expect![[r#"
            sqlite  : "event"."price" < ((CAST("event"."price" AS REAL) / ?)) [F64(2.5)]
            postgres: "event"."price" < (("event"."price" / CAST($1 AS double precision))) [F64(2.5)]
            mysql   : `price` < ((`price` / ?)) [F64(2.5), I64(1)]
        "#]],
    );
    check(
        all().lookup("at__lt", F("at") + F("span")),
        expect![[r#"
            sqlite  : "event"."at" < queryset_shift("event"."at", "event"."span") []
            postgres: "event"."at" < (("event"."at" + "event"."span")) []
            mysql   : `at` < ((`at` + INTERVAL `span` MICROSECOND)) [I64(1)]
        "#]],
    );
    let hour = Value::Duration(3_600_000_000);
    check(
        all().lookup("day", F("day") - hour),
        expect![[r#"
            sqlite  : queryset_shift("event"."day", 0) = queryset_shift("event"."day", (-?)) [Duration(3600000000)]
            postgres: "event"."day" = (("event"."day" - CAST($1 AS interval))) [Duration(3600000000)]
            mysql   : `day` = ((`day` - INTERVAL ? MICROSECOND)) [Duration(3600000000), I64(1)]
        "#]],
    );
    check(
        all().lookup("span", F("at") - F("at")),
        expect![[r#"
            sqlite  : "event"."span" = queryset_span("event"."at", "event"."at") []
            postgres: "event"."span" = (("event"."at" - "event"."at")) []
            mysql   : `span` = (TIMESTAMPDIFF(MICROSECOND, `at`, `at`)) [I64(1)]
        "#]],
    );
    check(
        all().exclude_lookup("id", F("size")),
        expect![[r#"
            sqlite  : NOT ("event"."id" = "event"."size" AND "event"."size" IS NOT NULL) []
            postgres: NOT ("event"."id" = "event"."size" AND "event"."size" IS NOT NULL) []
            mysql   : NOT (`id` = `size` AND `size` IS NOT NULL) [I64(1)]
        "#]],
    );
}

#[test]
fn texts() {
    check(
        all().lookup("name__regex", "^a"),
        expect![[r#"
            sqlite  : queryset_regex("event"."name", ?) [Text("^a")]
            postgres: "event"."name" ~ $1 [Text("^a")]
            mysql   : `name` REGEXP ? [Text("(?-i)(?s)^a"), I64(1)]
        "#]],
    );
    check(
        all().lookup("size__iregex", "^1"),
        expect![[r#"
            sqlite  : queryset_iregex("event"."size", ?) [Text("^1")]
            postgres: CAST("event"."size" AS text) ~* $1 [Text("^1")]
            mysql   : CAST(`size` AS CHAR) REGEXP ? [Text("(?is)^1"), I64(1)]
        "#]],
    );
    check(
        all().lookup("name__icontains", F("size")),
        expect![[r#"
            sqlite  : queryset_icontains("event"."name", "event"."size") []
            postgres: UPPER("event"."name") LIKE UPPER(('%' || REPLACE(REPLACE(REPLACE(CAST("event"."size" AS text), '\', '\\'), '%', '\%'), '_', '\_') || '%')) []
            mysql   : UPPER(`name`) LIKE CAST(UPPER(CONCAT('%', REPLACE(REPLACE(REPLACE(CAST(`size` AS CHAR), '\\', '\\\\'), '%', '\\%'), '_', '\\_'), '%')) AS BINARY) [I64(1)]
        "#]],
    );
    check(
        all().lookup("name__iregex", F("name")),
        expect![[r#"
            sqlite  : queryset_iregex("event"."name", "event"."name") []
            postgres: "event"."name" ~* "event"."name" []
            mysql   : `name` REGEXP (CONCAT('(?is)', `name`)) [I64(1)]
        "#]],
    );
}

#[test]
fn queries() {
    let large = || all().lookup("size__gt", 10);
    check(
        all().lookup("id__in", large()),
        expect![[r#"
            sqlite  : "event"."id" IN (SELECT "event"."id" FROM "event" WHERE "event"."size" > ?) [I64(10)]
            postgres: "event"."id" IN (SELECT "event"."id" FROM "event" WHERE "event"."size" > $1) [I64(10)]
            mysql   : `event`.`id` IN (SELECT `event`.`id` FROM `event` WHERE `event`.`size` > ?) [I64(10), I64(1)]
        "#]],
    );
    check(
        all().lookup("size", large().limit(1).columns_by_names(["size"])),
        expect![[r#"
            sqlite  : "event"."size" = (SELECT "event"."size" FROM "event" WHERE "event"."size" > ? [I64(10)]
            postgres: "event"."size" = (SELECT "event"."size" FROM "event" WHERE "event"."size" > $1 [I64(10)]
            mysql   : `event`.`size` = (SELECT `event`.`size` FROM `event` WHERE `event`.`size` > ? [I64(10), I64(1), I64(1)]
        "#]],
    );
    check(
        all().exclude_lookup(
            "size__in",
            Operand::from(large().columns_by_names(["size"])),
        ),
        expect![[r#"
            sqlite  : NOT ("event"."size" IN (SELECT "event"."size" FROM "event" WHERE "event"."size" > ?) AND "event"."size" IS NOT NULL) [I64(10)]
            postgres: NOT ("event"."size" IN (SELECT "event"."size" FROM "event" WHERE "event"."size" > $1) AND "event"."size" IS NOT NULL) [I64(10)]
            mysql   : NOT (`event`.`size` IN (SELECT `event`.`size` FROM `event` WHERE `event`.`size` > ?) AND `event`.`size` IS NOT NULL) [I64(10), I64(1)]
        "#]],
    );
}
