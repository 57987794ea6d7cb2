//! What is at the other end.

use queryset::{Dialect, Family};

/// MySQL or MariaDB, which share a protocol and most of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) is_mariadb: bool,
    /// As the server spells it, such as `10.11.6-MariaDB-0+deb12u1` or `9.7.0`.
    pub(crate) version: String,
}

impl Server {
    pub(crate) fn new(version: String) -> Self {
        Self {
            is_mariadb: version.to_ascii_lowercase().contains("mariadb"),
            version,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        let name = if self.is_mariadb { "mariadb" } else { "mysql" };
        let mut dialect = Dialect::new(Family::Mysql, name);
        dialect.cast_documents = !self.is_mariadb;
        if self.is_mariadb {
            dialect.explain_formats = &["JSON"];
            dialect.explain_analyze = Some("ANALYZE");
        }
        if let Some(collation) = self.text_collation() {
            dialect.text_collation = collation;
        }
        dialect
    }

    /// The collation of bytes that does not pad with spaces, where there is one.
    fn text_collation(&self) -> Option<&'static str> {
        match self.is_mariadb {
            true => (self.number() >= (10, 2, 2)).then_some("utf8mb4_nopad_bin"),
            false => (self.number() >= (8, 0, 17)).then_some("utf8mb4_0900_bin"),
        }
    }

    fn number(&self) -> (u32, u32, u32) {
        // What old drivers could not do without, and MariaDB still may send first.
        let version = match self.is_mariadb {
            true => self.version.strip_prefix("5.5.5-").unwrap_or(&self.version),
            false => &self.version,
        };
        let mut numbers = version
            .split(|letter: char| !letter.is_ascii_digit())
            .map(|number| number.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        (next(), next(), next())
    }

    /// The statement that limits how long statements run.
    pub(crate) fn statement_timeout(&self, timeout: std::time::Duration) -> String {
        match self.is_mariadb {
            true => format!(
                "SET SESSION max_statement_time = {:.6}",
                timeout.as_secs_f64()
            ),
            // In whole milliseconds, of which none means no limit.
            false => {
                let millis = timeout
                    .as_nanos()
                    .div_ceil(1_000_000)
                    .clamp(1, u128::from(u32::MAX));
                format!("SET SESSION max_execution_time = {millis}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_version_tells_them_apart() {
        for (version, name) in [
            ("10.11.6-MariaDB-0+deb12u1", "mariadb"),
            ("5.5.5-10.4.32-MariaDB", "mariadb"),
            ("9.7.0", "mysql"),
            ("8.0.36-28.1", "mysql"),
        ] {
            assert_eq!(Server::new(version.to_owned()).dialect().name, name);
        }
    }

    #[test]
    fn the_version_tells_which_collations_there_are() {
        for (version, collation) in [
            ("10.11.6-MariaDB-0+deb12u1", "utf8mb4_nopad_bin"),
            ("5.5.5-10.4.32-MariaDB", "utf8mb4_nopad_bin"),
            ("10.1.48-MariaDB", "utf8mb4_bin"),
            ("9.7.0", "utf8mb4_0900_bin"),
            ("8.0.16", "utf8mb4_bin"),
            ("5.7.44-log", "utf8mb4_bin"),
        ] {
            let dialect = Server::new(version.to_owned()).dialect();
            assert_eq!(dialect.text_collation, collation, "{version}");
        }
    }

    #[test]
    fn a_timeout_is_never_rounded_to_none() {
        let mysql = Server::new("9.7.0".to_owned());
        let mariadb = Server::new("10.11.6-MariaDB".to_owned());
        assert_eq!(
            mysql.statement_timeout(Duration::from_micros(10)),
            "SET SESSION max_execution_time = 1"
        );
        assert_eq!(
            mariadb.statement_timeout(Duration::from_millis(1500)),
            "SET SESSION max_statement_time = 1.500000"
        );
    }
}
