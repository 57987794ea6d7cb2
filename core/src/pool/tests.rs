//! The pool over connections that are numbers, with gates where a driver would wait.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::{BlockingJob, BoxFuture, SpawnError, Spawner, Threads, block_on};

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Driver {
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    opened: AtomicUsize,
    /// Connections that exist, wherever they are.
    alive: AtomicUsize,
    finished: AtomicUsize,
    closed: AtomicUsize,
    /// How many attempts to connect fail from now on.
    failures: AtomicUsize,
    /// Whether attempts to connect wait.
    gate: Mutex<Option<Vec<Waker>>>,
}

#[derive(Debug)]
struct Connection {
    log: Arc<Log>,
    number: usize,
    health: Health,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.log.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Log {
    fn shut_gate(&self) {
        *lock(&self.gate) = Some(Vec::new());
    }

    fn open_gate(&self) {
        let wakers = lock(&self.gate).take();
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

struct Gate(Arc<Log>);

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut *lock(&self.0.gate) {
            None => Poll::Ready(()),
            Some(wakers) => {
                wakers.push(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Connect for Driver {
    type Connection = Connection;

    fn connect(&self) -> BoxFuture<'static, Result<Connection>> {
        let log = Arc::clone(&self.log);
        Box::pin(async move {
            Gate(Arc::clone(&log)).await;
            let fails = log
                .failures
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                });
            if fails.is_ok() {
                let cause = Error::new(ErrorKind::Operational, "nobody listens");
                let error = Error::new(ErrorKind::Connection, "no connection");
                return Err(error.with_source(cause));
            }
            log.alive.fetch_add(1, Ordering::SeqCst);
            Ok(Connection {
                number: log.opened.fetch_add(1, Ordering::SeqCst),
                log,
                health: Health::Ready,
            })
        })
    }

    fn health(&self, connection: &Connection) -> Health {
        connection.health
    }

    fn finish(&self, mut connection: Connection) -> BoxFuture<'static, Option<Connection>> {
        Box::pin(async move {
            connection.log.finished.fetch_add(1, Ordering::SeqCst);
            connection.health = Health::Ready;
            Some(connection)
        })
    }

    fn close(&self, connection: Connection) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            connection.log.closed.fetch_add(1, Ordering::SeqCst);
        })
    }
}

fn pool(options: PoolOptions) -> (Pool<Driver>, Arc<Log>) {
    let driver = Driver::default();
    let log = Arc::clone(&driver.log);
    (Pool::new(driver, options, Threads), log)
}

fn label(text: &str) -> Arc<str> {
    Arc::from(text)
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < patience, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_free_connection_is_lent_again_and_the_newest_first() {
    let (pool, log) = pool(PoolOptions::new().max_size(2));
    let a = block_on(pool.acquire(&label("a"))).unwrap();
    let b = pool.acquire_blocking(&label("b"), None).unwrap();
    assert_eq!((a.number, b.number, a.is_reused()), (0, 1, false));
    drop(a);
    drop(b);
    let again = block_on(pool.acquire(&label("c"))).unwrap();
    assert_eq!((again.number, again.is_reused()), (1, true));
    assert_eq!(log.opened.load(Ordering::SeqCst), 2);
    let status = pool.status();
    assert_eq!((status.in_use, status.idle, status.waiting), (1, 1, 0));
}

#[test]
fn first_come_first_served_for_futures_and_threads_alike() {
    let (pool, _) = pool(PoolOptions::new().max_size(1));
    let pool = Arc::new(pool);
    let held = block_on(pool.acquire(&label("held"))).unwrap();
    let (served, order) = std::sync::mpsc::channel();
    let mut threads = Vec::new();
    for number in 0..8 {
        let (own, served) = (Arc::clone(&pool), served.clone());
        threads.push(thread::spawn(move || {
            let label = label("waits");
            let lease = if number % 2 == 0 {
                own.acquire_blocking(&label, None)
            } else {
                block_on(own.acquire(&label))
            };
            served.send(number).unwrap();
            drop(lease.unwrap());
        }));
        until("the operation queues", || {
            pool.status().waiting == number + 1
        });
    }
    // Whoever comes while others wait is not served, though a connection comes back meanwhile.
    let mut late = pool.acquire(&label("late"));
    assert!(poll(&mut late).is_pending());
    drop(held);
    let order: Vec<_> = (0..8)
        .map(|_| order.recv_timeout(PATIENCE).unwrap())
        .collect();
    assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7]);
    drop(block_on(late).unwrap());
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_wait_that_takes_too_long_says_who_holds_what() {
    let options = PoolOptions::new()
        .max_size(2)
        .acquire_timeout(Duration::from_millis(30));
    let (pool, log) = pool(options);
    let _held = block_on(pool.acquire(&label("SELECT slow"))).unwrap();
    thread::sleep(Duration::from_millis(5));
    log.failures.store(usize::MAX, Ordering::SeqCst);
    for error in [
        block_on(pool.acquire(&label("b"))).unwrap_err(),
        pool.acquire_blocking(&label("b"), None).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::PoolExhausted);
        let message = error.to_string();
        assert!(
            message.starts_with(
                "no connection became free within 30ms: 1 of 2 are in use, the longest since "
            ),
            "{message}"
        );
        assert!(message.contains(", running `SELECT slow`; "), "{message}");
        assert!(message.contains("the last attempt to connect failed "));
        assert!(
            message.ends_with(" ago: no connection: nobody listens"),
            "{message}"
        );
    }
    assert_eq!(pool.status().waiting, 0);
}

