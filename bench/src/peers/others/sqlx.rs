//! sqlx: texts by hand, rows into structs.

use std::hint::black_box;
use std::marker::PhantomData;

use futures_util::TryStreamExt;
use sqlx::pool::PoolOptions;
use sqlx::query_builder::QueryBuilder;
use sqlx::{
    ColumnIndex, ConnectOptions, Connection, Database, Decode, FromRow, MySql, Pool, Postgres, Row,
    Sqlite, Type, query, query_as, query_scalar,
};

use super::style::{AsItComes, Style, Tuned};
use crate::peers::plain::{Post, User, Users};
use crate::reads::{Asynchronous, Peer, Reader, Reads};
use crate::rows::Item;
use crate::workload::COUNTED;
use crate::{Backend, Checksum, Place, Result, RuntimeKind, sql};

/// Columns by their positions, no ping before a connection is used and no log of statements; or
/// columns by their names, as `#[derive(FromRow)]` reads them, and the defaults.
pub(super) fn open(
    backend: Backend,
    place: &Place,
    runtime: RuntimeKind,
    tuned: bool,
) -> Result<Box<dyn Peer>> {
    match tuned {
        true => opened::<Tuned>(backend, place, runtime),
        false => opened::<AsItComes>(backend, place, runtime),
    }
}

fn opened<S: Style>(
    backend: Backend,
    place: &Place,
    runtime: RuntimeKind,
) -> Result<Box<dyn Peer>> {
    Ok(match backend {
        Backend::Sqlite => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place.file()?);
            Box::new(Asynchronous::open(runtime, async |_| {
                Sqlx::<Sqlite, S>::open(backend, options).await
            })?)
        }
        Backend::Postgres => {
            let options: sqlx::postgres::PgConnectOptions = place.url()?.parse()?;
            Box::new(Asynchronous::open(runtime, async |_| {
                Sqlx::<Postgres, S>::open(backend, options).await
            })?)
        }
        Backend::Mariadb | Backend::Mysql => {
            let options: sqlx::mysql::MySqlConnectOptions = place.url()?.parse()?;
            Box::new(Asynchronous::open(runtime, async |_| {
                Sqlx::<MySql, S>::open(backend, options).await
            })?)
        }
    })
}

struct Sqlx<DB: Database, S> {
    pool: Pool<DB>,
    texts: Texts,
    style: PhantomData<S>,
}

/// What a user would write as literals.
#[derive(Clone, Copy)]
struct Texts {
    backend: Backend,
    get: &'static str,
    count: &'static str,
    exists: &'static str,
    /// With its limit, of which there are few.
    load: (u64, &'static str),
    /// With the number of users.
    posts_of: (usize, &'static str),
}

impl Texts {
    fn new(backend: Backend) -> Self {
        Self {
            backend,
            get: sql::get(backend).leak(),
            count: sql::count(backend).leak(),
            exists: sql::exists(backend).leak(),
            load: (0, ""),
            posts_of: (0, ""),
        }
    }

    fn load(&mut self, limit: u64) -> &'static str {
        if self.load.0 != limit {
            self.load = (limit, sql::load(self.backend, limit).leak());
        }
        self.load.1
    }

    fn posts_of(&mut self, users: usize) -> &'static str {
        if self.posts_of.0 != users {
            self.posts_of = (users, sql::posts_of(self.backend, users).leak());
        }
        self.posts_of.1
    }
}

impl<DB: Database, S: Style> Sqlx<DB, S> {
    async fn open(
        backend: Backend,
        options: <DB::Connection as Connection>::Options,
    ) -> Result<Self> {
        let pool = PoolOptions::<DB>::new().max_connections(backend.connections() as u32);
        let pool = match S::TUNED {
            true => {
                let options = options.disable_statement_logging();
                pool.test_before_acquire(false).connect_with(options)
            }
            false => pool.connect_with(options),
        };
        Ok(Self {
            pool: pool.await?,
            texts: Texts::new(backend),
            style: PhantomData,
        })
    }
}

/// An item, read in one of the styles.
struct Read<S>(Item, PhantomData<S>);

impl<'r, R, S: Style> FromRow<'r, R> for Read<S>
where
    R: Row,
    usize: ColumnIndex<R>,
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    f64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let item = match S::TUNED {
            true => Item {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                note: row.try_get(2)?,
                qty: row.try_get(3)?,
                price: row.try_get(4)?,
                active: row.try_get(5)?,
            },
            false => Item {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                note: row.try_get("note")?,
                qty: row.try_get("qty")?,
                price: row.try_get("price")?,
                active: row.try_get("active")?,
            },
        };
        Ok(Self(item, PhantomData))
    }
}

impl<'r, R> FromRow<'r, R> for User
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            email: row.try_get(2)?,
            karma: row.try_get(3)?,
        })
    }
}

impl<'r, R> FromRow<'r, R> for Post
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            user_id: row.try_get(1)?,
            title: row.try_get(2)?,
            body: row.try_get(3)?,
            score: row.try_get(4)?,
        })
    }
}

