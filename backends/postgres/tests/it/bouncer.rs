//! Behind PgBouncer in transaction mode, which gives each transaction another server connection.

use std::sync::Arc;
use std::time::Duration;

use queryset::pool::PoolOptions;
use queryset::runtime::block_on;
use queryset::{Backend, ErrorKind, Statement, Value};
use queryset_postgres::PostgresBackend;

use crate::support::{Rows, aread, int, open, options, read, servers, taken, text, tokio, write};

#[test]
fn nothing_is_left_on_the_server() {
    let servers = servers();
    let bouncer = servers.pgbouncer().unwrap();
    let pool = PoolOptions::new().max_size(6);
    let db = options(bouncer).named_statements(false).pool(pool);
    let db = Arc::new(PostgresBackend::new(db, tokio()).unwrap());
    write(
        &db,
        "DROP TABLE IF EXISTS bounced; DROP TYPE IF EXISTS colour, size;
         CREATE TYPE colour AS ENUM ('red', 'green'); CREATE TYPE size AS ENUM ('s', 'm');
         CREATE TABLE bounced (id int PRIMARY KEY, colour colour, size size)",
        vec![],
    )
    .unwrap();
    let insert = "INSERT INTO bounced VALUES ($1, $2, $3)";
    for id in 0..500 {
        let colour = if id % 2 == 0 { "red" } else { "green" };
        let row = vec![int(id), text(colour), text("m")];
        assert_eq!(write(&db, insert, row).unwrap(), 1);
    }
    let tasks: Vec<_> = (0..12)
        .map(|task| {
            let db = Arc::clone(&db);
            let reads = async move {
                for round in 0..40 {
                    let id = (task * 40 + round) % 500;
                    // Different texts, with types that are the server's own and none of them.
                    let (sql, params, row) = match round % 4 {
                        0 => (
                            "SELECT colour FROM bounced WHERE id = $1",
                            vec![int(id)],
                            vec![text(if id % 2 == 0 { "red" } else { "green" })],
                        ),
                        1 => (
                            "SELECT size, id FROM bounced WHERE id = $1 AND size = $2",
                            vec![int(id), text("m")],
                            vec![text("m"), int(id)],
                        ),
                        2 => ("SELECT $1::int8", vec![int(id)], vec![int(id)]),
                        _ => ("SELECT count(*) FROM bounced", vec![], vec![int(500)]),
                    };
                    assert_eq!(aread(&db, sql, params).await.unwrap(), [row]);
                }
            };
            db_runtime().spawn(reads).unwrap()
        })
        .collect();
    for task in tasks {
        block_on(task).unwrap();
    }
    let all = read(
        &db,
        "SELECT colour, size, repeat('x', 1000) FROM bounced",
        vec![],
    );
    assert_eq!(all.unwrap().len(), 500);

    // Dropped reads are cancelled through the proxy too.
    for number in 0..20 {
        let statement = Statement::read("SELECT generate_series(1, 10000000)", vec![]);
        let fetched = block_on(db.fetch(statement, Box::new(Rows::default()), 3)).unwrap();
        assert_eq!(taken(fetched).0.rows.len(), 3);
        assert_eq!(
            read(&db, "SELECT $1::int8", vec![int(number)]).unwrap(),
            [[int(number)]]
        );
    }
    let left = servers
        .postgres()
        .unwrap()
        .sql("SELECT count(*) FROM pg_prepared_statements")
        .unwrap();
    assert_eq!(left.trim(), "0");
    db.close_blocking().unwrap();
}

fn db_runtime() -> queryset::runtime::Runtime {
    tokio()
}

#[test]
fn a_setting_of_the_session_is_refused() {
    let servers = servers();
    let options = options(servers.pgbouncer().unwrap())
        .named_statements(false)
        .statement_timeout(Duration::from_secs(1));
    let error = PostgresBackend::new(options, tokio()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
}

/// The mode is for any server: the types are those of the statement.
#[test]
fn without_names_the_values_are_the_same() {
    let servers = servers();
    let db = open(options(servers.postgres().unwrap()).named_statements(false));
    let rows = read(
        &db,
        "SELECT $1::numeric, $2::int = ANY($3), $4::jsonb",
        vec![
            Value::Decimal("1.50".parse().unwrap()),
            int(2),
            Value::Array([int(1), int(2)].into()),
            Value::Json("[1]".into()),
        ],
    );
    assert_eq!(
        rows.unwrap(),
        [[
            Value::Decimal("1.50".parse().unwrap()),
            Value::Bool(true),
            Value::Json("[1]".into())
        ]]
    );
    let error = read(&db, "SELECT nonsense", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Programming);
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}
