//! The SQL of every kind of query, the three dialects side by side.

use expect_test::{Expect, expect};
use queryset::recording::Recording;
use queryset::{
    AggregateTerm, ColumnMeta, ColumnType, Database, Dialect, Family, ModelMeta, Operand,
    OrderTerm, Q, QuerySet, Record, Statement, Value,
};
use std::sync::Arc;

fn book() -> Arc<ModelMeta> {
    ModelMeta::builder("Book")
        .table("book")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("title", ColumnType::Text))
        .column(ColumnMeta::new("pages", ColumnType::I32).nullable(true))
        .column(ColumnMeta::new("price", ColumnType::Decimal).column_name("the \"price\""))
        .ordering(["title", "-pages"])
        .latest_by(["pages"])
        .build()
        .expect("a valid model")
}

fn all() -> QuerySet<Record> {
    QuerySet::dynamic(&book())
}

/// Runs a read on each dialect and shows what was sent.
fn check(read: impl Fn(&Database), expected: Expect) {
    let mut shown = String::new();
    for (family, name) in [
        (Family::Sqlite, "sqlite  "),
        (Family::Postgres, "postgres"),
        (Family::Mysql, "mysql   "),
    ] {
        let recording = Recording::new(Dialect::new(family, name));
        read(&recording.database());
        match recording.statements().as_slice() {
            [] => shown.push_str(&format!("{name}: nothing\n")),
            statements => {
                for Statement { sql, params, .. } in statements {
                    shown.push_str(&format!("{name}: {sql} {params:?}\n"));
                }
            }
        }
    }
    expected.assert_eq(&shown);
}

fn list(queryset: QuerySet<Record>, expected: Expect) {
    check(|db| drop(queryset.list(db)), expected);
}

/// A query without the noise of the model's ordering.
fn plain() -> QuerySet<Record> {
    all().order_by_names::<&str>([])
}

#[test]
fn rows_in_the_models_order() {
    list(
        all(),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" ASC, "book"."pages" DESC []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" ASC, "book"."pages" DESC []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `title` ASC, `pages` DESC []
        "#]],
    );
}

