//! What a failed assertion about statements says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use queryset::recording::Recording;
use queryset::runtime::block_on;
use queryset::{Database, Dialect, Error, ErrorKind, Family, Value, raw};

const TITLE: &str = "SELECT title FROM book WHERE id = ?";

fn database() -> Database {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    recording.expect(TITLE, ["title"], [["Emma".into()]]);
    recording.expect_error(TITLE, Error::new(ErrorKind::Busy, "locked"));
    recording.database()
}

fn panicked<T>(run: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).err();
    let payload = payload.expect("it panics");
    *payload.downcast().expect("with a text")
}

#[test]
fn the_statements_are_shown() {
    let message = panicked(|| {
        database().assert_num_queries(1, |db| {
            for id in [7, 8] {
                drop(raw::<(String,)>(TITLE, vec![Value::I64(id)]).list(db));
            }
        })
    });
    let lines: Vec<&str> = message.lines().collect();
    let here = format!("{}:", file!());
    assert!(lines[0].starts_with(&here), "{message}");
    assert!(
        lines[0].ends_with(": 1 statements were wanted, 2 were sent"),
        "{message}"
    );
    let first = format!("   1. {TITLE} [I64(7)] 1 rows in ");
    assert!(lines[1].starts_with(&first), "{message}");
    let second = format!("   2. {TITLE} [I64(8)] failed: locked, by {here}");
    assert!(lines[2].starts_with(&second), "{message}");
}

#[test]
fn the_asynchronous_twin_knows_its_caller() {
    let db = database();
    let line = line!() + 1;
    let none = db.aassert_num_queries(1, async |_: &Database| ());
    let message = panicked(|| block_on(none));
    let expected = format!("{}:{line}:", file!());
    assert!(message.starts_with(&expected), "{message}");
    assert!(
        message.ends_with(": 1 statements were wanted, 0 were sent"),
        "{message}"
    );
}

#[test]
fn what_was_as_wanted_gives_its_value() {
    let read = |db: &Database| raw::<(String,)>(TITLE, vec![Value::I64(7)]).first(db);
    let title = database().assert_num_queries(1, read);
    assert_eq!(title.expect("there is one"), Some(("Emma".to_owned(),)));
}