#[test]
fn each_wait_has_its_own_time_though_all_share_one_clock() {
    const LIMIT: Duration = Duration::from_millis(60);
    let (pool, _) = pool(PoolOptions::new().max_size(1).acquire_timeout(LIMIT));
    let held = block_on(pool.acquire(&label("held"))).unwrap();
    // The clock is set for the first, who then goes away; the second is served in time.
    let mut gone = pool.acquire(&label("gone"));
    assert!(poll(&mut gone).is_pending());
    thread::sleep(LIMIT / 4);
    let mut served = pool.acquire(&label("served"));
    assert!(poll(&mut served).is_pending());
    thread::sleep(LIMIT / 4);
    let begun = Instant::now();
    let mut late = pool.acquire(&label("late"));
    assert!(poll(&mut late).is_pending());
    drop(gone);
    drop(held);
    let Poll::Ready(Ok(held)) = poll(&mut served) else {
        panic!("a connection is free, and it was the first to wait");
    };
    let error = block_on(late).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    assert!(begun.elapsed() >= LIMIT, "{:?}", begun.elapsed());
    // Nobody has waited for a while, and the clock is set anew.
    thread::sleep(LIMIT);
    let begun = Instant::now();
    let error = block_on(pool.acquire(&label("later"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    assert!(begun.elapsed() >= LIMIT, "{:?}", begun.elapsed());
    drop(held);
    assert_eq!(pool.status().waiting, 0);
}

#[test]
fn many_waits_end_each_at_its_time() {
    const LIMIT: Duration = Duration::from_millis(100);
    let (pool, _) = pool(PoolOptions::new().max_size(1).acquire_timeout(LIMIT));
    let held = block_on(pool.acquire(&label("held"))).unwrap();
    let pool = &pool;
    thread::scope(|scope| {
        for index in 0..20 {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(5 * index));
                let begun = Instant::now();
                let error = block_on(pool.acquire(&label("late"))).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::PoolExhausted);
                assert!(begun.elapsed() >= LIMIT, "{:?}", begun.elapsed());
            });
        }
    });
    drop(held);
    assert_eq!(pool.status().waiting, 0);
}

