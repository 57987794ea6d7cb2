//! How much memory a stream takes, in a process of its own.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::separate::PLACE;
use crate::{Backend, Batch, PeerKind, Place, Result, RuntimeKind, Workload};

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
    let child = Command::new(std::env::current_exe()?)
        .args(["memory", "--backend", backend.name(), "--peer", peer.name()])
        .args(["--runtime", &runtime.name()])
        // Others can read the words of a command, but not its environment.
        .env(PLACE, place.as_os_str())
        .output()?;
    if !child.status.success() {
        let errors = String::from_utf8_lossy(&child.stderr);
        return Err(format!("streaming with {} failed: {errors}", peer.name()).into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// Streams all rows in this process, from the place that the environment names.
pub fn stream_once(backend: Backend, peer: PeerKind, runtime: RuntimeKind) -> Result<Memory> {
    let place = Place::new(backend, std::env::var(PLACE)?);
    let mut opened = peer.open(backend, &place, runtime)?;
    let one = Batch {
        operations: 1,
        ..Batch::new(Workload::Get, backend, 0)
    };
    // Opens a connection and starts what the runtime needs.
    opened.run(&one)?;
    // The highest mark is forgotten: it may be that of the program's start.
    let process = opened.process();
    fs::write(format!("/proc/{process}/clear_refs"), "5")?;
    let start_kib = status(process, "VmRSS:")?;
    opened.run(&Batch {
        workload: Workload::Stream,
        ..one
    })?;
    Ok(Memory {
        start_kib,
        peak_kib: status(process, "VmHWM:")?,
    })
}

fn status(process: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let value = line.and_then(|line| line.split_whitespace().next());
    Ok(value
        .ok_or_else(|| format!("no {field} in the process's status"))?
        .parse()?)
}
