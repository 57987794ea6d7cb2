//! TLS with each server, through the clients that come with them.

use std::path::Path;
use std::process::Command;

use queryset_servers::{Account, Kind, Server};

use crate::servers::servers;

/// Postgres's psql with these parameters, which must end with the database's name.
fn psql(server: &Server, account: Account, parameters: &str) -> Result<String, String> {
    let url = server.url_for(account).unwrap();
    let parameters = parameters.replace("CA", &path(&server.tls().unwrap().authority()));
    let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    run(Command::new("psql")
        .args(["-XAtw", "-c", sql])
        .arg(format!("{url}?{parameters}")))
}

#[test]
fn postgres_has_each_mode() {
    let postgres = servers().postgres().unwrap();
    let tls = postgres.tls().unwrap();
    let port = postgres.address().unwrap().port();
    let ok = |parameters: &str| psql(postgres, Account::Owner, parameters).unwrap();
    assert_eq!(ok("sslmode=disable"), "f");
    assert_eq!(ok("sslmode=require"), "t");
    assert_eq!(ok("sslmode=verify-ca&sslrootcert=CA"), "t");
    let full =
        format!("sslmode=verify-full&sslrootcert=CA&host=localhost&hostaddr=127.0.0.1&port={port}");
    assert_eq!(ok(&full), "t");
    // The certificate is not for an address, and not of every authority.
    let error = psql(
        postgres,
        Account::Owner,
        "sslmode=verify-full&sslrootcert=CA",
    )
    .unwrap_err();
    assert!(error.contains("does not match host name"), "{error}");
    let other = format!(
        "sslmode=verify-ca&sslrootcert={}",
        path(&tls.other_authority())
    );
    let error = psql(postgres, Account::Owner, &other).unwrap_err();
    assert!(error.contains("certificate verify failed"), "{error}");
}

#[test]
fn postgres_knows_clients_by_their_certificate() {
    let postgres = servers().postgres().unwrap();
    let tls = postgres.tls().unwrap();
    let certificate = format!(
        "sslmode=require&sslcert={}&sslkey={}",
        path(&tls.client_certificate()),
        path(&tls.client_key())
    );
    assert_eq!(
        psql(postgres, Account::Certificate, &certificate).unwrap(),
        "t"
    );
    psql(postgres, Account::Certificate, "sslmode=require").unwrap_err();
    psql(postgres, Account::Certificate, "sslmode=disable").unwrap_err();
    assert_eq!(
        psql(postgres, Account::Tls, "sslmode=require").unwrap(),
        "t"
    );
    psql(postgres, Account::Tls, "sslmode=disable").unwrap_err();
}

#[test]
fn pgbouncer_takes_clients_with_and_without() {
    let bouncer = servers().pgbouncer().unwrap();
    // What it says of itself, since Postgres sees only its own connection with PgBouncer.
    psql(bouncer, Account::Owner, "sslmode=disable").unwrap();
    psql(bouncer, Account::Owner, "sslmode=verify-ca&sslrootcert=CA").unwrap();
}

#[test]
fn mysql_and_mariadb_require_what_the_account_says() {
    for kind in [Kind::Mariadb, Kind::Mysql] {
        let server = servers().server(kind).unwrap();
        let tls = server.tls().unwrap();
        let certificate = [
            format!("--ssl-cert={}", path(&tls.client_certificate())),
            format!("--ssl-key={}", path(&tls.client_key())),
        ];
        let authority = format!("--ssl-ca={}", path(&tls.authority()));
        let other = format!("--ssl-ca={}", path(&tls.other_authority()));
        // The mariadb client talks to both; for MySQL's passwords it needs TLS.
        let ok = |account, options: &[&str]| mysql(server, account, options).unwrap();
        let no = |account, options: &[&str]| mysql(server, account, options).unwrap_err();
        assert_ne!(ok(Account::Owner, &["--ssl", &authority]), "");
        assert_ne!(ok(Account::Tls, &["--ssl", &authority]), "");
        assert_ne!(
            ok(
                Account::Certificate,
                &["--ssl", &certificate[0], &certificate[1]]
            ),
            ""
        );
        no(Account::Certificate, &["--ssl", &authority]);
        no(Account::Tls, &["--skip-ssl"]);
        let error = no(
            Account::Owner,
            &["--ssl", "--ssl-verify-server-cert", &other],
        );
        assert!(error.contains("TLS") || error.contains("SSL"), "{error}");
    }
}

/// The cipher of a connection by the client of MariaDB, which can be told whom to trust.
fn mysql(server: &Server, account: Account, options: &[&str]) -> Result<String, String> {
    let url = server.url();
    let password = url.split(['@', ':']).nth(2).unwrap();
    let port = server.address().unwrap().port();
    run(Command::new("mariadb")
        .args([
            "--no-defaults",
            "--batch",
            "--skip-column-names",
            "--protocol=tcp",
            "--host=127.0.0.1",
        ])
        .arg(format!("--port={port}"))
        .arg(format!("--user={}", account.name()))
        .env("MYSQL_PWD", password)
        .args(options)
        .args(["-e", "show status like 'Ssl_cipher'"]))
    .map(|row| row.split('\t').nth(1).unwrap_or_default().to_owned())
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}
