//! The conformance suite of queryset, for any backend and any runtime

mod deadline;
mod outcome;
pub mod runtime;
#[cfg(feature = "libtest-mimic")]
mod trials;

pub use deadline::within;
pub use outcome::Outcome;
#[cfg(feature = "libtest-mimic")]
pub use trials::{broken_runtime_trials, runtime_trials};
