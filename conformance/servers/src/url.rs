//! The parts of a server's URL.

use crate::{Error, Result};

/// `scheme://user:password@host:port/database?query`, each part as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) database: String,
    pub(crate) query: String,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        // The text may hold a password, so that no error shows it.
        let wrong = || Error::new("a server's URL is scheme://user:password@host:port/database");
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (account, place) = authority.rsplit_once('@').ok_or_else(wrong)?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        // The colons of an IPv6 address are in brackets.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| wrong())?))
            }
            _ => (place, None),
        };
        if user.is_empty() || host.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            scheme: scheme.into(),
            user: user.into(),
            password: password.into(),
            host: host.into(),
            port,
            database: database.into(),
            query: query.into(),
        })
    }

    pub(crate) fn text(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let password = match self.password.as_str() {
            "" => String::new(),
            password => format!(":{password}"),
        };
        let query = match self.query.as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        };
        let Self {
            scheme,
            user,
            host,
            database,
            ..
        } = self;
        format!("{scheme}://{user}{password}@{host}{port}/{database}{query}")
    }

    /// Another database of the same server.
    pub(crate) fn with_database(&self, database: &str) -> Self {
        Self {
            database: database.into(),
            ..self.clone()
        }
    }

    /// The host as a program takes it: an IPv6 address without its brackets.
    pub(crate) fn host_name(&self) -> String {
        decoded(self.host.trim_start_matches('[').trim_end_matches(']'))
    }
}

/// A part of a URL without its percent signs; what they do not make text of stays as it is.
pub(crate) fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "postgres://me:secret@db.example:5432/shop?sslmode=require",
            "mysql://me@[::1]:3306/shop",
            "postgresql://me@localhost/",
        ] {
            assert_eq!(Url::parse(text).unwrap().text(), text);
        }
        let url = Url::parse("mysql://me:a%40b@[::1]/one").unwrap();
        assert_eq!((decoded(&url.password).as_str(), url.port), ("a@b", None));
        assert_eq!(url.host_name(), "::1");
        assert_eq!(
            url.with_database("two").text(),
            "mysql://me:a%40b@[::1]/two"
        );
    }

    #[test]
    fn refuses_without_showing_the_password() {
        for text in [
            "",
            "host=localhost password=secret",
            "mysql://secret",
            "mysql://me:secret@host:port/",
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
