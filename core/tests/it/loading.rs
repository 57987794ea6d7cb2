//! What comes with rows, as far as no database is needed to see it.

use std::sync::Arc;

use queryset::recording::Recording;
use queryset::{
    Dialect, ErrorKind, Family, ForeignKey, Model, QuerySet, Reverse, Statement, Value,
};

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

/// The statement that asks for the pupils of the authors with these keys.
fn pupils_of(keys: &[i64]) -> Statement {
    let query = Author::objects().prefetch_related(|a| a.pupils());
    let asked = recording();
    drop(query.list(&asked.database()));
    let sql = asked.statements().pop().expect("a statement").sql;
    let rows = keys
        .iter()
        .map(|&key| vec![Value::I64(key), "Ada".into(), Value::Null]);
    let recording = recording();
    recording.expect(&sql, ["id", "name", "mentor_id"], rows);
    drop(query.list(&recording.database()));
    let mut statements = recording.statements();
    assert_eq!(statements.len(), 2);
    statements.pop().expect("two statements")
}

#[derive(Model, Debug)]
struct Shelf {
    #[model(primary_key)]
    id: i64,
    #[model(reverse(Volume::shelf))]
    volumes: Reverse<Volume>,
}

#[derive(Model, Debug)]
struct Volume {
    #[model(primary_key)]
    id: i64,
    shelf: ForeignKey<Shelf>,
}

/// Asks for shelves, of which there are so many, and for their volumes, of which there is one that
/// stands on the second and one on a shelf that is not there; the second statement.
fn volumes_of(query: &QuerySet<Shelf>, shelves: i64) -> Statement {
    let asked = recording();
    drop(query.list(&asked.database()));
    let sql = asked.statements().pop().expect("a statement").sql;
    let rows = || (1..=shelves).map(|key| vec![Value::I64(2 * key)]);
    let first = recording();
    first.expect(&sql, ["id"], rows());
    drop(query.list(&first.database()));
    let second = first.statements().pop().expect("a statement");
    let recording = recording();
    recording.expect(&sql, ["id"], rows());
    let columns = ["id", "shelf_id"];
    let volumes = [[7, 4], [8, 5]].map(|row| row.map(Value::I64).to_vec());
    recording.expect(&second.sql, columns, volumes);
    let found = query.list(&recording.database()).unwrap();
    for shelf in &found {
        let volumes = shelf.volumes.loaded().unwrap();
        let expected: &[i64] = if shelf.id == 4 { &[7] } else { &[] };
        assert!(volumes.iter().map(|volume| &volume.id).eq(expected));
        assert!(volumes.iter().all(|volume| volume.shelf.loaded().is_ok()));
    }
    recording.finish().unwrap();
    second
}

#[test]
fn what_refers_to_all_rows_of_a_table_is_asked_for_without_their_keys() {
    let all = Shelf::objects().prefetch_related(|s| s.volumes());
    let statement = volumes_of(&all, 40);
    assert!(!statement.sql.contains("WHERE"), "{statement:?}");
    assert!(statement.params.is_empty(), "{statement:?}");

    let some_volumes = Volume::objects().filter(|v| v.id.gt(3));
    let some_volumes = Shelf::objects().prefetch_related_with(|s| s.volumes(), some_volumes);
    for (query, shelves) in [
        (some_volumes, 40),
        (all.clone().filter(|s| s.id.gt(1)), 40),
        (all.clone().limit(100), 40),
        (all.clone().distinct(), 40),
        (all, 10),
    ] {
        let statement = volumes_of(&query, shelves);
        assert!(
            statement.sql.contains(r#""volume"."shelf_id" IN"#),
            "{statement:?}"
        );
    }
}

#[test]
fn what_may_refer_to_nothing_is_asked_for_by_keys() {
    let keys: Vec<i64> = (1..=40).map(|key| 2 * key).collect();
    let statement = pupils_of(&keys);
    assert!(statement.sql.contains("WHERE"), "{statement:?}");
}

#[test]
fn rows_that_stand_for_those_like_them_are_asked_for_by_keys() {
    let one_each = Volume::objects().distinct_on(|v| v.id);
    let query = Shelf::objects().prefetch_related_with(|s| s.volumes(), one_each);
    let recording = || Recording::new(Dialect::new(Family::Postgres, "recording"));
    let asked = recording();
    drop(query.list(&asked.database()));
    let sql = asked.statements().pop().expect("a statement").sql;
    let answering = recording();
    answering.expect(&sql, ["id"], (1..=40).map(|key| vec![Value::I64(2 * key)]));
    drop(query.list(&answering.database()));
    let statement = answering.statements().pop().expect("a statement");
    assert!(statement.sql.contains("DISTINCT ON"), "{statement:?}");
    assert!(statement.sql.contains("WHERE"), "{statement:?}");
}
