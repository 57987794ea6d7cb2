//! The error of a wait that took too long.

use super::state::{Doing, Holder, Slot};
use super::{Connect, Shared};
use crate::error::{Error, ErrorKind};

/// The longest piece of a statement that is quoted.
const QUOTED: usize = 200;

impl<C: Connect> Shared<C> {
    #[cold]
    pub(super) fn exhausted(&self) -> Error {
        let state = self.lock();
        let status = state.status();
        let mut message = format!(
            "no connection became free within {:?}: {} of {} are in use",
            self.options.acquire_timeout,
            status.in_use,
            state.slots.len(),
        );
        let holders = state.slots.iter().filter_map(|slot| match slot {
            Slot::Held(holder) => Some(holder),
            _ => None,
        });
        if let Some(oldest) = holders.min_by_key(|holder| holder.since) {
            message.push_str(&format!(
                ", the longest since {:.1?}, {} `{}`",
                oldest.since.elapsed(),
                doing(oldest),
                excerpt(&oldest.label),
            ));
        }
        if status.connecting > 0 {
            message.push_str(&format!("; {} are being opened", status.connecting));
        }
        if let Some(failure) = &state.last_failure {
            message.push_str(&format!(
                "; the last attempt to connect failed {:.1?} ago: {}",
                failure.at.elapsed(),
                failure.message,
            ));
        }
        Error::new(ErrorKind::PoolExhausted, message)
    }
}

fn doing(holder: &Holder) -> &'static str {
    match holder.doing {
        Doing::Running => "running",
        Doing::Parked(_) => "an open cursor over",
        Doing::Detached => "in a transaction begun by",
        Doing::Finishing => "ending the dropped",
    }
}

fn excerpt(label: &str) -> &str {
    match label.char_indices().nth(QUOTED) {
        Some((end, _)) => &label[..end],
        None => label,
    }
}
