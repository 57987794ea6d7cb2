//! The suite as an author of a backend runs it: every case a named test.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Arguments;
use queryset::runtime::BoxFuture;
use queryset_conformance::runtime::ThreadsUnderTest;
use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening, Suite, suite_trials};
use queryset_sqlite::SqliteOptions;

/// SQLite in memory, with no more than an author has to write.
#[derive(Debug)]
struct InMemory;

impl BackendUnderTest for InMemory {
    fn name(&self) -> &str {
        "sqlite-in-memory"
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, queryset::Result<Opened>> {
        Box::pin(async move {
            // Nothing waits for longer, but what waits for itself where a lack is tried.
            let options = SqliteOptions::memory().acquire_timeout(Duration::from_secs(5));
            let database = options.connect(opening.runtime).await?;
            Ok(Opened::new(database))
        })
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::Unsigned64 => Some("its integers have 64 bits with a sign"),
            Capability::WideDecimals => Some("of a decimal number it keeps 15 digits"),
            Capability::RowLocks => Some("one transaction writes at a time"),
            Capability::WeakIsolation => Some("its transactions are always serializable"),
            Capability::SqlFunctions => Some("no functions are registered"),
            Capability::BoundedPool => Some("the pool's size is its own choice"),
            Capability::Server => Some("it is a library"),
            Capability::HeldLock => Some("nobody else can lock a database in memory"),
            Capability::ReadsBesideWriter => Some("in memory a write keeps reads waiting"),
            _ => None,
        }
    }
}

fn main() -> ExitCode {
    let suite = Suite::new(InMemory).runtime(Arc::new(ThreadsUnderTest));
    libtest_mimic::run(&Arguments::from_args(), suite_trials(&suite)).exit_code()
}
