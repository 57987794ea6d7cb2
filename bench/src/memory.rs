//! How much memory a stream takes, in a process of its own.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::{Backend, Batch, PeerKind, Place, Result, RuntimeKind, Workload};

/// Where the child finds the rows.
const PLACE: &str = "QUERYSET_BENCH_PLACE";

/// Resident memory around a stream.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// Before the first row was asked for, with the database open.
    pub start_kib: u64,
    /// At most, until the last row.
    pub peak_kib: u64,
}

/// Streams all rows in a child process, since what one peer leaves in the allocator would count
/// against the next.
pub fn memory(
    backend: Backend,
    peer: PeerKind,
    place: &Place,
    runtime: RuntimeKind,
) -> Result<Memory> {
    let place = match place {
        Place::File(file) => file.as_os_str(),
        Place::Url(url) => url.as_ref(),
    };
    let child = Command::new(std::env::current_exe()?)
        .args(["memory", "--backend", backend.name(), "--peer", peer.name()])
        .args(["--runtime", &runtime.name()])
        // Others can read the words of a command, but not its environment.
        .env(PLACE, place)
        .output()?;
    if !child.status.success() {
        let errors = String::from_utf8_lossy(&child.stderr);
        return Err(format!("streaming with {} failed: {errors}", peer.name()).into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// Streams all rows in this process, from the place that the environment names.
pub fn stream_once(backend: Backend, peer: PeerKind, runtime: RuntimeKind) -> Result<Memory> {
    let place = std::env::var(PLACE)?;
    let place = match backend.server() {
        None => Place::File(place.into()),
        Some(_) => Place::Url(place),
    };
    let mut opened = peer.open(backend, &place, runtime)?;
    let one = Batch {
        operations: 1,
        ..Batch::new(Workload::Get, backend, 0)
    };
    // Opens a connection and starts what the runtime needs.
    opened.run(&one)?;
    // The highest mark is forgotten: it may be that of the program's start.
    fs::write("/proc/self/clear_refs", "5")?;
    let start_kib = status("VmRSS:")?;
    opened.run(&Batch {
        workload: Workload::Stream,
        ..one
    })?;
    Ok(Memory {
        start_kib,
        peak_kib: status("VmHWM:")?,
    })
}

fn status(field: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let value = line.and_then(|line| line.split_whitespace().next());
    Ok(value
        .ok_or_else(|| format!("no {field} in the process's status"))?
        .parse()?)
}
