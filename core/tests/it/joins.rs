//! How conditions and orderings across relations join tables, the three dialects side by side.

mod library;
mod selected;

use std::sync::Arc;

use expect_test::{Expect, expect};
use queryset::recording::Recording;
use queryset::{
    AggregateTerm, ColumnMeta, ColumnType, Columns, Decimal, Dialect, Family, ModelMeta, ModelSet,
    Operand, Q, QuerySet, Record, Value,
};

use self::library::{check, check_in, key, library, list, model, unordered};

#[test]
fn a_key_on_this_side_needs_no_join() {
    list(
        "Book",
        |q| {
            q.lookup("author", 1)
                .lookup("author__pk", 2)
                .lookup("publisher__id__in", [3])
        },
        expect![[r#"
            SELECT * FROM "book" WHERE "book"."author_id" = ? AND "book"."author_id" = ? AND "book"."publisher_id" IN (?) [I64(1), I64(2), I64(3)]
        "#]],
    );
    list(
        "Review",
        |q| q.lookup("book__author", 1),
        expect![[r#"
        SELECT * FROM "review" INNER JOIN "book" ON "review"."book_id" = "book"."id" WHERE "book"."author_id" = ? [I64(1)]
    "#]],
    );
    list(
        "Book",
        |q| q.lookup("publisher__isnull", true),
        expect![[r#"
            SELECT * FROM "book" WHERE "book"."publisher_id" IS NULL []
        "#]],
    );
    list(
        "Book",
        |q| q.lookup("tags", 7),
        expect![[r#"
        SELECT * FROM "book" INNER JOIN "book_tags" ON "book"."id" = "book_tags"."book_id" WHERE "book_tags"."tag_id" = ? [I64(7)]
    "#]],
    );
}

#[test]
fn a_condition_on_another_table_joins_it() {
    list(
        "Book",
        |q| q.lookup("author__name", "x"),
        expect![[r#"
        SELECT * FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" WHERE "author"."name" = ? [Text("x")]
    "#]],
    );
    list(
        "Book",
        |q| q.lookup("publisher__city", "x"),
        expect![[r#"
        SELECT * FROM "book" INNER JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE "publisher"."city" = ? [Text("x")]
    "#]],
    );
    list(
        "Author",
        |q| q.lookup("mentor__mentor__name", "x"),
        expect![[r#"
            SELECT * FROM "author" INNER JOIN "author" AS "T2" ON "author"."mentor_id" = "T2"."id" INNER JOIN "author" AS "T3" ON "T2"."mentor_id" = "T3"."id" WHERE "T3"."name" = ? [Text("x")]
        "#]],
    );
    list(
        "Author",
        |q| q.lookup("books__title", "x"),
        expect![[r#"
        SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? [Text("x")]
    "#]],
    );
    list(
        "Tag",
        |q| q.lookup("books__publisher__city", "x"),
        expect![[r#"
            SELECT * FROM "tag" INNER JOIN "book_tags" ON "tag"."id" = "book_tags"."tag_id" INNER JOIN "book" ON "book_tags"."book_id" = "book"."id" INNER JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE "publisher"."city" = ? [Text("x")]
        "#]],
    );
}

#[test]
fn one_call_is_about_one_row_and_two_calls_may_be_about_two() {
    list(
        "Author",
        |q| q.filter_by(Q::lookup("books__title", "x") & Q::lookup("books__publisher", 1)),
        expect![[r#"
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? AND "book"."publisher_id" = ? [Text("x"), I64(1)]
        "#]],
    );
    list(
        "Author",
        |q| q.lookup("books__title", "x").lookup("books__publisher", 1),
        expect![[r#"
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" INNER JOIN "book" AS "T3" ON "author"."id" = "T3"."author_id" WHERE "book"."title" = ? AND "T3"."publisher_id" = ? [Text("x"), I64(1)]
        "#]],
    );
    list(
        "Book",
        |q| q.lookup("author__name", "x").lookup("author__mentor", 1),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" WHERE "author"."name" = ? AND "author"."mentor_id" = ? [Text("x"), I64(1)]
        "#]],
    );
}

#[test]
fn a_row_without_a_partner_is_kept_where_it_may_count() {
    list(
        "Book",
        |q| q.filter_by(Q::lookup("publisher__city", "x") | Q::lookup("title", "y")),
        expect![[r#"
            SELECT * FROM "book" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE "publisher"."city" = ? OR "book"."title" = ? [Text("x"), Text("y")]
        "#]],
    );
    list(
        "Book",
        |q| q.filter_by(Q::lookup("publisher__city", "x") | Q::lookup("publisher__city", "y")),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE "publisher"."city" = ? OR "publisher"."city" = ? [Text("x"), Text("y")]
        "#]],
    );
    list(
        "Book",
        |q| {
            q.filter_by(Q::lookup("publisher__city", "x") | Q::lookup("title", "y"))
                .lookup("publisher__city__isnull", false)
        },
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE ("publisher"."city" = ? OR "book"."title" = ?) AND "publisher"."city" IS NOT NULL [Text("x"), Text("y")]
        "#]],
    );
    list(
        "Book",
        |q| q.lookup("publisher__city", queryset::Operand::NONE),
        expect![[r#"
            SELECT * FROM "book" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE "publisher"."city" IS NULL []
        "#]],
    );
    list(
        "Author",
        |q| q.lookup("books__isnull", true),
        expect![[r#"
        SELECT * FROM "author" LEFT JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."id" IS NULL []
    "#]],
    );
    list(
        "Book",
        |q| q.filter_by(Q::lookup("publisher__city", "x") ^ Q::lookup("title", "y")),
        expect![[r#"
            SELECT * FROM "book" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE ((CASE WHEN ("publisher"."city" = ?) THEN 1 ELSE 0 END) + (CASE WHEN ("book"."title" = ?) THEN 1 ELSE 0 END)) % (2) = (1) [Text("x"), Text("y")]
            mysql: SELECT * FROM "book" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE ("publisher"."city" = ?) XOR ("book"."title" = ?) [Text("x"), Text("y")]
        "#]],
    );
}

#[test]
fn what_is_known_of_another_table_joins_it_all_the_same() {
    let none = || Q::lookup("books__id__in", Operand::list(Vec::<i64>::new()));
    list(
        "Author",
        |q| q.filter_by(none() | Q::lookup("name", "x")),
        expect![[r#"
            SELECT * FROM "author" LEFT JOIN "book" ON "author"."id" = "book"."author_id" WHERE (1 = 0) OR "author"."name" = ? [Text("x")]
        "#]],
    );
    list("Author", |q| q.filter_by(none()), expect![[""]]);
    list(
        "Author",
        |q| q.filter_by(!none()),
        expect![[r#"
        SELECT * FROM "author" WHERE NOT (1 = 0) []
    "#]],
    );
    let most = Decimal::new(i128::from(u64::MAX) * 16, 0).expect("a number");
    list(
        "Author",
        |q| q.lookup("books__id__lt", most),
        expect![[r#"
        SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE 1 = 1 []
    "#]],
    );
    list("Author", |q| q.lookup("books__id__gt", most), expect![[""]]);
}

#[test]
fn a_negation_keeps_rows_without_a_value() {
    list(
        "Book",
        |q| q.exclude_lookup("publisher__city", "x"),
        expect![[r#"
            SELECT * FROM "book" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE NOT ("publisher"."city" = ? AND "publisher"."city" IS NOT NULL) [Text("x")]
        "#]],
    );
    list(
        "Book",
        |q| q.exclude_lookup("author__name", "x"),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" WHERE NOT "author"."name" = ? [Text("x")]
        "#]],
    );
    list(
        "Book",
        |q| q.exclude_lookup("publisher", 1),
        expect![[r#"
        SELECT * FROM "book" WHERE NOT ("book"."publisher_id" = ? AND "book"."publisher_id" IS NOT NULL) [I64(1)]
    "#]],
    );
}

#[test]
fn a_negated_relation_to_many_is_a_subquery() {
    list(
        "Author",
        |q| q.exclude_lookup("books__title", "x"),
        expect![[r#"
            SELECT * FROM "author" WHERE NOT EXISTS(SELECT 1 FROM "book" AS "U1" WHERE "U1"."title" = ? AND "U1"."author_id" = "author"."id") [Text("x")]
        "#]],
    );
    list(
        "Author",
        |q| q.exclude_lookup("books__isnull", true),
        expect![[r#"
            SELECT * FROM "author" WHERE NOT EXISTS(SELECT 1 FROM "author" AS "U0" LEFT JOIN "book" AS "U1" ON "U0"."id" = "U1"."author_id" WHERE "U1"."id" IS NULL AND "U0"."id" = "author"."id") []
        "#]],
    );
    list(
        "Book",
        |q| q.exclude_lookup("publisher__books__title", "x"),
        expect![[r#"
            SELECT * FROM "book" WHERE NOT EXISTS(SELECT 1 FROM "book" AS "U2" WHERE "U2"."title" = ? AND "U2"."publisher_id" = "book"."publisher_id") [Text("x")]
        "#]],
    );
    list(
        "Book",
        |q| q.exclude_lookup("tags__word", "x"),
        expect![[r#"
            SELECT * FROM "book" WHERE NOT EXISTS(SELECT 1 FROM "book_tags" AS "U1" INNER JOIN "tag" AS "U2" ON "U1"."tag_id" = "U2"."id" WHERE "U2"."word" = ? AND "U1"."book_id" = "book"."id") [Text("x")]
        "#]],
    );
    list(
        "Review",
        |q| q.exclude_lookup("book__tags__isnull", true),
        expect![[r#"
            SELECT * FROM "review" WHERE NOT (EXISTS(SELECT 1 FROM "book" AS "U1" LEFT JOIN "book_tags" AS "U2" ON "U1"."id" = "U2"."book_id" WHERE "U2"."tag_id" IS NULL AND "U1"."id" = "review"."book_id") OR "review"."book_id" IS NULL) []
        "#]],
    );
    list(
        "Author",
        |q| q.exclude_by(Q::lookup("books__title", "x") & Q::lookup("books__publisher", 1)),
        expect![[r#"
            SELECT * FROM "author" WHERE NOT (EXISTS(SELECT 1 FROM "book" AS "U1" WHERE "U1"."title" = ? AND "U1"."author_id" = "author"."id") AND EXISTS(SELECT 1 FROM "book" AS "U1" WHERE "U1"."publisher_id" = ? AND "U1"."author_id" = "author"."id")) [Text("x"), I64(1)]
        "#]],
    );
    list(
        "Author",
        |q| q.filter_by(Q::lookup("books__title", "x") & !Q::lookup("books__publisher", 1)),
        expect![[r#"
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? AND (NOT EXISTS(SELECT 1 FROM "book" AS "U1" WHERE "U1"."publisher_id" = ? AND "U1"."id" = "book"."id")) [Text("x"), I64(1)]
        "#]],
    );
    list(
        "Author",
        |q| q.exclude_by(!Q::lookup("books__title", "x")),
        expect![[r#"
            SELECT * FROM "author" WHERE NOT (NOT EXISTS(SELECT 1 FROM "book" AS "U1" WHERE "U1"."title" = ? AND "U1"."author_id" = "author"."id")) [Text("x")]
        "#]],
    );
}

/// The query of the rows that a relation of the row with the key 7 leads to.
fn related(
    model: &str,
    relation: &'static str,
    refine: impl Fn(QuerySet<Record>) -> QuerySet<Record>,
    expected: Expect,
) {
    let models = library();
    let meta = models.get(model).expect("in the set");
    let row = Record::new(Columns::new(None, ["id"]), [Value::I64(7)]).expect("a row");
    let target = {
        let position = meta.relation_position(relation).expect("a relation");
        let target = meta.relations()[position].target().resolve();
        target.expect("a target").name().to_owned()
    };
    check_in(
        &models,
        &target,
        |_, db| {
            let query = row.query(meta, relation).expect("a relation");
            drop(refine(query.expect("a key")).list(db));
        },
        expected,
    );
}

#[test]
fn the_first_filter_of_a_related_set_is_about_the_same_row() {
    related(
        "Author",
        "books",
        |q| q.lookup("title", "x"),
        expect![[r#"
        SELECT * FROM "book" WHERE "book"."author_id" = ? AND "book"."title" = ? [I64(7), Text("x")]
    "#]],
    );
    related(
        "Book",
        "tags",
        |q| q,
        expect![[r#"
        SELECT * FROM "tag" INNER JOIN "book_tags" ON "tag"."id" = "book_tags"."tag_id" WHERE "book_tags"."book_id" = ? [I64(7)]
    "#]],
    );
    related(
        "Tag",
        "books",
        |q| q.lookup("tags__word", "x"),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "book_tags" ON "book"."id" = "book_tags"."book_id" INNER JOIN "tag" ON "book_tags"."tag_id" = "tag"."id" WHERE "book_tags"."tag_id" = ? AND "tag"."word" = ? [I64(7), Text("x")]
        "#]],
    );
    related(
        "Tag",
        "books",
        |q| q.lookup("title", "x").lookup("tags__word", "x"),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "book_tags" ON "book"."id" = "book_tags"."book_id" INNER JOIN "book_tags" AS "T4" ON "book"."id" = "T4"."book_id" INNER JOIN "tag" AS "T5" ON "T4"."tag_id" = "T5"."id" WHERE "book_tags"."tag_id" = ? AND "book"."title" = ? AND "T5"."word" = ? [I64(7), Text("x"), Text("x")]
        "#]],
    );
    related(
        "Tag",
        "books",
        |q| unordered(q).lookup("tags__word", "x"),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "book_tags" ON "book"."id" = "book_tags"."book_id" INNER JOIN "book_tags" AS "T4" ON "book"."id" = "T4"."book_id" INNER JOIN "tag" AS "T5" ON "T4"."tag_id" = "T5"."id" WHERE "book_tags"."tag_id" = ? AND "T5"."word" = ? [I64(7), Text("x")]
        "#]],
    );
    related(
        "Tag",
        "books",
        |q| q.exclude_lookup("tags__word", "x"),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "book_tags" ON "book"."id" = "book_tags"."book_id" WHERE "book_tags"."tag_id" = ? AND (NOT EXISTS(SELECT 1 FROM "book_tags" AS "U1" INNER JOIN "tag" AS "U2" ON "U1"."tag_id" = "U2"."id" WHERE "U2"."word" = ? AND "U1"."book_id" = "book_tags"."book_id" AND "U1"."tag_id" = "book_tags"."tag_id")) [I64(7), Text("x")]
        "#]],
    );
}

#[test]
fn orderings_follow_relations() {
    list(
        "Book",
        |q| q.order_by_names(["author__name", "-publisher"]),
        expect![[r#"
            SELECT * FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" ORDER BY "author"."name" ASC, "publisher"."city" ASC, "book"."publisher_id" DESC []
        "#]],
    );
    list(
        "Author",
        |q| q.order_by_names(["books__title", "mentor"]),
        expect![[r#"
            SELECT * FROM "author" LEFT JOIN "book" ON "author"."id" = "book"."author_id" ORDER BY "book"."title" ASC, "author"."mentor_id" ASC []
        "#]],
    );
    list(
        "Book",
        |q| {
            unordered(q)
                .lookup("author__name", "x")
                .distinct()
                .order_by_names(["publisher__city"])
        },
        expect![[r#"
            SELECT DISTINCT *, "publisher"."city" FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" LEFT JOIN "publisher" ON "book"."publisher_id" = "publisher"."id" WHERE "author"."name" = ? ORDER BY "publisher"."city" ASC [Text("x")]
        "#]],
    );
}

#[test]
fn other_reads_join_too() {
    check(
        "Author",
        |q, db| {
            let query = q.lookup("books__title", "x");
            drop(query.count(db));
            drop(query.exists(db));
            drop(query.first(db));
            drop(query.last(db));
            let longest = [("title", AggregateTerm::max("books__title"))];
            drop(query.aggregate_by_names(db, longest.clone()));
            drop(query.clone().distinct().aggregate_by_names(db, longest));
            drop(query.distinct().count(db));
        },
        expect![[r#"
            SELECT COUNT(*) FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? [Text("x")]
            SELECT 1 AS "a" FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? LIMIT 1 [Text("x")]
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? ORDER BY "author"."id" ASC LIMIT 1 [Text("x")]
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? ORDER BY "author"."id" DESC LIMIT 1 [Text("x")]
            SELECT MAX("book"."title") FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? [Text("x")]
            SELECT MAX("subquery"."__arg0") FROM (SELECT DISTINCT *, "book"."title" AS "__arg0" FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ?) AS "subquery" [Text("x")]
            SELECT COUNT(*) FROM (SELECT DISTINCT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ?) AS "subquery" [Text("x")]
            mysql: SELECT COUNT(*) FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? [Text("x")]
            SELECT 1 AS "a" FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? LIMIT ? [Text("x"), I64(1)]
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? ORDER BY "author"."id" ASC LIMIT ? [Text("x"), I64(1)]
            SELECT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? ORDER BY "author"."id" DESC LIMIT ? [Text("x"), I64(1)]
            SELECT MAX("book"."title") FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ? [Text("x")]
            SELECT MAX("subquery"."__arg0") FROM (SELECT DISTINCT *, "book"."title" AS "__arg0" FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ?) AS "subquery" [Text("x")]
            SELECT COUNT(*) FROM (SELECT DISTINCT * FROM "author" INNER JOIN "book" ON "author"."id" = "book"."author_id" WHERE "book"."title" = ?) AS "subquery" [Text("x")]
        "#]],
    );
    check(
        "Author",
        |q, db| drop(q.aggregate_by_names(db, [("n", AggregateTerm::count("books"))])),
        expect![[r#"
            SELECT COUNT("book"."id") FROM "author" LEFT JOIN "book" ON "author"."id" = "book"."author_id" []
        "#]],
    );
}

#[test]
fn what_tables_are_shared_is_part_of_the_shape() {
    let models = library();
    let author = models.get("Author").expect("in the set");
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    let db = recording.database();
    let (title, publisher) = (
        || Q::lookup("books__title", "x"),
        || Q::lookup("books__publisher", 1),
    );
    let all: Arc<ModelMeta> = Arc::clone(author);
    let one = QuerySet::dynamic(&all).filter_by(title() & publisher());
    let two = QuerySet::dynamic(&all)
        .filter_by(title())
        .filter_by(publisher());
    for _ in 0..2 {
        drop(one.clone().list(&db));
        drop(two.clone().list(&db));
    }
    let texts: Vec<_> = recording
        .statements()
        .iter()
        .map(|one| one.sql.clone())
        .collect();
    assert_eq!(texts[0], texts[2]);
    assert_eq!(texts[1], texts[3]);
    assert_ne!(texts[0], texts[1]);
}

#[test]
fn a_row_is_compared_by_the_key_that_its_relation_leads_to() {
    let models = library();
    let row = |model: &str, key: Option<i64>| {
        let columns = key.map(|_| "id");
        let record = Record::new(
            Columns::new(None, columns),
            key.map(Value::I64).into_iter().collect::<Vec<_>>(),
        );
        Operand::record(
            models.get(model).expect("in the set"),
            &record.expect("a row"),
        )
    };
    let refused = |path: &str, operand: Operand| {
        let book = models.get("Book").expect("in the set");
        let error = QuerySet::dynamic(book).lookup(path, operand).check();
        let error = error.expect_err("a refusal");
        format!("{:?}: {error}", error.kind())
    };
    let books = QuerySet::dynamic(models.get("Book").expect("in the set"));
    let own = books
        .lookup("author", row("Author", Some(7)))
        .lookup("tags__in", Operand::list([row("Tag", Some(1)), 2.into()]));
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    drop(own.count(&recording.database()));
    let sent = recording.statements();
    expect![[r#"SELECT COUNT(*) FROM "book" INNER JOIN "book_tags" ON "book"."id" = "book_tags"."book_id" WHERE "book"."author_id" = ? AND "book_tags"."tag_id" IN (?, ?) [I64(7), I64(1), I64(2)]"#]].assert_eq(&format!("{} {:?}", sent[0].sql, sent[0].params));
    expect![
        "Value: the relation 'author' leads to Author, so it cannot be compared with a row of Tag"
    ]
    .assert_eq(&refused("author", row("Tag", Some(7))));
    expect!["Value: the row of Author has no key yet, so 'author' cannot lead to it"]
        .assert_eq(&refused("author", row("Author", None)));
    expect!["Type: 'title' is no relation, so it cannot be compared with a row of Author"]
        .assert_eq(&refused("title", row("Author", Some(7))));
}

#[test]
fn a_list_of_nothing_is_met_by_no_related_row() {
    let day = ColumnMeta::new("day", ColumnType::Date).nullable(true);
    let models = ModelSet::build([
        model("Shop", &[]),
        key(model("Sale", &[]).column(day), "shop?", "Shop", "sales"),
    ])
    .expect("valid models");
    // Whatever its shops have sold, and whether they have sold anything.
    check_in(
        &models,
        "Shop",
        |all, db| {
            let none = Q::lookup("sales__day__month__in", [Operand::NONE]);
            let _ = all.exclude_by(none).list(db);
        },
        expect![[r#"
            SELECT * FROM "shop" WHERE NOT (1 = 0) []
        "#]],
    );
    check_in(
        &models,
        "Sale",
        |all, db| {
            let none = Q::lookup("day__month__in", [Operand::NONE]);
            let _ = all.exclude_by(none).list(db);
        },
        expect![[r#"
            SELECT * FROM "sale" WHERE NOT queryset_month("sale"."day") IS NULL []
            postgres: SELECT * FROM "sale" WHERE NOT CAST((EXTRACT(MONTH FROM "sale"."day")) AS integer) IS NULL []
            mysql: SELECT * FROM "sale" WHERE NOT MONTH("day") IS NULL []
        "#]],
    );
}
