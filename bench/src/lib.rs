//! queryset beside the raw drivers, in one interleaved run on one core.

pub mod cli;
mod data;
mod item;
mod measure;
mod memory;
pub mod peers;
mod pin;
mod report;
mod runtime;
pub mod workload;

pub use data::dataset;
pub use item::{Checksum, Item, ItemRow};
pub use measure::{Measured, measure};
pub use memory::{Memory, memory, stream_once};
pub use peers::{Backend, Peer, PeerKind};
pub use pin::pin;
pub use report::{Line, table, write_json};
pub use runtime::RuntimeKind;
pub use workload::{Batch, Outcome, Workload};

/// Whatever goes wrong ends the run.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
