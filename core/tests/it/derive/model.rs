//! `#[derive(Model)]`: metadata, fields, keys and values.

use std::sync::Arc;

use queryset::recording::Recording;
use queryset::{
    ColumnMeta, ColumnType, Decimal, Dialect, Error, ErrorKind, Family, ForeignKey, FromRow, Model,
    Order, RelationKind, Value, raw,
};

#[derive(Model, Debug, Clone, PartialEq)]
struct Author {
    #[model(primary_key)]
    id: i64,
    name: String,
    mentor: Option<ForeignKey<Self>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "books", schema = "library", name = "Volume")]
#[model(ordering("-published", "author__name", "id"), latest_by("published"))]
#[model(unique_together("title", "author"), unique_together("shelf", "type"))]
struct Book {
    #[model(primary_key)]
    id: i32,
    #[model(max_length = 200, unique, column = "book title")]
    title: String,
    published: Option<i32>,
    shelf: u8,
    r#type: String,
    #[model(digits(10, 2))]
    price: Decimal,
    author: ForeignKey<Author>,
}

fn book() -> Book {
    Book {
        id: 1,
        title: "Emma".into(),
        published: None,
        shelf: 3,
        r#type: "novel".into(),
        price: "9.90".parse().unwrap(),
        author: ForeignKey::new(7),
    }
}

#[test]
fn metadata_says_what_the_struct_says() {
    let meta = Book::meta();
    assert_eq!(meta.name(), "Volume");
    assert_eq!((meta.schema(), meta.table()), (Some("library"), "books"));
    let expected = [
        ColumnMeta::new("id", ColumnType::I32).primary_key(),
        ColumnMeta::new("title", ColumnType::Text)
            .column_name("book title")
            .unique()
            .max_length(200),
        ColumnMeta::new("published", ColumnType::I32).nullable(true),
        ColumnMeta::new("shelf", ColumnType::U8),
        ColumnMeta::new("type", ColumnType::Text),
        ColumnMeta::new("price", ColumnType::Decimal).digits(10, 2),
        ColumnMeta::new("author_id", ColumnType::I64),
    ];
    assert_eq!(meta.columns(), expected);
    assert_eq!(meta.primary_key(), [0]);
    let paths = |terms: &[queryset::OrderTerm]| -> Vec<_> {
        let term = |term: &queryset::OrderTerm| {
            (
                term.path().unwrap_or_default().to_owned(),
                term.is_descending(),
            )
        };
        terms.iter().map(term).collect()
    };
    assert_eq!(
        paths(meta.ordering()),
        [
            ("published".to_owned(), true),
            ("author__name".to_owned(), false),
            ("id".to_owned(), false)
        ]
    );
    assert_eq!(paths(meta.latest_by()), [("published".to_owned(), false)]);
    let together: Vec<_> = meta.unique_together().collect();
    assert_eq!(together, [&[1, 6], &[3, 4]]);
    assert!(Arc::ptr_eq(Book::meta(), Book::meta()));
    assert_ne!(Book::meta().id(), Author::meta().id());
}

#[test]
fn a_foreign_key_is_a_relation_and_a_column() {
    let [relation] = Book::meta().relations() else {
        panic!("{:?}", Book::meta().relations());
    };
    assert_eq!(
        (relation.name(), relation.column()),
        ("author", Some("author_id"))
    );
    assert_eq!(relation.kind(), Some(RelationKind::ForeignKey));
    let target = relation.target().resolve().unwrap();
    assert!(Arc::ptr_eq(&target, Author::meta()));
    let [mentor] = Author::meta().relations() else {
        panic!("{:?}", Author::meta().relations());
    };
    assert!(Arc::ptr_eq(
        &mentor.target().resolve().unwrap(),
        Author::meta()
    ));
    assert!(Author::meta().columns()[2].is_nullable());
}

