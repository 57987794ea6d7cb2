//! Encryption and authentication.

use queryset::{Database, ErrorKind};
use queryset_mysql::{MysqlOptions, TlsMode};
use queryset_servers::{Account, Server};

use crate::support::{on_each, one, open, rows, servers};

/// By the name that is in its certificate.
fn named(server: &Server) -> MysqlOptions {
    MysqlOptions::new(&server.url().replace("127.0.0.1", "localhost")).unwrap()
}

fn cipher(db: &Database) -> String {
    let row = rows::<(String, String)>(db, "SHOW SESSION STATUS LIKE 'Ssl_cipher'", vec![]);
    row.unwrap().remove(0).1
}

#[test]
fn each_mode_does_what_it_says() {
    on_each(|server, options| {
        let tls = server.tls().expect("a private server has certificates");
        assert_eq!(cipher(&open(options.clone().tls(TlsMode::Disable))), "");
        for mode in [TlsMode::Prefer, TlsMode::Require] {
            assert_ne!(cipher(&open(options.clone().tls(mode))), "", "{mode:?}");
        }
        let verified = named(server)
            .tls(TlsMode::VerifyFull)
            .tls_root(tls.authority());
        assert_ne!(cipher(&open(verified)), "");
        for checked in [
            // The certificate is for another name, which does not matter.
            options.clone().tls_root(tls.authority()),
            named(server).tls_root(tls.authority()),
        ] {
            let db = open(checked.tls(TlsMode::VerifyCa));
            assert_ne!(cipher(&db), "");
            // A second connection knows the name.
            let held = queryset::raw::<(i64,)>("SELECT 1 UNION SELECT 2", vec![]);
            let mut held = held.iter(&db);
            assert_eq!(held.next().unwrap().unwrap(), (1,));
            assert_ne!(cipher(&db), "");
        }
        for unknown in [
            options.clone().tls_root(tls.other_authority()),
            named(server).tls_root(tls.other_authority()),
        ] {
            let error = unknown
                .tls(TlsMode::VerifyCa)
                .connect_blocking(queryset::runtime::Threads)
                .unwrap_err();
            assert_eq!(error.to_string(), "mysql: the TLS handshake failed");
        }
        for refused in [
            // The certificate is for the name.
            options.clone().tls_root(tls.authority()),
            named(server).tls_root(tls.other_authority()),
        ] {
            let refused = refused.tls(TlsMode::VerifyFull);
            let error = refused
                .connect_blocking(queryset::runtime::Threads)
                .unwrap_err();
            assert_eq!(error.to_string(), "mysql: the TLS handshake failed");
        }
        // The operating system does not know the authority.
        let strict = options.tls(TlsMode::VerifyFull);
        let error = strict
            .connect_blocking(queryset::runtime::Threads)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
    });
}

#[test]
fn passwords_are_proved_with_and_without_tls() {
    for server in servers() {
        for mode in [TlsMode::Disable, TlsMode::Require] {
            // The server forgets who was here, so that the whole exchange is made again.
            server.sql("flush privileges;").unwrap();
            for _ in 0..2 {
                let options = MysqlOptions::new(&server.url()).unwrap().tls(mode);
                assert_eq!(one::<i64>(&open(options), "SELECT 1"), 1, "{mode:?}");
            }
        }
    }
}

#[test]
fn accounts_may_require_tls_or_a_certificate() {
    for server in servers() {
        let tls = server.tls().unwrap();
        let url = server.url_for(Account::Tls).unwrap();
        let plain = MysqlOptions::new(&url).unwrap().tls(TlsMode::Disable);
        let error = plain
            .connect_blocking(queryset::runtime::Threads)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
        assert_ne!(cipher(&open(MysqlOptions::new(&url).unwrap())), "");

        let url = server.url_for(Account::Certificate).unwrap();
        let without = MysqlOptions::new(&url).unwrap().tls(TlsMode::Require);
        assert!(
            without
                .connect_blocking(queryset::runtime::Threads)
                .is_err()
        );
        let with = MysqlOptions::new(&url.replace("127.0.0.1", "localhost"))
            .unwrap()
            .tls(TlsMode::VerifyFull)
            .tls_root(tls.authority())
            .tls_identity(tls.client_certificate(), tls.client_key());
        assert_ne!(cipher(&open(with)), "");
    }
}

#[test]
fn a_unix_socket_is_used_when_it_is_asked_for() {
    for server in servers() {
        let socket = server.socket().unwrap();
        let options = MysqlOptions::new(&server.url()).unwrap();
        let over = |db: &Database| one::<String>(db, "SELECT USER()");
        assert!(over(&open(options.clone())).ends_with("@127.0.0.1"));
        assert!(over(&open(options.socket(socket))).ends_with("@localhost"));
    }
}
