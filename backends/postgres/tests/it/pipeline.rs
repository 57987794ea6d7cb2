//! Short reads that share connections: each has its own rows, and nobody suffers for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{Either, join_all, select};
use queryset::pool::PoolOptions;
use queryset::runtime::block_on;
use queryset::{
    Backend, CancelToken, Error, ErrorKind, Result, Row, RowSink, Statement, TransactionOptions,
};
use queryset_postgres::PostgresBackend;

use crate::sharing::{assert_own, on_each_runtime, open, own, poll_once, reading, short, together};
use crate::support::{PATIENCE, Rows, int, options, runtimes, servers, taken, tokio, until};

#[test]
fn each_of_64_tasks_has_its_own_rows_whatever_the_others_drop() {
    const TASKS: i64 = 64;
    const READS: i64 = 150;
    for (name, runtime) in runtimes() {
        let db = open(8, 8, &runtime);
        let dropped = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let (db, own_runtime) = (Arc::clone(&db), runtime.clone());
                let (dropped, most) = (Arc::clone(&dropped), Arc::clone(&most));
                let reads = async move {
                    for round in 0..READS {
                        let number = task * 10_000 + round;
                        let read = own(&db, number);
                        // By something like chance, and the same each time.
                        if (number * 2_654_435_761) % 7 < 2 {
                            let micros = (number * 40_503 % 400) as u64;
                            let timer = own_runtime.timer();
                            let moment = timer.sleep(Duration::from_micros(micros));
                            match select(read, moment).await {
                                Either::Left((fetched, _)) => assert_own(fetched, number),
                                Either::Right(_) => {
                                    dropped.fetch_add(1, Ordering::Relaxed);
                                }
                            }
                        } else {
                            assert_own(read.await, number);
                        }
                        most.fetch_max(db.pool_status().sharing, Ordering::Relaxed);
                    }
                };
                runtime.spawn(reads).unwrap()
            })
            .collect();
        tasks.into_iter().for_each(|task| block_on(task).unwrap());
        let most = most.load(Ordering::Relaxed);
        println!("{name}: {dropped:?} reads dropped, at most {most} shared connections");
        assert!(most > 8, "{name}: {most}");
        assert!(dropped.load(Ordering::Relaxed) > 0, "{name}");
        // What was dropped is read to its end, and nothing is left over.
        until("nothing is under way", || {
            let status = db.pool_status();
            (status.in_use, status.sharing, status.waiting) == (0, 0, 0)
        });
        for number in 0..20 {
            assert_own(block_on(own(&db, number)), number);
        }
        db.close_blocking().unwrap();
    }
}

