//! rusqlite, as a good user writes it: statements cached, columns by position, on the caller's
//! thread.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};
use tokio::sync::Semaphore;

use super::plain::{Post, User, Users};
use crate::reads::{BlockingReader, BlockingReads};
use crate::rows::{Item, PostLine};
use crate::runtime::Started;
use crate::workload::{Batch, COUNTED};
use crate::{Backend, Checksum, Outcome, Result, RuntimeKind, sql};

const BACKEND: Backend = Backend::Sqlite;

pub(super) struct Raw {
    file: PathBuf,
    connection: Connection,
    texts: Texts,
    tasks: Option<Tasks>,
}

/// The texts, which a program has as constants.
pub(super) struct Texts {
    get: String,
    count: String,
    exists: String,
    /// By their limits.
    loads: Vec<(u64, Arc<str>)>,
    posts_of: String,
}

/// Tasks on tokio that run their queries where they are, on connections of a pool.
struct Tasks {
    runtime: Started,
    pool: Arc<Pool>,
}

struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// Threads are not how this peer shares connections.
pub(super) enum NoReader {}

impl Raw {
    pub(super) fn open(file: &Path) -> Result<Self> {
        Ok(Self {
            file: file.to_owned(),
            connection: connect(file)?,
            texts: Texts::new(),
            tasks: None,
        })
    }
}

impl Pool {
    fn open(file: &Path) -> Result<Self> {
        let connections = BACKEND.connections();
        let idle = (0..connections)
            .map(|_| connect(file))
            .collect::<Result<_>>()?;
        Ok(Self {
            permits: Semaphore::new(connections),
            idle: Mutex::new(idle),
        })
    }

    async fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let _permit = self.permits.acquire().await?;
        let lock = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = lock().pop().ok_or("a permit without a connection")?;
        let result = work(&connection);
        lock().push(connection);
        Ok(result?)
    }
}

impl Texts {
    pub(super) fn new() -> Self {
        Self {
            get: sql::get(BACKEND),
            count: sql::count(BACKEND),
            exists: sql::exists(BACKEND),
            loads: Vec::new(),
            posts_of: sql::posts_of(BACKEND, 0),
        }
    }

    /// The text that loads as many items.
    pub(super) fn load(&mut self, limit: u64) -> Arc<str> {
        match self.loads.iter().find(|(each, _)| *each == limit) {
            Some((_, text)) => Arc::clone(text),
            None => {
                let text: Arc<str> = sql::load(BACKEND, limit).into();
                self.loads.push((limit, Arc::clone(&text)));
                text
            }
        }
    }

    pub(super) fn get(&self, connection: &Connection, key: i64) -> rusqlite::Result<Item> {
        connection
            .prepare_cached(&self.get)?
            .query_row(params![key], item)
    }

    pub(super) fn count(&self, connection: &Connection, key: i64) -> rusqlite::Result<u64> {
        let count: i64 = connection
            .prepare_cached(&self.count)?
            .query_row(params![key, key + COUNTED, true], |row| row.get(0))?;
        Ok(count as u64)
    }

    pub(super) fn exists(&self, connection: &Connection, qty: i32) -> rusqlite::Result<bool> {
        connection
            .prepare_cached(&self.exists)?
            .exists(params![qty])
    }

    pub(super) fn rel_two(&self, connection: &Connection) -> rusqlite::Result<Users> {
        let mut users = Users::default();
        let mut statement = connection.prepare_cached(sql::USERS)?;
        for user in statement.query_map([], |row| user(row, 0))? {
            users.push(user?);
        }
        let mut keys = String::from("[");
        for key in users.keys() {
            if keys.len() > 1 {
                keys.push(',');
            }
            keys.push_str(&key.to_string());
        }
        keys.push(']');
        let mut statement = connection.prepare_cached(&self.posts_of)?;
        for post in statement.query_map(params![keys], post)? {
            users.add(post?);
        }
        Ok(users)
    }
}

impl BlockingReads for Raw {
    type Reader = NoReader;

    fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        checksum.item(&self.texts.get(&self.connection, key)?);
        Ok(())
    }

    fn count(&mut self, key: i64) -> Result<u64> {
        Ok(self.texts.count(&self.connection, key)?)
    }

    fn exists(&mut self, qty: i32) -> Result<bool> {
        Ok(self.texts.exists(&self.connection, qty)?)
    }

    fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let text = self.texts.load(limit);
        for item in &load(&self.connection, &text, key)? {
            checksum.item(item);
        }
        Ok(())
    }

    fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        stream(&self.connection, checksum)?;
        Ok(())
    }

    fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for line in &join(&self.connection)? {
            checksum.line(line);
        }
        Ok(())
    }

    fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for (post, user) in &rel_join(&self.connection)? {
            post.sum(checksum);
            user.sum(checksum);
        }
        Ok(())
    }

    fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        self.texts.rel_two(&self.connection)?.sum(checksum);
        Ok(())
    }

    fn build(&mut self, key: i64) -> Result<()> {
        build(key);
        Ok(())
    }

    fn reader(&self) -> Result<NoReader> {
        Err("its tasks are on tokio".into())
    }

    fn tasks(&mut self, batch: &Batch) -> Result<Outcome> {
        let tasks = match &mut self.tasks {
            Some(tasks) => tasks,
            tasks @ None => tasks.insert(Tasks {
                runtime: RuntimeKind::Tokio.start()?,
                pool: Arc::new(Pool::open(&self.file)?),
            }),
        };
        let parts = batch.parts();
        let runtime = &tasks.runtime;
        let start = Instant::now();
        let checksum = runtime.block_on(async {
            let handles: Vec<_> = parts
                .into_iter()
                .map(|keys| {
                    let pool = Arc::clone(&tasks.pool);
                    let texts = Texts::new();
                    runtime.spawn(async move {
                        let mut checksum = Checksum::default();
                        for key in keys {
                            let item = pool.with(|connection| texts.get(connection, key)).await?;
                            checksum.item(&item);
                        }
                        Result::<_>::Ok(checksum)
                    })
                })
                .collect();
            let mut checksum = Checksum::default();
            for handle in handles {
                checksum.merge(handle.await??);
            }
            Result::<_>::Ok(checksum)
        })?;
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }
}

impl BlockingReader for NoReader {
    fn get(&mut self, _: i64, _: &mut Checksum) -> Result<()> {
        match *self {}
    }
}

pub(super) fn connect(file: &Path) -> Result<Connection> {
    Ok(Connection::open(file)?)
}

pub(super) fn load(connection: &Connection, sql: &str, key: i64) -> rusqlite::Result<Vec<Item>> {
    connection
        .prepare_cached(sql)?
        .query_map(params![key], item)?
        .collect()
}

pub(super) fn stream(connection: &Connection, checksum: &mut Checksum) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql::STREAM)?;
    for item in statement.query_map([], item)? {
        checksum.item(&item?);
    }
    Ok(())
}

pub(super) fn join(connection: &Connection) -> rusqlite::Result<Vec<PostLine>> {
    connection
        .prepare_cached(sql::JOIN)?
        .query_map([], |row| {
            Ok(PostLine {
                id: row.get(0)?,
                title: row.get(1)?,
                score: row.get(2)?,
                user_name: row.get(3)?,
            })
        })?
        .collect()
}

pub(super) fn rel_join(connection: &Connection) -> rusqlite::Result<Vec<(Post, User)>> {
    connection
        .prepare_cached(sql::REL_JOIN)?
        .query_map([], |row| Ok((post(row)?, user(row, 5)?)))?
        .collect()
}

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        name: row.get(1)?,
        note: row.get(2)?,
        qty: row.get(3)?,
        price: row.get(4)?,
        active: row.get(5)?,
    })
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post> {
    Ok(Post {
        id: row.get(0)?,
        user_id: row.get(1)?,
        title: row.get(2)?,
        body: row.get(3)?,
        score: row.get(4)?,
    })
}

fn user(row: &Row<'_>, from: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(from)?,
        name: row.get(from + 1)?,
        email: row.get(from + 2)?,
        karma: row.get(from + 3)?,
    })
}

/// The text and values of the workload `build`, by hand.
pub(super) fn build(key: i64) {
    let text = sql::build(BACKEND, black_box(10));
    let values: [Value; 3] = [
        black_box(key).into(),
        "item".to_owned().into(),
        7_i64.into(),
    ];
    black_box((text, values));
}
