//! Short reads that wait for the same connection may share a snapshot.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use queryset::runtime::{BoxFuture, block_on};
use queryset::{
    Backend, Error, ErrorKind, Fetched, Result, Row, RowSink, Statement, Value, ValueRef,
};
use queryset_sqlite::{SqliteBackend, SqliteOptions};

use crate::support::{
    Folder, Gate, Rows, eventually, in_use, int, new_file, open, poll_once, read, taken, write,
};

type Read = BoxFuture<'static, Result<Fetched>>;

/// A counter in a file, read by one connection with the very same text each time.
struct Counter {
    db: SqliteBackend,
    gate: Gate,
    value: Arc<str>,
    waits: Arc<str>,
    // Removed when the database is closed.
    _folder: Folder,
}

impl Counter {
    fn new() -> Self {
        let folder = Folder::new();
        let options = new_file(&folder);
        Self::with(options, folder)
    }

    fn with(options: SqliteOptions, folder: Folder) -> Self {
        let gate = Gate::default();
        let db = open(gate.register(options.readers(1)));
        write(&db, "CREATE TABLE counter (value)").unwrap();
        write(&db, "INSERT INTO counter VALUES (0)").unwrap();
        Self {
            db,
            gate,
            value: "SELECT value FROM counter".into(),
            waits: "SELECT gate(value) FROM counter".into(),
            _folder: folder,
        }
    }

    fn begin(&self, sql: &Arc<str>) -> Read {
        self.begin_into(sql, Box::new(Rows::default()))
    }

    fn begin_into(&self, sql: &Arc<str>, sink: Box<dyn RowSink>) -> Read {
        let statement = Statement::read(Arc::clone(sql), Vec::new());
        let mut read = self.db.fetch(statement, sink, 9);
        assert!(poll_once(&mut read).is_pending());
        read
    }

    fn begin_some(&self) -> Vec<Read> {
        (0..20).map(|_| self.begin(&self.value)).collect()
    }

    /// Lets the backend see that both reads are short.
    fn warm_up(&self) {
        for _ in 0..3 {
            let mut reads = self.begin_some();
            reads.push(self.begin(&self.waits));
            reads.extend(self.begin_some());
            finish(reads);
        }
    }

    /// Shuts the gate, and begins some reads, one that the gate holds up, and some behind it.
    fn hold_up(&self) -> (Vec<Read>, Read, Vec<Read>) {
        self.warm_up();
        let entered = self.gate.entered();
        self.gate.shut();
        let begun = (
            self.begin_some(),
            self.begin(&self.waits),
            self.begin_some(),
        );
        eventually("the queue is held up", || self.gate.entered() > entered);
        begun
    }

    fn count(&self) {
        write(&self.db, "UPDATE counter SET value = value + 1").unwrap();
    }

    /// Nobody reads any more, so that the whole log can be written back.
    fn is_left_alone(&self) {
        eventually("all connections are free", || in_use(&self.db) == 0);
        let rows = read(&self.db, "SELECT value FROM counter", vec![]).unwrap();
        assert_eq!(rows.len(), 1);
        let statement = Statement::write("PRAGMA wal_checkpoint(TRUNCATE)", Vec::new());
        let sink = Box::new(Rows::default());
        let fetched = self.db.fetch_blocking(statement, sink, 9, None).unwrap();
        let (rows, _) = taken(fetched);
        assert_eq!(rows.rows[0][0], int(0), "a snapshot is still open");
    }
}

/// What they read, in the order in which they were begun.
fn finish(reads: Vec<Read>) -> Vec<Result<Value>> {
    let mut values: Vec<Option<Result<Value>>> = reads.iter().map(|_| None).collect();
    let mut reads: Vec<_> = reads.into_iter().enumerate().collect();
    block_on(poll_fn(|context| {
        reads.retain_mut(|(index, read)| match Pin::new(read).poll(context) {
            Poll::Ready(result) => {
                let value = result.map(|fetched| taken(fetched).0.rows[0][0].clone());
                values[*index] = Some(value);
                false
            }
            Poll::Pending => true,
        });
        match reads.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }));
    values.into_iter().flatten().collect()
}

