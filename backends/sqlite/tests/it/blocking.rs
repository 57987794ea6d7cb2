//! The blocking twins, on the caller's thread.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use queryset::runtime::{BlockingJob, BoxFuture, Runtime, SpawnError, Spawner, Threads, block_on};
use queryset::{Backend, CancelToken, ErrorKind, Statement, Value};
use queryset_sqlite::{SqliteBackend, SqliteOptions};

use crate::support::{
    ENDLESS, Folder, Gate, Rows, aread, eventually, in_use, int, new_file, open, read, taken, write,
};

/// A runtime that takes nothing.
#[derive(Debug)]
struct Refusing;

impl Spawner for Refusing {
    fn spawn(&self, _: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        Err(SpawnError::refused("refusing", "it takes nothing"))
    }

    fn spawn_blocking(&self, _: BlockingJob) -> Result<(), SpawnError> {
        Err(SpawnError::refused("refusing", "it takes nothing"))
    }
}

fn recording(options: SqliteOptions) -> (SqliteOptions, Arc<Mutex<Vec<ThreadId>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let options = options.on_connect(move |connection| {
        let record = Arc::clone(&record);
        connection.create_scalar_function("thread", Some(0), move |_| {
            record.lock().unwrap().push(thread::current().id());
            Ok(Value::I64(1))
        })
    });
    (options, seen)
}

#[test]
fn run_on_the_callers_thread_without_a_runtime() {
    let (options, seen) = recording(SqliteOptions::memory());
    let runtime = Runtime::from(Threads).with_spawner(Refusing);
    let db = SqliteBackend::open(options, runtime).unwrap();
    assert_eq!(read(&db, "SELECT thread()", vec![]).unwrap(), [[int(1)]]);
    write(&db, "CREATE TABLE t AS SELECT thread()").unwrap();
    let statement = Statement::read(format!("SELECT i, thread() FROM ({ENDLESS})"), vec![]);
    let (_, cursor) = taken(
        db.fetch_blocking(statement, Box::new(Rows::default()), 1, None)
            .unwrap(),
    );
    let filled = cursor
        .unwrap()
        .fill_blocking(Box::new(Rows::default()), 2, None);
    drop(filled);
    let seen = seen.lock().unwrap();
    assert!(seen.len() >= 4);
    assert!(seen.iter().all(|id| *id == thread::current().id()));

    let error = block_on(db.fetch(
        Statement::read("SELECT 1", vec![]),
        Box::new(Rows::default()),
        1,
    ))
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    db.close_blocking().unwrap();
}

#[test]
fn the_asynchronous_form_runs_elsewhere() {
    let (options, seen) = recording(SqliteOptions::memory());
    let db = open(options);
    aread(&db, "SELECT thread()", vec![]).unwrap();
    assert_ne!(seen.lock().unwrap()[0], thread::current().id());
}

#[test]
fn a_token_ends_a_running_read() {
    let db = open(SqliteOptions::memory().readers(1));
    let token = CancelToken::with_deadline(Instant::now() + Duration::from_millis(20));
    let sql = format!("SELECT count(*) FROM ({ENDLESS})");
    let give_up = |token: &CancelToken| {
        let statement = Statement::read(&*sql, vec![]);
        db.fetch_blocking(statement, Box::new(Rows::default()), 1, Some(token))
            .unwrap_err()
    };
    assert_eq!(give_up(&token).kind(), ErrorKind::Timeout);
    // Passed already: it does not begin.
    assert_eq!(give_up(&token).kind(), ErrorKind::Timeout);
    let token = CancelToken::new();
    let other = token.clone();
    thread::scope(|scope| {
        let db = &db;
        scope.spawn(move || {
            eventually("it runs", || in_use(db) == 1);
            other.cancel();
        });
        let statement = Statement::read(&*sql, vec![]);
        let error = db
            .fetch_blocking(statement, Box::new(Rows::default()), 1, Some(&token))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

#[test]
fn a_token_ends_the_wait_for_a_lock_and_for_a_connection() {
    let folder = Folder::new();
    let hour = Duration::from_secs(3600);
    let db = open(new_file(&folder).busy_timeout(hour).acquire_timeout(hour));
    write(&db, "CREATE TABLE t (a)").unwrap();
    let other = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let insert = Statement::write("INSERT INTO t VALUES (1)", vec![]);
    thread::scope(|scope| {
        let (first, second) = (CancelToken::new(), CancelToken::new());
        let run = |token: CancelToken| {
            let insert = insert.clone();
            let db = &db;
            scope.spawn(move || db.execute_blocking(insert, Some(&token)).unwrap_err())
        };
        let for_lock = run(first.clone());
        eventually("it waits for the lock", || in_use(&db) == 1);
        let for_connection = run(second.clone());
        eventually("it waits for the connection", || {
            format!("{db:?}").contains("waiting: 1")
        });
        second.cancel();
        assert_eq!(for_connection.join().unwrap().kind(), ErrorKind::Cancelled);
        first.cancel();
        assert_eq!(for_lock.join().unwrap().kind(), ErrorKind::Cancelled);
    });
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(db.execute_blocking(insert, None).unwrap(), 1);
}

#[test]
fn blocking_and_asynchronous_callers_are_served_in_turn() {
    let gate = Gate::default();
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&order);
    let options = gate.register(SqliteOptions::memory().readers(1));
    let db = Arc::new(open(options.on_connect(move |connection| {
        let noted = Arc::clone(&noted);
        connection.create_scalar_function("note", Some(1), move |arguments| {
            noted.lock().unwrap().push(arguments[0].to_owned());
            Ok(arguments[0].to_owned())
        })
    })));
    gate.shut();
    let holder = {
        let db = Arc::clone(&db);
        thread::spawn(move || read(&db, "SELECT gate(0)", vec![]).unwrap())
    };
    eventually("the reader is held", || gate.entered() == 1);
    let callers: Vec<_> = (1..=20)
        .map(|number| {
            let of_caller = Arc::clone(&db);
            let caller = thread::spawn(move || {
                let params = vec![int(number)];
                let rows = match number % 2 {
                    0 => read(&of_caller, "SELECT note(?)", params),
                    _ => aread(&of_caller, "SELECT note(?)", params),
                };
                assert_eq!(rows.unwrap(), [[int(number)]]);
            });
            eventually("it waits", || {
                format!("{db:?}").contains(&format!("waiting: {number}"))
            });
            caller
        })
        .collect();
    gate.open();
    holder.join().unwrap();
    for caller in callers {
        caller.join().unwrap();
    }
    let expected: Vec<Value> = (1..=20).map(int).collect();
    assert_eq!(*order.lock().unwrap(), expected);
}
