//! What is measured, and how much of it in one batch.

use std::time::Duration;

use clap::ValueEnum;

use crate::Checksum;

/// The rows of the table.
pub const ROWS: i64 = 1_000_000;

/// The tasks of [`Workload::Tasks64`].
pub const TASKS: usize = 64;

/// The connections that they share.
pub const CONNECTIONS: usize = 4;

/// The rows whose keys `get` draws: about as many as the cache of a connection holds, so that what
/// is measured is the way to a row, and not that of its page from the file.
pub const HOT: i64 = 30_000;

/// The rows over which one count goes.
pub const COUNTED: i64 = 10_000;

/// One kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
#[value(rename_all = "lower")]
pub enum Workload {
    /// One row by its key.
    Get,
    /// One row by its key, on 64 tasks that share four connections.
    Tasks64,
    /// The number of active rows among 10,000.
    Count,
    /// Whether a row has a quantity that no index helps to find.
    Exists,
    /// 10 rows in order of their keys.
    Load10,
    /// 100 rows.
    Load100,
    /// 1,000 rows.
    Load1000,
    /// 10,000 rows.
    Load10000,
    /// All rows, one after the other.
    Stream,
    /// The text and values of a query with three conditions, an order and a limit.
    Build,
    /// The text and values of such a query that is kept.
    #[value(name = "build-kept")]
    BuildKept,
}

/// A part of the work, which each peer does in its turn.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// What to do.
    pub workload: Workload,
    /// How often.
    pub operations: usize,
    /// Which keys to draw.
    pub seed: u64,
}

/// A batch that was done.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// From the first operation to the last.
    pub elapsed: Duration,
    /// Over all rows.
    pub checksum: Checksum,
}

impl Workload {
    /// The name on the command line and in the results.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The operations of one batch: about a millisecond or two of work, so that many batches
    /// pass between two interruptions by the system.
    pub fn operations(self) -> usize {
        match self {
            Self::Get | Self::Exists => 400,
            Self::Tasks64 => TASKS * 16,
            Self::Count => 8,
            Self::Load10 => 200,
            Self::Load100 => 40,
            Self::Load1000 => 5,
            Self::Load10000 | Self::Stream => 1,
            Self::Build | Self::BuildKept => 4000,
        }
    }

    /// The rounds, where `rounds` were asked for: a stream takes as long as a hundred batches of
    /// the others.
    pub fn rounds(self, rounds: usize) -> usize {
        match self {
            Self::Stream => rounds.div_ceil(12).max(3),
            Self::Load10000 => rounds.div_ceil(2).max(3),
            _ => rounds,
        }
    }

    /// The rows that one operation loads.
    pub fn limit(self) -> Option<u64> {
        match self {
            Self::Load10 => Some(10),
            Self::Load100 => Some(100),
            Self::Load1000 => Some(1_000),
            Self::Load10000 => Some(10_000),
            _ => None,
        }
    }
}

impl Batch {
    /// The keys of the operations, the same for every peer.
    pub fn keys(&self) -> Vec<i64> {
        let highest = match self.workload {
            Workload::Get | Workload::Tasks64 => HOT,
            // Every quantity but zero.
            Workload::Exists => 199,
            Workload::Stream => 1,
            // The rows that an operation reads begin at its key.
            Workload::Count => ROWS - COUNTED,
            _ => ROWS - 10_000,
        };
        let mut state = self.seed;
        (0..self.operations)
            .map(|_| 1 + (splitmix(&mut state) % highest as u64) as i64)
            .collect()
    }
}

/// Sebastiano Vigna's generator: enough for keys, and the same everywhere.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
