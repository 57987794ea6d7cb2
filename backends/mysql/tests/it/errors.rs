//! Errors, as the servers really word them.

use std::time::{Duration, Instant};

use queryset::pool::PoolOptions;
use queryset::{Database, Error, ErrorKind, Value};
use queryset_mysql::MysqlOptions;
use queryset_servers::Kind;

use crate::support::{eventually, on_each, one, open, rows, servers};

#[test]
fn broken_constraints_are_named() {
    on_each(|_, options| {
        let db = open(options);
        for sql in [
            "CREATE TABLE house (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, UNIQUE one_name (name))",
            "CREATE TABLE room (id INT PRIMARY KEY, house INT, size INT, \
             CONSTRAINT in_house FOREIGN KEY (house) REFERENCES house (id), \
             CONSTRAINT has_size CHECK (size > 0))",
            "INSERT INTO house VALUES (1, 'a'), (2, 'b')",
            "INSERT INTO room VALUES (1, 1, 5)",
        ] {
            db.execute(sql, vec![]).unwrap();
        }
        let error = failing(&db, "INSERT INTO house VALUES (3, 'a')");
        assert_eq!(
            (error.kind(), error.constraint()),
            (ErrorKind::Unique, Some("one_name"))
        );
        assert_eq!(error.code(), Some("1062"));
        let error = failing(&db, "UPDATE room SET house = 9");
        assert_eq!(
            (error.kind(), error.constraint()),
            (ErrorKind::ForeignKey, Some("in_house"))
        );
        assert_eq!(
            (error.table(), error.column()),
            (Some("room"), Some("house"))
        );
        let error = failing(&db, "DELETE FROM house WHERE id = 1");
        assert_eq!(
            (error.kind(), error.constraint()),
            (ErrorKind::ForeignKey, Some("in_house"))
        );
        let error = failing(&db, "UPDATE room SET size = -1");
        assert_eq!(
            (error.kind(), error.constraint()),
            (ErrorKind::Check, Some("has_size"))
        );
        let error = failing(&db, "UPDATE house SET name = NULL");
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::NotNull, Some("name"))
        );
        let error = failing(&db, "UPDATE house SET name = REPEAT('x', 21)");
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::Data, Some("name"))
        );
        let error = failing(&db, "SELECT nmae FROM house");
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::Programming, Some("nmae"))
        );
        let error = failing(&db, "SELECT 1 FROM huose");
        assert_eq!(
            (error.kind(), error.table()),
            (ErrorKind::Programming, Some("huose"))
        );
        assert_eq!(failing(&db, "SELEC 1").kind(), ErrorKind::Programming);
    });
}

#[test]
fn locks_and_deadlines_have_kinds() {
    on_each(|server, options| {
        let short = options
            .clone()
            .statement_timeout(Duration::from_millis(200))
            .on_connect(|connection| {
                Box::pin(connection.execute("SET SESSION innodb_lock_wait_timeout = 1"))
            });
        let db = open(short);
        let endless = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.columns a, \
                       information_schema.columns b, information_schema.columns c";
        let error = rows::<(i64,)>(&db, endless, vec![]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Timeout,
            "{}: {error:?}",
            server.kind()
        );
        assert_eq!(rows::<(i64,)>(&db, "SELECT 7", vec![]).unwrap(), [(7,)]);

        let patient = options.on_connect(|connection| {
            Box::pin(connection.execute("SET SESSION innodb_lock_wait_timeout = 1"))
        });
        let db = open(patient.clone());
        db.execute("CREATE TABLE t (id INT PRIMARY KEY, n INT)", vec![])
            .unwrap();
        db.execute("INSERT INTO t VALUES (1, 0)", vec![]).unwrap();
        let holder = patient
            .clone()
            .pool(PoolOptions::new().max_size(1))
            .on_connect(|connection| {
                Box::pin(
                    connection
                        .execute("START TRANSACTION; SELECT n FROM t WHERE id = 1 FOR UPDATE"),
                )
            });
        let held = open(holder);
        let error = failing(&db, "UPDATE t SET n = 1 WHERE id = 1");
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Busy, Some("1205"))
        );
        assert!(error.is_retryable());
        held.close().unwrap();
        assert_eq!(
            db.execute("UPDATE t SET n = 1 WHERE id = 1", vec![])
                .unwrap(),
            1
        );
    });
}

