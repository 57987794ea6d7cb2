//! Who takes part in a run.

use clap::ValueEnum;

use crate::{Backend, Peer, PeerKind, Place, Result, RuntimeKind, Workload};

/// A peer on a runtime.
pub(super) struct Contestant {
    pub(super) peer: PeerKind,
    /// None for what blocks the caller's thread.
    pub(super) runtime: Option<RuntimeKind>,
    pub(super) opened: Box<dyn Peer>,
}

impl Contestant {
    /// The runtime that it really runs on.
    pub(super) fn runtime_name(&self, workload: Workload) -> String {
        match (self.peer, workload, self.runtime) {
            (_, _, Some(runtime)) => runtime.name(),
            // rusqlite's tasks need one.
            (PeerKind::Raw, Workload::Tasks64, None) => RuntimeKind::Tokio.name(),
            (_, _, None) => "none".to_owned(),
        }
    }
}

/// Raw first, as the unit; an asynchronous peer once for each runtime. An empty list of peers
/// stands for the usual ones. What cannot be opened is left out, and said in `failures`; without the
/// unit there is nothing.
pub(super) fn contestants(
    backend: Backend,
    place: &Place,
    peers: &[PeerKind],
    runtimes: &[RuntimeKind],
    failures: &mut Vec<String>,
) -> Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    for &peer in PeerKind::value_variants() {
        let chosen = match peers.is_empty() {
            true => peer.is_usual(),
            false => peers.contains(&peer),
        };
        let reads = peer.backends().contains(&backend);
        if peer != PeerKind::Raw && !(chosen && reads) {
            continue;
        }
        let can = peer.runtimes(backend);
        if can.is_empty() {
            // Its sockets need one all the same.
            match peer.open(backend, place, RuntimeKind::Tokio) {
                Ok(opened) => contestants.push(Contestant {
                    peer,
                    runtime: None,
                    opened,
                }),
                Err(error) if peer == PeerKind::Raw => return Err(error),
                Err(error) => failures.push(unopened(backend, peer, &error)),
            }
        }
        // The unit is there whatever was asked for.
        let wanted = match peer {
            PeerKind::Raw => &[RuntimeKind::Tokio][..],
            _ => runtimes,
        };
        for &runtime in wanted.iter().filter(|wanted| can.contains(wanted)) {
            match peer.open(backend, place, runtime) {
                Ok(opened) => contestants.push(Contestant {
                    peer,
                    runtime: Some(runtime),
                    opened,
                }),
                Err(error) if peer == PeerKind::Raw => return Err(error),
                Err(error) => failures.push(unopened(backend, peer, &error)),
            }
        }
    }
    Ok(contestants)
}

fn unopened(backend: Backend, peer: PeerKind, error: &dyn std::fmt::Display) -> String {
    format!(
        "{} {} cannot be opened: {error}",
        backend.name(),
        peer.name()
    )
}
