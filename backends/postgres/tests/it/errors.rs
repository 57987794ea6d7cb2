//! Errors that take more than one session, each provoked for real.

use std::time::{Duration, Instant};

use queryset::pool::PoolOptions;
use queryset::runtime::block_on;
use queryset::{Error, ErrorKind, Result};
use queryset_postgres::{PostgresBackend, PostgresOptions};
use queryset_servers::{Account, Database, Server};

use crate::support::{PATIENCE, aread, int, open, read, servers, tokio, until, write};

struct Fixture {
    database: Database,
    db: PostgresBackend,
}

impl Fixture {
    /// A database with two rows.
    fn new(server: &Server) -> Self {
        let database = server.create_database("errors").unwrap();
        let db = open(PostgresOptions::new(database.url()).unwrap());
        let sql = "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)";
        write(&db, sql, vec![]).unwrap();
        Self { database, db }
    }

    /// A session that holds something for as long as it is there.
    fn holder(&self, sql: &'static str) -> PostgresBackend {
        let options = PostgresOptions::new(self.database.url())
            .unwrap()
            .pool(PoolOptions::new().max_size(1))
            .on_connect(move |mut connection| {
                Box::pin(async move { connection.execute_batch(sql).await })
            });
        let holder = open(options);
        assert_eq!(read(&holder, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
        holder
    }

    /// Waits until a session of this database waits for a lock of this kind.
    fn until_waiting(&self, kind: &str) {
        let sql = format!(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
             WHERE NOT l.granted AND l.locktype = '{kind}' AND d.datname = '{}'",
            self.database.name()
        );
        until("a session waits", || {
            block_on(aread(&self.db, &sql, vec![])).unwrap() != [[int(0)]]
        });
    }
}

fn failed(result: Result<u64>, kind: ErrorKind, code: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{error}");
    error
}

fn close(db: &PostgresBackend) {
    queryset::Backend::close_blocking(db).unwrap();
}

#[test]
fn a_snapshot_that_is_out_of_date_cannot_be_serialised() {
    let servers = servers();
    let fixture = Fixture::new(servers.postgres().unwrap());
    let holder = fixture.holder("SELECT pg_advisory_lock(7)");
    let result = std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT n FROM t; \
                       SELECT pg_advisory_xact_lock(7); UPDATE t SET n = n + 1 WHERE id = 1; COMMIT";
            write(&fixture.db, sql, vec![])
        });
        fixture.until_waiting("advisory");
        write(&fixture.db, "UPDATE t SET n = 5 WHERE id = 1", vec![]).unwrap();
        close(&holder);
        waits.join().unwrap()
    });
    let error = failed(result, ErrorKind::Serialization, "40001");
    assert!(error.is_retryable());
    // Its transaction is over: the connection serves others.
    for _ in 0..5 {
        let rows = read(&fixture.db, "SELECT n FROM t WHERE id = 1", vec![]);
        assert_eq!(rows.unwrap(), [[int(5)]]);
    }
}

#[test]
fn a_deadlock_is_broken() {
    let servers = servers();
    let fixture = Fixture::new(servers.postgres().unwrap());
    let patience = Instant::now() + PATIENCE;
    // They have to meet in the middle, which they may fail to do.
    let error = loop {
        let results = std::thread::scope(|scope| {
            let both = [(1, 2), (2, 1)].map(|(first, second)| {
                let db = &fixture.db;
                scope.spawn(move || {
                    let sql = format!(
                        "BEGIN; UPDATE t SET n = n + 1 WHERE id = {first}; \
                         SELECT pg_sleep(0.3); UPDATE t SET n = n + 1 WHERE id = {second}; COMMIT"
                    );
                    write(db, &sql, vec![])
                })
            });
            both.map(|one| one.join().unwrap())
        });
        if let Some(error) = results.into_iter().find_map(Result::err) {
            break error;
        }
        assert!(Instant::now() < patience, "no deadlock comes about");
    };
    let error = failed(Err(error), ErrorKind::Deadlock, "40P01");
    assert!(error.is_retryable());
    let rows = read(&fixture.db, "SELECT sum(n) FROM t", vec![]).unwrap();
    assert_eq!(rows.len(), 1);
}

#[test]
fn a_lock_that_is_not_granted_in_time_is_busy() {
    let servers = servers();
    let fixture = Fixture::new(servers.postgres().unwrap());
    let holder = fixture.holder("BEGIN; UPDATE t SET n = 1 WHERE id = 1");
    let impatient = PostgresOptions::new(fixture.database.url())
        .unwrap()
        .on_connect(|mut connection| {
            Box::pin(async move { connection.execute_batch("SET lock_timeout = 100").await })
        });
    let db = open(impatient);
    let update = "UPDATE t SET n = 2 WHERE id = 1";
    assert!(failed(write(&db, update, vec![]), ErrorKind::Busy, "55P03").is_retryable());
    let at_once = "SELECT n FROM t WHERE id = 1 FOR UPDATE NOWAIT";
    let error = read(&fixture.db, at_once, vec![]).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Busy, Some("55P03"))
    );
    close(&holder);
    assert_eq!(write(&db, update, vec![]).unwrap(), 1);
}

/// Somebody else cancels the statement, which no token of ours did.
#[test]
fn a_statement_that_the_server_cancels_says_so() {
    let servers = servers();
    let fixture = Fixture::new(servers.postgres().unwrap());
    let result = std::thread::scope(|scope| {
        let sleeps = scope.spawn(|| write(&fixture.db, "SELECT pg_sleep(600)", vec![]));
        let sql = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                   WHERE query = 'SELECT pg_sleep(600)' AND state = 'active' \
                   AND datname = current_database()";
        until("it sleeps", || {
            !block_on(aread(&fixture.db, sql, vec![]))
                .unwrap()
                .is_empty()
        });
        sleeps.join().unwrap()
    });
    let error = failed(result, ErrorKind::Cancelled, "57014");
    assert!(!error.is_retryable());
}

#[test]
fn a_server_without_room_says_so() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let database = server.create_database("errors").unwrap();
    let name = database.name();
    let password = Account::Owner.name();
    let role = format!("{name}_few");
    server
        .sql(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{password}' CONNECTION LIMIT 1"
        ))
        .unwrap();
    let options = PostgresOptions::new(database.url())
        .unwrap()
        .user(&role)
        .password(password);
    let first = block_on(options.clone().connect(tokio())).unwrap();
    let error = block_on(options.clone().connect(tokio())).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::TooManyConnections, Some("53300"))
    );
    assert!(error.is_retryable());
    first.close().unwrap();
    let patience = PoolOptions::new().acquire_timeout(Duration::from_secs(5));
    until("there is room again", || {
        let again = options.clone().pool(patience.clone());
        block_on(again.connect(tokio())).is_ok()
    });
}

/// A statement of several that fails in the middle of its own transaction.
#[test]
fn what_fails_in_a_transaction_of_its_own_leaves_none_open() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let database = server.create_database("errors").unwrap();
    let options = PostgresOptions::new(database.url()).unwrap();
    let db = open(options.pool(PoolOptions::new().max_size(1)));
    write(&db, "CREATE TABLE t (n int)", vec![]).unwrap();
    for _ in 0..3 {
        let sql = "BEGIN; INSERT INTO t VALUES (1); SELECT 1 / 0; COMMIT";
        failed(write(&db, sql, vec![]), ErrorKind::Data, "22012");
        let rows = read(&db, "SELECT count(*) FROM t", vec![]);
        assert_eq!(rows.unwrap(), [[int(0)]]);
    }
}
