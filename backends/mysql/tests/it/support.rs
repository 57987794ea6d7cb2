//! Servers, databases and runtimes of the tests.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use queryset::runtime::Threads;
use queryset::{Database, FromRow, Result, Value, raw};
use queryset_mysql::MysqlOptions;
use queryset_servers::{Kind, Needs, Server, Servers};

static SERVERS: LazyLock<Servers> = LazyLock::new(|| {
    let needs = Needs::none().with(Kind::Mariadb).with(Kind::Mysql);
    Servers::start(needs).expect("the servers start")
});

/// Both servers, or the one that was not left out, for as long as the process lives.
pub(crate) fn servers() -> Vec<&'static Server> {
    let servers: Vec<_> = SERVERS.iter().collect();
    assert!(!servers.is_empty(), "both servers were left out");
    servers
}

/// Does the same with a fresh database on each server.
pub(crate) fn on_each(test: impl Fn(&Server, MysqlOptions)) {
    for server in servers() {
        let database = server.create_database("it").expect("a database is created");
        test(
            server,
            MysqlOptions::new(database.url()).expect("the URL is one"),
        );
    }
}

/// A database for blocking use, without a runtime.
pub(crate) fn open(options: MysqlOptions) -> Database {
    options
        .connect_blocking(Threads)
        .expect("the database opens")
}

pub(crate) fn rows<T: FromRow>(db: &Database, sql: &str, params: Vec<Value>) -> Result<Vec<T>> {
    raw::<T>(sql, params).list(db)
}

/// The first column of the first row.
pub(crate) fn one<T>(db: &Database, sql: &str) -> T
where
    (T,): FromRow,
{
    let rows = rows::<(T,)>(db, sql, vec![]).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.into_iter()
        .next()
        .unwrap_or_else(|| panic!("{sql}: no row"))
        .0
}

/// Whether it becomes true; the time only guards against a hang.
pub(crate) fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
