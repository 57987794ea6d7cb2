//! A database in memory, where a write keeps reads out and they wait for their turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use queryset::{
    Backend, ErrorKind, Result, Statement, TransactionBackend, TransactionOptions,
    TransactionStatus, Value,
};
use queryset_sqlite::SqliteOptions;

use crate::support::{aread, int, open, read, write};

fn insert(transaction: &dyn TransactionBackend) -> Result<u64> {
    let statement = Statement::write("INSERT INTO t VALUES (1)", vec![]);
    transaction.execute_blocking(statement, None)
}

#[test]
fn a_read_in_its_own_transaction_is_told_what_it_waits_for() {
    let timeout = Duration::from_millis(30);
    let db = open(SqliteOptions::memory().readers(2).acquire_timeout(timeout));
    write(&db, "CREATE TABLE t (a)").unwrap();
    let transaction = db.begin_blocking(TransactionOptions::new()).unwrap();
    insert(&*transaction).unwrap();
    for error in [
        read(&db, "SELECT count(*) FROM t", vec![]).unwrap_err(),
        aread(&db, "SELECT count(*) FROM t", vec![]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::PoolExhausted);
        let message = error.to_string();
        let start = "no read could begin within 30ms: in memory a write keeps reads out, and there \
                     is one since ";
        assert!(message.starts_with(start), "{message}");
        let end = ", in a transaction begun by `BEGIN IMMEDIATE`; what reads while its own \
                   transaction is open has to read through that";
        assert!(message.ends_with(end), "{message}");
    }
    transaction.commit_blocking().unwrap();
    assert_eq!(transaction.status(), TransactionStatus::Ended);
    drop(transaction);
    assert_eq!(
        aread(&db, "SELECT count(*) FROM t", vec![]).unwrap(),
        [[int(1)]]
    );
}

/// Whatever a read sees, it is whole transactions.
fn whole(rows: Vec<Vec<Value>>) {
    match rows[0][0] {
        Value::I64(count) => assert_eq!(count % 2, 0),
        ref other => panic!("{other:?}"),
    }
}

/// Somebody who writes without a pause keeps nobody out for ever.
#[test]
fn reads_and_transactions_take_turns() {
    const READS: u64 = 20;
    let db = open(SqliteOptions::memory().readers(2));
    write(&db, "CREATE TABLE t (a)").unwrap();
    let (blocking, asynchronous) = (AtomicU64::new(0), AtomicU64::new(0));
    let done = |reads: &AtomicU64| reads.load(Ordering::SeqCst) >= READS;
    let until = Instant::now() + Duration::from_secs(60);
    let own = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut rounds: i64 = 0;
            while !(done(&blocking) && done(&asynchronous)) {
                assert!(Instant::now() < until, "readers are kept out");
                let transaction = db.begin_blocking(TransactionOptions::new()).unwrap();
                insert(&*transaction).unwrap();
                insert(&*transaction).unwrap();
                transaction.commit_blocking().unwrap();
                rounds += 1;
            }
            rounds
        });
        scope.spawn(|| {
            while !done(&blocking) {
                whole(read(&db, "SELECT count(*) FROM t", vec![]).unwrap());
                blocking.fetch_add(1, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            while !done(&asynchronous) {
                whole(aread(&db, "SELECT count(*) FROM t", vec![]).unwrap());
                asynchronous.fetch_add(1, Ordering::SeqCst);
            }
        });
        writing.join().unwrap()
    });
    let all = read(&db, "SELECT count(*) FROM t", vec![]).unwrap();
    assert_eq!(all, [[int(2 * own)]]);
}
