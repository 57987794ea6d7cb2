use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Statement};

use crate::support::{Rows, int, open, options, read, runtimes, servers, taken, text, write};

#[test]
fn a_result_comes_in_chunks_and_frees_its_connection_with_the_last() {
    let servers = servers();
    let db = open(options(servers.postgres().unwrap()));
    let statement = Statement::read("SELECT i FROM generate_series(1, $1::int) i", vec![int(5)]);
    let fetched = block_on(db.fetch(statement.clone(), Box::new(Rows::default()), 2)).unwrap();
    let (rows, cursor) = taken(fetched);
    assert_eq!(rows.rows, [[int(1)], [int(2)]]);
    assert_eq!(rows.names, ["i"]);
    assert_eq!(db.pool_status().in_use, 1);
    let fetched = block_on(cursor.unwrap().fill(Box::new(Rows::default()), 2)).unwrap();
    let (rows, cursor) = taken(fetched);
    assert_eq!(rows.rows, [[int(3)], [int(4)]]);
    let fetched = cursor
        .unwrap()
        .fill_blocking(Box::new(Rows::default()), 1, None)
        .unwrap();
    let (rows, cursor) = taken(fetched);
    assert_eq!(rows.rows, [[int(5)]]);
    assert!(cursor.is_none(), "the chunk ended with the result");
    assert_eq!(db.pool_status().in_use, 0);
}

#[test]
fn every_runtime_with_sockets_reads_over_tcp_and_unix() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    for (name, runtime) in runtimes() {
        for options in [options(server), unix(server)] {
            let db = block_on(options.connect(runtime.clone())).unwrap();
            let sum: Vec<(i64,)> = queryset::raw("SELECT 40::int8 + $1", vec![int(2)])
                .list(&db)
                .unwrap();
            assert_eq!(sum, [(42,)], "{name}");
            let asum = queryset::raw::<(i64,)>("SELECT 40::int8 + $1", vec![int(2)]);
            assert_eq!(block_on(asum.alist(&db)).unwrap(), [(42,)], "{name}");
            db.close().unwrap();
            let late = block_on(db.aexecute("SELECT 1", vec![])).unwrap_err();
            assert_eq!(late.kind(), ErrorKind::Closed);
        }
    }
}

fn unix(server: &queryset_servers::Server) -> queryset_postgres::PostgresOptions {
    let socket = server.socket().unwrap();
    let port = server.address().unwrap().port();
    let url = server.url();
    let (user, password) = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@')?.0.split_once(':'))
        .unwrap();
    let folder = match socket.is_dir() {
        true => socket,
        false => socket.parent().unwrap().to_owned(),
    };
    let text = format!(
        "host='{}' port={port} user={user} password='{password}' dbname=queryset",
        folder.display()
    );
    queryset_postgres::PostgresOptions::new(&text).unwrap()
}

#[test]
fn an_altered_table_is_read_anew() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let database = server.create_database("altered").unwrap();
    let options = queryset_postgres::PostgresOptions::new(database.url()).unwrap();
    let db = open(options);
    write(&db, "CREATE TABLE t (a int)", vec![]).unwrap();
    write(&db, "INSERT INTO t VALUES ($1)", vec![int(1)]).unwrap();
    assert_eq!(read(&db, "SELECT * FROM t", vec![]).unwrap(), [[int(1)]]);
    write(&db, "ALTER TABLE t ADD b text DEFAULT 'x'", vec![]).unwrap();
    assert_eq!(
        read(&db, "SELECT * FROM t", vec![]).unwrap(),
        [[int(1), text("x")]]
    );
    write(&db, "DEALLOCATE ALL", vec![]).unwrap();
    assert_eq!(
        read(&db, "SELECT * FROM t", vec![]).unwrap(),
        [[int(1), text("x")]]
    );
}

#[test]
fn a_transaction_left_open_is_rolled_back() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let database = server.create_database("left_open").unwrap();
    let db = open(queryset_postgres::PostgresOptions::new(database.url()).unwrap());
    write(&db, "CREATE TABLE t (a int)", vec![]).unwrap();
    for sql in ["BEGIN; INSERT INTO t VALUES (1)", "START TRANSACTION"] {
        let error = write(&db, sql, vec![]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Programming, "{error}");
    }
    write(&db, "BEGIN; INSERT INTO t VALUES (2); COMMIT", vec![]).unwrap();
    assert_eq!(read(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(2)]]);
    let changed = write(&db, "INSERT INTO t VALUES (3), (4); DELETE FROM t", vec![]);
    assert_eq!(changed.unwrap(), 5);
}
