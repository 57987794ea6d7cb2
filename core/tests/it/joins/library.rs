//! Models of a library, and what a read of them sends in the three dialects.

use expect_test::Expect;
use queryset::recording::Recording;
use queryset::{
    ColumnMeta, ColumnType, Database, Dialect, Family, ModelBuilder, ModelMeta, ModelRef, ModelSet,
    QuerySet, Record, RelationMeta,
};

pub(super) fn model(name: &str, columns: &[&str]) -> ModelBuilder {
    let key = ColumnMeta::new("id", ColumnType::I64).primary_key();
    let columns = columns.iter().map(|name| match name.strip_suffix('?') {
        Some(name) => ColumnMeta::new(name, ColumnType::Text).nullable(true),
        None => ColumnMeta::new(*name, ColumnType::Text),
    });
    columns.fold(ModelMeta::builder(name).column(key), ModelBuilder::column)
}

/// A foreign key; `?` at its end for one that may be NULL.
pub(super) fn key(builder: ModelBuilder, name: &str, target: &str, related: &str) -> ModelBuilder {
    let nullable = name.ends_with('?');
    let name = name.trim_end_matches('?');
    let column = format!("{name}_id");
    builder
        .column(ColumnMeta::new(column.clone(), ColumnType::I64).nullable(nullable))
        .relation(
            RelationMeta::foreign_key(name, column, ModelRef::named(target)).related_name(related),
        )
}

/// Books have an author, maybe a publisher, tags, and reviews.
pub(super) fn library() -> ModelSet {
    ModelSet::build([
        key(model("Author", &["name"]), "mentor?", "Author", "pupils"),
        model("Publisher", &["city?"]).ordering(["-city", "id"]),
        key(
            key(model("Book", &["title"]), "author", "Author", "books"),
            "publisher?",
            "Publisher",
            "books",
        )
        .relation(RelationMeta::many_to_many("tags", ModelRef::named("Tag")).related_name("books")),
        model("Tag", &["word"]),
        key(model("Review", &["text?"]), "book?", "Book", "reviews"),
    ])
    .expect("valid models")
}

/// What a read of a model sends; without the names of the model's own columns.
pub(super) fn check(name: &str, read: impl Fn(QuerySet<Record>, &Database), expected: Expect) {
    check_in(&library(), name, read, expected);
}

pub(super) fn check_in(
    models: &ModelSet,
    name: &str,
    read: impl Fn(QuerySet<Record>, &Database),
    expected: Expect,
) {
    let model = models.get(name).expect("in the set");
    let table = format!("\"{}\".", model.table());
    let columns = |table: &str| {
        let own = model.columns().iter();
        let own: Vec<_> = own
            .map(|column| format!("{table}\"{}\"", column.column()))
            .collect();
        own.join(", ")
    };
    let (own, bare) = (columns(&table), columns(""));
    let mut texts: Vec<String> = Vec::new();
    for family in [Family::Sqlite, Family::Postgres, Family::Mysql] {
        let recording = Recording::new(Dialect::new(family, "recording"));
        read(QuerySet::dynamic(model), &recording.database());
        let statements = recording.statements();
        let sent = statements.iter().map(|statement| {
            let sql = statement.sql.replace('`', "\"").replace(&own, "*");
            let sql = match sql.strip_prefix(&format!("SELECT {bare} ")) {
                Some(rest) => format!("SELECT * {rest}"),
                None => sql,
            };
            format!("{sql} {:?}\n", statement.params)
        });
        texts.push(sent.collect());
    }
    let [sqlite, postgres, mysql] = <[String; 3]>::try_from(texts).expect("three dialects");
    let mut shown = sqlite.clone();
    // Where one table is read, MySQL is not told of which.
    let unqualified: String = sqlite
        .split_inclusive('\n')
        .map(
            |line| match line.contains(" JOIN ") || line.matches("SELECT").count() > 1 {
                true => line.to_owned(),
                false => line.replace(&table, ""),
            },
        )
        .collect();
    for (name, text) in [("postgres", postgres), ("mysql", mysql)] {
        let plain: String = text
            .split('$')
            .enumerate()
            .map(|(place, part)| match place {
                0 => part.to_owned(),
                _ => format!("?{}", part.trim_start_matches(|c: char| c.is_ascii_digit())),
            })
            .collect();
        // A dialect that differs in more than its placeholders is shown too.
        let usual = match name {
            "mysql" => &unqualified,
            _ => &sqlite,
        };
        if plain != *usual {
            shown.push_str(&format!("{name}: {text}"));
        }
    }
    expected.assert_eq(&shown);
}

pub(super) fn list(
    name: &str,
    refine: impl Fn(QuerySet<Record>) -> QuerySet<Record>,
    expected: Expect,
) {
    let read = |query: QuerySet<Record>, db: &Database| {
        let query = refine(query);
        query.check().expect("a valid query");
        drop(query.list(db));
    };
    check(name, read, expected);
}

pub(super) fn unordered(query: QuerySet<Record>) -> QuerySet<Record> {
    query.order_by_names::<&str>([])
}
