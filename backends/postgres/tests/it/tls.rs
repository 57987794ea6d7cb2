use queryset::ErrorKind;
use queryset::runtime::block_on;
use queryset_postgres::{PostgresOptions, TlsMode};
use queryset_servers::Account;

use crate::support::{Rows, open, options, read, runtimes, servers, taken, text, tokio};

/// The server by the name that its certificate is for.
fn by_name(url: &str) -> PostgresOptions {
    PostgresOptions::new(&url.replace("@127.0.0.1:", "@localhost:")).unwrap()
}

const VERSION: &str =
    "SELECT coalesce(version, 'none') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

#[test]
fn each_mode_asks_what_it_says() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let tls = server.tls().unwrap();
    let plain = options(server).tls(TlsMode::Disable);
    assert_eq!(
        read(&open(plain), VERSION, vec![]).unwrap(),
        [[text("none")]]
    );

    for (mode, root) in [
        (TlsMode::Prefer, None),
        (TlsMode::Require, None),
        (TlsMode::Require, Some(tls.authority())),
        (TlsMode::VerifyCa, Some(tls.authority())),
        (TlsMode::VerifyFull, Some(tls.authority())),
    ] {
        let mut options = by_name(&server.url()).tls(mode);
        if let Some(root) = root {
            options = options.root_certificate(root);
        }
        for (name, runtime) in runtimes() {
            let db = block_on(options.clone().connect(runtime)).unwrap();
            let version = queryset::raw::<(String,)>(VERSION, vec![]);
            let version = block_on(version.alist(&db)).unwrap();
            assert_eq!(version, [("TLSv1.3".to_owned(),)], "{name}: {mode:?}");
            db.close().unwrap();
        }
    }
    for (mode, root) in [
        (TlsMode::Require, Some(tls.other_authority())),
        (TlsMode::VerifyCa, Some(tls.other_authority())),
        (TlsMode::VerifyFull, Some(tls.other_authority())),
        (TlsMode::VerifyCa, None),
    ] {
        let mut options = by_name(&server.url()).tls(mode);
        if let Some(root) = root {
            options = options.root_certificate(root);
        }
        let error = block_on(options.connect(tokio())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{mode:?}");
        assert_eq!(error.to_string(), "postgres: the TLS handshake failed");
    }
}

/// The certificate is for localhost, and not for a name of ours.
#[test]
fn only_verify_full_looks_at_the_name() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let root = server.tls().unwrap().authority();
    let port = server.address().unwrap().port();
    let url = server.url();
    let (before, after) = url.split_once('@').unwrap();
    let (_, path) = after.split_once('/').unwrap();
    let url = format!("{before}@other.example:{port}/{path}?hostaddr=127.0.0.1");
    let other = PostgresOptions::new(&url).unwrap().root_certificate(root);
    let db = block_on(other.clone().tls(TlsMode::VerifyCa).connect(tokio())).unwrap();
    db.close().unwrap();
    let error = block_on(other.tls(TlsMode::VerifyFull).connect(tokio())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
}

#[test]
fn a_client_shows_its_certificate() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    let tls = server.tls().unwrap();
    let options = by_name(&server.url_for(Account::Certificate).unwrap())
        .tls(TlsMode::VerifyFull)
        .root_certificate(tls.authority());
    let without = block_on(options.clone().connect(tokio())).unwrap_err();
    assert!(
        matches!(
            without.kind(),
            ErrorKind::Authentication | ErrorKind::Connection
        ),
        "{without:?}"
    );
    let half = options
        .clone()
        .client_certificate(tls.client_certificate(), "/nowhere");
    assert_eq!(
        block_on(half.connect(tokio())).unwrap_err().kind(),
        ErrorKind::Value
    );
    let shown = options.client_certificate(tls.client_certificate(), tls.client_key());
    let db = open(shown);
    let rows = read(&db, "SELECT current_user::text", vec![]).unwrap();
    assert_eq!(rows, [[text(Account::Certificate.name())]]);
}

/// SCRAM over TLS binds the password's exchange to the session, and reads are cancelled over TLS.
#[test]
fn the_channel_is_bound_and_cancelling_works() {
    use queryset::{Backend, Statement};

    let servers = servers();
    let server = servers.postgres().unwrap();
    let mut url = server.url_for(Account::Tls).unwrap();
    url.push_str(if url.contains('?') { "&" } else { "?" });
    url.push_str("channel_binding=require&sslmode=require");
    let options = PostgresOptions::new(&url).unwrap();
    let db = open(options.pool(queryset::pool::PoolOptions::new().max_size(1)));
    for _ in 0..20 {
        let statement = Statement::read("SELECT generate_series(1, 10000000)", vec![]);
        let fetched = block_on(db.fetch(statement, Box::new(Rows::default()), 3)).unwrap();
        assert_eq!(taken(fetched).0.rows.len(), 3);
        assert_eq!(read(&db, VERSION, vec![]).unwrap(), [[text("TLSv1.3")]]);
    }
}
