//! rusqlite on a thread of its own, handed to tasks as cheaply as a queue and a waker can: what
//! any asynchronous use of SQLite costs on this machine when the query itself costs nothing more.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rusqlite::Connection;

use super::Peer;
use super::raw_sqlite::{connect, count, exists, get, load, load_sql, work};
use crate::runtime::Started;
use crate::workload::{Batch, TASKS, Workload};
use crate::{Checksum, Outcome, Result, RuntimeKind};

pub(super) struct RawThread {
    runtime: Started,
    thread: Arc<Thread>,
    join: Option<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

struct Thread {
    queue: Mutex<Queue>,
    handle: thread::Thread,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

/// Where a task finds its answer.
struct Slot<T> {
    answer: Option<T>,
    waker: Option<Waker>,
}

/// How often the thread lets others run before it waits, as queryset's do.
const YIELDS: u32 = 4;

impl RawThread {
    pub(super) fn open(file: &Path, runtime: RuntimeKind) -> Result<Self> {
        let connection = connect(file)?;
        let runtime = runtime.start()?;
        let (send, receive) = std::sync::mpsc::channel::<Arc<Thread>>();
        let join = thread::Builder::new()
            .name("raw-thread".to_owned())
            .spawn(move || {
                if let Ok(thread) = receive.recv() {
                    thread.serve(&connection);
                }
            })?;
        let thread = Arc::new(Thread {
            queue: Mutex::default(),
            handle: join.thread().clone(),
        });
        send.send(Arc::clone(&thread))?;
        Ok(Self {
            runtime,
            thread,
            join: Some(join),
        })
    }

    async fn tasks64(&self, keys: &[i64]) -> Result<Checksum> {
        let handles: Vec<_> = keys
            .chunks(keys.len() / TASKS)
            .map(|keys| {
                let (thread, keys) = (Arc::clone(&self.thread), keys.to_vec());
                self.runtime.spawn(async move {
                    let mut checksum = Checksum::default();
                    for key in keys {
                        checksum.item(&thread.ask(move |connection| get(connection, key)).await?);
                    }
                    Result::<_>::Ok(checksum)
                })
            })
            .collect();
        let mut checksum = Checksum::default();
        for handle in handles {
            checksum.merge(handle.await??);
        }
        Ok(checksum)
    }

    async fn work(&self, batch: &Batch, keys: &[i64]) -> Result<Checksum> {
        let thread = &self.thread;
        let mut checksum = Checksum::default();
        match batch.workload {
            Workload::Tasks64 => return self.tasks64(keys).await,
            Workload::Get => {
                for &key in keys {
                    checksum.item(&thread.ask(move |connection| get(connection, key)).await?);
                }
            }
            Workload::Count => {
                for &key in keys {
                    checksum.number(thread.ask(move |connection| count(connection, key)).await?);
                }
            }
            Workload::Exists => {
                for &key in keys {
                    let found = thread
                        .ask(move |connection| exists(connection, key))
                        .await?;
                    checksum.number(found.into());
                }
            }
            Workload::Load10 | Workload::Load100 | Workload::Load1000 | Workload::Load10000 => {
                let sql: Arc<str> = load_sql(batch.workload.limit().unwrap_or(0)).into();
                for &key in keys {
                    let sql = Arc::clone(&sql);
                    let items = thread.ask(move |connection| load(connection, &sql, key));
                    for item in &items.await? {
                        checksum.item(item);
                    }
                }
            }
            // The whole of it there: what a hop costs does not show.
            workload @ (Workload::Stream | Workload::Build | Workload::BuildKept) => {
                let keys = keys.to_vec();
                return Ok(thread
                    .ask(move |connection| work(connection, workload, keys))
                    .await?);
            }
        }
        Ok(checksum)
    }
}

impl Thread {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    fn serve(&self, connection: &Connection) {
        let mut yields = 0;
        loop {
            let mut queue = self.lock();
            let job = queue.jobs.pop_front();
            let closed = queue.closed;
            drop(queue);
            match job {
                Some(job) => {
                    job(connection);
                    yields = 0;
                }
                None if closed => return,
                None if yields < YIELDS => {
                    yields += 1;
                    thread::yield_now();
                }
                None => thread::park(),
            }
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> T + Send + 'static,
    ) -> T {
        let slot = Arc::new(Mutex::new(Slot {
            answer: None,
            waker: None,
        }));
        let answer = Arc::clone(&slot);
        let mut job: Option<Job> = Some(Box::new(move |connection| {
            let result = work(connection);
            let mut slot = lock(&answer);
            slot.answer = Some(result);
            let waker = slot.waker.take();
            drop(slot);
            if let Some(waker) = waker {
                waker.wake();
            }
        }));
        poll_fn(move |context| {
            let mut own = lock(&slot);
            if let Some(answer) = own.answer.take() {
                return Poll::Ready(answer);
            }
            own.waker = Some(context.waker().clone());
            drop(own);
            if let Some(job) = job.take() {
                self.lock().jobs.push_back(job);
                self.handle.unpark();
            }
            Poll::Pending
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Peer for RawThread {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        let keys = batch.keys();
        let start = Instant::now();
        let checksum = self.runtime.block_on(self.work(batch, &keys))?;
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }
}

impl Drop for RawThread {
    fn drop(&mut self) {
        self.thread.lock().closed = true;
        self.thread.handle.unpark();
        if let Some(join) = self.join.take() {
            // A panic has been reported where it happened.
            let _ = join.join();
        }
    }
}
