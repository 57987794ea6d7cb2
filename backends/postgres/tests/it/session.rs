use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use queryset::pool::PoolOptions;
use queryset::runtime::{BoxFuture, BoxStream, Connector, Runtime, TcpOptions, Threads, block_on};
use queryset::{Backend, CancelToken, ErrorKind, Statement};
use queryset_postgres::{PostgresBackend, PostgresOptions, TargetSession};
use queryset_servers::{Kind, Needs, Servers};
use queryset_tokio::Tokio;

use crate::support::{
    Rows, aread, int, open, options, read, runtimes, servers, taken, text, tokio, write,
};

#[test]
fn a_session_is_set_up() {
    let servers = servers();
    let options = options(servers.postgres().unwrap())
        .application_name("session test")
        .statement_timeout(Duration::from_millis(250))
        .on_connect(|mut connection| {
            Box::pin(async move { connection.execute_batch("SET work_mem = '5MB'").await })
        });
    let db = open(options);
    let sql = "SELECT current_setting('application_name'), current_setting('work_mem'), \
               current_setting('statement_timeout'), current_setting('TimeZone')";
    assert_eq!(
        read(&db, sql, vec![]).unwrap(),
        [[
            text("session test"),
            text("5MB"),
            text("250ms"),
            text("UTC")
        ]]
    );
    let error = read(&db, "SELECT pg_sleep(60)", vec![]).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Timeout, Some("57014"))
    );
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

/// A host that takes connections and says nothing does not keep the next one waiting for long.
#[test]
fn a_silent_host_is_given_up() {
    let servers = servers();
    let address = servers.postgres().unwrap().address().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = servers.postgres().unwrap().url();
    let several = url.replace(
        &format!("127.0.0.1:{}", address.port()),
        &format!("127.0.0.1:{port},127.0.0.1:{}", address.port()),
    );
    let patience = Duration::from_millis(300);
    let options = PostgresOptions::new(&several)
        .unwrap()
        .connect_timeout(patience);
    assert_eq!(
        read(&open(options), "SELECT 1", vec![]).unwrap(),
        [[int(1)]]
    );
    let alone = url.replace(&address.port().to_string(), &port.to_string());
    let options = PostgresOptions::new(&alone)
        .unwrap()
        .connect_timeout(patience);
    let error = block_on(options.connect(tokio())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(
        error
            .to_string()
            .ends_with("did not let us in within 300ms"),
        "{error}"
    );
}

#[test]
fn a_hook_that_fails_fails_the_connection() {
    let servers = servers();
    let options = options(servers.postgres().unwrap()).on_connect(|mut connection| {
        Box::pin(async move { connection.execute_batch("SET nonsense = 1").await })
    });
    let error = read(&open(options), "SELECT 1", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Programming);
}

#[test]
fn hosts_are_tried_in_turn() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let url = server.url();
    let (before, after) = url.split_once('@').unwrap();
    let address = server.address().unwrap();
    let (_, path) = after.split_once('/').unwrap();
    let several = format!("{before}@127.0.0.1:1,localhost:{}/{path}", address.port());
    let options = PostgresOptions::new(&several).unwrap();
    let db = block_on(
        options
            .clone()
            .target_session(TargetSession::ReadWrite)
            .connect(tokio()),
    );
    db.unwrap().close().unwrap();

    let error = block_on(
        options
            .target_session(TargetSession::ReadOnly)
            .connect(tokio()),
    );
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    let message = error.to_string();
    assert!(
        message.contains("cannot connect to 127.0.0.1:1"),
        "{message}"
    );
    let last = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        last.ends_with("takes writes, which target_session_attrs refuses"),
        "{last}"
    );
}

