//! Servers that go away.

use queryset::ErrorKind;
use queryset::pool::PoolOptions;
use queryset_mysql::MysqlOptions;
use queryset_servers::{Kind, Needs, Servers};

use crate::support::{on_each, one, open, rows};

/// A server of its own, since it is killed.
#[test]
fn service_is_back_when_the_server_is() {
    let servers = Servers::start_apart(Needs::none().with(Kind::Mariadb)).unwrap();
    let server = servers.mariadb().unwrap();
    let db = open(MysqlOptions::new(&server.url()).unwrap());
    assert_eq!(one::<i64>(&db, "SELECT 1"), 1);
    let held = queryset::raw::<(i64,)>("SELECT seq FROM seq_1_to_1000000", vec![]);
    let mut held = held.iter(&db);
    assert_eq!(held.next().unwrap().unwrap(), (1,));

    server.kill().unwrap();
    let mut last = None;
    for row in held {
        last = Some(row.map_err(|error| error.kind()));
    }
    assert_eq!(last, Some(Err(ErrorKind::Connection)));
    let error = rows::<(i64,)>(&db, "SELECT 1", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
    assert!(error.is_retryable());

    server.start_again().unwrap();
    assert_eq!(one::<i64>(&db, "SELECT 2"), 2);
    db.close().unwrap();
}

/// What the server closed while nobody looked costs a read nothing.
#[test]
fn a_read_finds_another_connection() {
    on_each(|_, options| {
        let db = open(options.clone().pool(PoolOptions::new().max_size(1)));
        let admin = open(options);
        for _ in 0..3 {
            let id: i64 = one(&db, "SELECT CONNECTION_ID()");
            admin.execute(format!("KILL {id}"), vec![]).unwrap();
            assert_ne!(one::<i64>(&db, "SELECT CONNECTION_ID()"), id);
        }
    });
}