#[test]
fn blocking_reads_share_too() {
    let db = open(2, 8, &tokio());
    let threads: Vec<_> = (0..16)
        .map(|thread| {
            let db = Arc::clone(&db);
            std::thread::spawn(move || {
                for round in 0..100 {
                    let number = thread * 1000 + round;
                    let statement = short(
                        "SELECT $1::int8, repeat('x', $1::int4 % 50)",
                        vec![int(number)],
                    );
                    let sink = Box::new(Rows::default());
                    assert_own(db.fetch_blocking(statement, sink, usize::MAX, None), number);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    db.close_blocking().unwrap();
}

#[test]
fn a_read_that_is_given_up_leaves_its_neighbours_alone() {
    on_each_runtime(|_, runtime| {
        Box::pin(async move {
            let db = open(1, 8, &runtime);
            for number in 0..10 {
                let sql = "SELECT $1::int8, repeat('x', $1::int4 % 50)";
                let statements = vec![
                    (sql, vec![int(number)]),
                    ("SELECT pg_sleep(0.05)", vec![]),
                    (sql, vec![int(number + 1)]),
                    (sql, vec![int(number + 2)]),
                ];
                let mut reads = together(&db, &runtime, statements).await;
                let gone = reads.remove(if number % 2 == 0 { 1 } else { 2 });
                drop(gone);
                if number % 2 == 0 {
                    let results = join_all(reads).await;
                    for (fetched, number) in results.into_iter().zip([0, 1, 2].map(|n| n + number))
                    {
                        assert_own(fetched, number);
                    }
                } else {
                    let results = join_all(reads).await;
                    assert_eq!(results.iter().filter(|fetched| fetched.is_ok()).count(), 3);
                }
                assert_own(own(&db, number).await, number);
            }
            db.close().await.unwrap();
        })
    });
}

#[test]
fn a_token_ends_one_blocking_read_at_once() {
    let runtime = tokio();
    let db = open(1, 8, &runtime);
    let sql = "SELECT $1::int8, repeat('x', $1::int4 % 50)";
    let statements = vec![("SELECT pg_sleep(0.3)", vec![]), (sql, vec![int(7)])];
    let reads = block_on(together(&db, &runtime, statements));
    let token = CancelToken::with_deadline(Instant::now() + Duration::from_millis(20));
    let sink = Box::new(Rows::default());
    let given_up = db.fetch_blocking(short(sql, vec![int(8)]), sink, usize::MAX, Some(&token));
    assert_eq!(
        given_up.err().map(|error| error.kind()),
        Some(ErrorKind::Timeout)
    );
    let mut results = block_on(join_all(reads));
    assert_own(results.remove(1), 7);
    assert!(results.remove(0).is_ok());
    db.close_blocking().unwrap();
}

#[test]
fn what_nobody_wants_any_more_is_cancelled() {
    on_each_runtime(|_, runtime| {
        Box::pin(async move {
            let db = open(1, 8, &runtime);
            let sleep = ("SELECT pg_sleep(600)", vec![]);
            let statements = vec![sleep.clone(), sleep.clone(), sleep];
            drop(together(&db, &runtime, statements).await);
            assert_own(own(&db, 9).await, 9);
            db.close().await.unwrap();
        })
    });
}

#[test]
fn a_read_that_nobody_polls_keeps_nobody_waiting() {
    on_each_runtime(|_, runtime| {
        Box::pin(async move {
            let db = open(1, 8, &runtime);
            // More than the driver holds for a reader who does not come.
            let long = "SELECT repeat('y', 100000) FROM generate_series(1, 20)";
            let sql = "SELECT $1::int8, repeat('x', $1::int4 % 50)";
            let statements = vec![(long, vec![]), (sql, vec![int(5)])];
            let mut reads = together(&db, &runtime, statements).await;
            assert_own(reads.remove(1).await, 5);
            assert_own(own(&db, 6).await, 6);
            let (rows, _) = taken(reads.remove(0).await.unwrap());
            assert_eq!(rows.rows.len(), 20);
            db.close().await.unwrap();
        })
    });
}

#[test]
fn nobody_joins_a_transaction_or_a_stream() {
    on_each_runtime(|name, runtime| {
        Box::pin(async move {
            let db = open(3, 8, &runtime);
            let table = format!("pipeline_{}", name.replace('-', "_"));
            for sql in [
                format!("DROP TABLE IF EXISTS {table}"),
                format!("CREATE TABLE {table} (pid int)"),
            ] {
                db.execute(Statement::write(sql, vec![])).await.unwrap();
            }
            let transaction = db.begin(TransactionOptions::new()).await.unwrap();
            let insert = format!("INSERT INTO {table} VALUES (pg_backend_pid())");
            let inserted = transaction.execute(Statement::write(insert, vec![]));
            inserted.await.unwrap();
            let rows = Box::new(Rows::default());
            let series = Statement::read("SELECT pg_backend_pid(), generate_series(1, 9)", vec![]);
            let (first, stream) = taken(db.fetch(series, rows, 1).await.unwrap());
            let own_pid = format!("SELECT pid FROM {table}");
            let rows = Box::new(Rows::default());
            let own_pid = transaction.fetch(short(&own_pid, vec![]), rows, usize::MAX);
            let taboo = [
                taken(own_pid.await.unwrap()).0.rows[0][0].clone(),
                first.rows[0][0].clone(),
            ];
            let sql = format!("SELECT pg_backend_pid(), (SELECT count(*) FROM {table})");
            let mut shared = 0;
            for _ in 0..20 {
                let reads: Vec<_> = (0..20).map(|_| reading(&db, &sql, vec![])).collect();
                let watch = async {
                    let mut most = 0;
                    for _ in 0..50 {
                        most = most.max(db.pool_status().sharing);
                        runtime.timer().sleep(Duration::from_micros(50)).await;
                    }
                    most
                };
                let (results, most) = futures_util::future::join(join_all(reads), watch).await;
                shared = shared.max(most);
                for fetched in results {
                    let (rows, _) = taken(fetched.unwrap());
                    assert!(
                        !taboo.contains(&rows.rows[0][0]),
                        "{rows:?}",
                        rows = rows.rows
                    );
                    assert_eq!(rows.rows[0][1], int(0));
                }
            }
            assert!(shared > 1, "{name}: {shared}");
            drop(stream);
            transaction.commit().await.unwrap();
            drop(transaction);
            let (rows, _) = taken(reading(&db, &sql, vec![]).await.unwrap());
            assert_eq!(rows.rows[0][1], int(1));
            let drop_table = format!("DROP TABLE {table}");
            db.execute(Statement::write(drop_table, vec![]))
                .await
                .unwrap();
            db.close().await.unwrap();
        })
    });
}

#[test]
fn only_what_is_known_to_be_short_shares() {
    let runtime = tokio();
    let db = open(1, 8, &runtime);
    block_on(async {
        let slow = vec![
            ("SELECT pg_sleep(0.2)", vec![]),
            ("SELECT pg_sleep(0)", vec![]),
        ];
        let reads = together(&db, &runtime, slow).await;
        let long = db.fetch(
            Statement::read("SELECT 1", vec![]),
            Box::new(Rows::default()),
            usize::MAX,
        );
        let mut few = short("SELECT 2", vec![]);
        few.most_rows = Some(5);
        let few = db.fetch(few, Box::new(Rows::default()), 4);
        let (mut long, mut few) = (long, few);
        assert!(poll_once(&mut long).await.is_none());
        assert!(poll_once(&mut few).await.is_none());
        let status = db.pool_status();
        assert_eq!((status.in_use, status.sharing, status.waiting), (1, 2, 2));
        assert!(
            join_all(reads)
                .await
                .into_iter()
                .all(|fetched| fetched.is_ok())
        );
        assert_eq!(taken(long.await.unwrap()).0.rows, [[int(1)]]);
        assert_eq!(taken(few.await.unwrap()).0.rows, [[int(2)]]);
        db.close().await.unwrap();
    });
}

#[test]
fn a_transaction_gets_its_turn_among_readers() {
    for (name, runtime) in runtimes() {
        let db = open(2, 8, &runtime);
        let stop = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..32)
            .map(|number| {
                let (db, stop) = (Arc::clone(&db), Arc::clone(&stop));
                let reads = async move {
                    while !stop.load(Ordering::SeqCst) {
                        assert_own(own(&db, number).await, number);
                    }
                };
                runtime.spawn(reads).unwrap()
            })
            .collect();
        let own = Arc::clone(&db);
        let begins = runtime.spawn(async move {
            for _ in 0..20 {
                let transaction = own.begin(TransactionOptions::new()).await.unwrap();
                transaction.rollback().await.unwrap();
            }
        });
        block_on(begins.unwrap()).unwrap();
        stop.store(true, Ordering::SeqCst);
        readers.into_iter().for_each(|task| block_on(task).unwrap());
        db.close_blocking().unwrap();
        println!("{name}: 20 transactions among 32 readers");
    }
}

#[test]
fn a_connection_that_is_lost_fails_all_its_reads() {
    on_each_runtime(|_, runtime| {
        Box::pin(async move {
            let db = open(1, 8, &runtime);
            let monitor = open(1, 0, &runtime);
            let sql = "SELECT $1::int8, repeat('x', $1::int4 % 50)";
            let (rows, _) = taken(
                reading(&db, "SELECT pg_backend_pid()", vec![])
                    .await
                    .unwrap(),
            );
            let pid = rows.rows[0][0].clone();
            let statements = vec![
                (sql, vec![int(1)]),
                ("SELECT pg_sleep(600)", vec![]),
                (sql, vec![int(2)]),
                (sql, vec![int(3)]),
            ];
            let mut reads = together(&db, &runtime, statements).await;
            assert_own(reads.remove(0).await, 1);
            let end = reading(&monitor, "SELECT pg_terminate_backend($1)", vec![pid]);
            end.await.unwrap();
            for fetched in join_all(reads).await {
                let error = fetched.err().unwrap();
                assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
            }
            assert_own(own(&db, 4).await, 4);
            db.close().await.unwrap();
            monitor.close().await.unwrap();
        })
    });
}

/// Refuses the second row, or panics on it.
struct Second(usize, bool);

impl RowSink for Second {
    fn row(&mut self, _: &dyn Row) -> Result<()> {
        self.0 += 1;
        match (self.0, self.1) {
            (2, true) => std::panic::resume_unwind(Box::new("the second row")),
            (2, false) => Err(Error::new(ErrorKind::Decode, "the second row")),
            _ => Ok(()),
        }
    }
}

#[test]
fn a_failure_is_its_own_read_s_alone() {
    let runtime = tokio();
    let db = open(1, 8, &runtime);
    block_on(async {
        let held = Statement::read("SELECT generate_series(1, 2)", vec![]);
        let held = db.fetch(held, Box::new(Rows::default()), 1).await.unwrap();
        let three = || short("SELECT generate_series(1, 3)", vec![]);
        let mut reads = vec![
            own(&db, 1),
            db.fetch(three(), Box::new(Second(0, false)), usize::MAX),
            own(&db, 2),
            db.fetch(three(), Box::new(Second(0, true)), usize::MAX),
            reading(&db, "SELECT 1 / 0", vec![]),
            reading(&db, "SELECT nowhere", vec![]),
            reading(&db, "SELECT $1::int4", vec![]),
            reading(&db, "SELECT $1::int4", vec![int(i64::MAX)]),
            own(&db, 3),
        ];
        for read in &mut reads {
            assert!(poll_once(read).await.is_none());
        }
        drop(held);
        let kinds: Vec<_> = join_all(reads)
            .await
            .into_iter()
            .map(|fetched| fetched.map(drop).map_err(|error| error.kind()))
            .collect();
        let expected = [
            Ok(()),
            Err(ErrorKind::Decode),
            Ok(()),
            Err(ErrorKind::Decode),
            Err(ErrorKind::Data),
            Err(ErrorKind::Programming),
            Err(ErrorKind::Programming),
            Err(ErrorKind::Value),
            Ok(()),
        ];
        assert_eq!(kinds, expected);
        assert_own(own(&db, 4).await, 4);
        db.close().await.unwrap();
    });
}

#[test]
fn what_leaves_together_is_answered_together_and_fails_alone() {
    on_each_runtime(|name, runtime| {
        Box::pin(async move {
            let db = open(1, 8, &runtime);
            let sql = "SELECT now()::text, 12 / $1::int8";
            let patience = Instant::now() + PATIENCE;
            // At first nothing is known of the statement, and later a busy machine may take its time
            // for it: then each is answered by itself.
            loop {
                let statements = [1, 2, 3, 0, 4, 6].map(|by| (sql, vec![int(by)]));
                let reads = together(&db, &runtime, statements.into()).await;
                let (mut times, mut quotients) = (Vec::new(), Vec::new());
                for fetched in join_all(reads).await {
                    let rows = fetched.map(|fetched| taken(fetched).0.rows);
                    let row = rows.map(|rows| rows.into_iter().flatten().collect::<Vec<_>>());
                    let row = row.map_err(|error| error.code().map(str::to_owned));
                    times.push(row.clone().map(|row| row[0].clone()));
                    quotients.push(row.map(|row| row[1].clone()));
                }
                let failed = Err(Some("22012".to_owned()));
                let expected = [12, 6, 4, 0, 3, 2].map(|quotient| match quotient {
                    0 => failed.clone(),
                    quotient => Ok(int(quotient)),
                });
                assert_eq!(quotients, expected, "{name}");
                // A group is one transaction of the server's, and ends where it fails.
                if times[0] == times[2] {
                    assert_ne!(times[0], times[4], "{name}");
                    break;
                }
                assert!(Instant::now() < patience, "{name}: {times:?}");
            }
            db.close().await.unwrap();
        })
    });
}

#[test]
fn closing_answers_who_came_before_and_refuses_who_comes_after() {
    on_each_runtime(|_, runtime| {
        Box::pin(async move {
            let db = open(1, 4, &runtime);
            let statements = vec![("SELECT pg_sleep(0.05)", vec![]); 4];
            let reads = together(&db, &runtime, statements).await;
            let mut more: Vec<_> = (0..12).map(|number| own(&db, number)).collect();
            for read in &mut more {
                assert!(poll_once(read).await.is_none());
            }
            assert_eq!(db.pool_status().waiting, 12);
            let mut close = db.close();
            assert!(poll_once(&mut close).await.is_none());
            let refused = own(&db, 1).await.err().map(|error| error.kind());
            assert_eq!(refused, Some(ErrorKind::Closed));
            let (closed, (reads, more)) = futures_util::future::join(
                close,
                futures_util::future::join(join_all(reads), join_all(more)),
            )
            .await;
            closed.unwrap();
            assert!(reads.into_iter().all(|fetched| fetched.is_ok()));
            for (number, fetched) in more.into_iter().enumerate() {
                assert_own(fetched, number as i64);
            }
            let status = db.pool_status();
            assert_eq!((status.in_use, status.sharing, status.waiting), (0, 0, 0));
        })
    });
}

#[test]
fn who_waits_too_long_hears_who_holds_the_connection() {
    let runtime = tokio();
    let servers = servers();
    let pool = PoolOptions::new()
        .max_size(1)
        .acquire_timeout(Duration::from_secs(1));
    let options = options(servers.postgres().unwrap())
        .pool(pool)
        .pipelining(8);
    let db = PostgresBackend::new(options, runtime).unwrap();
    let held = Statement::read("SELECT generate_series(1, 2)", vec![]);
    let held = block_on(db.fetch(held, Box::new(Rows::default()), 1)).unwrap();
    let error = block_on(own(&db, 1)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    assert!(error.to_string().contains("generate_series"), "{error}");
    assert_eq!(db.pool_status().waiting, 0);
    drop(held);
    assert_own(block_on(own(&db, 2)), 2);
    db.close_blocking().unwrap();
}

#[test]
fn names_are_needed() {
    let servers = servers();
    let options = options(servers.postgres().unwrap()).named_statements(false);
    let error = PostgresBackend::new(options.pipelining(2), tokio()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
}
