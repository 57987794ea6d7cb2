//! `#[derive(Field)]`: enums and newtypes.

use queryset::{ColumnType, DecodeError, Field, Model, Value, ValueRef};

#[derive(Field, Debug, Clone, Copy, PartialEq)]
enum Status {
    Draft,
    InPrint,
    #[field(rename = "OOP")]
    OutOfPrint,
    #[field(rename = "")]
    Unknown,
}

#[derive(Field, Debug, Clone, Copy, PartialEq)]
#[field(as = "i16")]
enum Level {
    Low = -1,
    Middle,
    High = 300,
}

#[derive(Field, Debug, Clone, Copy, PartialEq)]
#[repr(u64)]
enum Huge {
    One = 1,
    Most = u64::MAX,
}

#[derive(Field, Debug, Clone, Copy, PartialEq)]
#[repr(u8)]
#[field(as = "text")]
enum Small {
    A = 1,
}

#[derive(Field, Debug, Clone, PartialEq)]
struct Slug(String);

mod renamed {
    pub(super) use queryset as orm;
}

#[derive(Field, Debug, Clone, PartialEq)]
#[field(crate = "renamed::orm")]
struct Title {
    text: Slug,
}

#[derive(Field, Debug, Clone, Copy, PartialEq)]
struct Rank(u8);

fn reason<T: std::fmt::Debug>(result: Result<T, DecodeError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn an_enum_is_text() {
    assert_eq!(Status::TYPE, ColumnType::Text);
    for (status, text) in [
        (Status::Draft, "draft"),
        (Status::InPrint, "in_print"),
        (Status::OutOfPrint, "OOP"),
        (Status::Unknown, ""),
    ] {
        assert_eq!(status.to_value(), Value::Text(text.into()));
        assert_eq!(Status::from_value(ValueRef::Text(text)), Ok(status));
    }
    assert_eq!(Small::A.to_value(), Value::Text("a".into()));
    assert_eq!(
        reason(Status::from_value(ValueRef::Text("Draft"))),
        "'Draft' is none of: draft, in_print, OOP, "
    );
    assert_eq!(
        Status::from_value(ValueRef::I64(0)),
        Err(DecodeError::wrong_kind())
    );
    assert_eq!(
        Status::from_value(ValueRef::Null),
        Err(DecodeError::wrong_kind())
    );
    assert_eq!(Option::<Status>::from_value(ValueRef::Null), Ok(None));
}

#[test]
fn an_enum_may_be_its_number() {
    assert_eq!(
        (Level::TYPE, Huge::TYPE),
        (ColumnType::I16, ColumnType::U64)
    );
    for (level, number) in [(Level::Low, -1), (Level::Middle, 0), (Level::High, 300)] {
        assert_eq!(level.to_value(), Value::I64(number));
        assert_eq!(Level::from_value(ValueRef::I64(number)), Ok(level));
    }
    assert_eq!(Huge::One.to_value(), Value::U64(1));
    assert_eq!(
        Huge::from_value(Huge::Most.to_value().borrow()),
        Ok(Huge::Most)
    );
    assert_eq!(
        reason(Level::from_value(ValueRef::I64(7))),
        "no variant is 7"
    );
    assert_eq!(
        reason(Level::from_value(ValueRef::I64(65_535))),
        "65535 is out of range"
    );
    assert_eq!(
        Level::from_value(ValueRef::Text("0")),
        Err(DecodeError::wrong_kind())
    );
}

#[test]
fn a_newtype_is_what_it_wraps() {
    assert_eq!((Slug::TYPE, Rank::TYPE), (ColumnType::Text, ColumnType::U8));
    let slug = Slug("a".into());
    assert_eq!(slug.to_value(), Value::Text("a".into()));
    assert_eq!(Slug::from_value(ValueRef::Text("a")), Ok(slug.clone()));
    assert_eq!(
        Title::from_value(ValueRef::Text("a")),
        Ok(Title { text: slug })
    );
    assert_eq!(Rank::from_value(ValueRef::I64(255)), Ok(Rank(255)));
    assert_eq!(
        reason(Rank::from_value(ValueRef::I64(256))),
        "256 is out of range"
    );
}

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    slug: Slug,
    #[model(max_length = 50)]
    title: Option<Title>,
    rank: Rank,
    status: Status,
}

#[test]
fn a_newtype_around_text_has_the_text_lookups_and_compares_with_text() {
    let typed = Book::objects().filter(|b| {
        b.slug.eq("a")
            & b.slug.eq(Slug("b".into()))
            & b.title.istartswith("c")
            & b.slug.is_in(["d"])
    });
    let named = Book::objects()
        .lookup("slug", "a")
        .lookup("slug", "b")
        .lookup("title__istartswith", "c")
        .lookup("slug__in", ["d"]);
    named.check().unwrap();
    assert_eq!(format!("{typed:?}"), format!("{named:?}"));
}

#[test]
fn enums_and_newtypes_are_compared_with_themselves() {
    let typed = Book::objects().filter(|b| b.status.eq(Status::OutOfPrint) & b.rank.lt(Rank(3)));
    let named = Book::objects()
        .lookup("status", "OOP")
        .lookup("rank__lt", 3);
    named.check().unwrap();
    assert_eq!(format!("{typed:?}"), format!("{named:?}"));
    let book = Book {
        slug: Slug("a".into()),
        title: None,
        rank: Rank(1),
        status: Status::Draft,
    };
    assert_eq!(book.key(), Slug("a".into()));
    assert_eq!(book.values()[3], Value::Text("draft".into()));
}
