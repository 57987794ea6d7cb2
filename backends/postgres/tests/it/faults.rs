//! A server that goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use queryset::pool::PoolOptions;
use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Result, Statement, Value};
use queryset_postgres::PostgresBackend;
use queryset_servers::{Kind, Needs, Servers};

use crate::support::{Rows, aread, int, options, read, runtimes, taken, tokio, until, write};

/// What the readers of one form have done.
#[derive(Default)]
struct Tally {
    good: AtomicUsize,
    failed: AtomicUsize,
}

impl Tally {
    fn note(&self, number: i64, result: Result<Vec<Vec<Value>>>) {
        match result {
            Ok(rows) => {
                assert_eq!(rows, [[int(number)]]);
                self.good.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => {
                let kind = error.kind();
                assert!(
                    matches!(kind, ErrorKind::Connection | ErrorKind::PoolExhausted),
                    "{error:?}"
                );
                self.failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn good(&self) -> usize {
        self.good.load(Ordering::SeqCst)
    }

    fn failed(&self) -> usize {
        self.failed.load(Ordering::SeqCst)
    }
}

const SLOW: &str = "SELECT $1::int8 FROM pg_sleep(0.001)";

#[test]
fn a_server_that_is_killed_is_used_again_when_it_is_back() {
    let servers = Servers::start_apart(Needs::none().with(Kind::Postgres)).unwrap();
    let server = servers.postgres().unwrap();
    for (name, runtime) in runtimes() {
        let pool = PoolOptions::new()
            .max_size(4)
            .acquire_timeout(Duration::from_secs(5));
        let db = PostgresBackend::new(options(server).pool(pool), runtime.clone()).unwrap();
        let db = Arc::new(db);
        let stop = Arc::new(AtomicBool::new(false));
        let [tasks, threads] = [(); 2].map(|()| Arc::new(Tally::default()));
        let mut readers = Vec::new();
        for number in 0..6 {
            let (db, stop, tally) = (Arc::clone(&db), Arc::clone(&stop), Arc::clone(&tasks));
            let reads = async move {
                while !stop.load(Ordering::SeqCst) {
                    tally.note(number, aread(&db, SLOW, vec![int(number)]).await);
                }
            };
            readers.push(runtime.spawn(reads).unwrap());
        }
        let blocking: Vec<_> = (6..10)
            .map(|number| {
                let (db, stop, tally) = (Arc::clone(&db), Arc::clone(&stop), Arc::clone(&threads));
                std::thread::spawn(move || {
                    while !stop.load(Ordering::SeqCst) {
                        let statement = Statement::read(SLOW, vec![int(number)]);
                        let sink = Box::new(Rows::default());
                        let fetched = db.fetch_blocking(statement, sink, usize::MAX, None);
                        tally.note(number, fetched.map(|fetched| taken(fetched).0.rows));
                    }
                })
            })
            .collect();
        let more = |than: [usize; 2]| {
            until("reads of both forms go on", || {
                tasks.good() > than[0] + 50 && threads.good() > than[1] + 50
            });
        };
        more([0, 0]);
        for _ in 0..2 {
            let failed = [tasks.failed(), threads.failed()];
            server.kill().unwrap();
            until("reads of both forms fail", || {
                tasks.failed() > failed[0] && threads.failed() > failed[1]
            });
            assert_eq!(read_fails(&db), ErrorKind::Connection);
            server.start_again().unwrap();
            more([tasks.good(), threads.good()]);
        }
        stop.store(true, Ordering::SeqCst);
        readers.into_iter().for_each(|task| block_on(task).unwrap());
        blocking
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        println!(
            "{name}: {} and {} reads failed, {} and {} did not",
            tasks.failed(),
            threads.failed(),
            tasks.good(),
            threads.good()
        );

        // Idle connections of a server that was restarted: nothing is lost, reading or writing.
        server.kill().unwrap();
        server.start_again().unwrap();
        assert_eq!(read(&db, "SELECT 7", vec![]).unwrap(), [[int(7)]]);
        server.kill().unwrap();
        server.start_again().unwrap();
        write(&db, "CREATE TABLE IF NOT EXISTS after_all (a int)", vec![]).unwrap();
        db_closes(&db);
    }
}

fn read_fails(db: &PostgresBackend) -> ErrorKind {
    let sink = Box::new(Rows::default());
    let statement = Statement::read("SELECT 1", vec![]);
    match db.fetch_blocking(statement, sink, 1, None) {
        Ok(_) => panic!("the server was killed"),
        Err(error) => error.kind(),
    }
}

fn db_closes(db: &PostgresBackend) {
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
    let statement = Statement::read("SELECT pg_sleep(600)", vec![]);
    let error = std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            let sink = Box::new(Rows::default());
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
