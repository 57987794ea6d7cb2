//! Who may sign in.

use queryset_servers::{Account, Kind};

use crate::servers::servers;

#[test]
fn mysql_and_mariadb_use_the_plugins_that_they_should() {
    for (server, plugin) in [
        (servers().mysql().unwrap(), "caching_sha2_password"),
        (servers().mariadb().unwrap(), "mysql_native_password"),
    ] {
        for account in [Account::Owner, Account::Tls, Account::Certificate] {
            let sql = format!(
                "select distinct plugin from mysql.user where user = '{}'",
                account.name()
            );
            assert_eq!(server.sql(&sql).unwrap().trim(), plugin);
        }
    }
}

#[test]
fn nobody_signs_in_without_a_password() {
    for server in servers()
        .iter()
        .filter(|server| server.kind() != Kind::Pgbouncer)
    {
        let sql = match server.kind() {
            Kind::Postgres => {
                "select count(*) from pg_authid where rolcanlogin and rolpassword is null"
            }
            // MySQL's internal users are locked.
            Kind::Mysql => {
                "select count(*) from mysql.user where authentication_string = '' and account_locked = 'N'"
            }
            // As is MariaDB's, which says so in its own way.
            _ => {
                "select count(*) from mysql.user where password = '' and plugin = 'mysql_native_password' and user <> 'mariadb.sys'"
            }
        };
        assert_eq!(server.sql(sql).unwrap().trim(), "0", "{}", server.kind());
    }
}

#[test]
fn pgbouncer_knows_the_owner_alone() {
    let bouncer = servers().pgbouncer().unwrap();
    assert_eq!(bouncer.url_for(Account::Owner).unwrap(), bouncer.url());
    assert!(bouncer.url_for(Account::Tls).unwrap_err().is_unsupported());
}