#[test]
fn slices() {
    list(
        plain().slice(5..15),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" LIMIT 10 OFFSET 5 []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" LIMIT 10 OFFSET $1 [I64(5)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` LIMIT ? OFFSET ? [I64(10), I64(5)]
        "#]],
    );
    list(
        plain().offset(5),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" LIMIT 9223372036854775807 OFFSET 5 []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" OFFSET $1 [I64(5)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` LIMIT 18446744073709551615 OFFSET ? [I64(5)]
        "#]],
    );
    list(
        plain().limit(0),
        expect![[r#"
        sqlite  : nothing
        postgres: nothing
        mysql   : nothing
    "#]],
    );
}

#[test]
fn conditions_join_and_negate() {
    let q: Q<Record> =
        (Q::lookup("pages__gt", 5) | Q::lookup("title", "x")) & !Q::lookup("pages", 7);
    list(
        plain().filter_by(q),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE ("book"."pages" > ? OR "book"."title" = ?) AND (NOT ("book"."pages" = ? AND "book"."pages" IS NOT NULL)) [I64(5), Text("x"), I64(7)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE ("book"."pages" > $1 OR "book"."title" = $2) AND (NOT ("book"."pages" = $3 AND "book"."pages" IS NOT NULL)) [I64(5), Text("x"), I64(7)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE (`pages` > ? OR `title` = ?) AND (NOT (`pages` = ? AND `pages` IS NOT NULL)) [I64(5), Text("x"), I64(7)]
        "#]],
    );
    list(
        plain().exclude_lookup("title", "x"),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT "book"."title" = ? [Text("x")]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT "book"."title" = $1 [Text("x")]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE NOT `title` = ? [Text("x")]
        "#]],
    );
    list(
        plain().filter_by(Q::lookup("pages", 1) ^ Q::lookup("title", "x")),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE ((CASE WHEN ("book"."pages" = ?) THEN 1 ELSE 0 END) + (CASE WHEN ("book"."title" = ?) THEN 1 ELSE 0 END)) % (2) = (1) [I64(1), Text("x")]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE ((CASE WHEN ("book"."pages" = $1) THEN 1 ELSE 0 END) + (CASE WHEN ("book"."title" = $2) THEN 1 ELSE 0 END)) % (2) = (1) [I64(1), Text("x")]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE (`pages` = ?) XOR (`title` = ?) [I64(1), Text("x")]
        "#]],
    );
}

#[test]
fn comparisons() {
    list(
        plain()
            .lookup("id__gte", 1)
            .lookup("id__lt", 9)
            .lookup("id__lte", 9)
            .lookup("pages__range", (1, 5))
            .lookup("pages__isnull", false),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" >= ? AND "book"."id" < ? AND "book"."id" <= ? AND ("book"."pages" BETWEEN ? AND ?) AND "book"."pages" IS NOT NULL [I64(1), I64(9), I64(9), I64(1), I64(5)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" >= $1 AND "book"."id" < $2 AND "book"."id" <= $3 AND ("book"."pages" BETWEEN $4 AND $5) AND "book"."pages" IS NOT NULL [I64(1), I64(9), I64(9), I64(1), I64(5)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `id` >= ? AND `id` < ? AND `id` <= ? AND (`pages` BETWEEN ? AND ?) AND `pages` IS NOT NULL [I64(1), I64(9), I64(9), I64(1), I64(5)]
        "#]],
    );
    list(
        plain().lookup("pages", Operand::NONE),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" IS NULL []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" IS NULL []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `pages` IS NULL []
        "#]],
    );
}

#[test]
fn lists() {
    list(
        plain().lookup("id__in", [1, 2, 2]),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" IN (?, ?) [I64(1), I64(2)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" IN ($1, $2) [I64(1), I64(2)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `id` IN (?, ?) [I64(1), I64(2)]
        "#]],
    );
    list(
        plain().lookup("id__in", Operand::list(1..10)),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" IN (SELECT "value" FROM json_each(?) AS "listed") [Array([I64(1), I64(2), I64(3), I64(4), I64(5), I64(6), I64(7), I64(8), I64(9)])]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" = ANY($1) [Array([I64(1), I64(2), I64(3), I64(4), I64(5), I64(6), I64(7), I64(8), I64(9)])]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `id` IN (?, ?, ?, ?, ?, ?, ?, ?, ?) [I64(1), I64(2), I64(3), I64(4), I64(5), I64(6), I64(7), I64(8), I64(9)]
        "#]],
    );
    list(
        plain().exclude_lookup("pages__in", [Some(1), None]),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT ("book"."pages" IN (?) OR "book"."pages" IS NULL) [I64(1)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT ("book"."pages" IN ($1) OR "book"."pages" IS NULL) [I64(1)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE NOT (`pages` IN (?) OR `pages` IS NULL) [I64(1)]
        "#]],
    );
    list(
        plain().exclude_lookup("pages__in", [1]),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT ("book"."pages" IN (?) AND "book"."pages" IS NOT NULL) [I64(1)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT ("book"."pages" IN ($1) AND "book"."pages" IS NOT NULL) [I64(1)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE NOT (`pages` IN (?) AND `pages` IS NOT NULL) [I64(1)]
        "#]],
    );
    list(
        plain().lookup("id__in", Operand::List(vec![])),
        expect![[r#"
            sqlite  : nothing
            postgres: nothing
            mysql   : nothing
        "#]],
    );
    list(
        plain().exclude_lookup("id__in", Operand::List(vec![])),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` []
        "#]],
    );
}

#[test]
fn texts() {
    for lookup in [
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "iexact",
    ] {
        let expected = match lookup {
            "contains" => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_contains("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."title" LIKE $1 [Text("%50\\%\\_\\\\x%")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `title` LIKE CAST(? AS BINARY) [Text("%50\\%\\_\\\\x%")]
            "#]],
            "icontains" => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_icontains("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE UPPER("book"."title") LIKE UPPER($1) [Text("%50\\%\\_\\\\x%")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE UPPER(`title`) LIKE CAST(UPPER(?) AS BINARY) [Text("%50\\%\\_\\\\x%")]
            "#]],
            "startswith" => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_startswith("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."title" LIKE $1 [Text("50\\%\\_\\\\x%")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `title` LIKE CAST(? AS BINARY) [Text("50\\%\\_\\\\x%")]
            "#]],
            "istartswith" => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_istartswith("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE UPPER("book"."title") LIKE UPPER($1) [Text("50\\%\\_\\\\x%")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE UPPER(`title`) LIKE CAST(UPPER(?) AS BINARY) [Text("50\\%\\_\\\\x%")]
            "#]],
            "endswith" => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_endswith("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."title" LIKE $1 [Text("%50\\%\\_\\\\x")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `title` LIKE CAST(? AS BINARY) [Text("%50\\%\\_\\\\x")]
            "#]],
            "iendswith" => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_iendswith("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE UPPER("book"."title") LIKE UPPER($1) [Text("%50\\%\\_\\\\x")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE UPPER(`title`) LIKE CAST(UPPER(?) AS BINARY) [Text("%50\\%\\_\\\\x")]
            "#]],
            _ => expect![[r#"
                sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_iexact("book"."title", ?) [Text("50%_\\x")]
                postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE UPPER("book"."title") = UPPER($1) [Text("50%_\\x")]
                mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE UPPER(`title`) = CAST(UPPER(?) AS BINARY) [Text("50%_\\x")]
            "#]],
        };
        list(
            plain().lookup(format!("title__{lookup}"), r"50%_\x"),
            expected,
        );
    }
    list(
        plain().lookup("pages__contains", 5),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE queryset_contains("book"."pages", ?) [Text("5")]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE CAST("book"."pages" AS text) LIKE $1 [Text("%5%")]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE CAST(`pages` AS CHAR) LIKE CAST(? AS BINARY) [Text("%5%")]
        "#]],
    );
}

#[test]
fn texts_without_functions_are_like() {
    let mut dialect = Dialect::new(Family::Sqlite, "sqlite");
    dialect.text_functions = false;
    let recording = Recording::new(dialect);
    let db = recording.database();
    drop(plain().lookup("title__icontains", r"50%_\x").list(&db));
    drop(plain().lookup("title__iexact", r"50%").list(&db));
    let shown: String = recording
        .statements()
        .iter()
        .map(|statement| format!("{} {:?}\n", statement.sql, statement.params))
        .collect();
    expect![[r#"
        SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."title" LIKE ? ESCAPE ('\') [Text("%50\\%\\_\\\\x%")]
        SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."title" LIKE ? ESCAPE ('\') [Text("50\\%")]
    "#]].assert_eq(&shown);
}

#[test]
fn numbers_out_of_range_are_settled_before() {
    list(
        plain().lookup("pages", 1i64 << 40),
        expect![[r#"
        sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" = ? [I64(1099511627776)]
        postgres: nothing
        mysql   : nothing
    "#]],
    );
    list(
        plain().lookup("pages__lt", 1i64 << 40),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" < ? [I64(1099511627776)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` []
        "#]],
    );
    list(
        plain().exclude_lookup("pages__lt", 1i64 << 40),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT ("book"."pages" < ? AND "book"."pages" IS NOT NULL) [I64(1099511627776)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE NOT "book"."pages" IS NOT NULL []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE NOT `pages` IS NOT NULL []
        "#]],
    );
}

#[test]
fn orders() {
    list(
        all().order_by_names([
            OrderTerm::from("-pages").nulls_last(),
            "price".into(),
            "?".into(),
        ]),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."pages" DESC NULLS LAST, "book"."the ""price""" ASC, RANDOM() ASC []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."pages" DESC NULLS LAST, "book"."the ""price""" ASC, RANDOM() ASC []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `pages` IS NULL ASC, `pages` DESC, `the "price"` ASC, RAND() ASC []
        "#]],
    );
    list(
        all()
            .reverse()
            .order_by_names([OrderTerm::from("pages").nulls_first()]),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."pages" DESC NULLS LAST []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."pages" DESC NULLS LAST []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `pages` IS NULL ASC, `pages` DESC []
        "#]],
    );
    list(
        all().distinct(),
        expect![[r#"
            sqlite  : SELECT DISTINCT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" ASC, "book"."pages" DESC []
            postgres: SELECT DISTINCT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" ASC, "book"."pages" DESC []
            mysql   : SELECT DISTINCT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `title` ASC, `pages` DESC []
        "#]],
    );
}

#[test]
fn terminals() {
    let pages = || plain().lookup("pages", 3);
    check(
        |db| drop(pages().get(db)),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" = ? LIMIT 21 [I64(3)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" = $1 LIMIT 21 [I64(3)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `pages` = ? LIMIT ? [I64(3), I64(21)]
        "#]],
    );
    check(
        |db| drop(pages().count(db)),
        expect![[r#"
            sqlite  : SELECT COUNT(*) FROM "book" WHERE "book"."pages" = ? [I64(3)]
            postgres: SELECT COUNT(*) FROM "book" WHERE "book"."pages" = $1 [I64(3)]
            mysql   : SELECT COUNT(*) FROM `book` WHERE `pages` = ? [I64(3)]
        "#]],
    );
    check(
        |db| drop(pages().limit(5).count(db)),
        expect![[r#"
            sqlite  : SELECT COUNT(*) FROM (SELECT "book"."id" FROM "book" WHERE "book"."pages" = ? LIMIT 5) AS "subquery" [I64(3)]
            postgres: SELECT COUNT(*) FROM (SELECT "book"."id" FROM "book" WHERE "book"."pages" = $1 LIMIT 5) AS "subquery" [I64(3)]
            mysql   : SELECT COUNT(*) FROM (SELECT `id` FROM `book` WHERE `pages` = ? LIMIT ?) AS `subquery` [I64(3), I64(5)]
        "#]],
    );
    check(
        |db| drop(pages().distinct().count(db)),
        expect![[r#"
            sqlite  : SELECT COUNT(*) FROM (SELECT DISTINCT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" = ?) AS "subquery" [I64(3)]
            postgres: SELECT COUNT(*) FROM (SELECT DISTINCT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."pages" = $1) AS "subquery" [I64(3)]
            mysql   : SELECT COUNT(*) FROM (SELECT DISTINCT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `pages` = ?) AS `subquery` [I64(3)]
        "#]],
    );
    check(
        |db| drop(pages().exists(db)),
        expect![[r#"
            sqlite  : SELECT 1 AS "a" FROM "book" WHERE "book"."pages" = ? LIMIT 1 [I64(3)]
            postgres: SELECT 1 AS "a" FROM "book" WHERE "book"."pages" = $1 LIMIT 1 [I64(3)]
            mysql   : SELECT 1 AS `a` FROM `book` WHERE `pages` = ? LIMIT ? [I64(3), I64(1)]
        "#]],
    );
    check(
        |db| drop(pages().slice(5..9).exists(db)),
        expect![[r#"
            sqlite  : SELECT 1 AS "a" FROM "book" WHERE "book"."pages" = ? LIMIT 1 OFFSET 5 [I64(3)]
            postgres: SELECT 1 AS "a" FROM "book" WHERE "book"."pages" = $1 LIMIT 1 OFFSET $2 [I64(3), I64(5)]
            mysql   : SELECT 1 AS `a` FROM `book` WHERE `pages` = ? LIMIT ? OFFSET ? [I64(3), I64(1), I64(5)]
        "#]],
    );
    check(
        |db| drop(all().first(db)),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" ASC, "book"."pages" DESC LIMIT 1 []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" ASC, "book"."pages" DESC LIMIT 1 []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `title` ASC, `pages` DESC LIMIT ? [I64(1)]
        "#]],
    );
    check(
        |db| drop(all().last(db)),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" DESC, "book"."pages" ASC LIMIT 1 []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."title" DESC, "book"."pages" ASC LIMIT 1 []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `title` DESC, `pages` ASC LIMIT ? [I64(1)]
        "#]],
    );
    check(
        |db| drop(all().latest(db)),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."pages" DESC LIMIT 1 []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."pages" DESC LIMIT 1 []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `pages` DESC LIMIT ? [I64(1)]
        "#]],
    );
    check(
        |db| drop(all().earliest_by_names(db, ["-id"])),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."id" DESC LIMIT 1 []
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" ORDER BY "book"."id" DESC LIMIT 1 []
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` ORDER BY `id` DESC LIMIT ? [I64(1)]
        "#]],
    );
    check(
        |db| drop(pages().contains_key(db, 7)),
        expect![[r#"
            sqlite  : SELECT 1 AS "a" FROM "book" WHERE "book"."pages" = ? AND "book"."id" = ? LIMIT 1 [I64(3), I64(7)]
            postgres: SELECT 1 AS "a" FROM "book" WHERE "book"."pages" = $1 AND "book"."id" = $2 LIMIT 1 [I64(3), I64(7)]
            mysql   : SELECT 1 AS `a` FROM `book` WHERE `pages` = ? AND `id` = ? LIMIT ? [I64(3), I64(7), I64(1)]
        "#]],
    );
    check(
        |db| drop(plain().in_bulk_by_name(db, "pk", Some(vec![1.into(), 2.into()]))),
        expect![[r#"
            sqlite  : SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" IN (?, ?) [I64(1), I64(2)]
            postgres: SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" WHERE "book"."id" IN ($1, $2) [I64(1), I64(2)]
            mysql   : SELECT `id`, `title`, `pages`, `the "price"` FROM `book` WHERE `id` IN (?, ?) [I64(1), I64(2)]
        "#]],
    );
    check(
        |db| drop(pages().none().list(db)),
        expect![[r#"
        sqlite  : nothing
        postgres: nothing
        mysql   : nothing
    "#]],
    );
    check(
        |db| drop(plain().explain(db, &Default::default())),
        expect![[r#"
            sqlite  : EXPLAIN QUERY PLAN SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" []
            postgres: EXPLAIN SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" []
            mysql   : EXPLAIN SELECT `id`, `title`, `pages`, `the "price"` FROM `book` []
        "#]],
    );
}

#[test]
fn aggregates() {
    let terms = || {
        [
            ("n", AggregateTerm::count("*")),
            ("d", AggregateTerm::count("pages").distinct()),
            ("s", AggregateTerm::sum("pages").distinct()),
            ("a", AggregateTerm::avg("pages")),
            ("m", AggregateTerm::max("price")),
        ]
    };
    check(
        |db| drop(plain().aggregate_by_names(db, terms())),
        expect![[r#"
            sqlite  : SELECT COUNT(*), COUNT(DISTINCT "book"."pages"), SUM(DISTINCT "book"."pages"), AVG("book"."pages"), MAX("book"."the ""price""") FROM "book" []
            postgres: SELECT COUNT(*), COUNT(DISTINCT "book"."pages"), SUM(DISTINCT "book"."pages"), CAST(AVG("book"."pages") AS double precision), MAX("book"."the ""price""") FROM "book" []
            mysql   : SELECT COUNT(*), COUNT(DISTINCT `pages`), SUM(DISTINCT `pages`), AVG(`pages`), MAX(`the "price"`) FROM `book` []
        "#]],
    );
    check(
        |db| drop(plain().limit(3).aggregate_by_names(db, terms())),
        expect![[r#"
            sqlite  : SELECT COUNT(*), COUNT(DISTINCT "subquery"."pages"), SUM(DISTINCT "subquery"."pages"), AVG("subquery"."pages"), MAX("subquery"."the ""price""") FROM (SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" LIMIT 3) AS "subquery" []
            postgres: SELECT COUNT(*), COUNT(DISTINCT "subquery"."pages"), SUM(DISTINCT "subquery"."pages"), CAST(AVG("subquery"."pages") AS double precision), MAX("subquery"."the ""price""") FROM (SELECT "book"."id", "book"."title", "book"."pages", "book"."the ""price""" FROM "book" LIMIT 3) AS "subquery" []
            mysql   : SELECT COUNT(*), COUNT(DISTINCT `subquery`.`pages`), SUM(DISTINCT `subquery`.`pages`), AVG(`subquery`.`pages`), MAX(`subquery`.`the "price"`) FROM (SELECT `id`, `title`, `pages`, `the "price"` FROM `book` LIMIT ?) AS `subquery` [I64(3)]
        "#]],
    );
}

#[test]
fn one_shape_has_one_text() {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
    let db = recording.database();
    let all = all();
    for value in ["a", "b"] {
        drop(all.clone().lookup("title", value).list(&db));
    }
    let [first, second] = recording.statements().try_into().expect("two statements");
    assert!(
        Arc::ptr_eq(&first.sql, &second.sql),
        "the second text was rendered again"
    );
    assert_eq!(first.params, [Value::from("a")]);
    assert_eq!(second.params, [Value::from("b")]);
}

#[test]
fn writing() {
    check(
        |db| drop(db.create_table_for(&book())),
        expect![[r#"
        sqlite  : CREATE TABLE "book" ("id" INTEGER NOT NULL PRIMARY KEY, "title" TEXT NOT NULL, "pages" INTEGER, "the ""price""" DECIMAL NOT NULL) []
        postgres: CREATE TABLE "book" ("id" bigint NOT NULL PRIMARY KEY, "title" text NOT NULL, "pages" integer, "the ""price""" numeric(38, 10) NOT NULL) []
        mysql   : CREATE TABLE `book` (`id` bigint NOT NULL PRIMARY KEY, `title` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, `pages` integer, `the "price"` decimal(38, 10) NOT NULL) []
    "#]],
    );
    check(
        |db| {
            let row = |id: i64| vec![id.into(), "t".into(), Value::Null, Value::Null];
            drop(db.insert(&book(), vec![row(1), row(2)]));
        },
        expect![[r#"
            sqlite  : INSERT INTO "book" ("id", "title", "pages", "the ""price""") VALUES (?, ?, ?, ?), (?, ?, ?, ?) [I64(1), Text("t"), Null, Null, I64(2), Text("t"), Null, Null]
            postgres: INSERT INTO "book" ("id", "title", "pages", "the ""price""") VALUES ($1, $2, $3, $4), ($5, $6, $7, $8) [I64(1), Text("t"), Null, Null, I64(2), Text("t"), Null, Null]
            mysql   : INSERT INTO `book` (`id`, `title`, `pages`, `the "price"`) VALUES (?, ?, ?, ?), (?, ?, ?, ?) [I64(1), Text("t"), Null, Null, I64(2), Text("t"), Null, Null]
        "#]],
    );
}

#[test]
fn more_values_than_the_database_takes_are_refused_before_anything_is_sent() {
    let mut dialect = Dialect::new(Family::Mysql, "mysql");
    dialect.max_params = 3;
    let recording = Recording::new(dialect);
    let error = plain()
        .lookup("id__in", [1, 2, 3, 4])
        .list(&recording.database())
        .expect_err("four values for three places");
    assert_eq!(error.kind(), queryset::ErrorKind::NotSupported);
    expect!["the query binds 4 values, but mysql takes at most 3 in one statement; ask for fewer at a time"].assert_eq(&error.to_string());
    assert!(recording.statements().is_empty());
}
