//! Rounds of batches, the peers taking turns.

use std::time::Duration;

use crate::{Batch, Outcome, Peer, Result};

/// What one peer took for one operation of a workload.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The median over the rounds, in nanoseconds.
    pub median: f64,
    /// The fastest round.
    pub fastest: f64,
    /// The median over the rounds of the ratio to the first peer in the same round, which another
    /// program's load disturbs less than the ratio of the medians.
    pub ratio: f64,
}

/// Runs a batch on every peer, `rounds` times in rotating order and with other keys each time; the
/// first peer is the unit.
///
/// What a peer's place holds instead, if it fails or does not read what the first one reads, says so;
/// the others go on without it.
///
/// # Errors
/// The first peer fails.
pub fn measure(
    batch: Batch,
    peers: &mut [(String, &mut dyn Peer)],
    rounds: usize,
) -> Result<Vec<Result<Measured, String>>> {
    let count = peers.len();
    let mut times = vec![Vec::with_capacity(rounds); count];
    let mut failures: Vec<Option<String>> = vec![None; count];
    // The first round fills caches, opens connections and starts threads.
    for round in 0..=rounds {
        let batch = Batch {
            seed: round as u64,
            ..batch
        };
        let mut outcomes: Vec<Option<Outcome>> = vec![None; count];
        for turn in 0..count {
            let index = (round + turn) % count;
            if failures[index].is_some() {
                continue;
            }
            match peers[index].1.run(&batch) {
                Ok(outcome) => outcomes[index] = Some(outcome),
                Err(error) if index == 0 => return Err(error),
                Err(error) => failures[index] = Some(error.to_string()),
            }
        }
        let expected = outcomes
            .first()
            .copied()
            .flatten()
            .map(|first| first.checksum);
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let Some(outcome) = outcome else { continue };
            if Some(outcome.checksum) != expected {
                failures[index] = Some(format!("it did not read what {} reads", peers[0].0));
            } else if round > 0 {
                times[index].push(nanos(outcome.elapsed, batch.operations));
            }
        }
    }
    let ratios = |own: &[f64]| -> Vec<f64> {
        own.iter()
            .zip(&times[0])
            .map(|(own, unit)| own / unit)
            .collect()
    };
    let measured = times
        .iter()
        .zip(failures)
        .map(|(own, failure)| match failure {
            Some(failure) => Err(failure),
            None => Ok(Measured {
                median: median(own.clone()),
                fastest: own.iter().copied().fold(f64::INFINITY, f64::min),
                ratio: median(ratios(own)),
            }),
        });
    Ok(measured.collect())
}

fn nanos(elapsed: Duration, operations: usize) -> f64 {
    elapsed.as_nanos() as f64 / operations as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => (values[count / 2 - 1] + values[count / 2]) / 2.0,
    }
}
