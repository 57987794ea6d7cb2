//! Addresses. The driver reads them, but for the settings of TLS that it does not know: those are
//! taken out first.

use std::path::PathBuf;

use queryset::{Error, ErrorKind, Result};
use tokio_postgres::Config;

use super::{TlsMode, TlsOptions, driver_mode};

pub(super) fn address(address: &str) -> Result<(Config, TlsOptions)> {
    let mut tls = TlsOptions {
        mode: TlsMode::Prefer,
        root: None,
        certificate: None,
        key: None,
    };
    let is_url = address.starts_with("postgres://") || address.starts_with("postgresql://");
    let rest = if is_url {
        url(address, &mut tls)?
    } else {
        pairs(address, &mut tls)?
    };
    let mut config: Config = rest.parse().map_err(|error: tokio_postgres::Error| {
        let result = invalid("the address is not one of postgres");
        match error.into_source() {
            Some(source) => result.with_source(source),
            None => result,
        }
    })?;
    config.ssl_mode(driver_mode(tls.mode));
    Ok((config, tls))
}

/// Takes a setting of TLS; false if it is none.
fn take(key: &str, value: &str, tls: &mut TlsOptions) -> Result<bool> {
    match key {
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

fn url(address: &str, tls: &mut TlsOptions) -> Result<String> {
    let Some((before, query)) = address.split_once('?') else {
        return Ok(address.to_owned());
    };
    let mut kept = Vec::new();
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        if !take(key, &decoded(value)?, tls)? {
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
fn pairs(text: &str, tls: &mut TlsOptions) -> Result<String> {
    let mut kept = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=') else {
            return Err(invalid(
                "the address is neither a URL nor a list of `key=value`",
            ));
        };
        let (value, end) = value(after.trim_start())?;
        if !take(key.trim(), &value, tls)? {
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
            let (config, tls) = address(text).unwrap();
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
        let (config, _) = address(r"user='a\'b' password=c\\d\ e").unwrap();
        assert_eq!(config.get_user(), Some("a'b"));
        assert_eq!(config.get_password(), Some(&br"c\d e"[..]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, message) in [
            ("nonsense", "neither a URL nor"),
            ("user='a", "not closed"),
            ("postgres://h/d?sslmode=maybe", "'maybe' is not known"),
            ("postgres://h/d?sslcert=%2", "no two digits"),
            ("postgres://h/d?colour=red", "not one of postgres"),
        ] {
            let error = address(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Value);
            assert!(error.to_string().contains(message), "{text}: {error}");
        }
    }
}
