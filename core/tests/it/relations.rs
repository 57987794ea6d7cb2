//! Relations known on both sides.

use queryset::{
    ColumnMeta, ColumnType, ErrorKind, ModelBuilder, ModelMeta, ModelRef, ModelSet, QuerySet,
    RelationKind, RelationMeta,
};

fn model(name: &str) -> ModelBuilder {
    ModelMeta::builder(name).column(ColumnMeta::new("id", ColumnType::I64).primary_key())
}

fn key(name: &str, target: &str) -> (ColumnMeta, RelationMeta) {
    let column = format!("{name}_id");
    (
        ColumnMeta::new(column.clone(), ColumnType::I64),
        RelationMeta::foreign_key(name, column, ModelRef::named(target)),
    )
}

fn with(builder: ModelBuilder, (column, relation): (ColumnMeta, RelationMeta)) -> ModelBuilder {
    builder.column(column).relation(relation)
}

fn library() -> ModelSet {
    let (column, author) = key("author", "Author");
    let (nick, profile) = key("author", "Author");
    let (mentor_id, mentor) = key("mentor", "Author");
    ModelSet::build([
        with(
            model("Author"),
            (mentor_id.nullable(true), mentor.related_name("mentees")),
        )
        .column(ColumnMeta::new("name", ColumnType::Text)),
        with(model("Profile"), (nick, profile.one_to_one())),
        with(model("Book"), (column, author.related_name("books")))
            .relation(
                RelationMeta::many_to_many("tags", ModelRef::named("Tag")).related_name("books"),
            )
            .relation(
                RelationMeta::many_to_many("stores", ModelRef::named("Store")).through(
                    ModelRef::named("Stock"),
                    "book",
                    "store",
                ),
            ),
        model("Tag").relation(
            RelationMeta::many_to_many("like", ModelRef::named("Tag")).related_name("like+"),
        ),
        model("Store"),
        with(
            with(model("Stock"), key("book", "Book")),
            key("store", "Store"),
        )
        .column(ColumnMeta::new("qty", ColumnType::I32)),
    ])
    .expect("valid models")
}

fn kinds(models: &ModelSet, model: &str) -> Vec<(String, RelationKind, String)> {
    let relations = models.get(model).expect("in the set").relations().iter();
    relations
        .map(|relation| {
            let target = relation.target().resolve().expect("a target");
            let kind = relation.kind().expect("a kind");
            (relation.name().to_owned(), kind, target.name().to_owned())
        })
        .collect()
}

#[test]
fn a_set_tells_both_sides() {
    use RelationKind::{
        ForeignKey, ManyToMany, OneToOne, ReverseForeignKey, ReverseManyToMany, ReverseOneToOne,
    };
    let models = library();
    let expect = |model: &str, relations: &[(&str, RelationKind, &str)]| {
        let owned: Vec<_> = relations
            .iter()
            .map(|&(name, kind, target)| (name.to_owned(), kind, target.to_owned()))
            .collect();
        assert_eq!(kinds(&models, model), owned, "{model}");
    };
    expect(
        "Author",
        &[
            ("mentor", ForeignKey, "Author"),
            ("mentees", ReverseForeignKey, "Author"),
            ("profile", ReverseOneToOne, "Profile"),
            ("books", ReverseForeignKey, "Book"),
        ],
    );
    expect("Profile", &[("author", OneToOne, "Author")]);
    expect(
        "Book",
        &[
            ("author", ForeignKey, "Author"),
            ("tags", ManyToMany, "Tag"),
            ("stores", ManyToMany, "Store"),
            ("stock", ReverseForeignKey, "Stock"),
        ],
    );
    expect(
        "Tag",
        &[
            ("like", ManyToMany, "Tag"),
            ("books", ReverseManyToMany, "Book"),
        ],
    );
    expect(
        "Store",
        &[
            ("book", ReverseManyToMany, "Book"),
            ("stock", ReverseForeignKey, "Stock"),
        ],
    );
}

#[test]
fn a_table_between_is_called_as_django_calls_it() {
    let models = library();
    let through = |model: &str, relation: &str| {
        let model = models.get(model).expect("in the set");
        let position = model.relation_position(relation).expect("a relation");
        let through = model.relations()[position].through_model(model);
        let through = through.expect("a table between");
        let columns = through.columns().iter().map(ColumnMeta::column);
        format!("{} {:?}", through.table(), columns.collect::<Vec<_>>())
    };
    assert_eq!(
        through("Book", "tags"),
        r#"book_tags ["book_id", "tag_id"]"#
    );
    assert_eq!(through("Tag", "books"), through("Book", "tags"));
    assert_eq!(
        through("Tag", "like"),
        r#"tag_like ["from_tag_id", "to_tag_id"]"#
    );
    assert_eq!(
        through("Book", "stores"),
        r#"stock ["id", "book_id", "store_id", "qty"]"#
    );
}

#[test]
fn paths_lead_through_relations_in_both_directions() {
    let models = library();
    let author = models.get("Author").expect("in the set");
    let check = |path: &str| QuerySet::dynamic(author).lookup(path, "1").check();
    for path in [
        "mentor",
        "mentor__pk",
        "mentor__mentor__name",
        "mentees__mentees__books__tags__like__id__gte",
        "books__stores__stock__qty__gt",
        "profile__author__books",
    ] {
        assert!(check(path).is_ok(), "{path}: {:?}", check(path));
    }
    let error = check("books__tags__colour").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Field);
    assert_eq!(
        error.to_string(),
        "cannot resolve 'colour' into a field of Tag; choices are: books, id, like"
    );
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let error = ModelSet::build([
        model("Author").column(ColumnMeta::new("book", ColumnType::Text)),
        with(model("Book"), key("author", "Author")),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "model Author: 'book' is taken, so that it cannot be the other side of 'author' of Book; \
         give that a related_name"
    );
    let error = ModelSet::build([with(model("Book"), key("author", "Autor"))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "model Book: 'author' refers to 'Autor', which is no model of the set"
    );
    let error = ModelSet::build([model("Book"), model("Book")]).unwrap_err();
    assert_eq!(error.to_string(), "model Book: there are two of this name");
}
