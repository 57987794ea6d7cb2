//! The SQL of orderings by what is computed, and of rows that are distinct by columns, the three
//! dialects side by side.

use std::sync::Arc;

use expect_test::{Expect, expect};
use queryset::recording::Recording;
use queryset::{
    ColumnMeta, ColumnType, Database, Dialect, ErrorKind, F, Family, Lookup, ModelMeta, OrderTerm,
    Q, QuerySet, Record, Zone,
};

fn event() -> Arc<ModelMeta> {
    ModelMeta::builder("Event")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("at", ColumnType::Timestamp))
        .column(ColumnMeta::new("size", ColumnType::I32).nullable(true))
        .column(ColumnMeta::new("seats", ColumnType::I32))
        .ordering([OrderTerm::from("-at__year"), (F("size") + 1).asc()])
        .build()
        .expect("a valid model")
}

fn all() -> QuerySet<Record> {
    QuerySet::dynamic(&event())
}

fn dialects() -> [Dialect; 3] {
    [
        Dialect::new(Family::Sqlite, "sqlite  "),
        Dialect::new(Family::Postgres, "postgres"),
        Dialect::new(Family::Mysql, "mysql   "),
    ]
}

fn check(ask: impl Fn(&Database), expected: Expect) {
    let zone = Zone::named("America/New_York").expect("a zone");
    let mut shown = String::new();
    for dialect in dialects() {
        let name = dialect.name;
        let recording = Recording::new(dialect);
        ask(&recording.database().in_time_zone(zone.clone()));
        for statement in recording.statements() {
            shown.push_str(&format!(
                "{name}: {} {:?}\n",
                statement.sql, statement.params
            ));
        }
    }
    expected.assert_eq(&shown);
}

fn list(query: QuerySet<Record>, expected: Expect) {
    let query = query.only_names(["id"]);
    check(|db| drop(query.list(db)), expected);
}

#[test]
fn by_parts_of_dates() {
    list(
        all().order_by_names(["at__date", "-at__hour"]),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" ORDER BY queryset_date("event"."at", ?) ASC, queryset_hour("event"."at", ?) DESC [Text("America/New_York"), Text("America/New_York")]
            postgres: SELECT "event"."id" FROM "event" ORDER BY CAST((("event"."at" AT TIME ZONE CAST($1 AS text))) AS date) ASC, CAST((EXTRACT(HOUR FROM ("event"."at" AT TIME ZONE CAST($2 AS text)))) AS integer) DESC [Text("America/New_York"), Text("America/New_York")]
            mysql   : SELECT `id` FROM `event` ORDER BY DATE(CONVERT_TZ(`at`, 'UTC', ?)) ASC, HOUR(CONVERT_TZ(`at`, 'UTC', ?)) DESC [Text("America/New_York"), Text("America/New_York")]
        "#]],
    );
}

#[test]
fn by_arithmetic() {
    list(
        all().order_by_names([
            (F("size") * 2 - F("seats")).desc().nulls_last(),
            F("seats").asc(),
        ]),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" ORDER BY (("event"."size" * ?) - "event"."seats") DESC NULLS LAST, "event"."seats" ASC [I64(2)]
            postgres: SELECT "event"."id" FROM "event" ORDER BY (("event"."size" * CAST($1 AS bigint)) - "event"."seats") DESC NULLS LAST, "event"."seats" ASC [I64(2)]
            mysql   : SELECT `id` FROM `event` ORDER BY ((`size` * ?) - `seats`) IS NULL ASC, ((`size` * ?) - `seats`) DESC, `seats` ASC [I64(2), I64(2)]
        "#]],
    );
    list(
        all()
            .lookup("seats__gt", 9)
            .order_by_names([(F("size") % 7).asc().nulls_first()])
            .reverse()
            .slice(2..5),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" WHERE "event"."seats" > ? ORDER BY ("event"."size" % ?) DESC NULLS LAST LIMIT 3 OFFSET 2 [I64(9), I64(7)]
            postgres: SELECT "event"."id" FROM "event" WHERE "event"."seats" > $1 ORDER BY ("event"."size" % CAST($2 AS bigint)) DESC NULLS LAST LIMIT 3 OFFSET $3 [I64(9), I64(7), I64(2)]
            mysql   : SELECT `id` FROM `event` WHERE `seats` > ? ORDER BY (`size` % ?) IS NULL ASC, (`size` % ?) DESC LIMIT ? OFFSET ? [I64(9), I64(7), I64(7), I64(3), I64(2)]
        "#]],
    );
}

