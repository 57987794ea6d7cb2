//! The conformance suite of queryset, for any backend and any runtime
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
pub mod runtime;
mod stage;
mod suite;
#[cfg(feature = "libtest-mimic")]
mod trials;
mod wrapped;

pub use backend::{BackendUnderTest, Opened, Opening, SqlFunction};
pub use broken::{BrokenBackend, broken_backends, catches};
pub use capability::Capability;
pub use case::{Case, Report, Setting};
pub use cases::cases;
pub use deadline::within;
pub use method::{Form, Method};
pub use outcome::Outcome;
pub use suite::Suite;
#[cfg(feature = "libtest-mimic")]
pub use trials::{broken_runtime_trials, runtime_trials};
