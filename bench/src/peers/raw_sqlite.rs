//! rusqlite, as a good user writes it: statements cached, columns by position, on the caller's
//! thread.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, Row, params};
use tokio::sync::Semaphore;

use super::Peer;
use crate::runtime::Started;
use crate::workload::{Batch, CONNECTIONS, COUNTED, TASKS, Workload};
use crate::{Checksum, Item, Outcome, Result, RuntimeKind};

const COLUMNS: &str = "id, name, note, qty, price, active";
const GET: &str = "SELECT id, name, note, qty, price, active FROM items WHERE id = ?1";
const COUNT: &str = "SELECT count(*) FROM items WHERE id >= ?1 AND id < ?2 AND active = ?3";
const EXISTS: &str = "SELECT 1 FROM items WHERE qty = ?1 LIMIT 1";
const STREAM: &str = "SELECT id, name, note, qty, price, active FROM items ORDER BY id";

pub(super) struct Raw {
    file: PathBuf,
    connection: Connection,
    tasks: Option<Tasks>,
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

impl Raw {
    pub(super) fn open(file: &Path) -> Result<Self> {
        Ok(Self {
            file: file.to_owned(),
            connection: connect(file)?,
            tasks: None,
        })
    }

    fn tasks64(&mut self, keys: &[i64]) -> Result<Outcome> {
        let tasks = match &mut self.tasks {
            Some(tasks) => tasks,
            tasks @ None => tasks.insert(Tasks {
                runtime: RuntimeKind::Tokio.start()?,
                pool: Arc::new(Pool::open(&self.file)?),
            }),
        };
        let parts: Vec<Vec<i64>> = keys.chunks(keys.len() / TASKS).map(Into::into).collect();
        let runtime = &tasks.runtime;
        let start = Instant::now();
        let checksum = runtime.block_on(async {
            let handles: Vec<_> = parts
                .into_iter()
                .map(|keys| {
                    let pool = Arc::clone(&tasks.pool);
                    runtime.spawn(async move {
                        let mut checksum = Checksum::default();
                        for key in keys {
                            let item = pool.with(|connection| get(connection, key)).await?;
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

impl Pool {
    fn open(file: &Path) -> Result<Self> {
        let idle = (0..CONNECTIONS)
            .map(|_| connect(file))
            .collect::<Result<_>>()?;
        Ok(Self {
            permits: Semaphore::new(CONNECTIONS),
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

impl Peer for Raw {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        let keys = batch.keys();
        if batch.workload == Workload::Tasks64 {
            return self.tasks64(&keys);
        }
        let start = Instant::now();
        let checksum = work(&self.connection, batch.workload, keys)?;
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }
}

/// Does a workload on one connection.
pub(super) fn work(
    connection: &Connection,
    workload: Workload,
    keys: Vec<i64>,
) -> rusqlite::Result<Checksum> {
    let mut checksum = Checksum::default();
    match workload {
        Workload::Get | Workload::Tasks64 => {
            for key in keys {
                checksum.item(&get(connection, key)?);
            }
        }
        Workload::Count => {
            for key in keys {
                checksum.number(count(connection, key)?);
            }
        }
        Workload::Exists => {
            for key in keys {
                checksum.number(exists(connection, key)?.into());
            }
        }
        Workload::Load10 | Workload::Load100 | Workload::Load1000 | Workload::Load10000 => {
            let sql = load_sql(workload.limit().unwrap_or(0));
            for key in keys {
                for item in &load(connection, &sql, key)? {
                    checksum.item(item);
                }
            }
        }
        Workload::Stream => {
            for _ in keys {
                let mut statement = connection.prepare_cached(STREAM)?;
                for item in statement.query_map([], item)? {
                    checksum.item(&item?);
                }
            }
        }
        Workload::Build | Workload::BuildKept => {
            for key in keys {
                black_box(build(black_box(key), black_box(10)));
                checksum.number(key as u64);
            }
        }
    }
    Ok(checksum)
}

pub(super) fn connect(file: &Path) -> Result<Connection> {
    Ok(Connection::open(file)?)
}

pub(super) fn get(connection: &Connection, key: i64) -> rusqlite::Result<Item> {
    connection
        .prepare_cached(GET)?
        .query_row(params![key], item)
}

pub(super) fn count(connection: &Connection, key: i64) -> rusqlite::Result<u64> {
    let count: i64 = connection
        .prepare_cached(COUNT)?
        .query_row(params![key, key + COUNTED, true], |row| row.get(0))?;
    Ok(count as u64)
}

pub(super) fn exists(connection: &Connection, key: i64) -> rusqlite::Result<bool> {
    connection.prepare_cached(EXISTS)?.exists(params![key])
}

/// A literal limit: SQLite prepares a statement again on each run when its limit is bound.
pub(super) fn load_sql(limit: u64) -> String {
    format!("SELECT {COLUMNS} FROM items WHERE id >= ?1 ORDER BY id LIMIT {limit}")
}

pub(super) fn load(connection: &Connection, sql: &str, key: i64) -> rusqlite::Result<Vec<Item>> {
    connection
        .prepare_cached(sql)?
        .query_map(params![key], item)?
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

/// The text and values that [`built`](super::built) comes to, by hand.
fn build(key: i64, limit: u64) -> (String, [rusqlite::types::Value; 3]) {
    let sql = format!(
        "SELECT {COLUMNS} FROM items WHERE id > ?1 AND name >= ?2 AND qty <= ?3 \
         ORDER BY price DESC LIMIT {limit}"
    );
    (sql, [key.into(), "item".to_owned().into(), 7_i64.into()])
}
