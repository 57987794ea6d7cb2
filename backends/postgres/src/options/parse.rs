//! Addresses. The driver reads them, but for the settings of TLS that it does not know: those are
//! taken out first.

use std::path::PathBuf;
use std::time::Duration;

use queryset::runtime::{Keepalive, TcpOptions};
use queryset::{Error, ErrorKind, Result};
use tokio_postgres::Config;

use super::{TlsMode, TlsOptions, driver_mode};

/// The silence before the first probe of a connection, unless it is said.
const IDLE: Duration = Duration::from_secs(60);

/// The settings that the driver does not know, or not in their own form.
struct Own {
    tls: TlsOptions,
    keepalive: Keepalive,
    keepalives: bool,
    user_timeout: Option<Duration>,
}

pub(super) fn address(address: &str) -> Result<(Config, TlsOptions, TcpOptions)> {
    let mut own = Own {
        tls: TlsOptions {
            mode: TlsMode::Prefer,
            root: None,
            certificate: None,
            key: None,
        },
        keepalive: Keepalive::after(IDLE),
        keepalives: true,
        user_timeout: None,
    };
    let is_url = address.starts_with("postgres://") || address.starts_with("postgresql://");
    let rest = if is_url {
        url(address, &mut own)?
    } else {
        pairs(address, &mut own)?
    };
    let mut config: Config = rest.parse().map_err(|error: tokio_postgres::Error| {
        let result = invalid("the address is not one of postgres");
        match error.into_source() {
            Some(source) => result.with_source(source),
            None => result,
        }
    })?;
    let tcp = TcpOptions::new()
        .keepalive(own.keepalives.then_some(own.keepalive))
        .user_timeout(own.user_timeout);
    config.ssl_mode(driver_mode(own.tls.mode));
    Ok((config, own.tls, tcp))
}

/// Takes a setting of ours; false if it is none.
fn take(key: &str, value: &str, own: &mut Own) -> Result<bool> {
    let tls = &mut own.tls;
    match key {
        "keepalives" => own.keepalives = number(key, value)? != 0,
        "keepalives_idle" => {
            own.keepalive.idle = seconds(key, value)?.unwrap_or(IDLE);
        }
        "keepalives_interval" => own.keepalive.interval = seconds(key, value)?,
        "keepalives_count" | "keepalives_retries" => {
            own.keepalive.retries = Some(number(key, value)?).filter(|count| *count > 0);
        }
        "tcp_user_timeout" => {
            let millis = Some(number(key, value)?).filter(|millis| *millis > 0);
            own.user_timeout = millis.map(|millis| Duration::from_millis(millis.into()));
        }
        "sslmode" => {
            tls.mode = match value {
                "disable" => TlsMode::Disable,
                "allow" | "prefer" => TlsMode::Prefer,
                "require" => TlsMode::Require,
                "verify-ca" => TlsMode::VerifyCa,
                "verify-full" => TlsMode::VerifyFull,
                other => {
                    return Err(invalid(format!(
                        "the sslmode '{other}' is not known: choose disable, prefer, require, \
                         verify-ca or verify-full"
                    )));
                }
            };
        }
        // libpq's word for what the operating system trusts.
        "sslrootcert" if value == "system" => tls.root = None,
        "sslrootcert" => tls.root = Some(PathBuf::from(value)),
        "sslcert" => tls.certificate = Some(PathBuf::from(value)),
        "sslkey" => tls.key = Some(PathBuf::from(value)),
        _ => return Ok(false),
    }
    Ok(true)
}

fn number(key: &str, value: &str) -> Result<u32> {
    value
        .parse()
        .map_err(|_| invalid(format!("the {key} '{value}' is no number")))
}

/// As for libpq, none at all is the default.
fn seconds(key: &str, value: &str) -> Result<Option<Duration>> {
    let seconds = Some(number(key, value)?).filter(|seconds| *seconds > 0);
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.into())))
}

