//! rusqlite on a thread of its own, handed to tasks as cheaply as a queue and a waker can: what
//! any asynchronous use of SQLite costs on this machine when the query itself costs nothing more.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::raw_sqlite::{Texts, build, connect, join, load, rel_join, stream};
use crate::reads::{Reader, Reads};
use crate::{Checksum, Result};

pub(super) struct RawThread {
    asking: Asking,
    loads: Texts,
    join: Option<JoinHandle<()>>,
}

/// A task's way to the thread.
#[derive(Clone)]
pub(super) struct Asking {
    thread: Arc<Thread>,
    texts: Arc<Texts>,
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
    pub(super) fn open(file: &Path) -> Result<Self> {
        let connection = connect(file)?;
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
            asking: Asking {
                thread,
                texts: Arc::new(Texts::new()),
            },
            loads: Texts::new(),
            join: Some(join),
        })
    }

    fn thread(&self) -> &Thread {
        &self.asking.thread
    }
}

impl Reads for RawThread {
    type Reader = Asking;

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        self.asking.get(key, checksum).await
    }

    async fn count(&mut self, key: i64) -> Result<u64> {
        let texts = Arc::clone(&self.asking.texts);
        let count = self
            .thread()
            .ask(move |connection| texts.count(connection, key));
        Ok(count.await?)
    }

    async fn exists(&mut self, qty: i32) -> Result<bool> {
        let texts = Arc::clone(&self.asking.texts);
        let found = self
            .thread()
            .ask(move |connection| texts.exists(connection, qty));
        Ok(found.await?)
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let text = self.loads.load(limit);
        let items = self
            .thread()
            .ask(move |connection| load(connection, &text, key));
        for item in &items.await? {
            checksum.item(item);
        }
        Ok(())
    }

    /// The whole of it there: what a hop costs does not show.
    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let sum = *checksum;
        let sum = self.thread().ask(move |connection| {
            let mut sum = sum;
            stream(connection, &mut sum).map(|()| sum)
        });
        *checksum = sum.await?;
        Ok(())
    }

    async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for line in &self.thread().ask(join).await? {
            checksum.line(line);
        }
        Ok(())
    }

    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for (post, user) in &self.thread().ask(rel_join).await? {
            post.sum(checksum);
            user.sum(checksum);
        }
        Ok(())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        let texts = Arc::clone(&self.asking.texts);
        let users = self
            .thread()
            .ask(move |connection| texts.rel_two(connection));
        users.await?.sum(checksum);
        Ok(())
    }

    fn build(&mut self, key: i64) -> Result<()> {
        build(key);
        Ok(())
    }

    fn reader(&self) -> Result<Asking> {
        Ok(self.asking.clone())
    }
}

impl Reader for Asking {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let texts = Arc::clone(&self.texts);
        let item = self
            .thread
            .ask(move |connection| texts.get(connection, key));
        checksum.item(&item.await?);
        Ok(())
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

impl Drop for RawThread {
    fn drop(&mut self) {
        self.thread().lock().closed = true;
        self.thread().handle.unpark();
        if let Some(join) = self.join.take() {
            // A panic has been reported where it happened.
            let _ = join.join();
        }
    }
}
