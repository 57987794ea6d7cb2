//! tokio-postgres, as a good user writes it: statements prepared once a connection, columns by
//! position, the connection's own task on tokio.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::TryStreamExt;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, NoTls, Row, Statement};

use super::plain::{Post, User, Users};
use crate::reads::{Reader, Reads};
use crate::rows::{Item, PostLine};
use crate::{Backend, Checksum, Place, Result, sql};

const BACKEND: Backend = Backend::Postgres;

pub(super) struct Raw {
    connection: Connection,
    count: Statement,
    exists: Statement,
    /// By their limits.
    loads: Vec<(u64, Statement)>,
    stream: Statement,
    join: Statement,
    rel_join: Statement,
    users: Statement,
    posts_of: Statement,
    pool: Arc<Pool>,
    /// Whether tasks share the pool's connections.
    pipelined: bool,
    /// How many readers there were.
    readers: AtomicUsize,
}

/// A connection with the statement that the pool's users share.
pub(super) struct Connection {
    client: Client,
    get: Statement,
}

pub(super) struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<Arc<Connection>>>,
}

#[derive(Clone)]
pub(super) enum PoolReader {
    Pooled(Arc<Pool>),
    Pipelined(Arc<Connection>),
}

impl Connection {
    async fn open(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let get = client.prepare(&sql::get(BACKEND)).await?;
        Ok(Self { client, get })
    }

    async fn get(&self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let row = self.client.query_one(&self.get, &[&key]).await?;
        checksum.item(&item(&row)?);
        Ok(())
    }
}

impl Raw {
    pub(super) async fn open(place: &Place) -> Result<Self> {
        Self::open_as(place, false).await
    }

    pub(super) async fn open_pipelined(place: &Place) -> Result<Self> {
        Self::open_as(place, true).await
    }

    async fn open_as(place: &Place, pipelined: bool) -> Result<Self> {
        let url = place.url()?;
        let connection = Connection::open(url).await?;
        let mut idle = Vec::new();
        for _ in 0..BACKEND.connections() {
            idle.push(Arc::new(Connection::open(url).await?));
        }
        let client = &connection.client;
        Ok(Self {
            count: client.prepare(&sql::count(BACKEND)).await?,
            exists: client.prepare(&sql::exists(BACKEND)).await?,
            loads: Vec::new(),
            stream: client.prepare(sql::STREAM).await?,
            join: client.prepare(sql::JOIN).await?,
            rel_join: client.prepare(sql::REL_JOIN).await?,
            users: client.prepare(sql::USERS).await?,
            posts_of: client.prepare(&sql::posts_of(BACKEND, 0)).await?,
            pool: Arc::new(Pool {
                permits: Semaphore::new(idle.len()),
                idle: Mutex::new(idle),
            }),
            connection,
            pipelined,
            readers: AtomicUsize::new(0),
        })
    }
}

impl Reads for Raw {
    type Reader = PoolReader;

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        self.connection.get(key, checksum).await
    }

    async fn count(&mut self, key: i64) -> Result<u64> {
        let to = key + crate::workload::COUNTED;
        let client = &self.connection.client;
        let row = client.query_one(&self.count, &[&key, &to, &true]).await?;
        Ok(row.try_get::<_, i64>(0)? as u64)
    }

    async fn exists(&mut self, qty: i32) -> Result<bool> {
        let client = &self.connection.client;
        Ok(client.query_opt(&self.exists, &[&qty]).await?.is_some())
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let client = &self.connection.client;
        let known = self.loads.iter().position(|(each, _)| *each == limit);
        let known = match known {
            Some(known) => known,
            None => {
                let statement = client.prepare(&sql::load(BACKEND, limit)).await?;
                self.loads.push((limit, statement));
                self.loads.len() - 1
            }
        };
        let rows = client.query_raw(&self.loads[known].1, [key]).await?;
        let mut rows = std::pin::pin!(rows);
        // Each row is decoded as it comes: a vector of the driver's rows first costs more.
        let mut items = Vec::new();
        while let Some(row) = rows.try_next().await? {
            items.push(item(&row)?);
        }
        for item in &items {
            checksum.item(item);
        }
        Ok(())
    }

    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let client = &self.connection.client;
        let rows = client.query_raw(&self.stream, NONE).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            checksum.item(&item(&row)?);
        }
        Ok(())
    }

    async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let client = &self.connection.client;
        let rows = client.query_raw(&self.join, NONE).await?;
        let mut rows = std::pin::pin!(rows);
        let mut lines = Vec::new();
        while let Some(row) = rows.try_next().await? {
            lines.push(PostLine {
                id: row.try_get(0)?,
                title: row.try_get(1)?,
                score: row.try_get(2)?,
                user_name: row.try_get(3)?,
            });
        }
        for line in &lines {
            checksum.line(line);
        }
        Ok(())
    }

    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let client = &self.connection.client;
        let rows = client.query_raw(&self.rel_join, NONE).await?;
        let mut rows = std::pin::pin!(rows);
        let mut posts = Vec::new();
        while let Some(row) = rows.try_next().await? {
            posts.push((post(&row)?, user(&row, 5)?));
        }
        for (post, user) in &posts {
            post.sum(checksum);
            user.sum(checksum);
        }
        Ok(())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        let client = &self.connection.client;
        let rows = client.query_raw(&self.users, NONE).await?;
        let mut rows = std::pin::pin!(rows);
        let mut users = Users::default();
        while let Some(row) = rows.try_next().await? {
            users.push(user(&row, 0)?);
        }
        let keys: Vec<i64> = users.keys().collect();
        let rows = client.query_raw(&self.posts_of, [keys]).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            users.add(post(&row)?);
        }
        users.sum(checksum);
        Ok(())
    }

    fn build(&mut self, key: i64) -> Result<()> {
        let text = sql::build(BACKEND, black_box(10));
        black_box((text, (black_box(key), "item".to_owned(), 7_i32)));
        Ok(())
    }

    fn reader(&self) -> Result<PoolReader> {
        if self.pipelined {
            let n = self.readers.fetch_add(1, Ordering::Relaxed);
            let idle = self
                .pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            return Ok(PoolReader::Pipelined(Arc::clone(&idle[n % idle.len()])));
        }
        Ok(PoolReader::Pooled(Arc::clone(&self.pool)))
    }
}

const NONE: [i32; 0] = [];

impl Reader for PoolReader {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let pool = match self {
            Self::Pooled(pool) => pool,
            Self::Pipelined(connection) => return connection.get(key, checksum).await,
        };
        let _permit = pool.permits.acquire().await?;
        let lock = || pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = lock().pop().ok_or("a permit without a connection")?;
        let result = connection.get(key, checksum).await;
        lock().push(connection);
        result
    }
}

fn item(row: &Row) -> Result<Item, tokio_postgres::Error> {
    Ok(Item {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        note: row.try_get(2)?,
        qty: row.try_get(3)?,
        price: row.try_get(4)?,
        active: row.try_get(5)?,
    })
}

fn post(row: &Row) -> Result<Post, tokio_postgres::Error> {
    Ok(Post {
        id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        title: row.try_get(2)?,
        body: row.try_get(3)?,
        score: row.try_get(4)?,
    })
}

fn user(row: &Row, from: usize) -> Result<User, tokio_postgres::Error> {
    Ok(User {
        id: row.try_get(from)?,
        name: row.try_get(from + 1)?,
        email: row.try_get(from + 2)?,
        karma: row.try_get(from + 3)?,
    })
}
