//! Servers that are killed, paused and started again.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use queryset_servers::{Kind, Needs, Servers};

/// Apart from the shared ones, whose tests would see them go.
fn start(kind: Kind) -> Servers {
    Servers::start_apart(Needs::none().with(kind)).unwrap()
}

fn comes_back_with_its_data(kind: Kind) {
    let servers = start(kind);
    let server = servers.server(kind).unwrap();
    let (url, address) = (server.url(), server.address().unwrap());
    server.sql("create table kept (a int primary key)").unwrap();
    for round in 1..=3 {
        server
            .sql(&format!("insert into kept values ({round})"))
            .unwrap();
        server.kill().unwrap();
        assert_eq!(server.is_running(), Some(false));
        assert!(
            TcpStream::connect(address).is_err(),
            "the port still answers"
        );
        server.kill().unwrap();
        server.start_again().unwrap();
        assert_eq!(server.is_running(), Some(true));
        assert_eq!(
            server.sql("select count(*) from kept").unwrap(),
            format!("{round}\n")
        );
    }
    assert_eq!(server.url(), url);
    assert!(!server.log().unwrap().is_empty());
}

#[test]
fn postgres_comes_back_with_its_data() {
    comes_back_with_its_data(Kind::Postgres);
}

#[test]
fn pgbouncer_comes_back() {
    comes_back_with_its_data(Kind::Pgbouncer);
}

#[test]
fn mariadb_comes_back_with_its_data() {
    comes_back_with_its_data(Kind::Mariadb);
}

#[test]
fn mysql_comes_back_with_its_data() {
    comes_back_with_its_data(Kind::Mysql);
}

/// A backend of Postgres is in a session of its own and would go on with a long query for a while
/// if only the server's first process were killed.
#[test]
fn a_kill_ends_the_queries_under_way() {
    let servers = start(Kind::Postgres);
    let postgres = servers.postgres().unwrap();
    std::thread::scope(|scope| {
        let query = scope.spawn(|| postgres.sql("do $$ begin loop perform 1; end loop; end $$"));
        let running = "select count(*) from pg_stat_activity where query like 'do %'";
        soon("the query runs", || {
            postgres.sql(running).unwrap().trim() == "1"
        });
        postgres.kill().unwrap();
        assert!(query.join().unwrap().is_err());
    });
    postgres.start_again().unwrap();
}

#[test]
fn a_paused_server_takes_connections_and_answers_nothing() {
    let servers = start(Kind::Mariadb);
    let server = servers.mariadb().unwrap();
    server.pause().unwrap();
    std::thread::scope(|scope| {
        let question = scope.spawn(|| server.sql("select 1"));
        TcpStream::connect(server.address().unwrap()).unwrap();
        assert!(!question.is_finished());
        server.resume().unwrap();
        assert_eq!(question.join().unwrap().unwrap(), "1\n");
    });
    // Nor does a pause keep it from ending.
    server.pause().unwrap();
    server.kill().unwrap();
    server.start_again().unwrap();
    server.pause().unwrap();
}

#[test]
fn dropping_them_ends_them_and_removes_their_folder() {
    let servers = start(Kind::Pgbouncer);
    let places: Vec<_> = servers
        .iter()
        .map(|server| (server.address().unwrap(), server.socket().unwrap()))
        .collect();
    drop(servers);
    for (address, socket) in places {
        assert!(
            TcpStream::connect(address).is_err(),
            "{address} still answers"
        );
        let run = socket.parent().unwrap().parent().unwrap();
        assert!(!run.exists(), "{} is still there", run.display());
    }
}

#[test]
fn what_was_left_out_is_an_error_that_names_it() {
    let servers = start(Kind::Postgres);
    let error = servers.mysql().unwrap_err();
    assert_eq!(error.to_string(), "mysql was left out");
    assert!(!error.is_unsupported());
}

/// Waits for something that happens by itself.
pub(crate) fn soon(what: &str, happens: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !happens() {
        assert!(Instant::now() < until, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
