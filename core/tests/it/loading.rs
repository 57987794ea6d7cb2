//! What comes with rows, as far as no database is needed to see it.

use std::sync::Arc;

use queryset::recording::Recording;
use queryset::{Dialect, ErrorKind, Family, ForeignKey, Model, Reverse, Value};

#[derive(Model, Debug)]
struct Author {
    #[model(primary_key)]
    id: i64,
    name: String,
    mentor: Option<ForeignKey<Self>>,
    #[model(reverse(Self::mentor))]
    pupils: Reverse<Self>,
}

fn recording() -> Recording {
    Recording::new(Dialect::new(Family::Sqlite, "recording"))
}

#[test]
fn iterating_on_a_thread_over_a_query_that_prefetches_needs_a_chunk_size() {
    let recording = recording();
    let query = Author::objects().prefetch_related(|a| a.pupils());
    let mut rows = query.iter(&recording.database());
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(error.to_string().contains("chunk_size"), "{error}");
    assert!(rows.next().is_none());
    recording.finish().unwrap();
}

#[test]
fn a_path_that_is_too_long_is_an_error_of_the_read() {
    let recording = recording();
    let far = Author::objects().filter(|a| {
        let four = a.mentor().mentor().mentor().mentor();
        let eight = four.mentor().mentor().mentor().mentor();
        let twelve = eight.mentor().mentor().mentor().mentor();
        twelve.mentor().mentor().mentor().mentor().name.eq("Ada")
    });
    let error = far.list(&recording.database()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert_eq!(
        error.to_string(),
        "a path leads through at most 15 relations"
    );
    recording.finish().unwrap();
}

#[test]
fn a_reference_knows_its_row_and_its_key() {
    let ada = Author {
        id: 1,
        name: "Ada".into(),
        mentor: None,
        pupils: Reverse::new(),
    };
    let to_ada = ForeignKey::to(ada);
    assert_eq!(to_ada.id(), &1);
    assert_eq!(to_ada.loaded().unwrap().name, "Ada");
    assert!(to_ada.loaded().unwrap().mentor.is_none());
    let unloaded: ForeignKey<Author> = ForeignKey::new(1);
    let error = unloaded.loaded().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    assert_eq!(
        error.to_string(),
        "Author is not loaded: select or prefetch it with the query, or call `load` or `aload`"
    );
    let pupils: Reverse<Author> = Reverse::new();
    assert_eq!(pupils.loaded().unwrap_err().kind(), ErrorKind::NotLoaded);
}

/// Authors (a key and a mentor's key) as a statement gives them together with their mentors (a key
/// and a name).
fn with_mentors(rows: &[(i64, i64, i64, &str)]) -> Vec<Author> {
    let query = Author::objects().select_related(|a| a.mentor());
    let asked = recording();
    drop(query.list(&asked.database()));
    let sql = asked.statements().pop().expect("a statement").sql;
    let columns = ["id", "name", "mentor_id", "id", "name", "mentor_id"];
    let rows = rows.iter().map(|&(id, refers_to, mentor, name)| {
        let [id, refers_to, mentor] = [id, refers_to, mentor].map(Value::I64);
        let names = [Value::from("pupil"), Value::from(name)];
        let [own, name] = names;
        vec![id, own, refers_to, mentor, name, Value::Null]
    });
    let recording = recording();
    recording.expect(&sql, columns, rows);
    query.list(&recording.database()).expect("the rows")
}

fn mentor(author: &Author) -> &Arc<Author> {
    let mentor = author.mentor.as_ref().and_then(ForeignKey::shared);
    mentor.expect("the mentor is loaded")
}

/// So many rows that those which refer to one row share it.
fn many(rows: &[(i64, i64, i64, &'static str)]) -> Vec<Author> {
    let rows: Vec<_> = rows
        .iter()
        .copied()
        .cycle()
        .take(1_000 * rows.len())
        .collect();
    with_mentors(&rows)
}

#[test]
fn many_rows_of_a_statement_share_the_row_that_they_refer_to() {
    let rows = many(&[(3, 1, 1, "Ada"), (4, 2, 2, "Ben"), (5, 1, 1, "Ada")]);
    let [first, second, third] = rows.last_chunk().expect("three rows");
    assert!(Arc::ptr_eq(mentor(first), mentor(third)));
    assert_eq!(mentor(second).name, "Ben");
    assert_eq!(mentor(third).name, "Ada");
}

/// A view's column that is called a key need not be one.
#[test]
fn rows_that_differ_are_two_whatever_their_keys_say() {
    let rows = many(&[(3, 1, 1, "Ada"), (4, 1, 1, "Ben"), (5, 1, 1, "Ada")]);
    let names: Vec<&str> = rows.iter().map(|row| &*mentor(row).name).collect();
    assert_eq!(names, ["Ada", "Ben", "Ada"].repeat(1_000));
}

#[test]
fn many_rows_have_the_row_that_each_of_them_refers_to() {
    // Few have one in common, some have, and more than are remembered.
    for others in [1, 7, 5_000, 100_000] {
        let names: Vec<String> = (0..12_000)
            .map(|row| format!("m{}", row % others))
            .collect();
        let rows = names.iter().enumerate().map(|(row, name)| {
            let (row, mentor) = (row as i64, row as i64 % others);
            (row, mentor, mentor, &**name)
        });
        let rows = with_mentors(&rows.collect::<Vec<_>>());
        let found: Vec<&str> = rows.iter().map(|row| &*mentor(row).name).collect();
        assert_eq!(found, names);
    }
}
