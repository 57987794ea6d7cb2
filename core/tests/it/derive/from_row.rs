//! `#[derive(FromRow)]`: rows of raw statements as structs.

use queryset::recording::Recording;
use queryset::{Dialect, ErrorKind, Family, FromRow, Value, raw};

#[derive(FromRow, Debug, PartialEq)]
struct Total {
    author: String,
    #[row(column = "count(*)")]
    books: u32,
    r#type: Option<String>,
}

#[test]
fn columns_are_found_by_name() {
    assert_eq!(
        Total::column_names(),
        Some(&["author", "count(*)", "type"][..])
    );
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    let row = vec![
        Value::I64(3),
        Value::Null,
        "ignored".into(),
        "Austen".into(),
    ];
    recording.expect("totals", ["count(*)", "type", "extra", "author"], [row]);
    recording.expect(
        "lacking",
        ["count(*)", "author"],
        [vec![Value::I64(3), "Austen".into()]],
    );
    let db = recording.database();
    let total = Total {
        author: "Austen".into(),
        books: 3,
        r#type: None,
    };
    assert_eq!(raw::<Total>("totals", vec![]).list(&db).unwrap(), [total]);
    let error = raw::<Total>("lacking", vec![]).list(&db).unwrap_err();
    assert!(error.to_string().contains("type"), "{error}");
    assert_ne!(error.kind(), ErrorKind::Operational);
}