#[test]
fn with_nothing_in_use_a_failure_to_connect_is_the_operations_own() {
    let (pool, log) = pool(PoolOptions::new());
    log.failures.store(2, Ordering::SeqCst);
    for _ in 0..2 {
        let error = block_on(pool.acquire(&label("a"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
    }
    assert_eq!(block_on(pool.acquire(&label("a"))).unwrap().number, 0);
}

#[test]
fn with_others_in_use_an_operation_waits_and_connects_again() {
    let (pool, log) = pool(PoolOptions::new().max_size(2));
    let held = block_on(pool.acquire(&label("a"))).unwrap();
    log.failures.store(1, Ordering::SeqCst);
    let second = block_on(pool.acquire(&label("b"))).unwrap();
    assert_eq!(second.number, 1);
    drop(held);
}

#[test]
fn a_caller_that_goes_away_loses_no_connection() {
    let (pool, log) = pool(PoolOptions::new().max_size(1));
    log.shut_gate();
    let mut gone = pool.acquire(&label("a"));
    assert!(poll(&mut gone).is_pending());
    drop(gone);
    log.open_gate();
    until("the connection is opened", || pool.status().idle == 1);
    assert_eq!(block_on(pool.acquire(&label("b"))).unwrap().number, 0);

    // Served, and dropped before it looked.
    let held = block_on(pool.acquire(&label("c"))).unwrap();
    let mut served = pool.acquire(&label("d"));
    let mut next = pool.acquire(&label("e"));
    assert!(poll(&mut served).is_pending() && poll(&mut next).is_pending());
    drop(held);
    drop(served);
    assert!(matches!(poll(&mut next), Poll::Ready(Ok(_))));
}

#[test]
fn what_was_left_unfinished_is_finished_and_what_broke_is_replaced() {
    let (pool, log) = pool(PoolOptions::new().max_size(1));
    let mut lease = block_on(pool.acquire(&label("a"))).unwrap();
    lease.health = Health::Unfinished;
    drop(lease);
    let mut lease = block_on(pool.acquire(&label("b"))).unwrap();
    assert_eq!(lease.number, 0);
    assert_eq!(log.finished.load(Ordering::SeqCst), 1);
    lease.health = Health::Broken;
    drop(lease);
    let lease = block_on(pool.acquire(&label("c"))).unwrap();
    assert_eq!(lease.number, 1);
    lease.discard();
    assert_eq!(block_on(pool.acquire(&label("d"))).unwrap().number, 2);
    assert_eq!(log.alive.load(Ordering::SeqCst), 1);
}

#[test]
fn a_token_ends_a_blocking_wait() {
    let (pool, _) = pool(PoolOptions::new().max_size(1));
    let _held = block_on(pool.acquire(&label("a"))).unwrap();
    let token = CancelToken::with_deadline(Instant::now() + Duration::from_millis(20));
    let error = pool
        .acquire_blocking(&label("b"), Some(&token))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(pool.status().waiting, 0);
}

#[test]
fn closing_serves_who_waits_and_refuses_who_comes_later() {
    let (pool, log) = pool(PoolOptions::new().max_size(1));
    let held = block_on(pool.acquire(&label("a"))).unwrap();
    let mut waits = pool.acquire(&label("b"));
    assert!(poll(&mut waits).is_pending());
    let mut close = pool.close();
    assert!(poll(&mut close).is_pending());
    let late = block_on(pool.acquire(&label("c"))).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Closed);
    drop(held);
    drop(block_on(waits).unwrap());
    block_on(close).unwrap();
    pool.close_blocking().unwrap();
    assert_eq!(log.closed.load(Ordering::SeqCst), 1);
    assert_eq!(log.alive.load(Ordering::SeqCst), 0);
    let late = pool.acquire_blocking(&label("d"), None).unwrap_err();
    assert_eq!(late.to_string(), "the database has been closed");
}

#[test]
fn closing_gives_up_on_what_takes_too_long() {
    let options = PoolOptions::new()
        .max_size(1)
        .close_timeout(Duration::from_millis(20));
    let (pool, log) = pool(options);
    let held = block_on(pool.acquire(&label("a"))).unwrap();
    let mut waits = pool.acquire(&label("b"));
    assert!(poll(&mut waits).is_pending());
    let error = block_on(pool.close()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        "the database was closed, but after 20ms 1 of its connections were still in use: each \
         is closed when it comes back"
    );
    assert_eq!(block_on(waits).unwrap_err().kind(), ErrorKind::Closed);
    drop(held);
    until("the connection is closed", || {
        log.alive.load(Ordering::SeqCst) == 0
    });
    pool.close_blocking().unwrap();
}

#[test]
fn closing_ends_a_parked_operation() {
    let (pool, _) = pool(PoolOptions::new().max_size(2));
    let park = || {
        let lease = block_on(pool.acquire(&label("a"))).unwrap();
        Parked::new((lease, 7), |operation| &operation.0)
    };
    let (_, number) = park().resume().unwrap();
    assert_eq!((number, pool.status().in_use), (7, 0));
    drop(park());
    assert_eq!(pool.status().in_use, 0);
    let parked = park();
    pool.close_blocking().unwrap();
    assert_eq!(parked.resume().unwrap_err().kind(), ErrorKind::Closed);
}

#[test]
fn limits_of_age_and_idleness_close_connections() {
    let options = PoolOptions::new().idle_timeout(Duration::from_millis(20));
    let (pool, log) = pool(options.max_lifetime(None));
    drop(block_on(pool.acquire(&label("a"))).unwrap());
    until("the connection has been free for long enough", || {
        log.closed.load(Ordering::SeqCst) == 1 && pool.status() == empty()
    });
    drop(block_on(pool.acquire(&label("b"))).unwrap());
    until("the next too", || log.closed.load(Ordering::SeqCst) == 2);

    let options = PoolOptions::new()
        .idle_timeout(None)
        .max_lifetime(Duration::from_millis(20));
    let (pool, log) = self::pool(options);
    let held = block_on(pool.acquire(&label("c"))).unwrap();
    thread::sleep(Duration::from_millis(25));
    drop(held);
    until("the connection is old when it comes back", || {
        log.closed.load(Ordering::SeqCst) == 1 && pool.status() == empty()
    });
}

fn empty() -> PoolStatus {
    PoolStatus {
        in_use: 0,
        idle: 0,
        connecting: 0,
        closing: 0,
        waiting: 0,
        sharing: 0,
    }
}

#[test]
fn a_dropped_pool_closes_its_connections_as_they_come_back() {
    let (pool, log) = pool(PoolOptions::new());
    let held = block_on(pool.acquire(&label("a"))).unwrap();
    drop(block_on(pool.acquire(&label("b"))).unwrap());
    drop(pool);
    until("the free one is closed", || {
        log.alive.load(Ordering::SeqCst) == 1
    });
    drop(held);
    until("the other too", || log.closed.load(Ordering::SeqCst) == 2);
}

#[derive(Debug)]
struct Gone;

impl Spawner for Gone {
    fn spawn(&self, _: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        Err(SpawnError::gone("gone"))
    }

    fn spawn_blocking(&self, _: BlockingJob) -> Result<(), SpawnError> {
        Err(SpawnError::gone("gone"))
    }
}

#[test]
fn a_runtime_that_is_gone_is_an_error_for_all_who_wait() {
    let runtime = Runtime::from(Threads).with_spawner(Gone);
    let pool = Pool::new(Driver::default(), PoolOptions::new(), runtime);
    for _ in 0..2 {
        let error = block_on(pool.acquire(&label("a"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
    }
    let error = pool.acquire_blocking(&label("a"), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert_eq!(pool.status(), empty());
    pool.close_blocking().unwrap();
}

/// Threads that acquire, drop waits at all stages, break and leave connections unfinished: at the
/// end every place of the pool is free again.
#[test]
fn no_permit_is_lost_under_stress() {
    const SIZE: usize = 4;
    let (pool, log) = pool(PoolOptions::new().max_size(SIZE));
    let used = [const { AtomicUsize::new(0) }; 4];
    thread::scope(|scope| {
        for seed in 1..=8_u64 {
            let (pool, log, used) = (&pool, &log, &used);
            scope.spawn(move || {
                let mut random = seed;
                let mut next = |below: u64| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    random % below
                };
                for _ in 0..400 {
                    let way = next(8);
                    let lease = match way {
                        // Dropped where it stands: queued, served or refused.
                        0..=3 => {
                            let mut acquire = pool.acquire(&label("dropped"));
                            for _ in 0..next(3) {
                                if let Poll::Ready(Ok(lease)) = poll(&mut acquire) {
                                    drop(lease);
                                    break;
                                }
                                thread::yield_now();
                            }
                            used[0].fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                        4 => {
                            log.failures
                                .fetch_add(usize::from(next(16) == 0), Ordering::SeqCst);
                            pool.acquire_blocking(&label("blocks"), None)
                        }
                        _ => block_on(pool.acquire(&label("waits"))),
                    };
                    match lease {
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Connection);
                            used[1].fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(mut lease) => {
                            assert_eq!(lease.health, Health::Ready, "a connection in doubt");
                            assert!(log.alive.load(Ordering::SeqCst) <= SIZE);
                            lease.health = match next(10) {
                                0 => Health::Broken,
                                1..=3 => Health::Unfinished,
                                _ => Health::Ready,
                            };
                            let index = 2 + usize::from(lease.health != Health::Ready);
                            used[index].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let used = used.map(AtomicUsize::into_inner);
    assert!(used.iter().all(|&count| count > 0), "{used:?}");
    until("everything comes back", || {
        let status = pool.status();
        (status.in_use, status.connecting, status.waiting) == (0, 0, 0)
    });
    let idle = pool.status().idle;
    assert_eq!(log.alive.load(Ordering::SeqCst), idle);
    log.failures.store(0, Ordering::SeqCst);
    let leases: Vec<_> = (0..SIZE)
        .map(|_| pool.acquire_blocking(&label("all"), None).unwrap())
        .collect();
    assert_eq!(pool.status().in_use, SIZE);
    drop(leases);
    pool.close_blocking().unwrap();
    assert_eq!(log.alive.load(Ordering::SeqCst), 0);
}
