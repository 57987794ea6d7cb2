//! diesel-async: its own drivers for the servers, diesel on the runtime's blocking threads for
//! SQLite.

use std::marker::PhantomData;

use diesel::dsl::{exists, select};
use diesel::mysql::Mysql;
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::prelude::{BelongingToDsl, ExpressionMethods, QueryDsl, SqliteConnection};
use diesel::sqlite::Sqlite;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt;

use super::diesel_schema::{Item, Line, Post, User, build, items, posts, sum_authors, users};
use super::style::{AsItComes, Style, Tuned};
use crate::reads::{Asynchronous, Peer, Reader, Reads};
use crate::workload::COUNTED;
use crate::{Backend, Checksum, Place, Result, RuntimeKind};

/// Connections checked only for open transactions and `get_result` for one row, or with the pool's
/// defaults and `first`.
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
            let file = place.file()?;
            let file = file.to_str().ok_or("the file's path is not UTF-8")?;
            Box::new(Asynchronous::open(runtime, async |_| {
                Diesel::<Pool<SyncSqlite>, S>::open(backend, file)
            })?)
        }
        Backend::Postgres => Box::new(Asynchronous::open(runtime, async |_| {
            Diesel::<Pool<AsyncPgConnection>, S>::open(backend, place.url()?)
        })?),
        Backend::Mariadb | Backend::Mysql => Box::new(Asynchronous::open(runtime, async |_| {
            // Over TCP as all others: the driver would change to the server's Unix socket.
            let url = format!("{}?prefer_socket=false", place.url()?);
            Diesel::<Pool<AsyncMysqlConnection>, S>::open(backend, &url)
        })?),
    })
}

type SyncSqlite = SyncConnectionWrapper<SqliteConnection>;

/// `P` is a pool: what a pool's connections must be able to do is more than fits here.
struct Diesel<P, S> {
    pool: P,
    style: PhantomData<S>,
}

struct TaskReader<P, S> {
    pool: P,
    style: PhantomData<S>,
}

/// No type of ours needs one.
struct NoMetadata;

impl PgMetadataLookup for NoMetadata {
    fn lookup_type(&mut self, _name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

/// The same words for each database, as diesel's types are the database's.
macro_rules! reads {
    ($connection:ident, $backend:ident, $metadata:expr) => {
        impl<S: Style> Diesel<Pool<$connection>, S> {
            fn open(backend: Backend, place: &str) -> Result<Self> {
                let mut config = ManagerConfig::default();
                if S::TUNED {
                    config.recycling_method = RecyclingMethod::Fast;
                }
                let manager =
                    AsyncDieselConnectionManager::<$connection>::new_with_config(place, config);
                let pool = Pool::builder(manager)
                    .max_size(backend.connections())
                    .build()?;
                Ok(Self {
                    pool,
                    style: PhantomData,
                })
            }
        }

        impl<S: Style> Reads for Diesel<Pool<$connection>, S> {
            type Reader = TaskReader<Pool<$connection>, S>;

            async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let query = items::table.find(key);
                let item: Item = match S::TUNED {
                    true => query.get_result(&mut connection).await?,
                    // It adds a LIMIT, whose value is bound.
                    false => query.first(&mut connection).await?,
                };
                item.sum(checksum);
                Ok(())
            }

            async fn count(&mut self, key: i64) -> Result<u64> {
                let mut connection = self.pool.get().await?;
                let count: i64 = items::table
                    .filter(items::id.ge(key))
                    .filter(items::id.lt(key + COUNTED))
                    .filter(items::active.eq(true))
                    .count()
                    .get_result(&mut connection)
                    .await?;
                Ok(count as u64)
            }

            async fn exists(&mut self, qty: i32) -> Result<bool> {
                let mut connection = self.pool.get().await?;
                let found = items::table.filter(items::qty.eq(qty));
                Ok(select(exists(found)).get_result(&mut connection).await?)
            }

            async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let items: Vec<Item> = items::table
                    .filter(items::id.ge(key))
                    .order(items::id.asc())
                    .limit(limit as i64)
                    .load(&mut connection)
                    .await?;
                for item in &items {
                    item.sum(checksum);
                }
                Ok(())
            }

            async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let mut rows = items::table
                    .order(items::id.asc())
                    .load_stream::<Item>(&mut connection)
                    .await?;
                while let Some(item) = rows.try_next().await? {
                    item.sum(checksum);
                }
                Ok(())
            }

            async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let lines: Vec<Line> = posts::table
                    .inner_join(users::table)
                    .order(posts::id.asc())
                    .select((posts::id, posts::title, posts::score, users::name))
                    .load(&mut connection)
                    .await?;
                for (id, title, score, user_name) in &lines {
                    checksum.line_fields(*id, title, *score, user_name);
                }
                Ok(())
            }

            async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let posts: Vec<(Post, User)> = posts::table
                    .inner_join(users::table)
                    .order(posts::id.asc())
                    .load(&mut connection)
                    .await?;
                for (post, user) in &posts {
                    post.sum(checksum);
                    user.sum(checksum);
                }
                Ok(())
            }

            async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let users: Vec<User> = users::table
                    .order(users::id.asc())
                    .load(&mut connection)
                    .await?;
                let posts: Vec<Post> = Post::belonging_to(&users).load(&mut connection).await?;
                sum_authors(users, posts, checksum);
                Ok(())
            }

            fn build(&mut self, key: i64) -> Result<()> {
                build!(key, $backend, $metadata);
                Ok(())
            }

            fn reader(&self) -> Result<Self::Reader> {
                Ok(TaskReader {
                    pool: self.pool.clone(),
                    style: PhantomData,
                })
            }

            async fn close(self) {
                self.pool.close();
            }
        }

        impl<S: Style> Reader for TaskReader<Pool<$connection>, S> {
            async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get().await?;
                let query = items::table.find(key);
                let item: Item = match S::TUNED {
                    true => query.get_result(&mut connection).await?,
                    false => query.first(&mut connection).await?,
                };
                item.sum(checksum);
                Ok(())
            }
        }
    };
}

reads!(SyncSqlite, Sqlite, &mut ());
reads!(AsyncPgConnection, Pg, &mut NoMetadata);
reads!(AsyncMysqlConnection, Mysql, &mut ());
