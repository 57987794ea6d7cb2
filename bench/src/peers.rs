//! Who does the work.

mod asynchronous;
mod blocking;
mod raw_sqlite;
mod raw_thread;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use queryset::runtime::Runtime;
use queryset::{Database, Model, QuerySet};
use queryset_sqlite::SqliteOptions;

use crate::workload::{Batch, CONNECTIONS, COUNTED, Workload};
use crate::{Checksum, Item, Outcome, Result, RuntimeKind};

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Backend {
    /// A file with a write-ahead log.
    Sqlite,
}

/// A way of doing the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum PeerKind {
    /// The driver, as a good user writes it: the unit of all ratios.
    Raw,
    /// The driver on a thread of its own, asked by tasks: the floor of what is asynchronous.
    RawThread,
    /// queryset's asynchronous methods.
    Queryset,
    /// queryset's blocking methods.
    QuerysetBlocking,
}

/// What can do a batch.
pub trait Peer {
    /// Does a batch.
    fn run(&mut self, batch: &Batch) -> Result<Outcome>;
}

impl Backend {
    /// The name in the results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
        }
    }
}

impl PeerKind {
    /// Those that run unless others are asked for.
    pub const USUAL: [Self; 3] = [Self::Raw, Self::Queryset, Self::QuerysetBlocking];

    /// The name on the command line and in the results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::RawThread => "raw-thread",
            Self::Queryset => "queryset",
            Self::QuerysetBlocking => "queryset-blocking",
        }
    }

    /// Opens what the peer needs.
    pub fn open(
        self,
        backend: Backend,
        file: &Path,
        runtime: RuntimeKind,
    ) -> Result<Box<dyn Peer>> {
        let Backend::Sqlite = backend;
        Ok(match self {
            Self::Raw => Box::new(raw_sqlite::Raw::open(file)?),
            Self::RawThread => Box::new(raw_thread::RawThread::open(file, runtime)?),
            Self::Queryset => Box::new(asynchronous::Asynchronous::open(file, runtime)?),
            Self::QuerysetBlocking => Box::new(blocking::Blocking::open(file)?),
        })
    }
}

/// The query of the workload `build`: three conditions, an order, a limit.
fn built(key: i64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gt(key))
        .filter(|item| item.name.gte("item"))
        .filter(|item| item.qty.lte(7))
        .order_by(|item| item.price.desc())
        .limit(10)
}

/// Builds queries and their statements, which no peer does asynchronously.
fn build(db: &Database, batch: &Batch) -> Result<Outcome> {
    let mut checksum = Checksum::default();
    let keys = batch.keys();
    let kept = built(1);
    let start = Instant::now();
    for key in keys {
        if batch.workload == Workload::BuildKept {
            black_box(black_box(&kept).statement(db)?);
        } else {
            black_box(built(black_box(key)).statement(db)?);
        }
        checksum.number(key as u64);
    }
    Ok(Outcome {
        elapsed: start.elapsed(),
        checksum,
    })
}

/// The rows of the workloads `load…`.
fn load(key: i64, limit: u64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gte(key))
        .order_by(|item| item.id.asc())
        .limit(limit)
}

/// The active rows among those that `count` looks at.
fn counted(key: i64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gte(key) & item.id.lt(key + COUNTED) & item.active.eq(true))
}

fn open(file: &Path, runtime: Runtime) -> Result<Database> {
    let options = SqliteOptions::path(file).readers(CONNECTIONS);
    Ok(options.connect_blocking(runtime)?)
}
