//! queryset beside the raw drivers and its peers, in one interleaved run on one core.

mod backend;
mod checksum;
pub mod cli;
mod data;
mod measure;
mod memory;
pub mod peers;
mod pin;
pub mod reads;
mod report;
pub mod rows;
mod runtime;
pub mod sql;
pub mod workload;

pub use backend::{Backend, Place};
pub use checksum::Checksum;
pub use data::Databases;
pub use measure::{Measured, measure};
pub use memory::{Memory, memory, stream_once};
pub use peers::PeerKind;
pub use pin::pin;
pub use reads::Peer;
pub use report::{Line, table, write_json};
pub use runtime::{RuntimeKind, Started};
pub use workload::{Batch, Outcome, Workload};

/// Whatever goes wrong ends the run.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
