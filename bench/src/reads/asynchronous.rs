//! The loops around an asynchronous peer.

use std::time::Instant;

use super::{Peer, Reader, Reads};
use crate::runtime::Started;
use crate::workload::{Batch, Outcome, Workload};
use crate::{Checksum, Result, RuntimeKind};

/// An asynchronous peer on a runtime of its own.
pub struct Asynchronous<R: Reads> {
    /// Present until the end.
    reads: Option<R>,
    runtime: Started,
}

impl<R: Reads> Asynchronous<R> {
    /// Starts the runtime and opens the peer on it.
    ///
    /// # Errors
    /// Either fails.
    pub fn open(
        runtime: RuntimeKind,
        open: impl AsyncFnOnce(&Started) -> Result<R>,
    ) -> Result<Self> {
        let runtime = runtime.start()?;
        let reads = runtime.block_on(open(&runtime))?;
        Ok(Self {
            reads: Some(reads),
            runtime,
        })
    }
}

async fn tasks<R: Reads>(reads: &R, runtime: &Started, batch: &Batch) -> Result<Outcome> {
    let mut parts = Vec::new();
    for keys in batch.parts() {
        parts.push((reads.reader()?, keys));
    }
    let start = Instant::now();
    let handles: Vec<_> = parts
        .into_iter()
        .map(|(mut reader, keys)| {
            runtime.spawn(async move {
                let mut checksum = Checksum::default();
                for key in keys {
                    reader.get(key, &mut checksum).await?;
                }
                Result::<_>::Ok(checksum)
            })
        })
        .collect();
    let mut checksum = Checksum::default();
    for handle in handles {
        checksum.merge(handle.await??);
    }
    Ok(Outcome {
        elapsed: start.elapsed(),
        checksum,
    })
}

async fn work<R: Reads>(reads: &mut R, batch: &Batch, keys: &[i64]) -> Result<Checksum> {
    let mut sum = Checksum::default();
    for &key in keys {
        match batch.workload {
            Workload::Get | Workload::Tasks64 => reads.get(key, &mut sum).await?,
            Workload::Count => sum.number(reads.count(key).await?),
            Workload::Exists => sum.number(reads.exists(key as i32).await?.into()),
            Workload::Load10
            | Workload::Load100
            | Workload::Load1000
            | Workload::Load10000
            | Workload::Load100000 => reads.load(key, batch.rows, &mut sum).await?,
            Workload::Stream => reads.stream(&mut sum).await?,
            Workload::Join => reads.join(&mut sum).await?,
            Workload::RelJoin => reads.rel_join(&mut sum).await?,
            Workload::RelTwo => reads.rel_two(&mut sum).await?,
            Workload::Build => reads.build(key)?,
            Workload::BuildKept | Workload::BuildLarge => reads.build_own(batch.workload, key)?,
        }
    }
    Ok(sum)
}

impl<R: Reads> Peer for Asynchronous<R> {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        let reads = self.reads.as_mut().ok_or("the peer is closed")?;
        if batch.workload == Workload::Tasks64 {
            return self.runtime.block_on(tasks(reads, &self.runtime, batch));
        }
        let keys = batch.keys();
        let start = Instant::now();
        let checksum = self.runtime.block_on(work(reads, batch, &keys))?;
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }

    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        self.reads.as_ref().and_then(|reads| reads.lacks(workload))
    }
}

impl<R: Reads> Drop for Asynchronous<R> {
    fn drop(&mut self) {
        if let Some(reads) = self.reads.take() {
            self.runtime.block_on(reads.close());
        }
    }
}
