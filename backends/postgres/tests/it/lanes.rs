//! Lanes that end before their time, and those who had just joined them.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Either, abortable, join_all, select};
use queryset::pool::PoolOptions;
use queryset::runtime::{BlockingJob, BoxFuture, Runtime, SpawnError, Spawner};
use queryset::{Backend, ErrorKind, Result, Row, RowSink, Statement};
use queryset_postgres::{PostgresBackend, PostgresOptions, TlsMode};
use queryset_tokio::Tokio;

use crate::sharing::{
    Reading, assert_own, open, own, poll_once, reading, short, together, until_served,
};
use crate::support::{PATIENCE, Rows, int, options, servers, taken, text};

/// Runs a test on the one thread of a runtime: lanes stand still while the test does not wait.
fn on_one_thread<F: Future>(test: impl FnOnce(Runtime) -> F) -> F::Output {
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    let tokio = builder.enable_all().build().unwrap();
    let runtime = Tokio::from_handle(tokio.handle().clone()).unwrap();
    tokio.block_on(test(runtime.into()))
}

async fn in_time<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    match select(pin!(future), runtime.timer().sleep(PATIENCE)).await {
        Either::Left((output, _)) => output,
        Either::Right(_) => panic!("nobody answers"),
    }
}

/// A lane with a read that goes on for ever, and a read that has joined it and is not begun; on one
/// thread. Who hesitates between two steps finds the lane stalled, and tries again.
async fn joined(db: &PostgresBackend, runtime: &Runtime, slow: &str, late: &str) -> [Reading; 2] {
    let patience = Instant::now() + PATIENCE;
    loop {
        let quick = ("SELECT 1", vec![]);
        let mut reads = together(db, runtime, vec![quick, (slow, vec![])]).await;
        assert!(reads.remove(0).await.is_ok());
        let mut joined = reading(db, late, vec![]);
        assert!(poll_once(&mut joined).await.is_none());
        let status = db.pool_status();
        if (status.sharing, status.waiting) == (2, 0) {
            return [reads.remove(0), joined];
        }
        assert!(Instant::now() < patience, "{status:?}");
    }
}

/// The message that ends an answer.
const READY: &[u8] = b"Z\0\0\0\x05I";
const MARK: &str = "the connection ends here";

/// A proxy whose first connection ends with the answer that has the mark in it, once it may; its
/// last message is left out. Then it says so.
fn cutting(server: SocketAddr) -> (SocketAddr, Sender<()>, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ((go, may), (done, is_done)) = (channel(), channel());
    thread::spawn(move || {
        let mut cut = Some((may, done));
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(server).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            let cut = cut.take();
            thread::spawn(move || pass_down(server, client, cut));
        }
    });
    (address, go, is_done)
}

fn pass_down(
    mut server: TcpStream,
    mut client: TcpStream,
    cut: Option<(Receiver<()>, Sender<()>)>,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = server.read(&mut buffer)?;
        let chunk = &buffer[..count];
        let marked = chunk
            .windows(MARK.len())
            .any(|part| part == MARK.as_bytes());
        match &cut {
            Some((may, done)) if marked => {
                may.recv().unwrap();
                client.write_all(chunk.strip_suffix(READY).unwrap())?;
                client.shutdown(Shutdown::Write)?;
                done.send(()).unwrap();
                return Ok(());
            }
            _ if count == 0 => return client.shutdown(Shutdown::Write),
            _ => client.write_all(chunk)?,
        }
    }
}

/// Asks for something else when it is given a row.
struct Asking {
    db: PostgresBackend,
    asked: Arc<Mutex<Option<Reading>>>,
}

impl RowSink for Asking {
    fn row(&mut self, _: &dyn Row) -> Result<()> {
        let mut read = own(&self.db, 5);
        assert!((&mut read).now_or_never().is_none());
        *self.asked.lock().unwrap() = Some(read);
        Ok(())
    }
}

#[test]
fn who_joins_at_the_end_of_a_connection_is_answered_by_another() {
    on_one_thread(|runtime| async move {
        let servers = servers();
        let database = servers.postgres().unwrap().create_database("cut").unwrap();
        let (address, go, is_done) = cutting(database.address().unwrap());
        let options = PostgresOptions::new(&database.url_at(address).unwrap()).unwrap();
        let options = options
            .tls(TlsMode::Disable)
            .pool(PoolOptions::new().max_size(1))
            .pipelining(8);
        let db = PostgresBackend::new(options, runtime.clone()).unwrap();
        let sql = "SELECT $1::text";
        // From now on the connection knows the statement.
        let whole = reading(&db, sql, vec![text("whole")]).await;
        assert_eq!(taken(whole.unwrap()).0.rows, [[text("whole")]]);
        let held = Statement::read("SELECT generate_series(1, 2)", vec![]);
        let held = db.fetch(held, Box::new(Rows::default()), 1).await.unwrap();
        let asked = Arc::new(Mutex::new(None));
        let sink = Box::new(Asking {
            db: db.clone(),
            asked: Arc::clone(&asked),
        });
        let mut first = db.fetch(short(sql, vec![text(MARK)]), sink, usize::MAX);
        assert!(poll_once(&mut first).await.is_none());
        drop(held);
        until_served(&db, &runtime).await;
        // The row and the end of the connection come together.
        go.send(()).unwrap();
        is_done.recv().unwrap();
        let error = in_time(&runtime, first).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
        let second = asked.lock().unwrap().take().unwrap();
        assert_own(in_time(&runtime, second).await, 5);
        db.close().await.unwrap();
    });
}

/// Tasks that a test can end or hold back.
#[derive(Clone)]
struct Tasks {
    inner: Arc<dyn Spawner>,
    handles: Arc<Mutex<Vec<AbortHandle>>>,
    holds: Arc<AtomicBool>,
    held: Arc<Mutex<Vec<BoxFuture<'static, ()>>>>,
}

