//! The command line.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::backends::Backend;
use crate::runtimes::Runtime;

/// The conformance suite of queryset.
#[derive(Debug, Parser)]
#[command(name = "conformance", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs every case on every backend and every runtime.
    Matrix(Matrix),
    /// Runs the deliberately broken backends and runtimes, each of which a case has to catch.
    Broken(Broken),
    /// Asks every database what it makes of each type, and how else they differ.
    Survey(Survey),
    /// Compares the answers to Django's own expressions with Django's.
    Django(Django),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Matrix {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Only the cases whose names start like this; may be given several times.
    #[arg(long = "case", value_name = "PREFIX")]
    pub(crate) cases: Vec<String>,
    /// Writes the outcomes as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the outcomes as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Writes the outcomes as a page to look at.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Writes the outcomes without times, as the pages `conformance.md` and `conformance.html`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) docs: Option<PathBuf>,
    /// Breaks the backends in this way (`conformance broken` lists the ways), to see what a
    /// failing report looks like.
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Option<String>,
    /// Lists the cases and runs none.
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Survey {
    /// The backends, separated by commas; all but `sqlite-inline` unless it is said. All but SQLite start
    /// private servers, and install them where that is allowed.
    #[arg(
        long = "backend",
        value_name = "NAME",
        value_delimiter = ',',
        value_enum
    )]
    backends: Vec<Backend>,
    /// Writes the pages `types.md` and `differences.md`, instead of printing them.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) docs: Option<PathBuf>,
}

impl Survey {
    pub(crate) fn backends(&self) -> Vec<Backend> {
        or_usual(&self.backends)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Broken {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Only the broken ones whose names start like this; may be given several times.
    #[arg(long = "only", value_name = "PREFIX")]
    pub(crate) only: Vec<String>,
    /// Runs every case on each of them, and counts how many fail.
    #[arg(long)]
    pub(crate) all_cases: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Django {
    /// The file of cases, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: PathBuf,
    /// The file of the tables and rows that the cases run on.
    #[arg(long, value_name = "FILE")]
    pub(crate) fixtures: PathBuf,
    /// The backends, separated by commas; SQLite unless it is said. The others start private
    /// servers, and install them where that is allowed.
    #[arg(
        long = "backend",
        value_name = "NAME",
        value_delimiter = ',',
        value_enum
    )]
    backends: Vec<Backend>,
    /// The runtimes, separated by commas; all of them unless it is said.
    #[arg(
        long = "runtime",
        value_name = "NAME",
        value_delimiter = ',',
        value_enum
    )]
    runtimes: Vec<Runtime>,
    /// Only the areas that start like this; may be given several times.
    #[arg(long = "area", value_name = "PREFIX")]
    pub(crate) areas: Vec<String>,
    /// Writes the outcomes as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl Matrix {
    pub(crate) fn backends(&self) -> Vec<Backend> {
        or_usual(&self.place.backends)
    }
}

impl Broken {
    pub(crate) fn backends(&self) -> Vec<Backend> {
        or_sqlite(&self.place.backends)
    }
}

impl Django {
    pub(crate) fn backends(&self) -> Vec<Backend> {
        or_sqlite(&self.backends)
    }

    pub(crate) fn runtimes(&self) -> Vec<Runtime> {
        or_all(&self.runtimes)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The backends, separated by commas; all but `sqlite-inline` for the matrix, else SQLite,
    /// unless it is said. All but SQLite start private servers, and install them where that is allowed.
    #[arg(
        long = "backend",
        value_name = "NAME",
        value_delimiter = ',',
        value_enum
    )]
    backends: Vec<Backend>,
    /// The runtimes, separated by commas; all of them unless it is said.
    #[arg(
        long = "runtime",
        value_name = "NAME",
        value_delimiter = ',',
        value_enum
    )]
    pub(crate) runtimes: Vec<Runtime>,
    /// How many cases run side by side; twice as many as there are processors unless it is said.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// How many seconds a case may wait for what it waits for.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// For how many seconds the cases that put a load on the database do so.
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    endurance: u64,
}

impl Place {
    pub(crate) fn runtimes(&self) -> Vec<Runtime> {
        or_all(&self.runtimes)
    }

    /// How many cases run side by side. One on a server waits for it most of the time.
    pub(crate) fn jobs(&self) -> usize {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or(2 * processors).max(1)
    }

    pub(crate) fn endurance(&self) -> Duration {
        Duration::from_secs(self.endurance)
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience.max(1))
    }
}

fn or_sqlite(named: &[Backend]) -> Vec<Backend> {
    match named {
        [] => vec![Backend::Sqlite],
        named => named.to_vec(),
    }
}

fn or_usual(named: &[Backend]) -> Vec<Backend> {
    match named {
        [] => Backend::USUAL.to_vec(),
        named => named.to_vec(),
    }
}

fn or_all<T: clap::ValueEnum + Copy>(named: &[T]) -> Vec<T> {
    match named {
        [] => T::value_variants().to_vec(),
        named => named.to_vec(),
    }
}
