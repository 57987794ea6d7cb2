//! What each package must not depend on.

/// Async runtimes, and the crates that they are made of.
const RUNTIMES: &[&str] = &[
    "tokio",
    "tokio-util",
    "tokio-stream",
    "mio",
    "async-std",
    "smol",
    "async-io",
    "async-net",
    "async-fs",
    "async-process",
    "async-executor",
    "async-global-executor",
    "blocking",
    "polling",
    "futures-executor",
    "rayon",
];

/// Database drivers, and the libraries that they bind.
const DRIVERS: &[&str] = &[
    "rusqlite",
    "libsqlite3-sys",
    "tokio-postgres",
    "postgres",
    "postgres-protocol",
    "mysql",
    "mysql_async",
    "mysql_common",
    "sqlx",
    "sqlx-core",
    "diesel",
];

/// Our own crates around the core.
const AROUND: &[&str] = &[
    "queryset-sqlite",
    "queryset-postgres",
    "queryset-mysql",
    "queryset-tokio",
    "queryset-async-std",
    "queryset-smol",
    "queryset-conformance",
];

/// Everything in the lists above is forbidden, but for what is allowed by name.
#[derive(Debug)]
pub(super) struct Rule {
    allowed: &'static [&'static str],
    /// Features that an allowed package may not be built with.
    without: &'static [(&'static str, &'static str)],
    every_platform: bool,
}

impl Rule {
    /// The rule of a published package.
    pub(super) fn of(package: &str) -> Option<Self> {
        let allowed: &[&str] = match package {
            // The heart and the suite know no runtime, no driver and no crate around them.
            "queryset" | "queryset-derive" | "queryset-conformance" => &[],
            // A backend knows its driver.
            "queryset-sqlite" => &["rusqlite", "libsqlite3-sys"],
            "queryset-postgres" => &["tokio", "tokio-util", "tokio-postgres", "postgres-protocol"],
            // Its driver works inside tokio only, so it has some of its own where the user has not.
            "queryset-mysql" => &["tokio", "tokio-util", "mio", "mysql_async", "mysql_common"],
            // An adapter knows its runtime.
            "queryset-tokio" => &["tokio", "mio"],
            "queryset-async-std" => &[
                "async-std",
                "async-io",
                "async-process",
                "async-executor",
                "async-global-executor",
                "blocking",
                "polling",
            ],
            "queryset-smol" => &[
                "smol",
                "async-io",
                "async-net",
                "async-fs",
                "async-process",
                "async-executor",
                "blocking",
                "polling",
            ],
            _ => return None,
        };
        // Of tokio the driver has the traits for reading and writing, and nothing that runs.
        let without: &[(&str, &str)] = match package {
            "queryset-postgres" => &[
                ("tokio", "rt"),
                ("tokio", "rt-multi-thread"),
                ("tokio", "net"),
                ("tokio", "time"),
                ("tokio", "fs"),
                ("tokio", "process"),
                ("tokio", "signal"),
            ],
            _ => &[],
        };
        // What a runtime itself needs on a platform of its own (async-std in the browser) is its
        // affair; everybody else is looked at on all of them.
        let adapter = matches!(
            package,
            "queryset-tokio" | "queryset-async-std" | "queryset-smol"
        );
        Some(Self {
            allowed,
            without,
            every_platform: !adapter,
        })
    }

    /// Whether the package is looked at as it is on every platform, and not on this one alone.
    pub(super) fn every_platform(&self) -> bool {
        self.every_platform
    }

    /// Whether a package may not show up in the tree.
    pub(super) fn forbids(&self, name: &str) -> bool {
        let listed = [RUNTIMES, DRIVERS, AROUND]
            .iter()
            .any(|names| names.contains(&name));
        listed && !self.allowed.contains(&name)
    }
}

impl Rule {
    /// The features among those of a package that it may not have here.
    pub(super) fn forbidden_features<'f>(
        &self,
        name: &str,
        features: impl Iterator<Item = &'f str>,
    ) -> Vec<&'f str> {
        features
            .filter(|feature| self.without.contains(&(name, *feature)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_knows_only_its_own() {
        let forbids = |package, name| Rule::of(package).unwrap().forbids(name);
        assert!(forbids("queryset", "rusqlite"));
        assert!(forbids("queryset", "async-global-executor"));
        assert!(!forbids("queryset", "sea-query"));
        assert!(forbids("queryset-conformance", "queryset-sqlite"));
        assert!(!forbids("queryset-conformance", "queryset"));
        assert!(!forbids("queryset-sqlite", "rusqlite"));
        assert!(forbids("queryset-sqlite", "queryset-tokio"));
        assert!(!forbids("queryset-tokio", "tokio"));
        assert!(forbids("queryset-tokio", "smol"));
        assert!(forbids("queryset-smol", "async-std"));
        assert!(!forbids("queryset-postgres", "tokio"));
        assert!(forbids("queryset-postgres", "mio"));
        assert!(forbids("queryset-mysql", "tokio-postgres"));
        assert!(Rule::of("serde").is_none());
    }
}
