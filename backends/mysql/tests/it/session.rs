//! How a connection is set up, and how it is left.

use queryset::ErrorKind;
use queryset::pool::PoolOptions;

use crate::support::{on_each, one, open};

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
