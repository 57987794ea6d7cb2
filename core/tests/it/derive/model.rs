//! `#[derive(Model)]`: metadata, fields, keys and values.

use queryset::{ColumnType, ForeignKey, FromRow, Model, Value};

#[derive(Model, Debug, Clone, PartialEq)]
struct Author {
    #[model(primary_key)]
    id: i64,
    name: String,
    /// Authors know each other.
    mentor: Option<ForeignKey<Self>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    table = "book",
    schema = "library",
    ordering("-published", "id"),
    latest_by("published")
)]
#[model(unique_together("title", "author"), unique_together("shelf", "type"))]
struct Book {
    #[model(primary_key)]
    id: i32,
    #[model(max_length = 200, unique, column = "book title")]
    title: String,
    published: Option<i32>,
    shelf: u8,
    r#type: String,
    author: ForeignKey<Author>,
}

#[test]
fn metadata_says_what_the_struct_says() {
    let meta = Book::meta();
    assert_eq!(meta.name(), "Book");
    assert_eq!(meta.table(), "book");
    assert_eq!(meta.schema(), Some("library"));
    let names: Vec<_> = meta
        .columns()
        .iter()
        .map(|column| {
            (
                column.name(),
                column.column(),
                column.ty(),
                column.is_nullable(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("id", "id", ColumnType::I32, false),
            ("title", "book title", ColumnType::Text, false),
            ("published", "published", ColumnType::I32, true),
            ("shelf", "shelf", ColumnType::U8, false),
            ("type", "type", ColumnType::Text, false),
            ("author_id", "author_id", ColumnType::I64, false),
        ]
    );
    let q = Book::objects()
        .filter(|b| b.author_id.eq(5) & b.r#type.contains("x") & b.published.gt(3))
        .order_by(|b| (b.id.asc(), b.title.desc()));
    q.check().unwrap();
    let _ = (
        Author::objects().filter(|a| a.mentor_id.isnull(true)),
        ForeignKey::<Author>::new(1),
    );
    assert_eq!(Book::column_names().unwrap().len(), 6);
    let _ = Value::Null;
}
