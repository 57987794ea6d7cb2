//! mysql_async, as a good user writes it: statements prepared once a connection, columns by
//! position, connections of a pool by hand since the driver's own resets them at each use.

use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::TryStreamExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Params, Row, Statement};
use tokio::sync::Semaphore;

use super::plain::{Post, User, Users};
use crate::reads::{Reader, Reads};
use crate::rows::{Item, ItemRow, PostLine};
use crate::{Backend, Checksum, Place, Result, sql};

// MySQL's texts are MariaDB's.
const BACKEND: Backend = Backend::Mysql;

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
}

/// A connection with the statement that the pool's users share.
struct Connection {
    conn: Conn,
    get: Statement,
}

struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

#[derive(Clone)]
pub(super) struct PoolReader(Arc<Pool>);

/// Over TCP and without TLS, as all peers.
pub(crate) fn options(url: &str) -> Result<OptsBuilder> {
    Ok(OptsBuilder::from_opts(Opts::from_url(url)?).prefer_socket(false))
}

impl Connection {
    async fn open(url: &str) -> Result<Self> {
        let mut conn = Conn::new(options(url)?).await?;
        let get = conn.prep(sql::get(BACKEND)).await?;
        Ok(Self { conn, get })
    }

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let row: Option<ItemRow> = self.conn.exec_first(&self.get, (key,)).await?;
        checksum.item(&item(row.ok_or("no such row")?));
        Ok(())
    }
}

impl Raw {
    pub(super) async fn open(place: &Place) -> Result<Self> {
        let url = place.url()?;
        let mut connection = Connection::open(url).await?;
        let mut idle = Vec::new();
        for _ in 0..BACKEND.connections() {
            idle.push(Connection::open(url).await?);
        }
        let users = crate::workload::USERS as usize;
        let conn = &mut connection.conn;
        Ok(Self {
            count: conn.prep(sql::count(BACKEND)).await?,
            exists: conn.prep(sql::exists(BACKEND)).await?,
            loads: Vec::new(),
            stream: conn.prep(sql::STREAM).await?,
            join: conn.prep(sql::JOIN).await?,
            rel_join: conn.prep(sql::REL_JOIN).await?,
            users: conn.prep(sql::USERS).await?,
            posts_of: conn.prep(sql::posts_of(BACKEND, users)).await?,
            pool: Arc::new(Pool {
                permits: Semaphore::new(idle.len()),
                idle: Mutex::new(idle),
            }),
            connection,
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
        let conn = &mut self.connection.conn;
        let count: Option<u64> = conn.exec_first(&self.count, (key, to, true)).await?;
        Ok(count.ok_or("a count without a row")?)
    }

    async fn exists(&mut self, qty: i32) -> Result<bool> {
        let conn = &mut self.connection.conn;
        let found: Option<i64> = conn.exec_first(&self.exists, (qty,)).await?;
        Ok(found.is_some())
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let conn = &mut self.connection.conn;
        let known = self.loads.iter().position(|(each, _)| *each == limit);
        let known = match known {
            Some(known) => known,
            None => {
                let statement = conn.prep(sql::load(BACKEND, limit)).await?;
                self.loads.push((limit, statement));
                self.loads.len() - 1
            }
        };
        let items = conn.exec_map(&self.loads[known].1, (key,), item).await?;
        for item in &items {
            checksum.item(item);
        }
        Ok(())
    }

    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let conn = &mut self.connection.conn;
        let mut rows = conn.exec_stream::<ItemRow, _, _>(&self.stream, ()).await?;
        while let Some(row) = rows.try_next().await? {
            checksum.item(&item(row));
        }
        Ok(())
    }

    async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let conn = &mut self.connection.conn;
        let line = |(id, title, score, user_name)| PostLine {
            id,
            title,
            score,
            user_name,
        };
        for line in &conn.exec_map(&self.join, (), line).await? {
            checksum.line(line);
        }
        Ok(())
    }

    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let conn = &mut self.connection.conn;
        // One column more than a post's and a user's tuple; the driver takes up to twelve.
        type Both = (i64, i64, String, String, i32, i64, String, String, i32);
        let both = |(id, user_id, title, body, score, user, name, email, karma): Both| {
            let post = Post {
                id,
                user_id,
                title,
                body,
                score,
            };
            let user = User {
                id: user,
                name,
                email,
                karma,
            };
            (post, user)
        };
        for (post, user) in &conn.exec_map(&self.rel_join, (), both).await? {
            post.sum(checksum);
            user.sum(checksum);
        }
        Ok(())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        let conn = &mut self.connection.conn;
        let mut users = Users::default();
        conn.exec_iter(&self.users, ())
            .await?
            .for_each_and_drop(|row| {
                let (id, name, email, karma) = mysql_async::from_row(row);
                users.push(User {
                    id,
                    name,
                    email,
                    karma,
                });
            })
            .await?;
        let keys = Params::Positional(users.keys().map(Into::into).collect());
        conn.exec_iter(&self.posts_of, keys)
            .await?
            .for_each_and_drop(|row: Row| {
                let (id, user_id, title, body, score) = mysql_async::from_row(row);
                users.add(Post {
                    id,
                    user_id,
                    title,
                    body,
                    score,
                });
            })
            .await?;
        users.sum(checksum);
        Ok(())
    }

    fn build(&mut self, key: i64) -> Result<()> {
        let text = sql::build(BACKEND, black_box(10));
        black_box((text, (black_box(key), "item".to_owned(), 7_i32)));
        Ok(())
    }

    fn reader(&self) -> Result<PoolReader> {
        Ok(PoolReader(Arc::clone(&self.pool)))
    }

    async fn close(self) {
        // The program goes on whatever the server answers.
        let _ = self.connection.conn.disconnect().await;
        let idle = std::mem::take(&mut *lock(&self.pool.idle));
        for connection in idle {
            let _ = connection.conn.disconnect().await;
        }
    }
}

impl Reader for PoolReader {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let pool = &self.0;
        let _permit = pool.permits.acquire().await?;
        let mut connection = lock(&pool.idle)
            .pop()
            .ok_or("a permit without a connection")?;
        let result = connection.get(key, checksum).await;
        lock(&pool.idle).push(connection);
        result
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn item((id, name, note, qty, price, active): ItemRow) -> Item {
    Item {
        id,
        name,
        note,
        qty,
        price,
        active,
    }
}
