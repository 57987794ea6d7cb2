use std::sync::Arc;
use std::thread;

use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Statement};
use queryset_sqlite::SqliteOptions;

use crate::support::{
    ENDLESS, Folder, Gate, Rows, aread, eventually, in_use, int, new_file, open, poll_once, read,
    taken, write,
};

#[test]
fn waits_for_what_runs_and_for_what_was_asked_before() {
    for blocking in [false, true] {
        let gate = Gate::default();
        let db = Arc::new(open(gate.register(SqliteOptions::memory().readers(1))));
        gate.shut();
        let ask = |value| {
            let statement = Statement::read("SELECT gate(?)", vec![int(value)]);
            let mut future = db.fetch(statement, Box::new(Rows::default()), 9);
            assert!(poll_once(&mut future).is_pending());
            future
        };
        let running = ask(1);
        eventually("it runs", || gate.entered() == 1);
        let queued = ask(2);
        let closer = Arc::clone(&db);
        let closing = thread::spawn(move || match blocking {
            true => closer.close_blocking(),
            false => block_on(closer.close()),
        });
        eventually("it closes", || format!("{db:?}").contains("phase: Closing"));
        let late = aread(&db, "SELECT 1", vec![]).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Closed);
        assert_eq!(late.to_string(), "the database has been closed");
        assert!(!closing.is_finished(), "a read is still running");
        gate.open();
        closing.join().unwrap().unwrap();
        for (future, value) in [(running, 1), (queued, 2)] {
            assert_eq!(taken(block_on(future).unwrap()).0.rows, [[int(value)]]);
        }
        let late = read(&db, "SELECT 1", vec![]).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Closed);
        db.close_blocking().unwrap();
        block_on(db.close()).unwrap();
    }
}

#[test]
fn closes_idle_cursors_and_the_file() {
    for blocking in [false, true] {
        let folder = Folder::new();
        let db = open(new_file(&folder));
        write(&db, "CREATE TABLE t (a)").unwrap();
        let statement = Statement::read(ENDLESS, vec![]);
        let sink = Box::new(Rows::default());
        let cursor = taken(block_on(db.fetch(statement, sink, 2)).unwrap())
            .1
            .unwrap();
        match blocking {
            true => db.close_blocking().unwrap(),
            false => block_on(db.close()).unwrap(),
        }
        assert!(!folder.file("test.db-wal").exists(), "the file is closed");
        let late = block_on(cursor.fill(Box::new(Rows::default()), 1)).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Closed);
        assert_eq!(in_use(&db), 0);
    }
}

#[test]
fn a_dropped_close_still_closes() {
    let gate = Gate::default();
    let db = open(gate.register(SqliteOptions::memory()));
    gate.shut();
    let mut running = db.fetch(
        Statement::read("SELECT gate(1)", vec![]),
        Box::new(Rows::default()),
        1,
    );
    assert!(poll_once(&mut running).is_pending());
    eventually("it runs", || gate.entered() == 1);
    let mut closing = db.close();
    assert!(poll_once(&mut closing).is_pending());
    drop(closing);
    gate.open();
    block_on(running).unwrap();
    let late = read(&db, "SELECT 1", vec![]).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Closed);
    block_on(db.close()).unwrap();
}
