//! Reads that are dropped in every state: the next read has its own value, and nothing stays
//! behind on the server.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use queryset::pool::PoolOptions;
use queryset::runtime::{Runtime, block_on};
use queryset::{Backend, Error, ErrorKind, Result, Row, RowSink, Statement};
use queryset_postgres::{PostgresBackend, PostgresOptions};

use crate::session::sessions;
use crate::support::{Rows, aread, int, options, runtimes, servers, taken, until};

/// In each state on each runtime.
const ROUNDS: i64 = 60;
/// Its rows are sent as they are made, and not collected first as they would be in a FROM.
const ENDLESS: &str = "SELECT generate_series(1, 10000000), repeat('x', 1000)";

#[test]
fn reads_dropped_in_every_state_leave_nothing_behind() {
    let servers = servers();
    let server = servers.postgres().unwrap();
    for (name, runtime) in runtimes() {
        let application = format!("drops on {name}");
        let options = options(server).application_name(&application);
        let one = options.clone().pool(PoolOptions::new().max_size(1));
        let db = Arc::new(PostgresBackend::new(one.clone(), runtime.clone()).unwrap());
        let monitor = self::options(server).pool(PoolOptions::new().max_size(1));
        let monitor = Arc::new(PostgresBackend::new(monitor, runtime.clone()).unwrap());
        let own = runtime.clone();
        let task = runtime.spawn(async move {
            let counts = [
                ("queued", queued(&db).await),
                ("connecting", connecting(&one, &own).await),
                ("executing", executing(&db, &monitor, &application).await),
                ("streaming", streaming(&db).await),
                ("decoding", decoding(&db).await),
                ("anywhere", anywhere(&db, &own).await),
            ];
            db.close().await.unwrap();
            monitor.close().await.unwrap();
            counts
        });
        for (state, count) in block_on(task.unwrap()).unwrap() {
            println!("{name}: {count} reads dropped while {state}");
            assert_eq!(count, ROUNDS, "{name}: {state}");
        }
        let application = format!("drops on {name}");
        until("the server's sessions end", || {
            sessions(server, &application) == 0
        });
    }
}

fn fetch(
    db: &PostgresBackend,
    sql: &str,
    max_rows: usize,
) -> queryset::runtime::BoxFuture<'static, Result<queryset::Fetched>> {
    let sink = Box::new(Rows::default());
    db.fetch(Statement::read(sql, vec![]), sink, max_rows)
}

/// The next read on the only connection has its own value.
async fn check(db: &PostgresBackend, number: i64) {
    let rows = aread(db, "SELECT $1::int8", vec![int(number)]).await;
    assert_eq!(rows.unwrap(), [[int(number)]]);
}

async fn queued(db: &PostgresBackend) -> i64 {
    let mut count = 0;
    for number in 0..ROUNDS {
        let held = fetch(db, ENDLESS, 1).await.unwrap();
        let mut waits = fetch(db, "SELECT 1", 1);
        assert!(poll_once(&mut waits).await.is_none());
        count += i64::from(db.pool_status().waiting == 1);
        drop(waits);
        drop(held);
        check(db, number).await;
    }
    count
}

async fn connecting(options: &PostgresOptions, runtime: &Runtime) -> i64 {
    let mut count = 0;
    for number in 0..ROUNDS {
        let db = PostgresBackend::new(options.clone(), runtime.clone()).unwrap();
        let mut waits = fetch(&db, "SELECT 1", 1);
        assert!(poll_once(&mut waits).await.is_none());
        count += i64::from(db.pool_status().connecting == 1);
        drop(waits);
        check(&db, number).await;
        db.close().await.unwrap();
    }
    count
}

async fn executing(db: &PostgresBackend, monitor: &PostgresBackend, application: &str) -> i64 {
    let mut count = 0;
    for number in 0..ROUNDS {
        let mut sleeps = fetch(db, "SELECT pg_sleep(600)", 1);
        let patience = Instant::now() + crate::support::PATIENCE;
        loop {
            assert!(poll_once(&mut sleeps).await.is_none());
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 \
                       AND state = 'active' AND query LIKE '%pg_sleep%'";
            let active = aread(monitor, sql, vec![application.into()]).await.unwrap();
            if active == [[int(1)]] {
                break;
            }
            assert!(Instant::now() < patience, "the statement does not run");
        }
        count += 1;
        drop(sleeps);
        check(db, number).await;
    }
    count
}

async fn streaming(db: &PostgresBackend) -> i64 {
    let mut count = 0;
    for number in 0..ROUNDS {
        let (rows, cursor) = taken(fetch(db, ENDLESS, 10).await.unwrap());
        assert_eq!(rows.rows.len(), 10);
        let cursor = cursor.unwrap();
        if number % 2 == 0 {
            drop(cursor);
        } else {
            let mut more = cursor.fill(Box::new(Rows::default()), usize::MAX);
            assert!(poll_once(&mut more).await.is_none());
        }
        count += 1;
        check(db, number).await;
    }
    count
}

/// Refuses the third row, or panics on it.
struct Third(usize, bool);

impl RowSink for Third {
    fn row(&mut self, _: &dyn Row) -> Result<()> {
        self.0 += 1;
        match (self.0, self.1) {
            (3, true) => std::panic::resume_unwind(Box::new("the third row")),
            (3, false) => Err(Error::new(ErrorKind::Decode, "the third row")),
            _ => Ok(()),
        }
    }
}

async fn decoding(db: &PostgresBackend) -> i64 {
    use futures_util::FutureExt;

    let mut count = 0;
    for number in 0..ROUNDS {
        let panics = number % 2 == 0;
        let sink = Box::new(Third(0, panics));
        let read = db.fetch(Statement::read(ENDLESS, vec![]), sink, usize::MAX);
        let ended = std::panic::AssertUnwindSafe(read).catch_unwind().await;
        match ended {
            Ok(result) => assert_eq!(result.unwrap_err().to_string(), "the third row"),
            Err(_) => assert!(panics),
        }
        count += 1;
        check(db, number).await;
    }
    count
}

/// After a while that differs, so that the drop meets each point of an operation.
async fn anywhere(db: &PostgresBackend, runtime: &Runtime) -> i64 {
    for number in 0..ROUNDS {
        let sql = format!("SELECT i, {number} FROM generate_series(1, 2000) i");
        let read = fetch(db, &sql, usize::MAX);
        let moment = runtime
            .timer()
            .sleep(Duration::from_micros(37 * number as u64));
        if let Either::Left((read, _)) = select(read, moment).await {
            assert_eq!(taken(read.unwrap()).0.rows.len(), 2000);
        }
        check(db, number).await;
    }
    ROUNDS
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|context| {
        Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}
