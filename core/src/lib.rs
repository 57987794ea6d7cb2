//! Django's QuerySet reads, blocking and asynchronous, on any database and any async runtime

mod cancel;
pub mod runtime;
mod sync;

pub use cancel::{CancelGuard, CancelReason, CancelToken, Cancelled, DeadlineGuard};
