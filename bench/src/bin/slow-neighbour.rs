//! What slow reads do to the short ones beside them on PostgreSQL, with pipelining and without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use queryset::pool::PoolOptions;
use queryset::{Database, Model};
use queryset_bench::rows::Item;
use queryset_bench::workload::{HOT, TASKS};
use queryset_bench::{Backend, Databases, Place, Result, RuntimeKind, Started};
use queryset_postgres::{PostgresOptions, TlsMode};

/// 64 tasks read a row by its key, one after the other, on eight connections; others beside them
/// ask for a row that takes the server 100 ms.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many read slowly.
    #[arg(long, value_delimiter = ',', default_value = "0,1,4")]
    slow: Vec<usize>,
    /// How many seconds each line takes.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// A row that takes its time.
#[derive(Model, Clone, Debug)]
#[model(table = "slow_item")]
struct SlowItem {
    #[model(primary_key)]
    id: i64,
    slept: String,
}

const SLOW: &str = "CREATE OR REPLACE VIEW slow_item AS \
                    SELECT 1::int8 AS id, pg_sleep(0.1)::text AS slept";

/// How many reads share a connection at most.
const DEPTH: usize = 8;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let core = queryset_bench::pin()?;
    let databases = Databases::open(&[Backend::Postgres], &|line| eprintln!("{line}"))?;
    let place = databases.place(Backend::Postgres)?;
    eprintln!("everything runs on core {core}");
    println!("| slow tasks | depth | reads a second |     p99 |   p99.9 | longest |");
    println!("| ---------: | ----: | -------------: | ------: | ------: | ------: |");
    for &slow in &arguments.slow {
        for depth in [1, DEPTH] {
            let runtime = RuntimeKind::Tokio.start()?;
            let time = Duration::from_secs(arguments.seconds);
            let mut took = runtime.block_on(measured(&runtime, place, depth, slow, time))?;
            took.sort_unstable();
            let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
            println!(
                "| {slow:>10} | {depth:>5} | {:>14.0} | {:>7.1?} | {:>7.1?} | {:>7.1?} |",
                took.len() as f64 / time.as_secs_f64(),
                at(0.99),
                at(0.999),
                at(1.0),
            );
        }
    }
    Ok(())
}

/// What each of the short reads took.
async fn measured(
    runtime: &Started,
    place: &Place,
    depth: usize,
    slow: usize,
    time: Duration,
) -> Result<Vec<Duration>> {
    let db = PostgresOptions::new(place.url()?)?
        .tls(TlsMode::Disable)
        .pool(PoolOptions::new().max_size(Backend::Postgres.connections()))
        .pipelining(depth)
        .connect(runtime.adapter.clone())
        .await?;
    db.aexecute(SLOW, vec![]).await?;
    let over = Arc::new(AtomicBool::new(false));
    let neighbours: Vec<_> = (0..slow)
        .map(|_| runtime.spawn(read_slowly(db.clone(), Arc::clone(&over))))
        .collect();
    let end = Instant::now() + time;
    let tasks: Vec<_> = (0..TASKS as i64)
        .map(|task| runtime.spawn(read(db.clone(), task, end)))
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    over.store(true, Ordering::Relaxed);
    for neighbour in neighbours {
        neighbour.await??;
    }
    db.aclose().await?;
    Ok(all)
}

async fn read(db: Database, task: i64, end: Instant) -> Result<Vec<Duration>> {
    let mut took = Vec::new();
    for number in 0.. {
        let began = Instant::now();
        if began >= end {
            break;
        }
        let key = (task * 7_919 + number * 104_729) % HOT + 1;
        let item = Item::objects()
            .filter(|item| item.id.eq(key))
            .aget(&db)
            .await?;
        assert_eq!(item.id, key, "a row for each");
        took.push(began.elapsed());
    }
    Ok(took)
}

async fn read_slowly(db: Database, over: Arc<AtomicBool>) -> Result<()> {
    while !over.load(Ordering::Relaxed) {
        let item = SlowItem::objects()
            .filter(|item| item.id.eq(1))
            .aget(&db)
            .await?;
        assert!(item.slept.is_empty(), "it slept");
    }
    Ok(())
}
