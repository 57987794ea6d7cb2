//! Reads that are dropped anywhere: the next one on the same connection gets its own rows.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use queryset::pool::PoolOptions;
use queryset::runtime::{Runtime, block_on};
use queryset::{Database, raw};
use queryset_async_std::AsyncStd;
use queryset_mysql::{MysqlOptions, TlsMode};
use queryset_smol::Smol;
use queryset_tokio::Tokio;

use crate::support::{eventually, on_each, one, open};

const ROUNDS: i64 = 400;

#[test]
fn a_dropped_read_leaves_nothing_behind() {
    on_each(|_, options| {
        let admin = open(options.clone());
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let current = Tokio::from_handle(tokio.handle().clone()).unwrap();
        let runtimes: [Runtime; 3] = [current.into(), Smol.into(), AsyncStd.into()];
        for runtime in runtimes {
            dropped(options.clone(), runtime, &admin);
        }
    });
}

fn dropped(options: MysqlOptions, runtime: Runtime, admin: &Database) {
    // Each kill makes a connection of its own.
    let options = options
        .tls(TlsMode::Disable)
        .pool(PoolOptions::new().max_size(1));
    let db = block_on(options.connect(runtime.clone())).unwrap();
    let (same, timer) = (db.clone(), runtime.timer().clone());
    let rounds = runtime.spawn(async move {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (mut ended, mut cut) = (0, 0);
        for round in 0..ROUNDS {
            // One that waits in the server, one with many rows, one that is over at once.
            let sql = match round % 3 {
                0 => "SELECT SLEEP(20) + 1000",
                1 => "SELECT a.seq_no FROM (SELECT 1 seq_no UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) a, \
                      information_schema.columns b, information_schema.character_sets c",
                _ => "SELECT 42",
            };
            let query = raw::<(i64,)>(sql, vec![]);
            let mut read = Box::pin(query.alist(&same));
            let outcome = match random.below(4) {
                0 => polled(read.as_mut(), random.below(6)).await,
                _ => {
                    let pause = Duration::from_micros(random.below(if round % 3 == 0 { 30_000 } else { 3_000 }));
                    matches!(select(read.as_mut(), timer.sleep(pause)).await, Either::Left(_))
                }
            };
            drop(read);
            if outcome { ended += 1 } else { cut += 1 }
            let own = raw::<(i64,)>("SELECT ? + 0", vec![round.into()]).alist(&same).await;
            assert_eq!(own.unwrap(), [(round,)], "round {round} got the rows of another");
        }
        (ended, cut)
    });
    let (ended, cut) = block_on(rounds.unwrap()).unwrap();
    assert!(
        cut > 100,
        "only {cut} reads were dropped midway, and {ended} were over before"
    );
    let others = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.processlist \
                  WHERE info LIKE '%SLEEP(20)%' AND id <> CONNECTION_ID()";
    assert!(
        eventually(|| one::<i64>(admin, others) == 0),
        "a dropped statement runs on in the server"
    );
    db.close().unwrap();
}

/// Polls a few times, each time after something has happened; whether it ended.
async fn polled<F: Future>(mut read: Pin<&mut F>, times: u64) -> bool {
    for _ in 0..times {
        let mut first = true;
        let ended = poll_fn(|context| match read.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if std::mem::take(&mut first) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => Poll::Ready(false),
        });
        if ended.await {
            return true;
        }
    }
    false
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
