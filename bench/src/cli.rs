//! The command line.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::workload::Workload;
use crate::{
    Backend, Line, PeerKind, Result, RuntimeKind, dataset, measure, memory, pin, stream_once,
    table, write_json,
};

/// queryset beside the raw drivers, in one interleaved run on one core.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and prints a table.
    Run(Run),
    /// Streams all rows once and prints the memory that it took (`run` starts this by itself).
    #[command(hide = true)]
    Memory(Memory),
}

#[derive(Debug, Args)]
struct Run {
    /// The databases (default: all).
    #[arg(long, value_delimiter = ',')]
    backend: Vec<Backend>,
    /// The workloads (default: all).
    #[arg(long, value_delimiter = ',')]
    workload: Vec<Workload>,
    /// The peers (default: all but `raw-thread`); `raw` always runs, as the unit.
    #[arg(long, value_delimiter = ',')]
    peer: Vec<PeerKind>,
    /// The runtimes of the asynchronous peers.
    #[arg(long, value_delimiter = ',', default_value = "tokio")]
    runtime: Vec<RuntimeKind>,
    /// How many times each peer has its turn; fewer in workloads that take long.
    #[arg(long, default_value_t = 61)]
    rounds: usize,
    /// Writes the results to this file too.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Memory {
    #[arg(long)]
    backend: Backend,
    #[arg(long)]
    peer: PeerKind,
    #[arg(long)]
    runtime: RuntimeKind,
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> Result<()> {
        let core = pin()?;
        match self.command {
            Command::Run(run) => run.run(core),
            Command::Memory(Memory {
                backend,
                peer,
                runtime,
            }) => {
                let memory = stream_once(backend, peer, &dataset()?, runtime)?;
                println!("{}", serde_json::to_string(&memory)?);
                Ok(())
            }
        }
    }
}

impl Run {
    fn run(self, core: usize) -> Result<()> {
        let backends = or_all(self.backend);
        let workloads = or_all(self.workload);
        let peers = match self.peer.is_empty() {
            true => PeerKind::USUAL.to_vec(),
            false => self.peer,
        };
        // Raw first, as the unit; an asynchronous peer once for each runtime.
        let mut contestants = vec![(PeerKind::Raw, self.runtime[0])];
        for peer in peers {
            match peer {
                PeerKind::Raw => {}
                PeerKind::RawThread | PeerKind::Queryset => {
                    contestants.extend(self.runtime.iter().map(|&runtime| (peer, runtime)));
                }
                PeerKind::QuerysetBlocking => contestants.push((peer, self.runtime[0])),
            }
        }
        let file = dataset()?;
        eprintln!("everything runs on core {core}");
        let mut lines = Vec::new();
        for backend in backends {
            let mut opened = Vec::new();
            for &(peer, runtime) in &contestants {
                opened.push((peer.name().to_owned(), peer.open(backend, &file, runtime)?));
            }
            for &workload in &workloads {
                progress(&format!("{} {} …", backend.name(), workload.name()));
                let measured = measure(workload, &mut opened, workload.rounds(self.rounds))?;
                for (&(peer, runtime), measured) in contestants.iter().zip(measured) {
                    let memory = match workload {
                        Workload::Stream => Some(memory(backend, peer, runtime)?),
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
                        grown_kib: memory
                            .map(|memory| memory.peak_kib.saturating_sub(memory.start_kib)),
                    });
                }
            }
            progress("");
        }
        print!("{}", table(&lines));
        if let Some(file) = &self.json {
            write_json(&lines, file)?;
        }
        Ok(())
    }
}

/// The runtime that a peer really ran on.
fn runtime_name(peer: PeerKind, workload: Workload, runtime: RuntimeKind) -> String {
    match (peer, workload) {
        (PeerKind::RawThread | PeerKind::Queryset, _) => runtime.name(),
        (PeerKind::Raw, Workload::Tasks64) => RuntimeKind::Tokio.name(),
        (PeerKind::Raw | PeerKind::QuerysetBlocking, _) => "none".to_owned(),
    }
}

fn or_all<T: ValueEnum + Clone>(chosen: Vec<T>) -> Vec<T> {
    if chosen.is_empty() {
        T::value_variants().to_vec()
    } else {
        chosen
    }
}

fn progress(text: &str) {
    let mut errors = std::io::stderr();
    if errors.is_terminal() {
        // Nothing to be done where even the progress cannot be shown.
        let _ = write!(errors, "\r\x1b[K{text}").and_then(|()| errors.flush());
    }
}
