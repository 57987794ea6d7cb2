//! Reads that are dropped in each of their states: the next read's value is right, and what was
//! dropped has stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use queryset::runtime::block_on;
use queryset::{Backend, Fetched, Result, Row, RowSink, Statement};
use queryset_sqlite::{SqliteBackend, SqliteOptions};

use crate::support::{
    ENDLESS, Folder, Gate, Rows, aread, eventually, in_use, int, new_file, open, poll_once, taken,
    write,
};

const ROUNDS: u64 = 1000;

fn rows() -> Box<Rows> {
    Box::default()
}

#[track_caller]
fn next_is_right(db: &SqliteBackend, round: u64) {
    let value = int(i64::try_from(round).unwrap());
    let answer = aread(db, "SELECT ?", vec![value.clone()]).unwrap();
    assert_eq!(answer, [[value]], "the read after drop {round}");
}

#[track_caller]
fn report(state: &str, dropped: u64) {
    println!("dropped while {state}: {dropped}");
    assert_eq!(dropped, ROUNDS, "{state}");
}

#[test]
fn queued() {
    let gate = Gate::default();
    let db = open(gate.register(SqliteOptions::memory().readers(1)));
    gate.shut();
    let mut holder = db.fetch(Statement::read("SELECT gate(-1)", vec![]), rows(), 9);
    assert!(poll_once(&mut holder).is_pending());
    eventually("the reader is held", || gate.entered() == 1);

    let (mut kept, mut dropped) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let value = int(i64::try_from(round).unwrap());
        let sql = "SELECT gate(?)";
        let mut unwanted = db.fetch(Statement::read(sql, vec![int(-2)]), rows(), 9);
        assert!(poll_once(&mut unwanted).is_pending());
        if round % 10 == 0 {
            let mut wanted = db.fetch(Statement::read(sql, vec![value.clone()]), rows(), 9);
            assert!(poll_once(&mut wanted).is_pending());
            kept.push((wanted, value));
        }
        drop(unwanted);
        dropped += 1;
    }
    assert_eq!(gate.entered(), 1, "all of them were queued");
    gate.open();
    let wanted = kept.len() as u64;
    for (future, value) in kept {
        let (rows, _) = taken(block_on(future).unwrap());
        assert_eq!(rows.rows, [[value]]);
    }
    drop(block_on(holder));
    next_is_right(&db, 7);
    assert_eq!(gate.entered(), 1 + wanted, "what was dropped never ran");
    report("queued", dropped);
}

#[test]
fn executing() {
    let gate = Gate::default();
    let db = open(gate.register(SqliteOptions::memory().readers(1)));
    let sql = format!("SELECT count(gate(i)) FROM ({ENDLESS})");
    let mut dropped = 0;
    for round in 0..ROUNDS {
        let before = gate.entered();
        let mut running = db.fetch(Statement::read(&*sql, vec![]), rows(), 9);
        assert!(poll_once(&mut running).is_pending());
        eventually("it runs", || gate.entered() > before);
        drop(running);
        dropped += 1;
        // The only reader: this waits for the endless statement to have stopped.
        next_is_right(&db, round);
        let stopped = gate.entered();
        assert_eq!(gate.entered(), stopped);
        assert_eq!(in_use(&db), 0);
    }
    report("executing", dropped);
}

