//! What is measured, and how much of it in one batch.

use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{Backend, Checksum};

/// The rows of `items`.
pub const ROWS: i64 = 1_000_000;

/// The rows of `users`.
pub const USERS: i64 = 1_000;

/// The rows of `posts`: ten of each user.
pub const POSTS: i64 = 10_000;

/// The tasks of [`Workload::Tasks64`].
pub const TASKS: usize = 64;

/// The reads of each of them in a batch: with few it would be mostly its beginning and its end.
pub const READS: usize = 16;

/// The rows whose keys `get` draws: about as many as the cache of a connection holds, so that what
/// is measured is the way to a row, and not that of its page from the file.
pub const HOT: i64 = 30_000;

/// The rows over which one count goes.
pub const COUNTED: i64 = 10_000;

/// One kind of work. What one operation reads, and what it takes into the checksum:
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[value(rename_all = "lower")]
pub enum Workload {
    /// The item with the key, as a struct: `WHERE id = key`.
    Get,
    /// The same by 64 tasks at once that share a pool of eight connections (four on SQLite), each
    /// taken for one read. Blocking peers have 64 threads.
    Tasks64,
    /// The number of items with `id >= key AND id < key + 10000 AND active`.
    Count,
    /// Whether there is an item with `qty = key`; no index helps, and some 100 rows are looked at.
    Exists,
    /// A `Vec` of 10 items: `WHERE id >= key ORDER BY id LIMIT 10`.
    Load10,
    /// 100 of them.
    Load100,
    /// 1,000 of them.
    Load1000,
    /// 10,000 of them.
    Load10000,
    /// 100,000 of them.
    Load100000,
    /// All items in the order of their keys, one after the other, without keeping them.
    Stream,
    /// A `Vec` of all posts' id, title and score with the user's name, flat, by a join, in the
    /// order of the posts' keys.
    Join,
    /// A `Vec` of all posts, whole, each with its whole user inside, by one join, in the order of
    /// the posts' keys.
    #[value(name = "rel_join")]
    RelJoin,
    /// A `Vec` of all users in the order of their keys, each with a `Vec` of its posts, in any
    /// order, by two queries: the second asks for the posts of the users that the first gave.
    #[value(name = "rel_two")]
    RelTwo,
    /// The text and the values of a query, sent nowhere: `id > key AND name >= 'item' AND qty <= 7
    /// ORDER BY price DESC LIMIT 10`.
    Build,
    /// The text and values of such a query that is kept.
    #[value(name = "build-kept")]
    BuildKept,
    /// The text and values of a query with 60 conditions over 12 relations.
    #[value(name = "build-large")]
    BuildLarge,
}

/// A part of the work, which each peer does in its turn.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// What to do.
    pub workload: Workload,
    /// How often.
    pub operations: usize,
    /// How many tasks share the operations, where there are several.
    pub tasks: usize,
    /// How many rows one operation loads, where that is the work.
    pub rows: u64,
    /// Which keys to draw.
    pub seed: u64,
}

/// A batch that was done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
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

    /// The operations of one batch: some milliseconds of work, so that most batches pass between
    /// two interruptions by the system.
    pub fn operations(self, backend: Backend) -> usize {
        let server = backend.server().is_some();
        match self {
            Self::Get | Self::Exists if server => 50,
            Self::Get | Self::Exists => 400,
            Self::Tasks64 => TASKS * READS,
            Self::Count if server => 16,
            Self::Count => 8,
            Self::Load10 if server => 50,
            Self::Load10 => 200,
            Self::Load100 if server => 20,
            Self::Load100 => 40,
            Self::Load1000 => 5,
            Self::Load10000 | Self::Load100000 | Self::Stream => 1,
            Self::Join | Self::RelJoin | Self::RelTwo => 1,
            Self::Build | Self::BuildKept => 4000,
            Self::BuildLarge => 100,
        }
    }

    /// The rounds, where `rounds` were asked for: a stream takes as long as a hundred batches of
    /// the others.
    pub fn rounds(self, rounds: usize) -> usize {
        match self {
            Self::Stream => rounds.div_ceil(12).max(3),
            Self::Load100000 => rounds.div_ceil(4).max(3),
            Self::Load10000 | Self::Join | Self::RelJoin | Self::RelTwo => {
                rounds.div_ceil(2).max(3)
            }
            _ => rounds,
        }
    }

    /// The rows that one operation loads into a `Vec` of items.
    pub fn limit(self) -> Option<u64> {
        match self {
            Self::Load10 => Some(10),
            Self::Load100 => Some(100),
            Self::Load1000 => Some(1_000),
            Self::Load10000 => Some(10_000),
            Self::Load100000 => Some(100_000),
            _ => None,
        }
    }

    /// What one operation is, in a few words.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Get => "one row by its key",
            Self::Tasks64 => "one row by its key, by 64 tasks on a pool",
            Self::Count => "the active rows among 10,000",
            Self::Exists => "whether there is a row; about 100 are looked at",
            Self::Load10 => "10 rows of six columns into structs",
            Self::Load100 => "100 rows",
            Self::Load1000 => "1,000 rows",
            Self::Load10000 => "10,000 rows",
            Self::Load100000 => "100,000 rows",
            Self::Stream => "a million rows, one after the other, with the peak memory",
            Self::Join => "10,000 posts with the names of their users, flat",
            Self::RelJoin => "10,000 posts, each with its whole user, by one join",
            Self::RelTwo => "1,000 users with their 10,000 posts, by two queries",
            Self::Build => "the text and values of a query, sent nowhere",
            Self::BuildKept => "the text and values of a query that is kept",
            Self::BuildLarge => "the text and values of 60 conditions over 12 relations",
        }
    }

    /// Whether it only builds queries.
    pub fn is_building(self) -> bool {
        matches!(self, Self::Build | Self::BuildKept | Self::BuildLarge)
    }
}

impl Batch {
    /// A batch of the usual size.
    pub fn new(workload: Workload, backend: Backend, seed: u64) -> Self {
        Self {
            workload,
            operations: workload.operations(backend),
            tasks: TASKS,
            rows: workload.limit().unwrap_or(0),
            seed,
        }
    }

    /// The keys of the operations, the same for every peer.
    pub fn keys(&self) -> Vec<i64> {
        let highest = match self.workload {
            Workload::Get | Workload::Tasks64 => HOT,
            // Every quantity but zero.
            Workload::Exists => 199,
            // The rows that an operation reads begin at its key.
            Workload::Count => ROWS - COUNTED,
            Workload::Stream | Workload::Join | Workload::RelJoin | Workload::RelTwo => 1,
            _ => (ROWS - self.rows as i64).max(1),
        };
        let mut state = self.seed;
        (0..self.operations)
            .map(|_| 1 + (splitmix(&mut state) % highest as u64) as i64)
            .collect()
    }

    /// The keys in as many parts as there are tasks.
    pub fn parts(&self) -> Vec<Vec<i64>> {
        let keys = self.keys();
        let each = keys.len().div_ceil(self.tasks.max(1)).max(1);
        keys.chunks(each).map(Into::into).collect()
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
