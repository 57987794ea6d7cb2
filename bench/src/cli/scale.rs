//! `scale`: cost against readers and rows.

use std::path::PathBuf;

use clap::Args;

use super::contestants::{Contestant, contestants};
use super::progress;
use crate::report::{Axis, Page, Point, points_table, write_json, write_page};
use crate::workload::READS;
use crate::{Backend, Batch, Databases, Peer, PeerKind, Result, RuntimeKind, Workload, measure};

/// How many read at once.
const READERS: [usize; 4] = [1, 8, 64, 512];

/// How many rows one read loads.
const ROWS: [u64; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];

#[derive(Debug, Args)]
pub(super) struct Scale {
    /// The databases (default: all).
    #[arg(long, value_delimiter = ',')]
    backend: Vec<Backend>,
    /// The peers; `raw` always runs, as the unit.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "queryset,queryset-blocking"
    )]
    peer: Vec<PeerKind>,
    /// The runtimes of the asynchronous peers, each of which runs on those that it can.
    #[arg(long, value_delimiter = ',', default_value = "tokio")]
    runtime: Vec<RuntimeKind>,
    /// How many times each peer has its turn; fewer where one takes long.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// How many reads each of many readers makes in a batch.
    #[arg(long, default_value_t = READS)]
    reads: usize,
    /// Writes the results to this file too: a list of `{"backend", "axis", "at", "peer",
    /// "runtime", "median_ns", "ratio"}`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Writes a page with charts.
    #[arg(long)]
    html: Option<PathBuf>,
}

impl Scale {
    pub(super) fn run(self, core: usize) -> Result<()> {
        let backends = super::or_all(self.backend);
        let databases = Databases::open(&backends, &progress)?;
        eprintln!("everything runs on core {core}");
        let (mut points, mut failures) = (Vec::new(), Vec::new());
        for &backend in &backends {
            let place = databases.place(backend)?;
            let mut peers = contestants(backend, place, &self.peer, &self.runtime, &mut failures)?;
            scale(backend, &mut peers, self.rounds, self.reads, &mut points)?;
        }
        progress("");
        print!("{}", points_table(&points));
        if let Some(file) = &self.json {
            write_json(&points, file)?;
        }
        if let Some(file) = &self.html {
            let page = Page {
                points: &points,
                versions: databases.versions(),
                ..Page::default()
            };
            write_page(&page, file)?;
        }
        super::said(&failures)
    }
}

/// Measures every size of one backend.
pub(super) fn scale(
    backend: Backend,
    peers: &mut [Contestant],
    rounds: usize,
    reads: usize,
    points: &mut Vec<Point>,
) -> Result<()> {
    let readers = READERS.map(|tasks| {
        let batch = Batch {
            tasks,
            // As much for each of few readers as for all of many.
            operations: tasks.max(64) * reads,
            ..Batch::new(Workload::Tasks64, backend, 0)
        };
        (Axis::Readers, tasks as u64, batch)
    });
    let rows = ROWS.map(|rows| {
        let batch = Batch {
            rows,
            operations: (1_000 / rows).clamp(1, 20) as usize,
            ..Batch::new(Workload::Load10, backend, 0)
        };
        (Axis::Rows, rows, batch)
    });
    for (axis, at, batch) in readers.into_iter().chain(rows) {
        progress(&format!("{} {at} {axis:?} …", backend.name()));
        let rounds = match (axis, at) {
            (Axis::Rows, 1_000_000..) => 3,
            (Axis::Rows, 10_000..) => rounds.div_ceil(4).max(3),
            _ => rounds,
        };
        let mut turns: Vec<(String, &mut dyn Peer)> = Vec::new();
        for each in peers.iter_mut() {
            turns.push((each.peer.name().into(), &mut *each.opened));
        }
        let measured = measure(batch, &mut turns, rounds)?;
        let measured: Vec<_> = measured.into_iter().collect::<Result<_, _>>()?;
        for (each, measured) in peers.iter().zip(measured) {
            points.push(Point {
                backend: backend.name().into(),
                axis,
                at,
                peer: each.peer.name().into(),
                runtime: each.runtime_name(batch.workload),
                median_ns: (measured.median * 10.0).round() / 10.0,
                ratio: Some((measured.ratio * 1000.0).round() / 1000.0),
            });
        }
    }
    Ok(())
}
