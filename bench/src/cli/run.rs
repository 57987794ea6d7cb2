//! `run`: every workload on every peer.

use std::path::PathBuf;

use clap::Args;

use super::contestants::{Contestant, contestants};
use super::progress;
use super::scale::scale;
use crate::report::{Line, Page, table, write_json, write_page};
use crate::workload::READS;
use crate::{
    Backend, Batch, Databases, Peer, PeerKind, Place, Result, RuntimeKind, Workload, measure,
    memory,
};

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The databases (default: all).
    #[arg(long, value_delimiter = ',')]
    backend: Vec<Backend>,
    /// The workloads (default: all).
    #[arg(long, value_delimiter = ',')]
    workload: Vec<Workload>,
    /// The peers (default: all but `raw-thread` and `raw-pipelined`); `raw` always runs, as the
    /// unit.
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
    /// Writes a page with charts.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Measures the cost against readers and rows too, as `scale` does, for the page.
    #[arg(long)]
    scale: bool,
}

/// What the table does not show.
#[derive(Default)]
struct Notes {
    /// Workloads that are beyond a peer.
    lacks: Vec<String>,
    /// What went wrong.
    failures: Vec<String>,
}

impl Run {
    pub(super) fn run(self, core: usize) -> Result<()> {
        let backends = super::or_all(self.backend.clone());
        let workloads = super::or_all(self.workload.clone());
        let databases = Databases::open(&backends, &progress)?;
        eprintln!("everything runs on core {core}");
        let (mut lines, mut points) = (Vec::new(), Vec::new());
        let mut notes = Notes::default();
        for backend in backends {
            let place = databases.place(backend)?;
            let failures = &mut notes.failures;
            let mut contestants = contestants(backend, place, &self.peer, &self.runtime, failures)?;
            for &workload in &workloads {
                progress(&format!("{} {} …", backend.name(), workload.name()));
                let contestants = &mut contestants;
                self.measure(
                    backend,
                    place,
                    workload,
                    contestants,
                    &mut lines,
                    &mut notes,
                )?;
            }
            if self.scale {
                scale(
                    backend,
                    &mut contestants,
                    self.rounds.div_ceil(3),
                    READS,
                    &mut points,
                )?;
            }
            progress("");
        }
        print!("{}", table(&lines));
        for lack in &notes.lacks {
            println!("unsupported: {lack}");
        }
        if let Some(file) = &self.json {
            write_json(&lines, file)?;
        }
        if let Some(file) = &self.html {
            let page = Page {
                lines: &lines,
                points: &points,
                versions: databases.versions(),
            };
            write_page(&page, file)?;
        }
        super::said(&notes.failures)
    }

    fn measure(
        &self,
        backend: Backend,
        place: &Place,
        workload: Workload,
        contestants: &mut [Contestant],
        lines: &mut Vec<Line>,
        notes: &mut Notes,
    ) -> Result<()> {
        let mut who = Vec::new();
        let mut turns: Vec<(String, &mut dyn Peer)> = Vec::new();
        for contestant in contestants {
            let peer = contestant.peer.name();
            if let Some(reason) = contestant.opened.lacks(workload) {
                let (backend, workload) = (backend.name(), workload.name());
                notes
                    .lacks
                    .push(format!("{backend} {workload} {peer}: {reason}"));
            } else {
                let name = contestant.runtime_name(workload);
                who.push((contestant.peer, contestant.runtime, name));
                turns.push((peer.into(), &mut *contestant.opened));
            }
        }
        if turns.is_empty() {
            return Ok(());
        }
        let has_unit = who.first().is_some_and(|first| first.0 == PeerKind::Raw);
        let batch = Batch::new(workload, backend, 0);
        let measured = measure(batch, &mut turns, workload.rounds(self.rounds))?;
        for ((peer, runtime, runtime_name), measured) in who.into_iter().zip(measured) {
            let measured = match measured {
                Ok(measured) => measured,
                Err(error) => {
                    let (backend, workload) = (backend.name(), workload.name());
                    let peer = peer.name();
                    notes
                        .failures
                        .push(format!("{backend} {workload} {peer}: {error}"));
                    continue;
                }
            };
            let memory = match workload {
                Workload::Stream => {
                    let runtime = runtime.unwrap_or(RuntimeKind::Tokio);
                    Some(memory(backend, peer, place, runtime)?)
                }
                _ => None,
            };
            lines.push(Line {
                backend: backend.name().into(),
                workload: workload.name(),
                peer: peer.name().into(),
                runtime: runtime_name,
                median_ns: (measured.median * 10.0).round() / 10.0,
                ratio: has_unit.then(|| (measured.ratio * 1000.0).round() / 1000.0),
                peak_rss_kib: memory.map(|memory| memory.peak_kib),
                fastest_ns: measured.fastest,
                grown_kib: memory.map(|memory| memory.peak_kib.saturating_sub(memory.start_kib)),
            });
        }
        Ok(())
    }
}
