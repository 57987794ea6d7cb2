//! The conformance suite of queryset, for any backend and any runtime.
//!
//! An author of a backend says how an empty database is opened, and gets every case: some
//! hundreds of questions whose answers were worked out by hand from Django's documented rules,
//! each asked in its blocking and in its asynchronous form.
//!
//! ```
//! use std::sync::Arc;
//!
//! use queryset::runtime::BoxFuture;
//! use queryset_conformance::runtime::ThreadsUnderTest;
//! use queryset_conformance::{BackendUnderTest, Capability, Opened, Opening, Suite};
//!
//! #[derive(Debug)]
//! struct Mine;
//!
//! impl BackendUnderTest for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     fn open(&self, opening: Opening) -> BoxFuture<'static, queryset::Result<Opened>> {
//!         Box::pin(async move {
//!             // Here your own `connect`, to an empty database that no other case sees.
//!             let db = queryset_sqlite::connect("sqlite::memory:", opening.runtime).await?;
//!             Ok(Opened::new(db))
//!         })
//!     }
//!
//!     fn lacks(&self, capability: Capability) -> Option<&str> {
//!         match capability {
//!             Capability::Unsigned64 => Some("its integers have 64 bits with a sign"),
//!             Capability::WideDecimals => Some("of a decimal number it keeps 15 digits"),
//!             Capability::RowLocks => Some("one transaction writes at a time"),
//!             Capability::WeakIsolation => Some("its transactions are always serializable"),
//!             // What `open` makes nothing of, though the database could do it.
//!             Capability::SqlFunctions => Some("no functions are registered"),
//!             Capability::BoundedPool => Some("the pool's size is its own choice"),
//!             Capability::Server => Some("it is a library"),
//!             Capability::HeldLock => Some("nobody else can lock a database in memory"),
//!             _ => None,
//!         }
//!     }
//! }
//!
//! let suite = Suite::new(Mine).runtime(Arc::new(ThreadsUnderTest)).only("read.get.");
//! for report in suite.run(|_| ()) {
//!     assert!(report.outcome.is_ok(), "{} ({}): {}", report.case, report.method, report.detail);
//! }
//! ```
//!
//! With the feature `libtest-mimic`, `suite_trials` makes each case a named test of `cargo test`,
//! such as `read.get.multiple`. With the feature `field-types` there are also the cases of columns
//! whose types come from uuid, chrono, time, jiff, rust_decimal, bigdecimal and serde_json.
//!
//! # Random queries
//! The cases `property.…` draw rows and queries at random and compare with an evaluation of the same
//! conditions in Rust. They draw from a seed, so every run asks the same; a failure says the seed and
//! the smallest query that was found to fail. `PROPTEST_CASES` asks for more of them (give
//! [`Suite::patience`] with it) and `PROPTEST_RNG_SEED` for others.
//!
//! # Outcomes
//! A case passes, fails, cannot be carried out, or does not apply: the backend declares that it
//! lacks a [`Capability`], and why. Such a case runs all the same, and fails if it passes, so that
//! no declaration outlives its truth. Nothing is skipped without a word.
//!
//! # Whether the suite can tell
//! [`broken_backends`] wraps a sound backend in one deliberate mistake after the other (a row lost
//! at a chunk's edge, a cancellation ignored, the order of values reversed), each with the case
//! that has to fail then. They need nothing of the backend but its public seams.
//!
//! [`runtime`] has the cases of runtime adapters.
//!
//! With the feature `field-types`, `survey` asks a database what it makes of each type, for tables
//! in its documentation.

mod backend;
mod broken;
mod capability;
mod case;
mod cases;
mod deadline;
#[cfg(feature = "django")]
pub mod django;
mod failure;
mod gate;
mod method;
mod models;
mod outcome;
mod proxy;
pub mod runtime;
mod stage;
mod suite;
#[cfg(feature = "field-types")]
pub mod survey;
#[cfg(feature = "libtest-mimic")]
mod trials;
mod wrapped;

pub use backend::{BackendUnderTest, Opened, Opening, SqlFunction, Via, Watch};
pub use broken::{BrokenBackend, Sound, broken_backends};
pub use capability::Capability;
pub use case::{Case, Report, Setting};
pub use cases::cases;
pub use deadline::within;
pub use method::{Form, Method};
pub use outcome::Outcome;
pub use suite::Suite;
#[cfg(feature = "libtest-mimic")]
pub use trials::{broken_runtime_trials, runtime_trials, suite_trials};
