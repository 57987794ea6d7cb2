//! Reads that start on the thread that awaits them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Result, Row, RowSink, Statement, Value};
use queryset_sqlite::{InlineBudget, JournalMode, SqliteBackend, SqliteOptions};

use crate::support::{
    ENDLESS, Folder, Gate, PATIENCE, Rows, aread, eventually, in_use, int, new_file, open,
    poll_once, taken, write,
};

/// A budget of steps alone, so that no clock decides.
fn steps(steps: u32) -> InlineBudget {
    InlineBudget::default()
        .time(Duration::from_secs(3600))
        .steps(steps)
}

/// Which threads ran the function `here(x)`, which is `x`.
#[derive(Clone, Default)]
struct Threads(Arc<Mutex<Vec<ThreadId>>>);

impl Threads {
    fn register(&self, options: SqliteOptions) -> SqliteOptions {
        let threads = self.clone();
        options.on_connect(move |connection| {
            let threads = threads.clone();
            connection.create_scalar_function("here", Some(1), move |arguments| {
                threads.0.lock().unwrap().push(thread::current().id());
                Ok(arguments[0].to_owned())
            })
        })
    }

    /// How many of the calls since the last time were on this thread, and how many elsewhere.
    fn took(&self) -> (usize, usize) {
        let calls = std::mem::take(&mut *self.0.lock().unwrap());
        let own = thread::current().id();
        let here = calls.iter().filter(|id| **id == own).count();
        (here, calls.len() - here)
    }
}

/// `?1` to `?2`, those that are at most `?3` or at least `?4`.
const NUMBERS: &str = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n \
                       WHERE i < ?2) SELECT here(i) FROM n WHERE i <= ?3 OR i >= ?4";

fn numbers(db: &SqliteBackend, to: i64, gap: (i64, i64)) -> Vec<Vec<Value>> {
    let params = vec![int(1), int(to), int(gap.0), int(gap.1)];
    aread(db, NUMBERS, params).unwrap()
}

fn ints(values: impl IntoIterator<Item = i64>) -> Vec<Vec<Value>> {
    values.into_iter().map(|value| vec![int(value)]).collect()
}

#[test]
fn a_read_runs_on_its_callers_thread_once_its_connection_knows_it() {
    let folder = Folder::new();
    for options in [new_file(&folder), SqliteOptions::memory()] {
        let threads = Threads::default();
        let db = open(threads.register(options.readers(1).inline(steps(4096))));
        assert_eq!(
            aread(&db, "SELECT here(?)", vec![int(1)]).unwrap(),
            ints([1])
        );
        assert_eq!(threads.took(), (0, 1), "prepared elsewhere");
        for value in 2..50 {
            let rows = aread(&db, "SELECT here(?)", vec![int(value)]).unwrap();
            assert_eq!(rows, ints([value]));
        }
        assert_eq!(threads.took(), (48, 0));
        assert_eq!(in_use(&db), 0);
        block_on(db.close()).unwrap();
        let late = aread(&db, "SELECT here(?)", vec![int(1)]).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Closed);
    }
}

#[test]
fn without_a_budget_none_does() {
    let threads = Threads::default();
    let db = open(threads.register(SqliteOptions::memory().readers(1)));
    for _ in 0..10 {
        aread(&db, "SELECT here(1)", vec![]).unwrap();
    }
    assert_eq!(threads.took(), (0, 10));
}

#[test]
fn out_of_its_budget_between_two_rows_it_goes_on_elsewhere() {
    let threads = Threads::default();
    let options = SqliteOptions::memory().readers(1);
    let db = open(threads.register(options.inline(steps(640))));
    assert_eq!(numbers(&db, 3, (3, 9)), ints(1..=3));
    threads.took();
    assert_eq!(numbers(&db, 1000, (1000, 9999)), ints(1..=1000));
    let (here, elsewhere) = threads.took();
    assert_eq!(here + elsewhere, 1000, "each row was made once");
    assert!(here > 0 && elsewhere > 0, "{here} {elsewhere}");
    assert_eq!(in_use(&db), 0);
}

#[test]
fn out_of_its_budget_within_a_step_it_begins_again_elsewhere() {
    let threads = Threads::default();
    let options = SqliteOptions::memory().readers(1);
    let db = open(threads.register(options.inline(steps(640))));
    assert_eq!(numbers(&db, 3, (3, 9)), ints(1..=3));
    threads.took();
    // Three rows are there when it is stopped, and are forgotten.
    let expected = ints((1..=3).chain(5000..=5002));
    assert_eq!(numbers(&db, 5002, (3, 5000)), expected);
    assert_eq!(threads.took(), (3, 6));
    assert_eq!(in_use(&db), 0);
}

