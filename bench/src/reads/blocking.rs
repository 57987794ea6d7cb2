//! The loops around a blocking peer.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::{BlockingReader, BlockingReads, Peer};
use crate::workload::{Batch, Outcome, Workload};
use crate::{Checksum, Result};

/// A blocking peer on the caller's thread.
pub struct Blocking<R>(pub R);

/// As many threads as there would be tasks; starting them is not part of the time.
pub(super) fn threads<R: BlockingReads + ?Sized>(reads: &R, batch: &Batch) -> Result<Outcome> {
    let mut parts = Vec::new();
    for keys in batch.parts() {
        parts.push((reads.reader()?, keys));
    }
    // One gate to be sure that all are there, and one that the clock sees opening.
    let ready = Barrier::new(parts.len() + 1);
    let begin = Barrier::new(parts.len() + 1);
    thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .map(|(mut reader, keys)| {
                let (ready, begin) = (&ready, &begin);
                scope.spawn(move || {
                    ready.wait();
                    begin.wait();
                    let mut checksum = Checksum::default();
                    for key in keys {
                        reader.get(key, &mut checksum)?;
                    }
                    Result::<_>::Ok(checksum)
                })
            })
            .collect();
        ready.wait();
        let start = Instant::now();
        begin.wait();
        let mut checksum = Checksum::default();
        for thread in threads {
            checksum.merge(thread.join().map_err(|_| "a thread panicked")??);
        }
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    })
}

/// Does the work of a batch, but for [`Workload::Tasks64`], one operation after the other.
pub(crate) fn work<R: BlockingReads>(
    reads: &mut R,
    batch: &Batch,
    keys: &[i64],
) -> Result<Checksum> {
    let mut sum = Checksum::default();
    for &key in keys {
        match batch.workload {
            Workload::Get | Workload::Tasks64 => reads.get(key, &mut sum)?,
            Workload::Count => sum.number(reads.count(key)?),
            Workload::Exists => sum.number(reads.exists(key as i32)?.into()),
            Workload::Load10
            | Workload::Load100
            | Workload::Load1000
            | Workload::Load10000
            | Workload::Load100000 => reads.load(key, batch.rows, &mut sum)?,
            Workload::Stream => reads.stream(&mut sum)?,
            Workload::Join => reads.join(&mut sum)?,
            Workload::RelJoin => reads.rel_join(&mut sum)?,
            Workload::RelTwo => reads.rel_two(&mut sum)?,
            Workload::Build => reads.build(key)?,
            Workload::BuildKept | Workload::BuildLarge => reads.build_own(batch.workload, key)?,
        }
    }
    Ok(sum)
}

impl<R: BlockingReads> Peer for Blocking<R> {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        if batch.workload == Workload::Tasks64 {
            return self.0.tasks(batch);
        }
        let keys = batch.keys();
        let start = Instant::now();
        let checksum = work(&mut self.0, batch, &keys)?;
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }

    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        self.0.lacks(workload)
    }
}
