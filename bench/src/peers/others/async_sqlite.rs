//! async-sqlite: rusqlite on a thread for each connection, what a user writes who wants nothing
//! more.

use async_sqlite::rusqlite::{self, Connection, params};
use async_sqlite::{Client, ClientBuilder, Pool, PoolBuilder};

use crate::peers::plain::{Post, User, Users};
use crate::reads::{Asynchronous, Peer, Reader, Reads};
use crate::rows::Item;
use crate::workload::{COUNTED, Workload};
use crate::{Backend, Checksum, Place, Result, RuntimeKind, sql};

const BACKEND: Backend = Backend::Sqlite;

/// How many rows the stream asks for at once.
const PAGE: i64 = 1_000;

pub(super) fn open(place: &Place, runtime: RuntimeKind) -> Result<Box<dyn Peer>> {
    let file = place.file()?;
    Ok(Box::new(Asynchronous::open(runtime, async |_| {
        Ok(AsyncSqlite {
            client: ClientBuilder::new().path(file).open().await?,
            pool: PoolBuilder::new()
                .path(file)
                .num_conns(BACKEND.connections())
                .open()
                .await?,
        })
    })?))
}

struct AsyncSqlite {
    client: Client,
    /// For tasks.
    pool: Pool,
}

fn item(row: &rusqlite::Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        name: row.get(1)?,
        note: row.get(2)?,
        qty: row.get(3)?,
        price: row.get(4)?,
        active: row.get(5)?,
    })
}

fn get(connection: &Connection, key: i64) -> rusqlite::Result<Item> {
    const GET: &str = "SELECT id, name, note, qty, price, active FROM items WHERE id = ?1";
    connection
        .prepare_cached(GET)?
        .query_row(params![key], item)
}

impl Reads for AsyncSqlite {
    type Reader = Pool;

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let read = self.client.conn(move |connection| get(connection, key));
        checksum.item(&read.await?);
        Ok(())
    }

    async fn count(&mut self, key: i64) -> Result<u64> {
        let count: i64 = self
            .client
            .conn(move |connection| {
                connection
                    .prepare_cached(&sql::count(BACKEND))?
                    .query_row(params![key, key + COUNTED, true], |row| row.get(0))
            })
            .await?;
        Ok(count as u64)
    }

    async fn exists(&mut self, qty: i32) -> Result<bool> {
        Ok(self
            .client
            .conn(move |connection| {
                connection
                    .prepare_cached("SELECT 1 FROM items WHERE qty = ?1 LIMIT 1")?
                    .exists(params![qty])
            })
            .await?)
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let items: Vec<Item> = self
            .client
            .conn(move |connection| {
                connection
                    .prepare_cached(&sql::load(BACKEND, limit))?
                    .query_map(params![key], item)?
                    .collect()
            })
            .await?;
        for item in &items {
            checksum.item(item);
        }
        Ok(())
    }

    /// It has no streams: its user asks for one page behind the other.
    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let mut last = 0;
        loop {
            let page: Vec<Item> = self
                .client
                .conn(move |connection| {
                    let sql = "SELECT id, name, note, qty, price, active FROM items \
                               WHERE id > ?1 ORDER BY id LIMIT 1000";
                    let mut statement = connection.prepare_cached(sql)?;
                    let rows = statement.query_map(params![last], item)?;
                    let mut page = Vec::with_capacity(PAGE as usize);
                    for item in rows {
                        page.push(item?);
                    }
                    Ok(page)
                })
                .await?;
            let Some(end) = page.last() else {
                return Ok(());
            };
            last = end.id;
            for item in &page {
                checksum.item(item);
            }
        }
    }

    async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let lines: Vec<(i64, String, i32, String)> = self
            .client
            .conn(|connection| {
                connection
                    .prepare_cached(sql::JOIN)?
                    .query_map([], |row| row.try_into())?
                    .collect()
            })
            .await?;
        for (id, title, score, user_name) in &lines {
            checksum.line_fields(*id, title, *score, user_name);
        }
        Ok(())
    }

    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let posts: Vec<(Post, User)> = self
            .client
            .conn(|connection| {
                connection
                    .prepare_cached(sql::REL_JOIN)?
                    .query_map([], |row| Ok((post(row)?, user(row, 5)?)))?
                    .collect()
            })
            .await?;
        for (post, user) in &posts {
            post.sum(checksum);
            user.sum(checksum);
        }
        Ok(())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        let users: Users = self
            .client
            .conn(|connection| {
                let mut users = Users::default();
                let mut statement = connection.prepare_cached(sql::USERS)?;
                for user in statement.query_map([], |row| user(row, 0))? {
                    users.push(user?);
                }
                let keys: Vec<i64> = users.keys().collect();
                let keys = serde_json::to_string(&keys)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                let mut statement = connection.prepare_cached(&sql::posts_of(BACKEND, 0))?;
                for post in statement.query_map(params![keys], post)? {
                    users.add(post?);
                }
                Ok(users)
            })
            .await?;
        users.sum(checksum);
        Ok(())
    }

    fn build(&mut self, _key: i64) -> Result<()> {
        Err("async-sqlite builds no queries".into())
    }

    fn reader(&self) -> Result<Pool> {
        Ok(self.pool.clone())
    }

    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        match workload {
            Workload::Build => Some("it builds no queries"),
            _ => crate::reads::only_own(workload),
        }
    }

    async fn close(self) {
        // What fails in closing was of no use before.
        let _ = self.client.close().await;
        let _ = self.pool.close().await;
    }
}

impl Reader for Pool {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        let read = self.conn(move |connection| get(connection, key));
        checksum.item(&read.await?);
        Ok(())
    }
}

fn user(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(first)?,
        name: row.get(first + 1)?,
        email: row.get(first + 2)?,
        karma: row.get(first + 3)?,
    })
}

fn post(row: &rusqlite::Row<'_>) -> rusqlite::Result<Post> {
    Ok(Post {
        id: row.get(0)?,
        user_id: row.get(1)?,
        title: row.get(2)?,
        body: row.get(3)?,
        score: row.get(4)?,
    })
}