#[test]
fn what_was_slow_starts_elsewhere_until_it_was_quick_for_a_while() {
    let threads = Threads::default();
    let options = SqliteOptions::memory().readers(1);
    let db = open(threads.register(options.inline(steps(640))));
    numbers(&db, 1, (1, 9));
    threads.took();
    numbers(&db, 1, (1, 9));
    assert_eq!(threads.took(), (1, 0));
    numbers(&db, 5000, (1, 5000));
    assert_eq!(threads.took(), (1, 2));
    let mut quick = 0;
    while numbers(&db, 1, (1, 9)) == ints([1]) && threads.took() == (0, 1) {
        quick += 1;
        assert!(quick < 100, "it never comes back");
    }
    assert!((7..=8).contains(&quick), "{quick}");
}

/// Another connection writes while the read is on its way from one thread to another.
#[test]
fn a_second_run_reads_the_snapshot_of_the_first() {
    let folder = Folder::new();
    let other = Arc::new(Mutex::new(None::<rusqlite::Connection>));
    let meddler = Arc::clone(&other);
    let threads = Threads::default();
    let options = threads.register(new_file(&folder).readers(1).inline(steps(640)));
    let db = open(options.on_connect(move |connection| {
        let meddler = Arc::clone(&meddler);
        connection.create_scalar_function("meddle", Some(1), move |arguments| {
            if let Some(other) = &*meddler.lock().unwrap() {
                let sql = "UPDATE t SET a = a + 1; INSERT INTO t SELECT max(a) FROM t";
                other.execute_batch(sql).unwrap();
            }
            Ok(arguments[0].to_owned())
        })
    }));
    write(&db, "CREATE TABLE t (a)").unwrap();
    write(&db, "INSERT INTO t VALUES (10)").unwrap();
    // Each row, how many rows there are in `t`, and their sum.
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
               SELECT here(i), (SELECT sum(a) FROM t WHERE a > n.i * 0), \
                      CASE i WHEN 1 THEN meddle(0) ELSE 0 END \
               FROM n WHERE i <= 2 OR i >= ?2";
    let read = |to: i64, gap: i64| {
        let rows = aread(&db, sql, vec![int(to), int(gap)]).unwrap();
        let sums: Vec<_> = rows.iter().map(|row| row[1].clone()).collect();
        (rows.len(), sums)
    };
    assert_eq!(read(2, 9), (2, vec![int(10); 2]));
    threads.took();
    let connection = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    *other.lock().unwrap() = Some(connection);
    // It is written while the first row is read here, and again while it is read elsewhere.
    assert_eq!(read(5001, 5000), (4, vec![int(10); 4]));
    assert_eq!(threads.took(), (2, 4), "it ran twice");
    *other.lock().unwrap() = None;
    let (_, sums) = read(2, 9);
    assert_eq!(
        sums,
        vec![int(12 + 12 + 12); 2],
        "the next read sees what was written"
    );
    assert_eq!(in_use(&db), 0);
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let other = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    let busy: i64 = other.query_row(checkpoint, [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0, "no snapshot is kept");
}

#[test]
fn what_has_no_moment_to_be_stopped_starts_elsewhere() {
    let threads = Threads::default();
    let gate = Gate::default();
    let options = threads.register(SqliteOptions::memory().readers(1));
    let blocks = gate.clone();
    let db = open(options.inline(steps(4096)).on_connect(move |connection| {
        let blocks = blocks.clone();
        connection.create_blocking_function("blocks", Some(1), move |arguments| {
            blocks.pass();
            Ok(arguments[0].to_owned())
        })
    }));
    write(&db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)").unwrap();
    write(&db, "INSERT INTO t VALUES (1, 2), (3, 4)").unwrap();
    for (sql, expected) in [
        ("SELECT (SELECT count(*) FROM t) + here(0)", 2),
        ("SELECT here(0) + BLOCKS(5)", 5),
    ] {
        for _ in 0..10 {
            assert_eq!(aread(&db, sql, vec![]).unwrap(), ints([expected]));
        }
        assert_eq!(threads.took(), (0, 10), "{sql}");
    }
    for _ in 0..10 {
        let count = Statement::read("SELECT count(*) FROM t", vec![]);
        let mut read = db.fetch(count, Box::new(Rows::default()), 9);
        assert!(poll_once(&mut read).is_pending());
        assert_eq!(taken(block_on(read).unwrap()).0.rows, ints([2]));
    }
    for (sql, expected) in [
        ("SELECT count(*) + here(0) FROM t WHERE b > 1", 2),
        ("SELECT here(b) FROM t WHERE a = 3", 4),
        ("SELECT here(a) FROM t ORDER BY b DESC LIMIT 1", 3),
    ] {
        for _ in 0..10 {
            assert_eq!(aread(&db, sql, vec![]).unwrap(), ints([expected]));
        }
        let (here, elsewhere) = threads.took();
        assert!(
            elsewhere < here,
            "{sql}: {here} here, {elsewhere} elsewhere"
        );
    }
}

#[test]
fn it_waits_for_no_connection() {
    let threads = Threads::default();
    let options = SqliteOptions::memory().readers(1).inline(steps(4096));
    let db = open(threads.register(options));
    aread(&db, "SELECT here(1)", vec![]).unwrap();
    threads.took();
    let all = Statement::read(ENDLESS, vec![]);
    let (_, cursor) = taken(block_on(db.fetch(all, Box::new(Rows::default()), 2)).unwrap());
    let one = || Statement::read("SELECT here(1)", vec![]);
    let mut queued = db.fetch(one(), Box::new(Rows::default()), 2);
    assert!(poll_once(&mut queued).is_pending(), "it is queued");
    drop(cursor);
    let (rows, _) = taken(block_on(queued).unwrap());
    assert_eq!(rows.rows, ints([1]));
    assert_eq!(threads.took(), (0, 1));
    eventually("the cursor is gone", || in_use(&db) == 0);
    assert_eq!(aread(&db, "SELECT here(1)", vec![]).unwrap(), ints([1]));
    assert_eq!(threads.took(), (1, 0));
}

#[test]
fn it_waits_for_no_lock() {
    let folder = Folder::new();
    let options = new_file(&folder).journal_mode(JournalMode::Delete);
    let db = open(
        options
            .readers(1)
            .busy_timeout(Duration::from_secs(3600))
            .inline(steps(4096)),
    );
    write(&db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)").unwrap();
    write(&db, "INSERT INTO t VALUES (1, 2), (3, 4)").unwrap();
    let other = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    for sql in [
        "SELECT b FROM t WHERE a = ?",
        "SELECT b FROM t WHERE b = ? + 1 LIMIT 1",
    ] {
        for _ in 0..3 {
            assert_eq!(aread(&db, sql, vec![int(1)]).unwrap(), ints([2]));
        }
        let statement = Statement::read(sql, vec![int(1)]);
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let mut stubborn = db.fetch(statement.clone(), Box::new(Stubborn), 9);
        assert!(poll_once(&mut stubborn).is_pending());
        other.execute_batch("ROLLBACK").unwrap();
        block_on(stubborn).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let mut read = db.fetch(statement.clone(), Box::new(Rows::default()), 9);
        // It would be an hour.
        assert!(poll_once(&mut read).is_pending());
        let mut dropped = db.fetch(statement, Box::new(Rows::default()), 9);
        assert!(poll_once(&mut dropped).is_pending());
        drop(dropped);
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(taken(block_on(read).unwrap()).0.rows, ints([2]));
        assert_eq!(aread(&db, sql, vec![int(1)]).unwrap(), ints([2]));
    }
    eventually("all are back", || in_use(&db) == 0);
}

#[test]
fn dropped_on_its_way_it_leaves_nothing_behind() {
    const ROUNDS: usize = 300;

    let folder = Folder::new();
    // The first run of each round is long enough to be stopped here and to go on elsewhere.
    let db = open(new_file(&folder).readers(1).inline(steps(640)));
    write(&db, "CREATE TABLE t (a)").unwrap();
    write(&db, "INSERT INTO t VALUES (1)").unwrap();
    let mut moved = 0;
    for round in 0..ROUNDS {
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT a FROM t UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
             SELECT max(i) FROM n -- {round}"
        );
        assert_eq!(aread(&db, &sql, vec![int(2)]).unwrap(), ints([2]));
        let statement = Statement::read(&*sql, vec![int(1 << 40)]);
        let mut read = db.fetch(statement, Box::new(Rows::default()), 9);
        assert!(poll_once(&mut read).is_pending());
        moved += in_use(&db);
        drop(read);
        let value = int(i64::try_from(round).unwrap());
        assert_eq!(
            aread(&db, "SELECT ?", vec![value.clone()]).unwrap(),
            [[value]]
        );
    }
    println!("dropped on their way: {moved}");
    assert_eq!(moved, ROUNDS);
    eventually("all are back", || in_use(&db) == 0);
    let other = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: i64 = other.query_row(checkpoint, [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0, "no snapshot is kept");
}

#[test]
fn a_cursor_goes_on_elsewhere() {
    let threads = Threads::default();
    let options = SqliteOptions::memory().readers(1).inline(steps(4096));
    let db = open(threads.register(options));
    numbers(&db, 5, (5, 9));
    threads.took();
    let params = vec![int(1), int(5), int(5), int(9)];
    let statement = Statement::read(NUMBERS, params);
    let mut read = db.fetch(statement, Box::new(Rows::default()), 2);
    let Poll::Ready(fetched) = poll_once(&mut read) else {
        panic!("it runs here");
    };
    let (rows, cursor) = taken(fetched.unwrap());
    assert_eq!(rows.rows, ints(1..=2));
    let rest = block_on(cursor.unwrap().fill(Box::new(Rows::default()), 9)).unwrap();
    assert_eq!(taken(rest).0.rows, ints(3..=5));
    assert_eq!(threads.took(), (3, 2));
    assert_eq!(in_use(&db), 0);
    // A sink that cannot forget what it took in is served elsewhere from the start.
    let params = vec![int(1), int(5), int(5), int(9)];
    let read = db.fetch(Statement::read(NUMBERS, params), Box::new(Stubborn), 9);
    block_on(read).unwrap();
    assert_eq!(threads.took(), (0, 5));
}

struct Stubborn;

impl RowSink for Stubborn {
    fn row(&mut self, _: &dyn Row) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_while_decoding_here_is_an_error() {
    struct Panics;

    impl RowSink for Panics {
        fn row(&mut self, _: &dyn Row) -> Result<()> {
            panic!("no such row");
        }

        fn forget(&mut self) -> bool {
            true
        }
    }

    let db = open(SqliteOptions::memory().readers(1).inline(steps(4096)));
    for sql in ["SELECT ?", "SELECT ? WHERE abs(1)"] {
        aread(&db, sql, vec![int(1)]).unwrap();
        let mut read = db.fetch(Statement::read(sql, vec![int(1)]), Box::new(Panics), 9);
        let Poll::Ready(Err(error)) = poll_once(&mut read) else {
            panic!("it runs here, and fails");
        };
        assert_eq!(error.to_string(), "reading a row panicked: no such row");
        assert_eq!(aread(&db, sql, vec![int(2)]).unwrap(), ints([2]));
    }
}

#[test]
fn errors_are_the_same_here() {
    let db = open(SqliteOptions::memory().readers(1).inline(steps(4096)));
    for (sql, kind) in [
        ("SELECT abs(?)", ErrorKind::Data),
        ("SELECT * FROM missing WHERE ? > 1", ErrorKind::Programming),
        ("DELETE FROM missing WHERE ? > 1", ErrorKind::Programming),
    ] {
        for _ in 0..3 {
            let error = aread(&db, sql, vec![int(i64::MIN)]).unwrap_err();
            assert_eq!(error.kind(), kind, "{sql}");
        }
    }
    let few = aread(&db, "SELECT ? + ?", vec![int(1)]).unwrap_err();
    assert_eq!(few.kind(), ErrorKind::Programming);
    assert_eq!(in_use(&db), 0);
}

#[test]
fn reads_in_a_row_let_others_run() {
    let budget = InlineBudget::default().time(Duration::from_millis(1));
    let db = open(SqliteOptions::memory().readers(1).inline(budget));
    aread(&db, "SELECT ?", vec![int(0)]).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let made_way = AtomicBool::new(false);
    let mut greedy = pin!(async {
        let mut reads = 0;
        while !made_way.load(Ordering::Relaxed) {
            assert!(Instant::now() < deadline, "nobody else runs");
            let statement = Statement::read("SELECT ?", vec![int(reads)]);
            let fetched = db.fetch(statement, Box::new(Rows::default()), 9).await;
            assert_eq!(taken(fetched.unwrap()).0.rows, ints([reads]));
            reads += 1;
        }
        println!("{reads} reads until others ran");
    });
    block_on(poll_fn(|context| {
        let polled = greedy.as_mut().poll(context);
        made_way.store(true, Ordering::Relaxed);
        polled
    }));
}

/// What the promise is about, for people to look at: a busy machine takes a thread away at any
/// moment, so that no time decides.
#[test]
fn the_longest_stall_is_told() {
    let folder = Folder::new();
    let db = open(new_file(&folder).readers(2).inline(InlineBudget::default()));
    write(&db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b, c)").unwrap();
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                LIMIT 50000) SELECT i, i * 7919 % 50021, 'text number ' || i FROM n";
    write(&db, fill).unwrap();
    for (what, sql) in [
        ("a row by its key", "SELECT * FROM t WHERE a = ?"),
        ("no filter", "SELECT count(*) FROM t"),
        ("a scan for a count", "SELECT count(*) FROM t WHERE b < ?"),
        ("a scan for one row", "SELECT * FROM t WHERE b = ? LIMIT 1"),
        (
            "a sort of all",
            "SELECT * FROM t WHERE a < ? ORDER BY b LIMIT 5",
        ),
        ("all rows", "SELECT * FROM t WHERE a < ?"),
        (
            "groups",
            "SELECT b % 9, max(c) FROM t WHERE a < ? GROUP BY 1",
        ),
        (
            "a join without an index",
            "SELECT count(*) FROM t x JOIN t y ON x.b = y.c WHERE x.a < ?",
        ),
    ] {
        let params = |value| match sql.contains('?') {
            true => vec![int(value)],
            false => vec![],
        };
        let (mut longest, mut slowest) = (Duration::ZERO, Duration::ZERO);
        for round in 0..40 {
            // Small at first, so that it starts here, and then not any more.
            let value = if round % 10 < 9 { 3 } else { 49_999 };
            let statement = Statement::read(sql, params(value));
            let mut read = db.fetch(statement, Box::new(Rows::default()), 1024);
            let began = Instant::now();
            let polled = poll_once(&mut read);
            longest = longest.max(began.elapsed());
            let fetched = match polled {
                Poll::Ready(fetched) => fetched,
                Poll::Pending => block_on(read),
            };
            drop(fetched.unwrap());
            slowest = slowest.max(began.elapsed());
        }
        println!("{what:<24} longest stall {longest:>10.1?}, slowest read {slowest:>10.1?}");
    }
    eventually("all are back", || in_use(&db) == 0);
}

/// SQLite makes another program of a statement by itself, and its shape is another one then.
#[test]
fn a_look_up_that_has_lost_its_index_is_stopped() {
    let folder = Folder::new();
    let db = open(new_file(&folder).readers(1).inline(steps(640)));
    write(&db, "CREATE TABLE t (a, b)").unwrap();
    write(&db, "CREATE UNIQUE INDEX t_a ON t (a)").unwrap();
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
                INSERT INTO t SELECT i, -i FROM n";
    write(&db, rows).unwrap();
    let look_up = || {
        let statement = Statement::read("SELECT b FROM t WHERE a = ?", vec![int(5000)]);
        db.fetch(statement, Box::new(Rows::default()), usize::MAX)
    };
    assert_eq!(taken(block_on(look_up()).unwrap()).0.rows, ints([-5000]));
    assert!(poll_once(&mut look_up()).is_ready(), "it runs here");
    write(&db, "DROP INDEX t_a").unwrap();
    let mut scan = look_up();
    assert!(poll_once(&mut scan).is_pending(), "it goes on elsewhere");
    assert_eq!(taken(block_on(scan).unwrap()).0.rows, ints([-5000]));
    eventually("the connection is back", || in_use(&db) == 0);
}

#[test]
fn a_failure_behind_the_last_row_comes_with_the_next_call() {
    let db = open(SqliteOptions::memory().readers(1).inline(steps(4096)));
    write(&db, "CREATE TABLE t (a)").unwrap();
    write(&db, "INSERT INTO t VALUES (1), (-9223372036854775808)").unwrap();
    for round in 0..3 {
        let statement = Statement::read("SELECT abs(a) FROM t", vec![]);
        let mut read = db.fetch(statement, Box::new(Rows::default()), 1);
        let fetched = match poll_once(&mut read) {
            Poll::Ready(fetched) => fetched,
            Poll::Pending => {
                assert_eq!(round, 0, "it runs here once its connection knows it");
                block_on(read)
            }
        };
        let (rows, cursor) = taken(fetched.unwrap());
        assert_eq!(rows.rows, ints([1]));
        let next = cursor.unwrap().fill(Box::new(Rows::default()), 1);
        assert!(block_on(next).is_err());
        eventually("the connection is back", || in_use(&db) == 0);
    }
}
