//! The servers that the tests share.

use std::sync::OnceLock;

use queryset_servers::{Needs, Servers};

/// Started by the first test that asks; they end with the tests' process, since nothing drops them.
pub(crate) fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        Servers::start_with(Needs::all(), |line| eprintln!("{line}")).unwrap_or_else(|error| {
            panic!("the servers did not start: {error}");
        })
    })
}