fn count_of(value: &Result<Value>) -> i64 {
    match value {
        Ok(Value::I64(count)) => *count,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_asked_for_after_a_write_sees_it() {
    let counter = Counter::new();
    for round in 1..=50 {
        let (mut before, waits, behind) = counter.hold_up();
        before.push(waits);
        before.extend(behind);
        // The connection is in the middle of a read, and others wait for it.
        counter.count();
        let after = counter.begin_some();
        counter.gate.open();
        let before = finish(before);
        let counts: Vec<i64> = before.iter().map(count_of).collect();
        assert!(counts.is_sorted(), "time goes back: {counts:?}");
        assert!(
            counts
                .iter()
                .all(|count| [round - 1, round].contains(count))
        );
        for value in finish(after) {
            assert_eq!(count_of(&value), round);
        }
    }
    counter.is_left_alone();
}

#[test]
fn those_that_ask_again_and_again_see_each_write() {
    let counter = Counter::new();
    counter.warm_up();
    let mut crowd = counter.begin_some();
    for count in 1..=300 {
        counter.count();
        let own = counter.begin(&counter.value);
        crowd.extend(counter.begin_some());
        assert_eq!(count_of(&finish(vec![own])[0]), count);
        if crowd.len() > 100 {
            finish(std::mem::take(&mut crowd));
        }
    }
    finish(crowd);
    counter.is_left_alone();
}

/// Fails, or panics, at the first row.
struct Fails(bool);

impl RowSink for Fails {
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        assert!(matches!(row.value(0)?, ValueRef::I64(_)));
        assert!(!self.0, "a sink that panics");
        Err(Error::new(ErrorKind::Decode, "a sink that fails"))
    }
}

#[test]
fn one_that_fails_fails_alone() {
    let counter = Counter::new();
    for round in 0..60 {
        counter.warm_up();
        let entered = counter.gate.entered();
        counter.gate.shut();
        let mut reads = counter.begin_some();
        reads.push(counter.begin(&counter.waits));
        reads.extend(counter.begin_some());
        let fails = counter.begin_into(&counter.value, Box::new(Fails(round % 3 == 0)));
        let behind = counter.begin_some();
        eventually("the queue is held up", || counter.gate.entered() > entered);
        counter.gate.open();
        assert!(block_on(fails).is_err());
        for value in finish(reads).iter().chain(&finish(behind)) {
            assert_eq!(count_of(value), 0);
        }
    }
    counter.is_left_alone();
}

#[test]
fn callers_that_go_away_leave_no_snapshot() {
    let counter = Counter::new();
    for round in 0..100_usize {
        let (mut reads, waits, behind) = counter.hold_up();
        reads.extend(behind);
        // Interrupted in the middle of the snapshot, or answered and not looked at.
        if round % 2 == 0 {
            drop(waits);
        }
        let kept: Vec<_> = reads
            .into_iter()
            .enumerate()
            .filter_map(|(index, read)| (index % 3 == round % 3).then_some(read))
            .collect();
        counter.gate.open();
        for value in finish(kept) {
            assert_eq!(count_of(&value), 0);
        }
    }
    counter.is_left_alone();
}

#[test]
fn a_cursor_keeps_what_it_began_with() {
    let counter = Counter::new();
    let many: Arc<str> = "SELECT counter.value FROM counter, json_each('[1,2,3]')".into();
    for _ in 0..50 {
        counter.warm_up();
        let mut reads = counter.begin_some();
        let statement = Statement::read(Arc::clone(&many), Vec::new());
        let mut open = counter.db.fetch(statement, Box::new(Rows::default()), 1);
        assert!(poll_once(&mut open).is_pending());
        reads.extend(counter.begin_some());
        let (first, cursor) = taken(block_on(open).unwrap());
        let cursor = cursor.expect("two more rows");
        counter.count();
        let (rest, over) = taken(block_on(cursor.fill(Box::new(first), 9)).unwrap());
        assert!(over.is_none());
        assert_eq!(rest.rows.len(), 3);
        assert!(rest.rows.iter().all(|row| row == &rest.rows[0]));
        finish(reads);
    }
    counter.is_left_alone();
}

#[test]
fn closing_in_the_middle_waits_for_those_who_asked() {
    for _ in 0..50 {
        let counter = Counter::new();
        counter.warm_up();
        let reads = counter.begin_some();
        let mut close = counter.db.close();
        assert!(poll_once(&mut close).is_pending());
        assert!(finish(reads).iter().all(Result::is_ok));
        block_on(close).unwrap();
    }
}

#[test]
fn what_has_been_read_from_a_shared_cache_is_not_locked_any_more() {
    let folder = Folder::new();
    let path = folder.file("test.db");
    drop(open(new_file(&folder)));
    let url = format!("file:{}?cache=shared", path.display());
    let mut counter = Counter::with(SqliteOptions::new(&url).unwrap(), folder);
    counter.waits = "SELECT gate(1)".into();
    for _ in 0..50 {
        let (mut reads, waits, behind) = counter.hold_up();
        reads.push(waits);
        reads.extend(behind);
        // Nobody waits for a lock between those who share a cache: it fails at once.
        let written = write(&counter.db, "UPDATE counter SET value = value + 1");
        counter.gate.open();
        assert!(finish(reads).iter().all(Result::is_ok));
        written.unwrap();
    }
}
