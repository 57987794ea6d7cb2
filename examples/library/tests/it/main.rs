//! The library's tests, without a database.

mod fines;

use library::Loan;
use queryset::recording::Recording;
use queryset::runtime::block_on;
use queryset::{Dialect, Error, ErrorKind, Family, Value};

const COLUMNS: [&str; 5] = ["id", "reader", "book", "due", "returned"];

const OVERDUE: &str = "SELECT \"loan\".\"id\", \"loan\".\"reader\", \"loan\".\"book\", \
    \"loan\".\"due\", \"loan\".\"returned\" FROM \"loan\" WHERE \"loan\".\"due\" < ? \
    AND \"loan\".\"returned\" IS NULL ORDER BY \"loan\".\"due\" ASC, \"loan\".\"id\" ASC";

const LATEST: &str = "SELECT \"loan\".\"id\", \"loan\".\"reader\", \"loan\".\"book\", \
    \"loan\".\"due\", \"loan\".\"returned\" FROM \"loan\" WHERE \"loan\".\"reader\" = ? \
    ORDER BY \"loan\".\"id\" DESC LIMIT 1";

fn recording() -> Recording {
    Recording::new(Dialect::new(Family::Sqlite, "recording"))
}

fn row(loan: &Loan) -> [Value; 5] {
    [
        loan.id.into(),
        loan.reader.as_str().into(),
        loan.book.as_str().into(),
        i64::from(loan.due).into(),
        loan.returned
            .map_or(Value::Null, |day| i64::from(day).into()),
    ]
}

fn emma() -> Loan {
    Loan {
        id: 7,
        reader: "ada".into(),
        book: "Emma".into(),
        due: 40,
        returned: None,
    }
}

#[test]
fn overdue_asks_for_what_is_out_and_late() {
    let recording = recording();
    recording.expect(OVERDUE, COLUMNS, [row(&emma())]);
    let loans = library::overdue(&recording.database(), 50).unwrap();
    assert_eq!(loans, [emma()]);
    assert_eq!(recording.statements()[0].params, [Value::I64(50)]);
    recording.finish().unwrap();
}

#[test]
fn both_twins_send_the_same() {
    let recording = recording();
    let db = recording.database();
    for _ in 0..2 {
        recording.expect(OVERDUE, COLUMNS, [row(&emma())]);
    }
    let blocking = library::overdue(&db, 50).unwrap();
    let asynchronous = block_on(library::aoverdue(&db, 50)).unwrap();
    assert_eq!(blocking, asynchronous);
    let statements = recording.statements();
    assert_eq!(statements[0], statements[1]);
}

#[test]
fn a_reader_who_never_borrowed_is_no_error() {
    let recording = recording();
    recording.expect(LATEST, COLUMNS, Vec::<[Value; 5]>::new());
    assert_eq!(
        library::latest_of(&recording.database(), "bob").unwrap(),
        None
    );
}

#[test]
fn the_errors_of_the_database_come_through() {
    let recording = recording();
    recording.expect_error(LATEST, Error::new(ErrorKind::Busy, "the file is locked"));
    let error = library::latest_of(&recording.database(), "ada").unwrap_err();
    assert!(error.is_retryable());
}