impl Tasks {
    fn of(runtime: &Runtime) -> (Self, Runtime) {
        let tasks = Self {
            inner: Arc::clone(runtime.spawner()),
            handles: Arc::default(),
            holds: Arc::default(),
            held: Arc::default(),
        };
        (tasks.clone(), runtime.clone().with_spawner(tasks))
    }

    fn end(&self) {
        let handles = std::mem::take(&mut *self.handles.lock().unwrap());
        handles.iter().for_each(AbortHandle::abort);
    }

    fn hold(&self) {
        self.holds.store(true, Ordering::SeqCst);
    }

    fn release(&self) {
        self.holds.store(false, Ordering::SeqCst);
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        held.into_iter().for_each(|task| self.spawn(task).unwrap());
    }
}

impl Spawner for Tasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
        if self.holds.load(Ordering::SeqCst) {
            self.held.lock().unwrap().push(task);
            return Ok(());
        }
        let (task, handle) = abortable(task);
        self.handles.lock().unwrap().push(handle);
        self.inner.spawn(Box::pin(task.map(drop)))
    }

    fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
        self.inner.spawn_blocking(job)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

#[test]
fn who_joined_a_lane_whose_task_is_dropped_is_answered_by_another() {
    on_one_thread(|runtime| async move {
        let (tasks, runtime) = Tasks::of(&runtime);
        let db = open(1, 8, &runtime);
        let [slow, late] = joined(&db, &runtime, "SELECT pg_sleep(600)", "SELECT 7").await;
        tasks.end();
        let error = in_time(&runtime, slow).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Runtime, "{error:?}");
        let (rows, _) = taken(in_time(&runtime, late).await.unwrap());
        assert_eq!(rows.rows, [[int(7)]]);
        db.close().await.unwrap();
    });
}

#[test]
fn who_has_lost_its_lane_waits_no_longer_than_others() {
    on_one_thread(|runtime| async move {
        let (tasks, runtime) = Tasks::of(&runtime);
        let servers = servers();
        let pool = PoolOptions::new()
            .max_size(1)
            .acquire_timeout(Duration::from_secs(2));
        let options = options(servers.postgres().unwrap()).pool(pool);
        let db = PostgresBackend::new(options.pipelining(8), runtime.clone()).unwrap();
        let [mut slow, late] = joined(&db, &runtime, "SELECT pg_sleep(600)", "SELECT 7").await;
        // What becomes of the slow read wakes nobody.
        assert!((&mut slow).now_or_never().is_none());
        // What finishes the slow read is held back, and the connection with it.
        tasks.hold();
        tasks.end();
        let error = in_time(&runtime, late).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::PoolExhausted, "{error:?}");
        assert!(slow.await.is_err());
        assert_eq!(db.pool_status().waiting, 0);
        tasks.release();
        assert_own(in_time(&runtime, own(&db, 3)).await, 3);
        db.close().await.unwrap();
    });
}

#[test]
fn what_is_given_up_before_it_is_begun_is_not_sent() {
    on_one_thread(|runtime| async move {
        let db = open(1, 8, &runtime);
        for sql in [
            "DROP SEQUENCE IF EXISTS lanes_given_up",
            "CREATE SEQUENCE lanes_given_up",
        ] {
            db.execute(Statement::write(sql, vec![])).await.unwrap();
        }
        let next = "SELECT nextval('lanes_given_up')";
        // From now on the connection knows the statement.
        let (rows, _) = taken(reading(&db, next, vec![]).await.unwrap());
        assert_eq!(rows.rows, [[int(1)]]);
        let [slow, late] = joined(&db, &runtime, "SELECT pg_sleep(0.05)", next).await;
        drop(late);
        assert!(in_time(&runtime, slow).await.is_ok());
        let last = "SELECT last_value FROM lanes_given_up";
        let (rows, _) = taken(reading(&db, last, vec![]).await.unwrap());
        assert_eq!(rows.rows, [[int(1)]]);
        let dropped = Statement::write("DROP SEQUENCE lanes_given_up", vec![]);
        db.execute(dropped).await.unwrap();
        db.close().await.unwrap();
    });
}

#[test]
fn connections_grow_no_older_because_many_share_them() {
    on_one_thread(|runtime| async move {
        let servers = servers();
        let pool = PoolOptions::new()
            .max_size(1)
            .max_lifetime(Duration::from_millis(100));
        let options = options(servers.postgres().unwrap()).pool(pool);
        let db = PostgresBackend::new(options.pipelining(8), runtime).unwrap();
        let pids = Mutex::new(HashSet::new());
        let patience = Instant::now() + PATIENCE;
        let readers = (0..16).map(|_| async {
            while pids.lock().unwrap().len() < 3 {
                let pid = reading(&db, "SELECT pg_backend_pid()", vec![]).await;
                let (rows, _) = taken(pid.unwrap());
                pids.lock().unwrap().insert(format!("{:?}", rows.rows));
                assert!(Instant::now() < patience, "{:?}", db.pool_status());
            }
        });
        join_all(readers).await;
        db.close().await.unwrap();
    });
}

#[test]
fn no_depth_is_too_much() {
    on_one_thread(|runtime| async move {
        let db = open(1, usize::MAX, &runtime);
        let sql = "SELECT $1::int8, repeat('x', $1::int4 % 50)";
        let statements = (0..50).map(|number| (sql, vec![int(number)])).collect();
        let reads = together(&db, &runtime, statements).await;
        for (number, fetched) in join_all(reads).await.into_iter().enumerate() {
            assert_own(fetched, number as i64);
        }
        db.close().await.unwrap();
    });
}