const TWO_ROWS: [&str; 2] = [
    "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
    "INSERT INTO t VALUES (1, 0), (2, 0)",
];

#[test]
fn a_deadlock_is_broken() {
    on_each(|server, options| {
        let db = open(options);
        for sql in TWO_ROWS {
            db.execute(sql, vec![]).unwrap();
        }
        let patience = Instant::now() + Duration::from_secs(120);
        // They have to meet in the middle, which they may fail to do.
        let error = loop {
            let results = std::thread::scope(|scope| {
                let both = [(1, 2), (2, 1)].map(|(first, second)| {
                    let db = &db;
                    scope.spawn(move || {
                        let sql = format!(
                            "START TRANSACTION; UPDATE t SET n = n + 1 WHERE id = {first}; \
                             DO SLEEP(0.3); UPDATE t SET n = n + 1 WHERE id = {second}; COMMIT"
                        );
                        db.execute(sql, vec![])
                    })
                });
                both.map(|one| one.join().unwrap())
            });
            if let Some(error) = results.into_iter().find_map(Result::err) {
                break error;
            }
            assert!(Instant::now() < patience, "no deadlock comes about");
        };
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Deadlock, Some("1213")),
            "{}: {error}",
            server.kind()
        );
        assert!(error.is_retryable());
    });
}

/// MariaDB alone tells that a row has changed since the snapshot, where it is asked to.
#[test]
fn a_snapshot_that_is_out_of_date_cannot_be_serialised() {
    let Some(mariadb) = servers()
        .into_iter()
        .find(|server| server.kind() == Kind::Mariadb)
    else {
        return;
    };
    let database = mariadb.create_database("it").unwrap();
    let options = MysqlOptions::new(database.url()).unwrap();
    let admin = open(options.clone());
    for sql in TWO_ROWS {
        admin.execute(sql, vec![]).unwrap();
    }
    let holder = open(
        options
            .clone()
            .pool(PoolOptions::new().max_size(1))
            .on_connect(|connection| Box::pin(connection.execute("DO GET_LOCK('snapshot', 10)"))),
    );
    let strict = open(options.on_connect(|connection| {
        Box::pin(connection.execute("SET SESSION innodb_snapshot_isolation = ON"))
    }));
    let result = std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let sql = "START TRANSACTION WITH CONSISTENT SNAPSHOT; \
                       DO GET_LOCK('snapshot', 60); UPDATE t SET n = 1 WHERE id = 1; COMMIT";
            strict.execute(sql, vec![])
        });
        assert!(eventually(|| {
            let sql = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.processlist \
                       WHERE state = 'User lock'";
            one::<i64>(&admin, sql) > 0
        }));
        admin
            .execute("UPDATE t SET n = 5 WHERE id = 1", vec![])
            .unwrap();
        holder.close().unwrap();
        waits.join().unwrap()
    });
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Serialization, Some("1020")),
        "{error}"
    );
    assert!(error.is_retryable());
}

/// Somebody else cancels the statement, which no token of ours did.
#[test]
fn a_statement_that_the_server_cancels_says_so() {
    on_each(|server, options| {
        let (db, admin) = (open(options.clone()), open(options));
        let result = std::thread::scope(|scope| {
            let long = scope.spawn(|| {
                let sql = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.columns a, \
                           information_schema.columns b, information_schema.columns c";
                rows::<(i64,)>(&db, sql, vec![])
            });
            assert!(eventually(|| {
                let sql = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
                           WHERE db = DATABASE() AND info LIKE '%columns c' \
                           AND id <> CONNECTION_ID()";
                let running = rows::<(i64,)>(&admin, sql, vec![]).unwrap();
                for (id,) in &running {
                    admin.execute(format!("KILL QUERY {id}"), vec![]).unwrap();
                }
                long.is_finished()
            }));
            long.join().unwrap()
        });
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Cancelled, Some("1317")),
            "{}: {error}",
            server.kind()
        );
        assert!(!error.is_retryable());
    });
}

