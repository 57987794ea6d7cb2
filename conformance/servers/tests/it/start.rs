//! What the servers are.

use std::collections::BTreeSet;

use queryset_servers::Kind;

use crate::servers::servers;

#[test]
fn each_says_what_it_is() {
    for server in servers().iter() {
        let sql = match server.kind() {
            Kind::Postgres | Kind::Pgbouncer => "show server_version",
            Kind::Mariadb | Kind::Mysql => "select version()",
        };
        let version = server.sql(sql).unwrap();
        match server.kind() {
            Kind::Pgbouncer => assert_eq!(version, servers().postgres().unwrap().sql(sql).unwrap()),
            _ => assert_eq!(version.trim(), server.version()),
        }
        assert_eq!(version.contains("MariaDB"), server.kind() == Kind::Mariadb);
        assert!(server.socket().unwrap().exists());
        // Of a server that another program lends, nothing is known.
        assert_ne!(server.is_running(), Some(false));
    }
    assert_eq!(servers().iter().count(), Kind::ALL.len());
}

#[test]
fn postgres_sorts_by_code_points() {
    let sql = "select datcollate, pg_encoding_to_char(encoding) from pg_database where datname = current_database()";
    let postgres = servers().postgres().unwrap();
    assert_eq!(postgres.sql(sql).unwrap(), "C.UTF-8\tUTF8\n");
}

#[test]
fn mariadb_compares_bytes_and_mysql_as_it_does_by_default() {
    for (server, collation) in [
        (servers().mariadb().unwrap(), "utf8mb4_bin"),
        (servers().mysql().unwrap(), "utf8mb4_0900_ai_ci"),
    ] {
        let database = server.create_database("collation").unwrap();
        let found = server
            .sql_in(database.name(), "select @@collation_database")
            .unwrap();
        assert_eq!(found.trim(), collation);
    }
}

#[test]
fn databases_are_apart() {
    for server in servers().iter() {
        let [one, two] = ["one", "two"].map(|prefix| server.create_database(prefix).unwrap());
        assert!(one.url().ends_with(one.name()));
        server
            .sql_in(one.name(), "create table t (a varchar(20))")
            .unwrap();
        server
            .sql_in(one.name(), "insert into t values ('žluť 🐴')")
            .unwrap();
        assert_eq!(
            server.sql_in(one.name(), "select a from t").unwrap(),
            "žluť 🐴\n"
        );
        let error = server.sql_in(two.name(), "select a from t").unwrap_err();
        assert!(
            error.to_string().contains("refused the statement"),
            "{error}"
        );
    }
}

#[test]
fn a_database_needs_a_plain_name() {
    let postgres = servers().postgres().unwrap();
    for prefix in ["", "Upper", "a b", "a;drop", "1a", &"a".repeat(33)] {
        assert!(postgres.create_database(prefix).is_err(), "{prefix}");
    }
}

#[test]
fn ports_and_names_are_not_shared() {
    let ports: BTreeSet<_> = servers().iter().map(|server| server.address()).collect();
    assert_eq!(ports.len(), Kind::ALL.len());
    let postgres = servers().postgres().unwrap();
    let names: BTreeSet<_> = (0..3)
        .map(|_| postgres.create_database("same").unwrap().name().to_owned())
        .collect();
    assert_eq!(names.len(), 3);
}

/// What makes clients need a mode without named statements: the next transaction may run on a
/// connection that has never heard of the statement, or already has another one of that name.
#[test]
fn pgbouncer_does_not_keep_named_statements() {
    let bouncer = servers().pgbouncer().unwrap();
    // Of its own, so that PgBouncer has but one connection to give for it.
    let database = bouncer.create_database("named").unwrap();
    let prepare = |number| {
        let sql = format!("begin; prepare same as select {number}; commit;");
        bouncer.sql_in(database.name(), &sql)
    };
    prepare(1).unwrap();
    let error = prepare(2).unwrap_err().to_string();
    assert!(error.contains("already exists"), "{error}");
}

#[test]
fn zones_are_known() {
    for server in servers()
        .iter()
        .filter(|server| server.kind() != Kind::Pgbouncer)
    {
        let sql = match server.kind() {
            Kind::Postgres => {
                "select timestamp '2024-07-01 12:00' at time zone 'UTC' at time zone 'Europe/Prague'"
            }
            _ => "select convert_tz('2024-07-01 12:00:00', 'UTC', 'Europe/Prague')",
        };
        assert_eq!(
            server.sql(sql).unwrap().trim(),
            "2024-07-01 14:00:00",
            "{}",
            server.kind()
        );
    }
}
