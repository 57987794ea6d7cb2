//! How a connection is set up, and how it is left.

use std::time::Duration;

use queryset::ErrorKind;
use queryset::pool::PoolOptions;
use queryset_mysql::{MysqlOptions, TlsMode};

use crate::support::{eventually, on_each, one, open, rows};

#[test]
fn the_session_speaks_utc_and_utf8_and_is_strict() {
    on_each(|server, options| {
        let db = open(options);
        assert_eq!(one::<String>(&db, "SELECT @@time_zone"), "+00:00");
        assert_eq!(
            one::<String>(&db, "SELECT @@character_set_client"),
            "utf8mb4"
        );
        assert!(one::<String>(&db, "SELECT @@sql_mode").contains("STRICT_ALL_TABLES"));
        assert_eq!(db.dialect().name, server.kind().name());
        assert_eq!(
            one::<String>(&db, "SELECT CONCAT('🦀', CHAR(0 USING utf8mb4))"),
            "🦀\0"
        );
    });
}

/// What the kernel says of the socket.
#[test]
#[cfg(target_os = "linux")]
fn silent_connections_are_probed() {
    on_each(|server, options| {
        for (options, expected) in [
            (options.clone(), true),
            (options.clone().keepalive(Duration::from_secs(30)), true),
            (options.clone().keepalive(None), false),
        ] {
            let db = open(options.pool(PoolOptions::new().max_size(1)));
            let sql = "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()";
            let host = one::<String>(&db, sql);
            let port: u16 = host.rsplit_once(':').unwrap().1.parse().unwrap();
            let local = format!("0100007F:{port:04X}");
            // The second timer is that of the probes; the first of what is unacknowledged.
            let probed = || {
                let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
                let mut lines = table.lines().map(|line| line.split_whitespace());
                // The port may have been another connection's, which still has a line of its own.
                let line = lines.find(|words| {
                    words.clone().nth(1) == Some(&local) && words.clone().nth(3) == Some("01")
                });
                let timer = line.unwrap().nth(5).unwrap().to_owned();
                timer.split_once(':').unwrap().0.to_owned()
            };
            let timer = if expected { "02" } else { "00" };
            assert!(
                eventually(|| probed() == timer),
                "{}: {}",
                server.kind(),
                probed()
            );
        }
    });
}

#[test]
fn the_program_has_a_name_and_patience_an_end() {
    on_each(|server, options| {
        let plain = options.clone().tls(TlsMode::Disable);
        let db = open(plain.application_name("shop"));
        // Without it the server keeps nothing of its clients' attributes.
        if one::<i64>(&db, "SELECT CAST(@@performance_schema AS SIGNED)") == 1 {
            let sql = "SELECT attr_value FROM performance_schema.session_connect_attrs \
                       WHERE processlist_id = CONNECTION_ID() AND attr_name = 'program_name'";
            let names = rows::<(String,)>(&db, sql, vec![]).unwrap();
            assert_eq!(names, [("shop".to_owned(),)], "{}", server.kind());
        }
        // A host that takes connections and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("mysql://{}/x", silent.local_addr().unwrap());
        let error = MysqlOptions::new(&url)
            .unwrap()
            .connect_timeout(Duration::from_millis(200))
            .connect_blocking(queryset::runtime::Threads)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
        assert!(
            error.to_string().ends_with("did not answer within 200ms"),
            "{error}"
        );
    });
}

/// Of several statements the first that fails is the error of all.
#[test]
fn a_later_statement_s_error_is_not_lost() {
    on_each(|server, options| {
        let db = open(options.pool(PoolOptions::new().max_size(1)));
        db.execute("CREATE TABLE t (n INT)", vec![]).unwrap();
        for sql in [
            "DO 1; SELECT nonsense",
            "SELECT 1; INSERT INTO t VALUES (1), ('x')",
        ] {
            let error = db.execute(sql, vec![]).unwrap_err();
            assert!(error.code().is_some(), "{}: {error}", server.kind());
            assert_eq!(one::<i64>(&db, "SELECT COUNT(*) FROM t"), 0);
        }
    });
}

#[test]
fn a_transaction_that_is_left_open_is_rolled_back() {
    on_each(|_, options| {
        let db = open(options.pool(PoolOptions::new().max_size(1)));
        db.execute("CREATE TABLE t (n INT)", vec![]).unwrap();
        for sql in [
            "START TRANSACTION; INSERT INTO t VALUES (1)",
            "START TRANSACTION",
        ] {
            let error = db.execute(sql, vec![]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Programming);
            assert!(
                error.to_string().contains("left a transaction open"),
                "{error}"
            );
        }
        assert_eq!(one::<i64>(&db, "SELECT COUNT(*) FROM t"), 0);
        let several = "INSERT INTO t VALUES (1), (2); SELECT 1; UPDATE t SET n = 2 WHERE n > 0";
        assert_eq!(db.execute(several, vec![]).unwrap(), 4);
    });
}

#[test]
fn statements_are_kept_up_to_a_limit() {
    on_each(|_, options| {
        let db = open(
            options
                .statement_cache(3)
                .pool(PoolOptions::new().max_size(1)),
        );
        let count = |name: &str| -> i64 {
            let sql = format!("SHOW SESSION STATUS LIKE 'Com_stmt_{name}'");
            let rows = queryset::raw::<(String, String)>(sql, vec![])
                .list(&db)
                .unwrap();
            rows[0].1.parse().unwrap()
        };
        assert_eq!(one::<i64>(&db, "SELECT 1"), 1);
        let before = count("prepare");
        for _ in 0..10 {
            assert_eq!(one::<i64>(&db, "SELECT 1"), 1);
        }
        assert_eq!(count("prepare"), before);
        let closed = count("close");
        for number in 0..10 {
            assert_eq!(one::<i64>(&db, &format!("SELECT {number}")), number);
        }
        assert!(count("prepare") >= before + 10);
        assert!(count("close") >= closed + 7);
    });
}