/// Two servers, of which one only reads, as the primary and a standby of a cluster.
#[test]
fn the_host_that_fits_is_chosen() {
    let servers = servers();
    let primary = servers.postgres().unwrap();
    let apart = Servers::start_apart(Needs::none().with(Kind::Postgres)).unwrap();
    let standby = apart.postgres().unwrap();
    for server in [primary, standby] {
        let sql = "DROP ROLE IF EXISTS either; CREATE ROLE either LOGIN PASSWORD 'either'";
        server.sql(sql).unwrap();
    }
    standby
        .sql("ALTER ROLE either SET default_transaction_read_only = on")
        .unwrap();
    let [first, second] = [primary, standby].map(|server| server.address().unwrap().port());
    let chosen = |ports: [u16; 2], target: &str| {
        let [a, b] = ports;
        let url = format!("postgres://either:either@127.0.0.1:{a},127.0.0.1:{b}/postgres{target}");
        let db = open(PostgresOptions::new(&url).unwrap());
        let rows = read(&db, "SELECT inet_server_port()::int8", vec![])?;
        Ok::<_, queryset::Error>(rows[0][0].clone())
    };
    for (ports, target, port) in [
        ([first, second], "", first),
        ([second, first], "?target_session_attrs=any", second),
        ([second, first], "?target_session_attrs=read-write", first),
        ([first, second], "?target_session_attrs=read-only", second),
        ([1, second], "?target_session_attrs=read-only", second),
    ] {
        let found = chosen(ports, target).unwrap();
        assert_eq!(found, int(port.into()), "{ports:?} {target}");
    }
    let none = chosen([1, second], "?target_session_attrs=read-write").unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Connection);
    assert!(
        none.to_string().contains("none of 2 addresses let us in"),
        "{none}"
    );
}

/// The server's own list, and the kernel's: what a session is set to is set on its socket.
#[test]
#[cfg(target_os = "linux")]
fn silent_connections_are_probed() {
    use queryset::runtime::Keepalive;

    let servers = servers();
    let server = servers.postgres().unwrap();
    for (name, runtime) in crate::support::runtimes() {
        let minute = Duration::from_secs(60);
        for (keepalive, most) in [
            (options(server), Some(minute)),
            (
                options(server).keepalive(Keepalive::after(minute / 2)),
                Some(minute / 2),
            ),
            (options(server).keepalive(None), None),
        ] {
            let one = keepalive.pool(PoolOptions::new().max_size(1));
            let db = PostgresBackend::new(one, runtime.clone()).unwrap();
            let rows = read(&db, "SELECT inet_client_port()::int8", vec![]).unwrap();
            let queryset::Value::I64(port) = rows[0][0] else {
                panic!("{rows:?}");
            };
            // What was sent last may still be unacknowledged, which has a timer of its own.
            crate::support::until("the socket rests", || {
                timer(port) != Some((1, Duration::ZERO)) && timer(port).is_some()
            });
            let probe = match timer(port) {
                Some((2, left)) => Some(left),
                _ => None,
            };
            match (probe, most) {
                (None, None) => {}
                (Some(left), Some(most)) => assert!(left <= most && left > most / 4, "{left:?}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

/// The kind of the timer of our socket at this port, and the time left, from the kernel's table.
#[cfg(target_os = "linux")]
fn timer(port: i64) -> Option<(u32, Duration)> {
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let local = format!("0100007F:{port:04X}");
    let line = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        // The port may have been another connection's, which still has a line of its own.
        .find(|words| words.get(1) == Some(&local.as_str()) && words.get(3) == Some(&"01"))?;
    let (kind, left) = line[5].split_once(':')?;
    let kind = u32::from_str_radix(kind, 16).ok()?;
    let hundredths = u64::from_str_radix(left, 16).ok()?;
    let left = match kind {
        1 => Duration::ZERO,
        _ => Duration::from_millis(10 * hundredths),
    };
    Some((kind, left))
}

#[test]
fn who_may_not_come_in_hears_why() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let wrong = options(server).password("wrong");
    let error = block_on(wrong.connect(tokio())).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Authentication, Some("28P01"))
    );
    let nowhere = options(server).database("nowhere");
    let error = block_on(nowhere.connect(tokio())).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Connection, Some("3D000"))
    );
    let error = block_on(options(server).connect(Threads)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("opens no sockets"), "{source}");
}