fn url(address: &str, own: &mut Own) -> Result<String> {
    let Some((before, query)) = address.split_once('?') else {
        return Ok(address.to_owned());
    };
    let mut kept = Vec::new();
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        if !take(key, &decoded(value)?, own)? {
            kept.push(setting);
        }
    }
    Ok(match kept.as_slice() {
        [] => before.to_owned(),
        kept => format!("{before}?{}", kept.join("&")),
    })
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

/// `key = 'value' …`, where a backslash takes the next character as it is.
fn pairs(text: &str, own: &mut Own) -> Result<String> {
    let mut kept = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=') else {
            return Err(invalid(
                "the address is neither a URL nor a list of `key=value`",
            ));
        };
        let (value, end) = value(after.trim_start())?;
        if !take(key.trim(), &value, own)? {
            let quoted = value.replace('\\', "\\\\").replace('\'', "\\'");
            kept.push_str(&format!("{}='{quoted}' ", key.trim()));
        }
        rest = end.trim_start();
    }
    Ok(kept)
}

fn value(text: &str) -> Result<(String, &str)> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            letter if letter.is_whitespace() && !quoted => return Ok((value, &text[at..])),
            letter => value.push(letter),
        }
    }
    if quoted {
        return Err(invalid("a quote in the address is not closed"));
    }
    Ok((value, ""))
}

#[cold]
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, message)
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::{Host, SslMode};

    use super::*;

    #[test]
    fn both_spellings_give_the_same() {
        for text in [
            "postgres://ann:p%20w@db.example:5433/shop?sslmode=verify-ca&sslrootcert=%2Fa%20b.pem\
             &application_name=x",
            "host=db.example port=5433 user=ann password = 'p w' dbname=shop sslmode=verify-ca \
             sslrootcert='/a b.pem' application_name=x",
        ] {
            let (config, tls, _) = address(text).unwrap();
            assert_eq!(config.get_user(), Some("ann"));
            assert_eq!(config.get_password(), Some(&b"p w"[..]));
            assert_eq!(config.get_dbname(), Some("shop"));
            assert_eq!(config.get_hosts(), [Host::Tcp("db.example".into())]);
            assert_eq!(config.get_ports(), [5433]);
            assert_eq!(config.get_application_name(), Some("x"));
            assert_eq!(config.get_ssl_mode(), SslMode::Require);
            assert_eq!(tls.mode, TlsMode::VerifyCa);
            assert_eq!(tls.root, Some("/a b.pem".into()));
        }
    }

    #[test]
    fn quotes_and_backslashes_survive() {
        let (config, _, _) = address(r"user='a\'b' password=c\\d\ e").unwrap();
        assert_eq!(config.get_user(), Some("a'b"));
        assert_eq!(config.get_password(), Some(&br"c\d e"[..]));
    }

    #[test]
    fn silent_connections_are_probed_as_it_is_said() {
        let of = |text: &str| address(text).unwrap().2;
        let minute = Keepalive::after(Duration::from_secs(60));
        let default = of("postgres://h/d");
        assert_eq!(
            (default.keepalive, default.user_timeout),
            (Some(minute), None)
        );
        assert_eq!(of("host=h keepalives=0").keepalive, None);
        let tcp = of(
            "postgres://h/d?keepalives_idle=9&keepalives_interval=2&keepalives_count=4\
             &tcp_user_timeout=1500",
        );
        let expected = Keepalive::after(Duration::from_secs(9))
            .interval(Duration::from_secs(2))
            .retries(4);
        assert_eq!(tcp.keepalive, Some(expected));
        assert_eq!(tcp.user_timeout, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, message) in [
            ("nonsense", "neither a URL nor"),
            ("user='a", "not closed"),
            ("postgres://h/d?sslmode=maybe", "'maybe' is not known"),
            ("postgres://h/d?sslcert=%2", "no two digits"),
            ("postgres://h/d?keepalives_idle=soon", "'soon' is no number"),
            ("postgres://h/d?colour=red", "not one of postgres"),
        ] {
            let error = address(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Value);
            assert!(error.to_string().contains(message), "{text}: {error}");
        }
    }
}