#[test]
fn fields_stand_where_their_columns_do() {
    let text = |query: queryset::QuerySet<Book>| format!("{query:?}");
    let typed = Book::objects().filter(|b| {
        b.author_id.eq(5) & b.r#type.contains("x") & b.published.gt(3) & b.id.is_in([1, 2])
    });
    let named = Book::objects()
        .lookup("author", 5)
        .lookup("type__contains", "x")
        .lookup("published__gt", 3)
        .lookup("pk__in", [1, 2]);
    typed.check().unwrap();
    named.check().unwrap();
    assert_eq!(text(typed), text(named));
    let typed = Book::objects().order_by(|b| (b.price.desc(), b.id.asc(), Order::random()));
    let named = Book::objects().order_by_names(["-price", "id", "?"]);
    assert_eq!(text(typed), text(named));
    let orphans = Author::objects().filter(|a| a.mentor_id.isnull(true) | a.mentor_id.eq(None));
    orphans.check().unwrap();
}

#[test]
fn values_are_in_the_order_of_the_columns_and_the_key_is_among_them() {
    let book = book();
    assert_eq!(
        book.values(),
        [
            Value::I64(1),
            "Emma".into(),
            Value::Null,
            Value::I64(3),
            "novel".into(),
            Value::Decimal("9.90".parse().unwrap()),
            Value::I64(7),
        ]
    );
    assert_eq!(book.key(), 1);
    let author = Author {
        id: 1,
        name: "Austen".into(),
        mentor: None,
    };
    assert_eq!(author.values()[2], Value::Null);
    assert_eq!(author.key(), 1);
}

#[test]
fn rows_are_read_by_the_columns_names_whatever_their_order() {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    let columns = Book::column_names().unwrap();
    assert_eq!(
        columns,
        [
            "id",
            "book title",
            "published",
            "shelf",
            "type",
            "price",
            "author_id"
        ]
    );
    let row = || book().values();
    recording.expect("forward", columns.iter().copied(), [row()]);
    let backward = |row: Vec<Value>| row.into_iter().rev().collect::<Vec<_>>();
    recording.expect("backward", columns.iter().rev().copied(), [backward(row())]);
    let mut wrong = row();
    wrong[3] = Value::I64(256);
    recording.expect("wrong", columns.iter().copied(), [wrong]);

    let db = recording.database();
    assert_eq!(raw::<Book>("forward", vec![]).list(&db).unwrap(), [book()]);
    assert_eq!(raw::<Book>("backward", vec![]).list(&db).unwrap(), [book()]);
    let error = raw::<Book>("wrong", vec![]).list(&db).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.column(), Some("shelf"));
    assert!(
        error.to_string().ends_with("256 is out of range"),
        "{error}"
    );
}

mod keys {
    use super::*;

    #[derive(Model)]
    #[model(primary_key("shelf", "book"))]
    struct Place {
        book: ForeignKey<Book>,
        note: String,
        shelf: u16,
    }

    #[derive(Model)]
    struct Loan {
        #[model(primary_key)]
        book: ForeignKey<Book>,
        #[model(primary_key, column = "Day")]
        day: i32,
    }

    #[derive(Model)]
    struct Cover {
        #[model(primary_key)]
        book: ForeignKey<Book>,
        bytes: Vec<u8>,
    }

    #[derive(Model)]
    struct LogLine {
        line: String,
    }

    #[derive(Model)]
    struct Old {
        #[model(primary_key)]
        pk: i64,
    }