#[test]
fn errors_keep_what_the_server_tells() {
    let servers = servers();
    let database = servers
        .postgres()
        .unwrap()
        .create_database("errors")
        .unwrap();
    let db = open(PostgresOptions::new(database.url()).unwrap());
    write(
        &db,
        "CREATE TABLE p (id int CONSTRAINT p_key PRIMARY KEY, n int NOT NULL);
         CREATE TABLE c (p int CONSTRAINT c_p REFERENCES p, CONSTRAINT c_positive CHECK (p > 0));
         INSERT INTO p VALUES (1, 1)",
        vec![],
    )
    .unwrap();
    for (sql, kind, constraint, table, column) in [
        (
            "INSERT INTO p VALUES (1, 1)",
            ErrorKind::Unique,
            Some("p_key"),
            "p",
            None,
        ),
        (
            "INSERT INTO p VALUES (2, NULL)",
            ErrorKind::NotNull,
            None,
            "p",
            Some("n"),
        ),
        (
            "INSERT INTO c VALUES (9)",
            ErrorKind::ForeignKey,
            Some("c_p"),
            "c",
            None,
        ),
        (
            "INSERT INTO c VALUES (-9)",
            ErrorKind::Check,
            Some("c_positive"),
            "c",
            None,
        ),
    ] {
        let error = write(&db, sql, vec![]).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(
            (error.constraint(), error.table(), error.column()),
            (constraint, Some(table), column),
            "{error}"
        );
    }
    let error = read(&db, "SELECT titel FROM p", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Programming);
    assert_eq!(
        error.to_string(),
        "postgres: column \"titel\" does not exist (at character 8 of `SELECT titel FROM p`)"
    );
    let error = read(&db, "SELECT 1 / $1::int", vec![int(0)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
}

#[test]
fn a_pool_that_is_used_up_says_by_what() {
    let servers = servers();
    let pool = PoolOptions::new()
        .max_size(1)
        .acquire_timeout(Duration::from_millis(200));
    let db = open(options(servers.postgres().unwrap()).pool(pool));
    let sql = "SELECT generate_series(1, 100000)";
    let held = || block_on(db.fetch(Statement::read(sql, vec![]), Box::new(Rows::default()), 1));
    // The first connection may take its time.
    let patience = Instant::now() + crate::support::PATIENCE;
    let open = loop {
        match held() {
            Ok(fetched) => break fetched,
            Err(error) => assert!(Instant::now() < patience, "{error}"),
        }
    };
    let error = read_error(&db);
    assert!(
        error.contains("1 of 1 are in use") && error.contains("an open cursor over `SELECT gen"),
        "{error}"
    );
    drop(open);
    // Nor need it be back at once.
    let rows = loop {
        match read(&db, "SELECT 1", vec![]) {
            Ok(rows) => break rows,
            Err(error) => assert!(Instant::now() < patience, "{error}"),
        }
    };
    assert_eq!(rows, [[int(1)]]);
}

fn read_error(db: &PostgresBackend) -> String {
    let sink = Box::new(Rows::default());
    let error = db
        .fetch_blocking(Statement::read("SELECT 1", vec![]), sink, 1, None)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    block_on(aread(db, "SELECT 1", vec![]))
        .unwrap_err()
        .to_string()
}

#[test]
fn connections_end_by_their_limits() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let named = |name: &str, pool: PoolOptions| {
        open(
            options(server)
                .application_name(name)
                .pool(pool.max_size(1)),
        )
    };
    let idle = named(
        "idle",
        PoolOptions::new().idle_timeout(Duration::from_millis(200)),
    );
    let pid = "SELECT pg_backend_pid()";
    let aged = named(
        "aged",
        PoolOptions::new().max_lifetime(Duration::from_millis(200)),
    );
    for _ in 0..3 {
        assert_eq!(read(&idle, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
        crate::support::until("the free session ends", || sessions(server, "idle") == 0);
        let before = block_on(aread(&aged, pid, vec![])).unwrap();
        crate::support::until("the old session is replaced", || {
            block_on(aread(&aged, pid, vec![])).unwrap() != before
        });
    }
}

#[test]
fn a_close_ends_open_cursors_and_waits_for_statements() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let db = open(options(server).application_name("closes"));
    let sql = "SELECT generate_series(1, 100000)";
    let fetched = block_on(db.fetch(Statement::read(sql, vec![]), Box::new(Rows::default()), 1));
    let mut under_way = Box::pin(aread(&db, "SELECT 7 FROM pg_sleep(0.3)", vec![]));
    let slow = std::thread::scope(|scope| {
        let slow = scope.spawn(|| block_on(&mut under_way));
        crate::support::until("both are in use", || db.pool_status().in_use == 2);
        db.close_blocking().unwrap();
        slow.join().unwrap()
    });
    assert_eq!(slow.unwrap(), [[int(7)]]);
    let cursor = fetched.unwrap().cursor.unwrap();
    let error = block_on(cursor.fill(Box::new(Rows::default()), 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(sessions(server, "closes"), 0);
}

pub(crate) fn sessions(server: &queryset_servers::Server, application: &str) -> usize {
    let sql =
        format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application}'");
    server.sql(&sql).unwrap().trim().parse().unwrap()
}

/// A connector that gives no socket away.
#[derive(Debug)]
struct Keeping(Runtime);

impl Connector for Keeping {
    fn connect_tcp(
        &self,
        address: SocketAddr,
        options: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        self.0.connector().connect_tcp(address, options)
    }
}

/// A current-thread runtime moves only while somebody blocks on it.
#[test]
fn a_runtime_that_nobody_drives_hangs_nobody() {
    let servers = servers();
    let still = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let runtime: Runtime = Tokio::from_handle(still.handle().clone()).unwrap().into();
    let pool = PoolOptions::new().acquire_timeout(Duration::from_secs(2));
    let options = options(servers.postgres().unwrap())
        .pool(pool)
        .runtime_patience(Duration::from_millis(600));
    let error = options
        .clone()
        .connect_blocking(runtime.clone())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    assert!(error.to_string().contains("are being opened"), "{error}");

    // A connection that is there needs no runtime, if its connector gives the socket away.
    let slow = queryset::raw::<(i64,)>("SELECT 1::int8 FROM pg_sleep(0.1)", vec![]);
    let open = still.block_on(options.clone().connect(runtime.clone()));
    assert_eq!(slow.list(&open.unwrap()).unwrap(), [(1,)]);

    let keeping = runtime.clone().with_connector(Keeping(runtime));
    let db = still.block_on(options.connect(keeping)).unwrap();
    let began = Instant::now();
    let error = slow.list(&db).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(began.elapsed() < Duration::from_secs(30));
    // From a second thread it works while the first drives.
    let db = &db;
    let rows = std::thread::scope(|scope| {
        let (done, is_done) = tokio::sync::oneshot::channel();
        let reader = scope.spawn(move || {
            let rows = slow.list(db);
            done.send(()).unwrap();
            rows
        });
        still.block_on(is_done).unwrap();
        reader.join().unwrap()
    });
    assert_eq!(rows.unwrap(), [(1,)]);
}

#[test]
fn a_token_cancels_a_blocking_read_on_the_server() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let db = open(options(server).application_name("token"));
    let token = CancelToken::with_deadline(Instant::now() + Duration::from_millis(200));
    let statement = Statement::read("SELECT pg_sleep(600)", vec![]);
    let error = db
        .fetch_blocking(statement, Box::new(Rows::default()), 1, Some(&token))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    crate::support::until("the statement ends", || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'token' \
                   AND state = 'active'";
        server.sql(sql).unwrap().trim() == "0"
    });
    assert_eq!(read(&db, "SELECT 1", vec![]).unwrap(), [[int(1)]]);
}

/// One connection is waited for by the runtime and by threads, each in its turn.
#[test]
fn a_connection_changes_hands_in_the_middle_of_a_result() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let mut numbers = Vec::new();
    for (name, runtime) in runtimes() {
        let pool = PoolOptions::new().max_size(1);
        let db = PostgresBackend::new(options(server).pool(pool), runtime.clone()).unwrap();
        let token = CancelToken::new();
        for round in 0..20 {
            let sql = "SELECT n::int8, pg_backend_pid()::int8, repeat('x', 20000) \
                       FROM generate_series(1, 12) AS n";
            let statement = Statement::read(sql, vec![]);
            let sink = Box::new(Rows::default());
            let mut fetched = db.fetch_blocking(statement, sink, 2, None).unwrap();
            let mut all = Vec::new();
            for turn in round.. {
                let (rows, cursor) = taken(fetched);
                all.extend(rows.rows);
                let Some(cursor) = cursor else { break };
                let sink = Box::new(Rows::default());
                fetched = match turn % 3 {
                    0 => cursor.fill_blocking(sink, 2, None),
                    1 => block_on(runtime.spawn(cursor.fill(sink, 2)).unwrap()).unwrap(),
                    // Another thread, which can be woken.
                    _ => std::thread::scope(|scope| {
                        let fill = scope.spawn(|| cursor.fill_blocking(sink, 2, Some(&token)));
                        fill.join().unwrap()
                    }),
                }
                .unwrap();
            }
            let found: Vec<_> = all.iter().map(|row| row[0].clone()).collect();
            assert_eq!(found, (1..=12).map(int).collect::<Vec<_>>(), "{name}");
            numbers.push(all[0][1].clone());
        }
        numbers.dedup();
        assert_eq!(numbers.len(), 1, "{name} has used one connection");
        numbers.clear();
        db.close_blocking().unwrap();
    }
}