/// Each term orders once, and a column in an expression is the column.
#[test]
fn the_same_twice() {
    list(
        all().order_by_names([
            (F("size") + 1).asc(),
            (F("size") + 1).desc(),
            F("seats").desc(),
            "seats".into(),
        ]),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" ORDER BY ("event"."size" + ?) ASC, "event"."seats" DESC [I64(1)]
            postgres: SELECT "event"."id" FROM "event" ORDER BY ("event"."size" + CAST($1 AS bigint)) ASC, "event"."seats" DESC [I64(1)]
            mysql   : SELECT `id` FROM `event` ORDER BY (`size` + ?) ASC, `seats` DESC [I64(1)]
        "#]],
    );
}

/// What binds values in the model's own ordering is part of the statement.
#[test]
fn by_the_model() {
    list(
        all(),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" ORDER BY queryset_year("event"."at", ?) DESC, ("event"."size" + ?) ASC [Text("America/New_York"), I64(1)]
            postgres: SELECT "event"."id" FROM "event" ORDER BY CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE CAST($1 AS text)))) AS integer) DESC, ("event"."size" + CAST($2 AS bigint)) ASC [Text("America/New_York"), I64(1)]
            mysql   : SELECT `id` FROM `event` ORDER BY YEAR(CONVERT_TZ(`at`, 'UTC', ?)) DESC, (`size` + ?) ASC [Text("America/New_York"), I64(1)]
        "#]],
    );
    check(
        |db| drop(all().last(db)),
        expect![[r#"
            sqlite  : SELECT "event"."id", "event"."at", "event"."size", "event"."seats" FROM "event" ORDER BY queryset_year("event"."at", ?) ASC, ("event"."size" + ?) DESC LIMIT 1 [Text("America/New_York"), I64(1)]
            postgres: SELECT "event"."id", "event"."at", "event"."size", "event"."seats" FROM "event" ORDER BY CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE CAST($1 AS text)))) AS integer) ASC, ("event"."size" + CAST($2 AS bigint)) DESC LIMIT 1 [Text("America/New_York"), I64(1)]
            mysql   : SELECT `id`, `at`, `size`, `seats` FROM `event` ORDER BY YEAR(CONVERT_TZ(`at`, 'UTC', ?)) ASC, (`size` + ?) DESC LIMIT ? [Text("America/New_York"), I64(1), I64(1)]
        "#]],
    );
}