    #[test]
    fn are_in_their_own_order() {
        let place = Place {
            book: ForeignKey::new(4),
            note: String::new(),
            shelf: 2,
        };
        let key: (u16, i32) = place.key();
        assert_eq!(key, (2, 4));
        assert_eq!(Place::meta().primary_key(), [2, 0]);
        let in_key = Place::meta()
            .columns()
            .iter()
            .map(ColumnMeta::is_primary_key);
        assert_eq!(in_key.collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn of_marked_fields_are_in_the_fields_order() {
        let loan = Loan {
            book: ForeignKey::new(4),
            day: 9,
        };
        assert_eq!(loan.key(), (4, 9));
        assert_eq!(Loan::meta().primary_key(), [0, 1]);
        let query = Loan::objects().filter(|l| l.book_id.eq(4) & l.day.lt(9));
        query.check().unwrap();
    }

    #[test]
    fn may_be_another_models() {
        let cover = Cover {
            book: ForeignKey::new(4),
            bytes: Vec::new(),
        };
        let key: i32 = cover.key();
        assert_eq!(key, 4);
        assert!(Cover::meta().relations()[0].is_one_to_one());
        assert!(!Loan::meta().relations()[0].is_one_to_one());
    }

    #[test]
    fn may_be_missing() {
        assert!(LogLine::meta().primary_key().is_empty());
        assert_eq!(LogLine::meta().table(), "log_line");
        let line = LogLine { line: "x".into() };
        let () = line.key();
        let error = LogLine::objects().lookup("pk", 1).check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Field);
    }

    #[test]
    fn may_be_called_pk() {
        assert_eq!(Old { pk: 3 }.key(), 3);
        Old::objects().lookup("pk__gt", 1).check().unwrap();
    }
}

/// Types that are not spelled as the derive would expect them.
mod spellings {
    use super::*;

    type Maybe<T> = Option<T>;

    /// A type of the parameter's usual name.
    #[derive(queryset::Field, Debug, Clone, PartialEq)]
    struct R(i64);

    #[derive(queryset::Field, Debug, Clone, PartialEq)]
    struct Nothing(Option<i64>);

    macro_rules! model {
        ($name:ident, $ty:ty) => {
            #[derive(Model)]
            struct $name {
                #[model(primary_key)]
                id: R,
                link: $ty,
            }
        };
    }

    model!(
        Linked,
        std::option::Option<queryset::ForeignKey<super::Author>>
    );

    #[test]
    fn an_alias_of_option_is_nullable() {
        #[derive(Model)]
        struct Local {
            alias: Maybe<i64>,
            newtype: Nothing,
            full: core::option::Option<String>,
        }
        let nullable: Vec<_> = Local::meta()
            .columns()
            .iter()
            .map(ColumnMeta::is_nullable)
            .collect();
        assert_eq!(nullable, [true, true, true]);
        let local = Local {
            alias: None,
            newtype: Nothing(None),
            full: None,
        };
        assert_eq!(local.values(), [Value::Null, Value::Null, Value::Null]);
        let query = Local::objects().filter(|l| l.alias.eq(5) & l.full.iexact("x"));
        query.check().unwrap();
    }

    #[test]
    fn a_type_may_come_through_a_macro_and_a_path() {
        assert_eq!(Linked::meta().columns()[1].name(), "link_id");
        assert_eq!(Linked::meta().relations().len(), 1);
        let query = Linked::objects().filter(|l| l.id.eq(R(1)) & l.link_id.eq(2));
        query.check().unwrap();
        let linked = Linked {
            id: R(1),
            link: Some(ForeignKey::new(2)),
        };
        assert_eq!(linked.key(), R(1));
        assert_eq!(linked.values(), [Value::I64(1), Value::I64(2)]);
    }

    mod renamed {
        pub(super) use queryset as orm;
    }

    #[test]
    fn the_crate_may_have_another_name() {
        #[derive(Model)]
        #[model(crate = "renamed::orm")]
        struct Elsewhere {
            id: i64,
        }
        assert_eq!(Elsewhere { id: 1 }.values(), [Value::I64(1)]);
    }
}

#[test]
fn a_name_that_is_wrong_only_behind_a_relation_is_an_error_of_the_query() {
    #[derive(Model)]
    #[model(ordering("author__shoe_size"))]
    struct Essay {
        #[model(primary_key)]
        id: i64,
        author: ForeignKey<Author>,
    }
    let essay = Essay {
        id: 1,
        author: ForeignKey::new(1),
    };
    assert_eq!(essay.key(), 1);
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    let error: Error = Essay::objects().list(&recording.database()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Field);
    recording.finish().unwrap();
}
