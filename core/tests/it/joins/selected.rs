//! What is joined for nothing but its columns.

use expect_test::expect;

use super::library::{list, unordered};

#[test]
fn mysql_begins_with_the_rows_that_are_asked_for() {
    list(
        "Review",
        |q| unordered(q).select_related_names(["book__author"]),
        expect![[r#"
            SELECT *, "review"."book_id", "book"."title", "book"."author_id", "book"."publisher_id", "book"."author_id", "author"."name", "author"."mentor_id" FROM "review" LEFT JOIN "book" ON "review"."book_id" = "book"."id" LEFT JOIN "author" ON "book"."author_id" = "author"."id" []
        "#]],
    );
    list(
        "Book",
        |q| unordered(q).select_related_names(["author"]),
        expect![[r#"
            SELECT *, "book"."author_id", "author"."name", "author"."mentor_id" FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" []
            mysql: SELECT *, "book"."author_id", "author"."name", "author"."mentor_id" FROM "book" STRAIGHT_JOIN "author" ON "book"."author_id" = "author"."id" []
        "#]],
    );
}

#[test]
fn mysql_begins_where_it_likes_if_the_related_rows_are_asked_for() {
    list(
        "Book",
        |q| {
            let q = unordered(q).select_related_names(["author"]);
            q.lookup("author__name", "x")
        },
        expect![[r#"
            SELECT *, "book"."author_id", "author"."name", "author"."mentor_id" FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" WHERE "author"."name" = ? [Text("x")]
        "#]],
    );
    list(
        "Book",
        |q| {
            let q = q.select_related_names(["author"]);
            q.order_by_names(["author__name"])
        },
        expect![[r#"
            SELECT *, "book"."author_id", "author"."name", "author"."mentor_id" FROM "book" INNER JOIN "author" ON "book"."author_id" = "author"."id" ORDER BY "author"."name" ASC []
        "#]],
    );
}
