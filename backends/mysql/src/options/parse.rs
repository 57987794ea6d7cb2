//! Addresses.

use std::time::Duration;

use queryset::{Error, ErrorKind, Result};

use super::{MysqlOptions, TlsMode};

const DEFAULT_PORT: u16 = 3306;

pub(super) fn address(address: &str) -> Result<MysqlOptions> {
    let rest = ["mysql://", "mariadb://"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
        .ok_or_else(|| invalid("the address does not begin with `mysql://` or `mariadb://`"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (account, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = host_and_port(host)?;
    let mut options = MysqlOptions::at(host, port);
    let (user, password) = match account.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (account, None),
    };
    if !user.is_empty() {
        options.user = Some(decoded(user)?);
    }
    options.password = password.map(decoded).transpose()?;
    if !database.is_empty() {
        options.database = Some(decoded(database)?);
    }
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        set(&mut options, key, decoded(value)?)?;
    }
    Ok(options)
}

fn set(options: &mut MysqlOptions, key: &str, value: String) -> Result<()> {
    match key {
        "ssl-mode" | "sslmode" => options.tls.mode = mode(&value)?,
        "ssl-ca" | "sslrootcert" => options.tls.root = Some(value.into()),
        "ssl-cert" | "sslcert" => options.tls.certificate = Some(value.into()),
        "ssl-key" | "sslkey" => options.tls.key = Some(value.into()),
        "socket" => options.socket = Some(value.into()),
        "connect-timeout" | "connect_timeout" => {
            let seconds = value
                .parse()
                .map_err(|_| invalid(format!("the connect-timeout '{value}' is no number")))?;
            options.connect_timeout = Duration::from_secs(seconds);
        }
        other => {
            return Err(invalid(format!(
                "the parameter '{other}' is not known: there are ssl-mode, ssl-ca, ssl-cert, \
                 ssl-key, socket and connect-timeout"
            )));
        }
    }
    Ok(())
}

fn mode(value: &str) -> Result<TlsMode> {
    Ok(
        match value.to_ascii_lowercase().replace('-', "_").as_str() {
            "disable" | "disabled" => TlsMode::Disable,
            "prefer" | "preferred" => TlsMode::Prefer,
            "require" | "required" => TlsMode::Require,
            "verify_full" | "verify_identity" => TlsMode::VerifyFull,
            "verify_ca" => TlsMode::VerifyCa,
            _ => {
                return Err(invalid(format!(
                    "the ssl-mode '{value}' is not known: choose disabled, preferred, required, \
                 verify_ca or verify_identity"
                )));
            }
        },
    )
}

/// `host`, `host:port`, `[::1]:port`; nothing is this machine.
fn host_and_port(text: &str) -> Result<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest
                .split_once(']')
                .ok_or_else(|| invalid("a bracket in the address is not closed"))?;
            (host, after.strip_prefix(':'))
        }
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        None | Some("") => DEFAULT_PORT,
        Some(port) => port
            .parse()
            .map_err(|_| invalid(format!("the port '{port}' is no port")))?,
    };
    let host = match host {
        "" => "localhost".to_owned(),
        host => decoded(host)?,
    };
    Ok((host, port))
}

/// The text behind percent signs.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push((high << 4 | low) as u8),
            _ => return Err(invalid("a percent sign in the address has no two digits")),
        }
    }
    String::from_utf8(bytes).map_err(|error| invalid("the address is not UTF-8").with_source(error))
}

#[cold]
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        let options = address(
            "mysql://an%40n:p%20w@db.example:3307/my%2Fshop?ssl-mode=VERIFY_IDENTITY\
             &ssl-ca=%2Fa%20b.pem&connect-timeout=3",
        )
        .unwrap();
        assert_eq!(options.user.as_deref(), Some("an@n"));
        assert_eq!(options.password.as_deref(), Some("p w"));
        assert_eq!((options.host.as_str(), options.port), ("db.example", 3307));
        assert_eq!(options.database.as_deref(), Some("my/shop"));
        assert_eq!(options.tls.mode, TlsMode::VerifyFull);
        assert_eq!(options.tls.root, Some("/a b.pem".into()));
        assert_eq!(options.connect_timeout, Duration::from_secs(3));
        assert!(!format!("{options:?}").contains("p w"));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let options = address("mariadb://").unwrap();
        assert_eq!((options.host.as_str(), options.port), ("localhost", 3306));
        assert_eq!((&options.user, &options.password), (&None, &None));
        assert_eq!((&options.database, &options.socket), (&None, &None));
        assert_eq!(options.tls.mode, TlsMode::Prefer);
        let options = address("mysql://root:@[::1]:33/?socket=/run/s").unwrap();
        assert_eq!((options.host.as_str(), options.port), ("::1", 33));
        assert_eq!(options.password.as_deref(), Some(""));
        assert_eq!(options.socket, Some("/run/s".into()));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, message) in [
            ("postgres://h/d", "does not begin with"),
            ("mysql://h:x/d", "'x' is no port"),
            ("mysql://[::1/d", "not closed"),
            ("mysql://h/d?ssl-mode=maybe", "'maybe' is not known"),
            ("mysql://h/d%2", "no two digits"),
            ("mysql://h/d?colour=red", "'colour' is not known"),
        ] {
            let error = address(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Value);
            assert!(error.to_string().contains(message), "{text}: {error}");
        }
    }
}