/// Its neighbours on other connections go on.
#[test]
fn executing_beside_others() {
    let gate = Gate::default();
    let db = Arc::new(open(gate.register(SqliteOptions::memory().readers(3))));
    let sql = format!("SELECT count(gate(i)) FROM ({ENDLESS})");
    let innocent = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300) \
                    SELECT sum(i) FROM n";
    let done = Arc::new(AtomicU64::new(0));
    let neighbours: Vec<_> = (0..2)
        .map(|_| {
            let (db, done) = (Arc::clone(&db), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut reads = 0;
                while done.load(Ordering::Relaxed) == 0 || reads < 100 {
                    assert_eq!(aread(&db, innocent, vec![]).unwrap(), [[int(45_150)]]);
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for _ in 0..300 {
        let before = gate.entered();
        let mut running = db.fetch(Statement::read(&*sql, vec![]), rows(), 9);
        assert!(poll_once(&mut running).is_pending());
        eventually("it runs", || gate.entered() > before);
        drop(running);
    }
    done.store(1, Ordering::Relaxed);
    for neighbour in neighbours {
        assert!(neighbour.join().unwrap() >= 100);
    }
    eventually("all have stopped", || in_use(&db) == 0);
}

/// Dropped just about when it ends by itself, so that many a cancel comes too late.
#[test]
fn at_the_last_moment() {
    let db = open(SqliteOptions::memory().readers(1));
    let mut late = 0;
    for round in 0..ROUNDS {
        let statement = Statement::read("SELECT ?", vec![int(-1)]);
        let counted = Counted::default();
        let seen = Arc::clone(&counted.0);
        let mut running = db.fetch(statement, Box::new(counted), 9);
        assert!(poll_once(&mut running).is_pending());
        for _ in 0..round % 100 * 40 {
            std::hint::spin_loop();
        }
        if round % 2 == 0 {
            eventually("its row is read", || seen.load(Ordering::SeqCst) == 1);
        }
        drop(running);
        late += seen.load(Ordering::SeqCst);
        next_is_right(&db, round);
    }
    println!("of {ROUNDS} drops {late} came with or after the row");
    assert!(late >= ROUNDS / 2);
}

#[test]
fn waiting_for_a_lock() {
    let folder = Folder::new();
    let hour = Duration::from_secs(3600);
    let db = open(new_file(&folder).busy_timeout(hour));
    write(&db, "CREATE TABLE t (a)").unwrap();
    let other = rusqlite::Connection::open(folder.file("test.db")).unwrap();
    let mut dropped = 0;
    for round in 0..ROUNDS {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let insert = Statement::write("INSERT INTO t VALUES (?)", vec![int(1)]);
        let mut waiting = db.execute(insert);
        assert!(poll_once(&mut waiting).is_pending());
        eventually("it has its connection", || in_use(&db) == 1);
        if round % 10 == 0 {
            // Deep in the wait, where the pauses are longest.
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(waiting);
        dropped += 1;
        // The lock is still held: it is the drop that ends the wait.
        eventually("it has stopped", || in_use(&db) == 0);
        next_is_right(&db, round);
        other.execute_batch("COMMIT").unwrap();
    }
    assert_eq!(
        aread(&db, "SELECT count(*) FROM t", vec![]).unwrap(),
        [[int(0)]]
    );
    assert_eq!(write(&db, "INSERT INTO t VALUES (2)").unwrap(), 1);
    report("waiting for a lock", dropped);
}

#[test]
fn streaming() {
    let db = open(SqliteOptions::memory().readers(1));
    let mut dropped = 0;
    for round in 0..ROUNDS {
        let fetched = block_on(db.fetch(Statement::read(ENDLESS, vec![]), rows(), 10)).unwrap();
        let (first, cursor) = taken(fetched);
        assert_eq!(first.rows.len(), 10);
        let cursor = cursor.expect("there is no end");
        match round % 3 {
            // Between two chunks.
            0 => drop(cursor),
            // In the middle of a chunk that never ends.
            1 => {
                let mut filling = cursor.fill(Box::new(Counted::default()), usize::MAX);
                assert!(poll_once(&mut filling).is_pending());
                drop(filling);
            }
            // With a chunk that nobody fetched.
            _ => {
                let counted = Counted::default();
                let seen = Arc::clone(&counted.0);
                let mut filling = cursor.fill(Box::new(counted), 3);
                assert!(poll_once(&mut filling).is_pending());
                eventually("the chunk is read", || seen.load(Ordering::SeqCst) == 3);
                drop(filling);
            }
        }
        dropped += 1;
        next_is_right(&db, round);
    }
    report("streaming", dropped);
}

#[test]
fn decoding() {
    let db = open(SqliteOptions::memory().readers(1));
    let gate = Gate::default();
    let mut dropped = 0;
    for round in 0..ROUNDS {
        let before = gate.entered();
        gate.shut();
        let sink = Box::new(Gated(gate.clone()));
        let mut decoding = db.fetch(Statement::read(ENDLESS, vec![]), sink, usize::MAX);
        assert!(poll_once(&mut decoding).is_pending());
        eventually("a row is decoded", || gate.entered() > before);
        drop(decoding);
        dropped += 1;
        gate.open();
        next_is_right(&db, round);
        let stopped = gate.entered();
        assert_eq!((gate.entered(), in_use(&db)), (stopped, 0));
    }
    report("decoding", dropped);
}

#[test]
fn a_future_that_was_never_polled_does_nothing() {
    let gate = Gate::default();
    let db = open(gate.register(SqliteOptions::memory()));
    for _ in 0..10 {
        drop(db.fetch(Statement::read("SELECT gate(1)", vec![]), rows(), 1));
        drop(db.execute(Statement::write("SELECT gate(1)", vec![])));
        drop(db.close());
    }
    next_is_right(&db, 1);
    assert_eq!(gate.entered(), 0);
}

#[derive(Default)]
struct Counted(Arc<AtomicU64>);

impl RowSink for Counted {
    fn row(&mut self, _: &dyn Row) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

struct Gated(Gate);

impl RowSink for Gated {
    fn row(&mut self, _: &dyn Row) -> Result<()> {
        self.0.pass();
        Ok(())
    }
}

/// A million rows in chunks, and the process grows by less than ten MiB.
#[test]
fn a_million_rows_stay_flat() {
    let db = open(SqliteOptions::memory().readers(1));
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) \
               SELECT i, 'a text of some length, the same in each row: ' || i FROM n";
    let mut fetched = block_on(db.fetch(Statement::read(sql, vec![]), rows(), 256)).unwrap();
    let before = resident_kib();
    let (mut seen, mut peak) = (0, before);
    loop {
        let (mut chunk, cursor) = taken(fetched);
        seen += chunk.rows.len();
        peak = peak.max(resident_kib());
        chunk.rows.clear();
        let Some(cursor) = cursor else { break };
        fetched = block_on(cursor.fill(Box::new(chunk), 256)).unwrap();
    }
    assert_eq!(seen, 1_000_000);
    println!("a million rows took {} KiB", peak - before);
    if before > 0 {
        // Other tests of this process allocate meanwhile; the rows themselves would be 100 MiB.
        assert!(peak - before < 40 << 10, "{} KiB", peak - before);
    }
}

/// The resident memory, where the system tells it.
fn resident_kib() -> usize {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return 0;
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let digits = line.map(|line| line.trim().trim_end_matches(" kB"));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[test]
fn dropping_the_handle_leaves_open_cursors_alone_and_frees_the_rest() {
    let folder = Folder::new();
    let db = open(new_file(&folder));
    write(&db, "CREATE TABLE t (a)").unwrap();
    write(&db, "INSERT INTO t VALUES (1), (2), (3)").unwrap();
    let read = Statement::read("SELECT a FROM t", vec![]);
    let Fetched { cursor, .. } = block_on(db.fetch(read, rows(), 1)).unwrap();
    drop(db);
    let (rest, end) = taken(block_on(cursor.unwrap().fill(rows(), 9)).unwrap());
    assert_eq!(rest.rows, [[int(2)], [int(3)]]);
    assert!(end.is_none());
    // The last connection to leave takes the log with it.
    eventually("all connections are closed", || {
        !folder.file("test.db-wal").exists()
    });
}