/// A value that is bound twice would be another expression to the database.
#[test]
fn distinct_rows() {
    list(
        all().order_by_names([(F("size") + 1).asc()]).distinct(),
        expect![[r#"
            sqlite  : SELECT DISTINCT "event"."id", ("event"."size" + ?) AS "__order0" FROM "event" ORDER BY "__order0" ASC [I64(1)]
            postgres: SELECT DISTINCT "event"."id", ("event"."size" + CAST($1 AS bigint)) AS "__order0" FROM "event" ORDER BY "__order0" ASC [I64(1)]
            mysql   : SELECT DISTINCT `id`, (`size` + ?) AS `__order0` FROM `event` ORDER BY `__order0` ASC [I64(1)]
        "#]],
    );
}

#[test]
fn distinct_by_columns() {
    let query = all()
        .order_by_names(["seats", "-at"])
        .distinct_on_names(["seats"]);
    list(
        query.clone(),
        expect![[r#"
        postgres: SELECT DISTINCT ON ("event"."seats") "event"."id" FROM "event" ORDER BY "event"."seats" ASC, "event"."at" DESC []
    "#]],
    );
    check(
        |db| drop(query.count(db)),
        expect![[r#"
        postgres: SELECT COUNT(*) FROM (SELECT DISTINCT ON ("event"."seats") "event"."id", "event"."at", "event"."size", "event"."seats" FROM "event") AS "subquery" []
    "#]],
    );
    check(
        |db| drop(query.exists(db)),
        expect![[r#"
            postgres: SELECT DISTINCT ON ("event"."seats") 1 AS "a" FROM "event" LIMIT 1 []
        "#]],
    );
    for dialect in dialects() {
        let family = dialect.family;
        let recording = Recording::new(dialect);
        let error = query.first(&recording.database()).unwrap_err();
        let refused = family != Family::Postgres;
        assert_eq!(error.kind() == ErrorKind::NotSupported, refused, "{error}");
        assert_eq!(recording.statements().is_empty(), refused);
    }
    let wrong = all().distinct_on_names(["sets"]);
    wrong
        .check()
        .expect("Django tells it when the query is read");
    let recording = Recording::new(Dialect::new(Family::Postgres, "postgres"));
    let error = wrong.list(&recording.database()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Field);
}

#[test]
fn wrong_terms() {
    let field = |term: OrderTerm| {
        let query = all().order_by_names([term]);
        let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
        let read = query.list(&recording.database()).unwrap_err();
        assert_eq!(read.kind(), ErrorKind::Field, "{read}");
        query.check().is_err()
    };
    assert!(field("sets".into()));
    assert!(!field("size__year".into()));
    assert!(!field("at__year__gt".into()));
    assert!(!field(F("sets").asc()));
    assert!(!field((F("size") + F("sets")).asc()));
}

#[test]
fn total_orders() {
    let total = |query: QuerySet<Record>| query.is_totally_ordered();
    assert!(!total(all()));
    assert!(total(all().order_by_names(["size", "-pk"])));
    assert!(total(all().order_by_names([F("id").desc()])));
    assert!(!total(all().order_by_names([F("id") + 1])));
    assert!(!total(all().order_by_names(["?"])));
}

/// A lookup as an object: no path, so that a negation drops the NULLs.
#[test]
fn comparisons_of_what_is_computed() {
    let left = || F("size") - F("seats");
    list(
        all()
            .order_by_names::<&str>([])
            .filter_by(Q::compare(left(), Lookup::Gt, F("id") * 10))
            .exclude_by(Q::compare(F("size"), Lookup::Exact, 3))
            .exclude_by(Q::compare(F("at__year"), Lookup::In, [2019, 2020])),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" WHERE (("event"."size" - "event"."seats")) > (("event"."id" * ?)) AND (NOT "event"."size" = ?) AND (NOT queryset_year("event"."at", ?) IN (?, ?)) [I64(10), I64(3), Text("America/New_York"), I64(2019), I64(2020)]
            postgres: SELECT "event"."id" FROM "event" WHERE (("event"."size" - "event"."seats")) > (("event"."id" * CAST($1 AS bigint))) AND (NOT "event"."size" = $2) AND (NOT CAST((EXTRACT(YEAR FROM ("event"."at" AT TIME ZONE CAST($3 AS text)))) AS integer) IN ($4, $5)) [I64(10), I64(3), Text("America/New_York"), I64(2019), I64(2020)]
            mysql   : SELECT `id` FROM `event` WHERE ((`size` - `seats`)) > ((`id` * ?)) AND (NOT `size` = ?) AND (NOT YEAR(CONVERT_TZ(`at`, 'UTC', ?)) IN (?, ?)) [I64(10), I64(3), Text("America/New_York"), I64(2019), I64(2020)]
        "#]],
    );
    let error = all()
        .filter_by(Q::compare(F("sets"), Lookup::Gt, 1))
        .check()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Field);
}

/// `~Q(~Q(x))` is not `~~Q(x)`.
#[test]
fn grouped_negations() {
    let x = || Q::<Record>::lookup("seats", 1);
    let plain = || all().order_by_names::<&str>([]);
    list(
        plain().filter_by(!!x()),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" WHERE "event"."seats" = ? [I64(1)]
            postgres: SELECT "event"."id" FROM "event" WHERE "event"."seats" = $1 [I64(1)]
            mysql   : SELECT `id` FROM `event` WHERE `seats` = ? [I64(1)]
        "#]],
    );
    list(
        plain().filter_by(!(!x()).grouped()),
        expect![[r#"
            sqlite  : SELECT "event"."id" FROM "event" WHERE NOT (NOT "event"."seats" = ?) [I64(1)]
            postgres: SELECT "event"."id" FROM "event" WHERE NOT (NOT "event"."seats" = $1) [I64(1)]
            mysql   : SELECT `id` FROM `event` WHERE NOT (NOT `seats` = ?) [I64(1)]
        "#]],
    );
}
