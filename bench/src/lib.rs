//! queryset beside the raw drivers and its peers, in one interleaved run on one core.

mod backend;
mod checksum;
#[cfg(feature = "drivers")]
pub mod cli;
#[cfg(feature = "drivers")]
mod data;
#[cfg(feature = "drivers")]
mod measure;
#[cfg(feature = "drivers")]
mod memory;
#[cfg(feature = "drivers")]
pub mod peers;
mod pin;
pub mod reads;
#[cfg(feature = "drivers")]
pub mod report;
pub mod rows;
mod runtime;
pub mod separate;
pub mod sql;
pub mod workload;

pub use backend::{Backend, Place};
pub use checksum::Checksum;
#[cfg(feature = "drivers")]
pub use data::Databases;
#[cfg(feature = "drivers")]
pub use measure::{Measured, measure};
#[cfg(feature = "drivers")]
pub use memory::{Memory, memory, stream_once};
#[cfg(feature = "drivers")]
pub use peers::PeerKind;
pub use pin::pin;
pub use reads::Peer;
pub use runtime::{RuntimeKind, Started};
pub use workload::{Batch, Outcome, Workload};

/// Whatever goes wrong ends the run.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
