//! A peer in a process of its own, for a library that cannot share a lock file with the others:
//! the batches come as lines of JSON, and what came of them goes back.

use std::io::{BufRead, Write};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{Backend, Batch, Outcome, Peer, Place, Result, Workload};

/// The variable that says where the rows are: others can read the words of a command, but not its
/// environment.
pub const PLACE: &str = "QUERYSET_BENCH_PLACE";

/// What such a process says first: the workloads that are beyond it, and why.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ready {
    /// By workload.
    pub lacks: Vec<(Workload, String)>,
}

/// What it says after each batch.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It was done.
    Done(Outcome),
    /// It failed.
    Failed(String),
}

/// Does the batches that come through the standard input, until it ends. The backend is the first
/// word of the command line, and [`PLACE`] in the environment.
///
/// # Errors
/// The peer cannot be opened, or whoever sends the batches is gone.
pub fn serve(open: impl FnOnce(Backend, Place) -> Result<Box<dyn Peer>>) -> Result<()> {
    let backend = std::env::args().nth(1).ok_or("which backend?")?;
    let backend = Backend::from_str(&backend, false)?;
    let mut peer = open(backend, Place::new(backend, std::env::var(PLACE)?))?;
    let lacks = Workload::value_variants().iter().filter_map(|&workload| {
        let reason = peer.lacks(workload)?;
        Some((workload, reason.to_owned()))
    });
    say(&Ready {
        lacks: lacks.collect(),
    })?;
    for line in std::io::stdin().lock().lines() {
        let batch: Batch = serde_json::from_str(&line?)?;
        say(&match peer.run(&batch) {
            Ok(outcome) => Answer::Done(outcome),
            Err(error) => Answer::Failed(error.to_string()),
        })?;
    }
    Ok(())
}

fn say(words: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(words)?;
    line.push(b'\n');
    let mut output = std::io::stdout().lock();
    output.write_all(&line)?;
    Ok(output.flush()?)
}
