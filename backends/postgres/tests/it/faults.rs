//! A server that goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use queryset::ErrorKind;
use queryset::pool::PoolOptions;
use queryset::runtime::block_on;
use queryset_postgres::PostgresBackend;
use queryset_servers::{Kind, Needs, Servers};

use crate::support::{aread, int, options, read, tokio, until, write};

#[test]
fn a_server_that_is_killed_is_used_again_when_it_is_back() {
    let servers = Servers::start_apart(Needs::none().with(Kind::Postgres)).unwrap();
    let server = servers.postgres().unwrap();
    let pool = PoolOptions::new()
        .max_size(4)
        .acquire_timeout(Duration::from_secs(5));
    let db = options(server).pool(pool);
    let db = Arc::new(PostgresBackend::new(db, tokio()).unwrap());
    let (stop, good) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let (db, stop, good) = (Arc::clone(&db), Arc::clone(&stop), Arc::clone(&good));
            let reads = async move {
                let mut failures = 0;
                while !stop.load(Ordering::SeqCst) {
                    let sql = "SELECT $1::int8 FROM pg_sleep(0.001)";
                    match aread(&db, sql, vec![int(number)]).await {
                        Ok(rows) => {
                            assert_eq!(rows, [[int(number)]]);
                            good.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(error) => {
                            let kind = error.kind();
                            assert!(
                                matches!(kind, ErrorKind::Connection | ErrorKind::PoolExhausted),
                                "{error:?}"
                            );
                            failures += 1;
                        }
                    }
                }
                failures
            };
            tokio().spawn(reads).unwrap()
        })
        .collect();
    let more = |than: usize| until("reads go on", || good.load(Ordering::SeqCst) > than);
    more(100);
    for _ in 0..2 {
        server.kill().unwrap();
        let error = read_fails(&db);
        assert_eq!(error, ErrorKind::Connection);
        server.start_again().unwrap();
        let now = good.load(Ordering::SeqCst);
        more(now + 100);
    }
    stop.store(true, Ordering::SeqCst);
    let failures: usize = tasks.into_iter().map(|task| block_on(task).unwrap()).sum();
    println!(
        "{failures} reads failed, {} did not",
        good.load(Ordering::SeqCst)
    );
    assert!(failures > 0);

    // Idle connections of a server that was restarted: nothing is lost, reading or writing.
    server.kill().unwrap();
    server.start_again().unwrap();
    assert_eq!(read(&db, "SELECT 7", vec![]).unwrap(), [[int(7)]]);
    server.kill().unwrap();
    server.start_again().unwrap();
    write(&db, "CREATE TABLE after_all (a int)", vec![]).unwrap();
    db_closes(&db);
}

fn read_fails(db: &PostgresBackend) -> ErrorKind {
    use queryset::{Backend, Statement};

    let sink = Box::new(crate::support::Rows::default());
    let statement = Statement::read("SELECT 1", vec![]);
    match db.fetch_blocking(statement, sink, 1, None) {
        Ok(_) => panic!("the server was killed"),
        Err(error) => error.kind(),
    }
}

fn db_closes(db: &PostgresBackend) {
    use queryset::Backend;

    db.close_blocking().unwrap();
    assert_eq!(db.pool_status().in_use, 0);
}

/// An administrator ends one session: the next statement goes elsewhere.
#[test]
fn a_session_that_was_ended_is_replaced() {
    let servers = crate::support::servers();
    let server = servers.postgres().unwrap();
    let options = options(server).application_name("ended");
    let db = PostgresBackend::new(options, tokio()).unwrap();
    let mut unseen = 0;
    for number in 0..10 {
        // The session's end may reach us only after the statement has been sent.
        match block_on(aread(&db, "SELECT $1::int8", vec![int(number)])) {
            Ok(rows) => {
                assert_eq!(rows, [[int(number)]]);
                unseen += 1;
            }
            Err(error) => {
                let known = (error.kind(), error.code());
                assert_eq!(known, (ErrorKind::Connection, Some("57P01")));
            }
        }
        assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
        // Until it has ended.
        let end = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity \
                   WHERE application_name = 'ended'";
        server.sql(end).unwrap();
    }
    println!("{unseen} of 10 sessions were replaced unseen");
    // It may be the one to hear of the last end, and not the statement that is to sleep.
    let _ = block_on(aread(&db, "SELECT 1", vec![]));
    let statement = queryset::Statement::read("SELECT pg_sleep(600)", vec![]);
    let error = std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            use queryset::Backend;

            let sink = Box::new(crate::support::Rows::default());
            db.fetch_blocking(statement, sink, 1, None).map(drop)
        });
        until("it sleeps", || {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE application_name = 'ended' AND query LIKE '%pg_sleep(600)%'";
            !server.sql(end).unwrap().trim().is_empty()
        });
        slow.join().unwrap().unwrap_err()
    });
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Connection, Some("57P01"))
    );
}
