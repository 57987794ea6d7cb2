//! A library as run-time models, each relation known on both sides.

use std::sync::Arc;

use queryset::{
    ColumnMeta, ColumnType, Error, ModelBuilder, ModelMeta, ModelRef, ModelSet, QuerySet, Record,
    RelationMeta, Value,
};

use crate::failure::{Failure, Verdict};
use crate::stage::{Session, Stage, read};

/// The models, and the database that their rows are in.
pub(super) struct Library {
    pub(super) session: Session,
    models: ModelSet,
}

fn model(name: &str) -> ModelBuilder {
    ModelMeta::builder(name)
        .table(format!("rel_{}", name.to_lowercase()))
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
}

/// A column of text that may be NULL.
fn text(name: &str) -> ColumnMeta {
    ColumnMeta::new(name, ColumnType::Text)
        .max_length(40)
        .nullable(true)
}

trait WithKey {
    /// A foreign key that may be NULL.
    fn key(self, name: &str, target: &str, related: &str) -> Self;
}

impl WithKey for ModelBuilder {
    fn key(self, name: &str, target: &str, related: &str) -> Self {
        let column = format!("{name}_id");
        let relation = RelationMeta::foreign_key(name, column.clone(), ModelRef::named(target));
        self.column(ColumnMeta::new(column, ColumnType::I64).nullable(true))
            .relation(relation.related_name(related))
    }
}

/// Authors have mentors, maybe a desk, and books; a book has maybe a publisher, tags, and copies
/// in shops.
fn models() -> Result<ModelSet, Error> {
    let desk = ColumnMeta::new("author_id", ColumnType::I64).unique();
    let owner = RelationMeta::foreign_key("author", "author_id", ModelRef::named("Author"));
    // Copies tie books and shops by a text, which is no primary key.
    let code = RelationMeta::foreign_key("shop", "shop_code", ModelRef::named("Shop"));
    ModelSet::build([
        model("Author")
            .column(text("name"))
            .key("mentor", "Author", "pupils"),
        model("Desk")
            .column(text("place"))
            .column(desk)
            .relation(owner.one_to_one()),
        model("Publisher").column(text("city")).ordering(["-city"]),
        model("Book")
            .column(text("title"))
            .column(ColumnMeta::new("pages", ColumnType::I32))
            .key("author", "Author", "books")
            .key("publisher", "Publisher", "books")
            .relation(
                RelationMeta::many_to_many("tags", ModelRef::named("Tag"))
                    .through_table("rel_book_tags", "book_id", "tag_id")
                    .related_name("books"),
            )
            .relation(
                RelationMeta::many_to_many("shops", ModelRef::named("Shop"))
                    .through(ModelRef::named("Copy"), "book", "shop")
                    .related_name("books"),
            ),
        model("Tag").column(text("word")),
        model("Shop").column(text("name")).column(
            ColumnMeta::new("code", ColumnType::Text)
                .max_length(8)
                .unique(),
        ),
        model("Copy")
            .column(ColumnMeta::new("price", ColumnType::I32))
            .key("book", "Book", "copies")
            .column(ColumnMeta::new("shop_code", ColumnType::Text).max_length(8))
            .relation(code.to_column("code").related_name("copies")),
    ])
}

fn rows() -> [(&'static str, Vec<Vec<Value>>); 7] {
    let n = |number: i64| match number {
        0 => Value::Null,
        number => Value::I64(number),
    };
    let t = |text: &str| match text {
        "" => Value::Null,
        text => Value::Text(text.into()),
    };
    [
        (
            "Author",
            vec![
                vec![n(1), t("Ada"), n(0)],
                vec![n(2), t("Ben"), n(1)],
                vec![n(3), t("Cy"), n(1)],
                vec![n(4), t("Di"), n(2)],
                vec![n(5), t(""), n(0)],
            ],
        ),
        (
            "Desk",
            vec![vec![n(1), t("north"), n(1)], vec![n(2), t(""), n(3)]],
        ),
        (
            "Publisher",
            vec![
                vec![n(1), t("Bonn")],
                vec![n(2), t("")],
                vec![n(3), t("Zug")],
            ],
        ),
        (
            "Book",
            vec![
                vec![n(1), t("alpha"), n(100), n(1), n(1)],
                vec![n(2), t("beta"), n(200), n(1), n(3)],
                vec![n(3), t("alpha"), n(300), n(2), n(0)],
                vec![n(4), t("gamma"), n(400), n(3), n(2)],
                vec![n(5), t(""), n(500), n(0), n(1)],
                vec![n(6), t("alpha"), n(600), n(1), n(3)],
            ],
        ),
        (
            "Tag",
            vec![
                vec![n(1), t("red")],
                vec![n(2), t("blue")],
                vec![n(3), t("")],
            ],
        ),
        (
            "Shop",
            vec![
                vec![n(1), t("Ann's"), t("AA")],
                vec![n(2), t("Bob's"), t("BB")],
            ],
        ),
        (
            "Copy",
            vec![
                vec![n(1), n(10), n(1), t("AA")],
                vec![n(2), n(20), n(1), t("BB")],
                vec![n(3), n(30), n(4), t("BB")],
                vec![n(4), n(40), n(0), t("AA")],
            ],
        ),
    ]
}

/// Pairs of a book and a tag.
const TAGS: [(i64, i64); 6] = [(1, 1), (1, 2), (2, 2), (3, 1), (3, 3), (6, 1)];

impl Library {
    pub(super) fn open(stage: &Stage) -> Verdict<Self> {
        let session = stage.open()?;
        let library = Self {
            session,
            models: models()?,
        };
        let s = &library.session;
        for model in library.models.iter() {
            s.prepare("creating tables", s.db().create_table_for(model))?;
        }
        for (name, rows) in rows() {
            s.prepare("adding rows", s.db().insert(library.meta(name)?, rows))?;
        }
        let book = library.meta("Book")?;
        let tags = book
            .relations()
            .iter()
            .find(|relation| relation.name() == "tags");
        let through = tags.and_then(|tags| tags.through_model(book));
        let through = through.ok_or_else(|| Failure::new("no table for tags"))?;
        let pairs = TAGS.map(|(book, tag)| vec![Value::I64(book), Value::I64(tag)]);
        s.prepare("adding rows", s.db().insert(&through, pairs.to_vec()))?;
        Ok(library)
    }

    pub(super) fn meta(&self, model: &str) -> Verdict<&Arc<ModelMeta>> {
        let model = self.models.get(model);
        model.ok_or_else(|| Failure::new("a model is missing"))
    }

    /// All rows of a model, in the order of their keys.
    pub(super) fn all(&self, model: &str) -> Verdict<QuerySet<Record>> {
        Ok(QuerySet::dynamic(self.meta(model)?).order_by_names(["id"]))
    }

    /// Requires the rows with these keys, by one statement.
    pub(super) fn gives(&self, query: QuerySet<Record>, expected: &[i64]) -> Verdict {
        let s = &self.session;
        let found = read!(s, query, list / alist() => keys)?;
        found.sends(1)?.gives(expected.to_vec())
    }
}

pub(super) fn keys(rows: Vec<Record>) -> Vec<i64> {
    rows.iter().filter_map(|row| row.get("id").ok()).collect()
}