#[test]
fn a_server_without_room_says_so() {
    on_each(|server, options| {
        let name = format!("few_{}", server.kind());
        server
            .sql(&format!(
                "drop user if exists '{name}'; \
                 create user '{name}' identified by 'few' with max_user_connections 1;"
            ))
            .unwrap();
        let few = options
            .database("information_schema")
            .user(&name)
            .password("few");
        let first = open(few.clone());
        let error = refused(few.clone());
        assert_eq!(
            error.kind(),
            ErrorKind::TooManyConnections,
            "{}: {error}",
            server.kind()
        );
        assert_eq!(error.code(), Some("1226"));
        assert!(error.is_retryable());
        first.close().unwrap();
        assert!(eventually(|| {
            few.clone()
                .connect_blocking(queryset::runtime::Threads)
                .is_ok()
        }));
    });
}

/// A statement of several that fails in the middle of its own transaction.
#[test]
fn what_fails_in_a_transaction_of_its_own_leaves_none_open() {
    on_each(|server, options| {
        let db = open(options.pool(PoolOptions::new().max_size(1)));
        db.execute("CREATE TABLE t (n INT)", vec![]).unwrap();
        for _ in 0..3 {
            let sql = "START TRANSACTION; INSERT INTO t VALUES (1); SELECT nonsense; COMMIT";
            let error = failing(&db, sql);
            assert_eq!(error.kind(), ErrorKind::Programming);
            // The next one on the connection is nobody's continuation.
            let count = one::<i64>(&db, "SELECT COUNT(*) FROM t");
            assert_eq!(count, 0, "{}", server.kind());
            assert_eq!(db.execute("DO 0", vec![]).unwrap(), 0);
        }
    });
}

#[test]
fn a_connection_that_cannot_be_made_says_why() {
    on_each(|_, options| {
        let error = refused(options.clone().password("wrong"));
        assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
        assert_eq!(error.code(), Some("1045"));
        assert!(!format!("{error:?}").contains("wrong"));
        let error = refused(options.clone().database("nowhere"));
        assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
        let error = refused(
            options
                .on_connect(|connection| Box::pin(connection.execute("SET no_such_variable = 1"))),
        );
        assert_eq!(error.code(), Some("1193"));
    });
    let error = refused(MysqlOptions::new("mysql://127.0.0.1:1/x").unwrap());
    assert_eq!(error.to_string(), "mysql: 127.0.0.1:1 cannot be reached");
    let error = refused(MysqlOptions::new("mysql://no-such-host.invalid/x").unwrap());
    assert_eq!(
        error.to_string(),
        "mysql: no-such-host.invalid:3306 cannot be reached"
    );
}

#[test]
fn a_wrong_number_of_values_costs_no_connection() {
    on_each(|_, options| {
        let db = open(options.pool(PoolOptions::new().max_size(1)));
        let id = |db| rows::<(i64,)>(db, "SELECT CONNECTION_ID()", vec![]).unwrap();
        let before = id(&db);
        for params in [vec![], vec![Value::I64(1), Value::I64(2)]] {
            let error = rows::<(i64,)>(&db, "SELECT ?", params).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Programming, "{error:?}");
        }
        let error = rows::<(f64,)>(&db, "SELECT ?", vec![Value::F64(f64::NAN)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!(id(&db), before);
    });
}

fn failing(db: &Database, sql: &str) -> Error {
    db.execute(sql, vec![]).expect_err(sql)
}

fn refused(options: MysqlOptions) -> Error {
    options
        .connect_blocking(queryset::runtime::Threads)
        .unwrap_err()
}
