use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use queryset::runtime::{BlockingJob, BoxFuture, Runtime, SpawnError, Spawner, Threads, block_on};
use queryset::{Backend, Error, ErrorKind, Result, Row, RowSink, Statement};
use queryset_sqlite::{SqliteBackend, SqliteOptions};

use crate::support::{
    ENDLESS, Folder, Gate, Rows, aread, eventually, in_use, int, new_file, open, poll_once, read,
    taken, write,
};

/// Counts the blocking jobs that were asked for and those that have ended.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Spawner for Counting {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        Threads.spawn(task)
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        let counts = Arc::clone(&self.0);
        Threads.spawn_blocking(Box::new(move || {
            job();
            counts.ended.fetch_add(1, Ordering::SeqCst);
        }))
    }
}

/// Drops what it accepts, as a runtime does that shuts down.
#[derive(Debug)]
struct Losing;

impl Spawner for Losing {
    fn spawn(&self, _: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        Ok(())
    }

    fn spawn_blocking(&self, _: BlockingJob) -> Result<(), SpawnError> {
        Ok(())
    }
}

#[test]
fn a_thread_serves_many_operations_and_is_given_back() {
    let counting = Counting::default();
    let runtime = Runtime::from(Threads).with_spawner(counting.clone());
    let options = SqliteOptions::memory().thread_idle(Duration::from_secs(1));
    let db = SqliteBackend::open(options, runtime).unwrap();
    let counts = &counting.0;
    assert_eq!(counts.begun.load(Ordering::SeqCst), 0);
    for number in 0..200 {
        let rows = aread(&db, "SELECT ?", vec![int(number)]).unwrap();
        assert_eq!(rows, [[int(number)]]);
    }
    let begun = counts.begun.load(Ordering::SeqCst);
    assert!(begun < 100, "{begun} jobs for 200 operations");
    eventually("every thread is given back", || {
        counts.ended.load(Ordering::SeqCst) == counts.begun.load(Ordering::SeqCst)
    });
    assert_eq!(aread(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
    assert!(counts.begun.load(Ordering::SeqCst) > begun);
}

#[test]
fn a_runtime_that_loses_its_jobs_is_an_error() {
    let runtime = Runtime::from(Threads).with_spawner(Losing);
    let db = SqliteBackend::open(SqliteOptions::memory(), runtime).unwrap();
    let error = aread(&db, "SELECT 1", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert_eq!(
        error.to_string(),
        "the runtime has shut down: keep it alive for as long as its database is used"
    );
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
    block_on(db.close()).unwrap();
}

/// More reads than cores, while one of them waits for a lock.
#[test]
fn reads_go_on_while_one_waits_for_a_lock() {
    let folder = Folder::new();
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    let db = open(new_file(&folder));
    write(&db, "CREATE TABLE t (a)").unwrap();
    let locked = SqliteOptions::path(folder.file("locked.db"))
        .create_if_missing(true)
        .journal_mode(queryset_sqlite::JournalMode::Delete)
        .busy_timeout(Duration::from_secs(3600));
    let other = open(locked);
    write(&other, "CREATE TABLE t (a)").unwrap();
    let attach = format!("ATTACH '{}' AS other", folder.file("locked.db").display());
    let gate = Gate::default();
    let options = gate
        .register(SqliteOptions::path(folder.file("test.db")))
        .readers(cores + 2)
        .busy_timeout(Duration::from_secs(3600))
        .on_connect(move |connection| connection.execute_batch(&attach));
    let attached = open(options);
    // All readers are opened before the lock is taken, since attaching needs it too.
    gate.shut();
    let mut openers: Vec<_> = (0..cores + 2)
        .map(|_| {
            let statement = Statement::read("SELECT gate(count(*)) FROM other.t", vec![]);
            attached.fetch(statement, Box::new(Rows::default()), 9)
        })
        .collect();
    for opener in &mut openers {
        assert!(poll_once(opener).is_pending());
    }
    let all = u64::try_from(cores + 2).unwrap();
    eventually("all readers are open", || gate.entered() == all);
    gate.open();
    for opener in openers {
        block_on(opener).unwrap();
    }

    let holder = rusqlite::Connection::open(folder.file("locked.db")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let sink = Box::new(Rows::default());
    let waits = Statement::read("SELECT count(*) FROM other.t", vec![]);
    let mut waiting = attached.fetch(waits, sink, 9);
    assert!(poll_once(&mut waiting).is_pending());
    eventually("it waits", || in_use(&attached) == 1);
    let mut reads: Vec<_> = (0..=cores)
        .map(|number| {
            let number = int(i64::try_from(number).unwrap());
            let sink = Box::new(Rows::default());
            let statement = Statement::read("SELECT ? FROM (SELECT count(*) FROM t)", vec![number]);
            attached.fetch(statement, sink, 9)
        })
        .collect();
    for read in &mut reads {
        assert!(poll_once(read).is_pending());
    }
    for (number, read) in reads.into_iter().enumerate() {
        let (rows, _) = taken(block_on(read).unwrap());
        assert_eq!(rows.rows, [[int(i64::try_from(number).unwrap())]]);
    }
    assert!(poll_once(&mut waiting).is_pending(), "the lock is held");
    holder.execute_batch("COMMIT").unwrap();
    let (rows, _) = taken(block_on(waiting).unwrap());
    assert_eq!(rows.rows, [[int(0)]]);
}

#[test]
fn reads_and_writes_go_on_beside_an_open_cursor() {
    let folder = Folder::new();
    let db = open(new_file(&folder));
    write(&db, "CREATE TABLE t (a)").unwrap();
    write(&db, "INSERT INTO t VALUES (1), (2), (3)").unwrap();
    let statement = Statement::read("SELECT a FROM t", vec![]);
    let fetched = block_on(db.fetch(statement, Box::new(Rows::default()), 1)).unwrap();
    let (_, cursor) = taken(fetched);
    for _ in 0..10 {
        write(&db, "INSERT INTO t VALUES (4)").unwrap();
        aread(&db, "SELECT count(*) FROM t", vec![]).unwrap();
    }
    let sink = Box::new(Rows::default());
    let (rest, _) = taken(block_on(cursor.unwrap().fill(sink, 99)).unwrap());
    assert_eq!(
        rest.rows,
        [[int(2)], [int(3)]],
        "as it was when the read began"
    );
    let count = aread(&db, "SELECT count(*) FROM t", vec![]).unwrap();
    assert_eq!(count, [[int(13)]]);
}

#[test]
fn nested_reads_in_memory() {
    let db = open(SqliteOptions::memory());
    write(&db, "CREATE TABLE t (a)").unwrap();
    write(&db, "INSERT INTO t VALUES (1), (2), (3)").unwrap();
    let statement = Statement::read("SELECT a FROM t", vec![]);
    let fetched = block_on(db.fetch(statement, Box::new(Rows::default()), 1)).unwrap();
    let (_, cursor) = taken(fetched);
    assert_eq!(
        aread(&db, "SELECT sum(a) FROM t", vec![]).unwrap(),
        [[int(6)]]
    );
    drop(cursor);
    write(&db, "DELETE FROM t").unwrap();
    assert_eq!(
        read(&db, "SELECT count(*) FROM t", vec![]).unwrap(),
        [[int(0)]]
    );
}

#[test]
fn a_full_pool_says_who_holds_it() {
    let timeout = Duration::from_millis(30);
    let db = open(SqliteOptions::memory().readers(2).acquire_timeout(timeout));
    let hold = |sql: &str| {
        let sink = Box::new(Rows::default());
        taken(block_on(db.fetch(Statement::read(sql, vec![]), sink, 1)).unwrap()).1
    };
    let oldest = hold(ENDLESS);
    let _newer = hold(&format!("SELECT * FROM ({ENDLESS})"));
    for error in [
        read(&db, "SELECT 1", vec![]).unwrap_err(),
        aread(&db, "SELECT 1", vec![]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::PoolExhausted);
        let message = error.to_string();
        let start = "no connection for reading became free within 30ms: 2 of 2 are in use, \
                     the longest since ";
        assert!(message.starts_with(start), "{message}");
        let end = format!(", an open cursor over `{ENDLESS}`");
        assert!(message.ends_with(&end), "{message}");
    }
    drop(oldest);
    assert_eq!(aread(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

#[test]
fn a_panic_costs_one_connection_and_nothing_else() {
    struct Panics;

    impl RowSink for Panics {
        fn row(&mut self, _: &dyn Row) -> Result<()> {
            let message = "the row cannot be decoded".to_owned();
            std::panic::resume_unwind(Box::new(message))
        }
    }

    let options = SqliteOptions::memory().readers(1).on_connect(|connection| {
        connection.create_scalar_function("panics", Some(0), |_| {
            std::panic::resume_unwind(Box::new("no answer"))
        })?;
        connection.create_scalar_function("fails", Some(0), |_| {
            Err(Error::new(ErrorKind::Value, "not today"))
        })
    });
    let db = open(options);
    write(&db, "CREATE TABLE t AS SELECT 1 AS a").unwrap();
    for _ in 0..20 {
        let statement = Statement::read("SELECT a FROM t", vec![]);
        for error in [
            block_on(db.fetch(statement.clone(), Box::new(Panics), 1)).unwrap_err(),
            db.fetch_blocking(statement, Box::new(Panics), 1, None)
                .unwrap_err(),
        ] {
            assert_eq!(
                error.to_string(),
                "reading a row panicked: the row cannot be decoded"
            );
        }
        let error = aread(&db, "SELECT panics()", vec![]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sqlite: function `panics`: it panicked: no answer (in `SELECT panics()`)"
        );
        let error = aread(&db, "SELECT fails()", vec![]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sqlite: function `fails`: not today (in `SELECT fails()`)"
        );
        assert_eq!(in_use(&db), 0);
    }
    assert_eq!(aread(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
}

#[test]
fn a_sinks_error_comes_back_and_ends_the_read() {
    struct Refuses;

    impl RowSink for Refuses {
        fn row(&mut self, _: &dyn Row) -> Result<()> {
            Err(Error::new(ErrorKind::Decode, "the row does not fit").with_column("a"))
        }
    }

    let db = open(SqliteOptions::memory().readers(1));
    let statement = Statement::read(ENDLESS, vec![]);
    let error = block_on(db.fetch(statement, Box::new(Refuses), 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.column(), Some("a"));
    assert_eq!(aread(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

#[test]
fn many_threads_and_futures_at_once() {
    let folder = Folder::new();
    for options in [new_file(&folder), SqliteOptions::memory()] {
        let db = open(options.readers(3));
        write(&db, "CREATE TABLE t (a INTEGER PRIMARY KEY)").unwrap();
        thread::scope(|scope| {
            for number in 0..8 {
                let db = &db;
                scope.spawn(move || insert_and_select(db, number));
            }
        });
        let count = read(&db, "SELECT count(*) FROM t", vec![]).unwrap();
        assert_eq!(count, [[int(1600)]]);
    }
}

fn insert_and_select(db: &SqliteBackend, number: i64) {
    for round in 0..200 {
        let value = number * 1000 + round;
        let insert = Statement::write("INSERT INTO t VALUES (?)", vec![int(value)]);
        let rows = match (number + round) % 2 {
            0 => db.execute_blocking(insert, None),
            _ => block_on(db.execute(insert)),
        };
        assert_eq!(rows.unwrap(), 1);
        let select = "SELECT a FROM t WHERE a = ?";
        let rows = match round % 2 {
            0 => read(db, select, vec![int(value)]),
            _ => aread(db, select, vec![int(value)]),
        };
        assert_eq!(rows.unwrap(), [[int(value)]]);
    }
}

#[test]
fn an_open_transaction_is_not_left_to_others() {
    let db = open(SqliteOptions::memory());
    write(&db, "CREATE TABLE t (a)").unwrap();
    let error = write(&db, "BEGIN; INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Programming);
    assert!(error.to_string().contains("left a transaction open"));
    assert_eq!(
        read(&db, "SELECT count(*) FROM t", vec![]).unwrap(),
        [[int(0)]]
    );
    let rows = write(&db, "BEGIN; INSERT INTO t VALUES (1); COMMIT; SELECT 1").unwrap();
    assert_eq!(rows, 1);
}
