//! `run`: every workload on every peer.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::progress;
use crate::{
    Backend, Batch, Databases, Line, Peer, PeerKind, Place, Result, RuntimeKind, Workload, measure,
    memory, table, write_json,
};

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The databases (default: all).
    #[arg(long, value_delimiter = ',')]
    backend: Vec<Backend>,
    /// The workloads (default: all).
    #[arg(long, value_delimiter = ',')]
    workload: Vec<Workload>,
    /// The peers (default: all but `raw-thread`); `raw` always runs, as the unit.
    #[arg(long, value_delimiter = ',')]
    peer: Vec<PeerKind>,
    /// The runtimes of the asynchronous peers, each of which runs on those that it can.
    #[arg(long, value_delimiter = ',', default_value = "tokio")]
    runtime: Vec<RuntimeKind>,
    /// How many times each peer has its turn; fewer in workloads that take long.
    #[arg(long, default_value_t = 61)]
    rounds: usize,
    /// Writes the results to this file too.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// A peer on a runtime.
struct Contestant {
    peer: PeerKind,
    /// None for what blocks the caller's thread.
    runtime: Option<RuntimeKind>,
    opened: Box<dyn Peer>,
}

impl Run {
    pub(super) fn run(self, core: usize) -> Result<()> {
        let backends = or_all(self.backend.clone());
        let workloads = or_all(self.workload.clone());
        let databases = Databases::open(&backends, &progress)?;
        eprintln!("everything runs on core {core}");
        let mut lines = Vec::new();
        for backend in backends {
            let place = databases.place(backend)?;
            let mut contestants = self.contestants(backend, place)?;
            for &workload in &workloads {
                progress(&format!("{} {} …", backend.name(), workload.name()));
                self.measure(backend, place, workload, &mut contestants, &mut lines)?;
            }
            progress("");
        }
        print!("{}", table(&lines));
        if let Some(file) = &self.json {
            write_json(&lines, file)?;
        }
        Ok(())
    }

    /// Raw first, as the unit; an asynchronous peer once for each runtime.
    fn contestants(&self, backend: Backend, place: &Place) -> Result<Vec<Contestant>> {
        let mut contestants = Vec::new();
        for &peer in PeerKind::value_variants() {
            let chosen = match self.peer.is_empty() {
                true => peer.is_usual(),
                false => self.peer.contains(&peer),
            };
            let reads = peer.backends().contains(&backend);
            if peer != PeerKind::Raw && !(chosen && reads) {
                continue;
            }
            let can = peer.runtimes(backend);
            if can.is_empty() {
                // Its sockets need one all the same.
                let opened = peer.open(backend, place, RuntimeKind::Tokio)?;
                contestants.push(Contestant {
                    peer,
                    runtime: None,
                    opened,
                });
            }
            // The unit is there whatever was asked for.
            let wanted = match peer {
                PeerKind::Raw => &[RuntimeKind::Tokio][..],
                _ => &self.runtime,
            };
            for &runtime in wanted.iter().filter(|wanted| can.contains(wanted)) {
                contestants.push(Contestant {
                    peer,
                    runtime: Some(runtime),
                    opened: peer.open(backend, place, runtime)?,
                });
            }
        }
        Ok(contestants)
    }

    fn measure(
        &self,
        backend: Backend,
        place: &Place,
        workload: Workload,
        contestants: &mut [Contestant],
        lines: &mut Vec<Line>,
    ) -> Result<()> {
        let mut who = Vec::new();
        let mut turns: Vec<(String, &mut dyn Peer)> = Vec::new();
        for contestant in contestants {
            if contestant.opened.lacks(workload).is_none() {
                who.push((contestant.peer, contestant.runtime));
                turns.push((contestant.peer.name().into(), &mut *contestant.opened));
            }
        }
        if turns.is_empty() {
            return Ok(());
        }
        let batch = Batch::new(workload, backend, 0);
        let measured = measure(batch, &mut turns, workload.rounds(self.rounds))?;
        for ((peer, runtime), measured) in who.into_iter().zip(measured) {
            let memory = match workload {
                Workload::Stream => {
                    let runtime = runtime.unwrap_or(RuntimeKind::Tokio);
                    Some(memory(backend, peer, place, runtime)?)
                }
                _ => None,
            };
            lines.push(Line {
                backend: backend.name(),
                workload: workload.name(),
                peer: peer.name(),
                runtime: runtime_name(peer, workload, runtime),
                median_ns: (measured.median * 10.0).round() / 10.0,
                ratio: (measured.ratio * 1000.0).round() / 1000.0,
                peak_rss_kib: memory.map(|memory| memory.peak_kib),
                fastest_ns: measured.fastest,
                grown_kib: memory.map(|memory| memory.peak_kib.saturating_sub(memory.start_kib)),
            });
        }
        Ok(())
    }
}

/// The runtime that a peer really ran on.
fn runtime_name(peer: PeerKind, workload: Workload, runtime: Option<RuntimeKind>) -> String {
    match (peer, workload, runtime) {
        (_, _, Some(runtime)) => runtime.name(),
        (PeerKind::Raw, Workload::Tasks64, None) => RuntimeKind::Tokio.name(),
        (_, _, None) => "none".to_owned(),
    }
}

fn or_all<T: ValueEnum + Clone>(chosen: Vec<T>) -> Vec<T> {
    if chosen.is_empty() {
        T::value_variants().to_vec()
    } else {
        chosen
    }
}
