//! Errors, as the servers really word them.

use std::time::Duration;

use queryset::pool::PoolOptions;
use queryset::{Database, Error, ErrorKind, Value};
use queryset_mysql::MysqlOptions;

use crate::support::{on_each, open, rows};

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
fn locks_deadlines_and_deadlocks_have_kinds() {
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
        assert_eq!(error.kind(), ErrorKind::Value);
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