impl<'r, R> FromRow<'r, R> for Posted
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let user = User {
            id: row.try_get(5)?,
            name: row.try_get(6)?,
            email: row.try_get(7)?,
            karma: row.try_get(8)?,
        };
        Ok(Self(Post::from_row(row)?, user))
    }
}

/// The same words for each database: as generic code they would be mostly bounds.
macro_rules! reads {
    ($database:ident, $posts_of:expr) => {
        impl<S: Style> Reads for Sqlx<$database, S> {
            type Reader = TaskReader<$database, S>;

            async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
                let read: Read<S> = query_as(self.texts.get)
                    .bind(key)
                    .fetch_one(&self.pool)
                    .await?;
                checksum.item(&read.0);
                Ok(())
            }

            async fn count(&mut self, key: i64) -> Result<u64> {
                let count: i64 = query_scalar(self.texts.count)
                    .bind(key)
                    .bind(key + COUNTED)
                    .bind(true)
                    .fetch_one(&self.pool)
                    .await?;
                Ok(count as u64)
            }

            async fn exists(&mut self, qty: i32) -> Result<bool> {
                let row = query(self.texts.exists)
                    .bind(qty)
                    .fetch_optional(&self.pool)
                    .await?;
                Ok(row.is_some())
            }

            async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
                let items: Vec<Read<S>> = query_as(self.texts.load(limit))
                    .bind(key)
                    .fetch_all(&self.pool)
                    .await?;
                for item in &items {
                    checksum.item(&item.0);
                }
                Ok(())
            }

            async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
                let mut rows = query_as::<_, Read<S>>(sql::STREAM).fetch(&self.pool);
                while let Some(item) = rows.try_next().await? {
                    checksum.item(&item.0);
                }
                Ok(())
            }

            async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
                let lines: Vec<(i64, String, i32, String)> =
                    query_as(sql::JOIN).fetch_all(&self.pool).await?;
                for (id, title, score, user_name) in &lines {
                    checksum.line_fields(*id, title, *score, user_name);
                }
                Ok(())
            }

            async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
                let posts: Vec<Posted> = query_as(sql::REL_JOIN).fetch_all(&self.pool).await?;
                for Posted(post, user) in &posts {
                    post.sum(checksum);
                    user.sum(checksum);
                }
                Ok(())
            }

            async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
                let mut users = Users::default();
                let mut rows = query_as(sql::USERS).fetch(&self.pool);
                while let Some(user) = rows.try_next().await? {
                    users.push(user);
                }
                drop(rows);
                let keys: Vec<i64> = users.keys().collect();
                let posts = query_as(self.texts.posts_of(keys.len()));
                let mut rows = $posts_of(posts, keys)?.fetch(&self.pool);
                while let Some(post) = rows.try_next().await? {
                    users.add(post);
                }
                users.sum(checksum);
                Ok(())
            }

            fn build(&mut self, key: i64) -> Result<()> {
                let mut builder = QueryBuilder::<$database>::new("SELECT ");
                builder
                    .push(sql::ITEM)
                    .push(" FROM items WHERE id > ")
                    .push_bind(key)
                    .push(" AND name >= ")
                    .push_bind("item")
                    .push(" AND qty <= ")
                    .push_bind(7_i32)
                    .push(" ORDER BY price DESC LIMIT ")
                    .push_bind(10_i64);
                let _ = black_box(builder.build());
                Ok(())
            }

            fn reader(&self) -> Result<Self::Reader> {
                Ok(TaskReader {
                    pool: self.pool.clone(),
                    get: self.texts.get,
                    style: PhantomData,
                })
            }

            async fn close(self) {
                self.pool.close().await;
            }
        }

        impl<S: Style> Reader for TaskReader<$database, S> {
            async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
                let read: Read<S> = query_as(self.get).bind(key).fetch_one(&self.pool).await?;
                checksum.item(&read.0);
                Ok(())
            }
        }
    };
}

/// A post with its user.
struct Posted(Post, User);

struct TaskReader<DB: Database, S> {
    pool: Pool<DB>,
    get: &'static str,
    style: PhantomData<S>,
}

type PostsOf<DB> = sqlx::query::QueryAs<'static, DB, Post, <DB as Database>::Arguments>;

fn bind_json(posts: PostsOf<Sqlite>, keys: Vec<i64>) -> Result<PostsOf<Sqlite>> {
    Ok(posts.bind(serde_json::to_string(&keys)?))
}

fn bind_array(posts: PostsOf<Postgres>, keys: Vec<i64>) -> Result<PostsOf<Postgres>> {
    Ok(posts.bind(keys))
}

fn bind_each(posts: PostsOf<MySql>, keys: Vec<i64>) -> Result<PostsOf<MySql>> {
    Ok(keys.into_iter().fold(posts, |posts, key| posts.bind(key)))
}

reads!(Sqlite, bind_json);
reads!(Postgres, bind_array);
reads!(MySql, bind_each);
