//! diesel, on the caller's thread.

use std::marker::PhantomData;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{exists, select};
use diesel::pg::{Pg, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool, R2D2Connection};
use diesel::sqlite::Sqlite;

use super::diesel_schema::{Item, Line, Post, User, build, items, posts, sum_authors, users};
use super::style::{AsItComes, Style, Tuned};
use crate::reads::{Blocking, BlockingReader, BlockingReads, Peer};
use crate::workload::COUNTED;
use crate::{Backend, Checksum, Place, Result};

/// Without a ping and with `get_result` for one row, or with the pool's defaults and `first`.
pub(super) fn open(backend: Backend, place: &Place, tuned: bool) -> Result<Box<dyn Peer>> {
    Ok(match (backend, tuned) {
        (Backend::Sqlite, true) => Box::new(Blocking(Diesel::<SqliteConnection, Tuned>::open(
            backend,
            place
                .file()?
                .to_str()
                .ok_or("the file's path is not UTF-8")?,
        )?)),
        (Backend::Sqlite, false) => {
            Box::new(Blocking(Diesel::<SqliteConnection, AsItComes>::open(
                backend,
                place
                    .file()?
                    .to_str()
                    .ok_or("the file's path is not UTF-8")?,
            )?))
        }
        (Backend::Postgres, true) => Box::new(Blocking(Diesel::<PgConnection, Tuned>::open(
            backend,
            place.url()?,
        )?)),
        (Backend::Postgres, false) => Box::new(Blocking(Diesel::<PgConnection, AsItComes>::open(
            backend,
            place.url()?,
        )?)),
        // Its C library needs cmake, C++ and OpenSSL to be built.
        (Backend::Mariadb | Backend::Mysql, _) => {
            return Err("diesel without threads is not built for MySQL here".into());
        }
    })
}

struct Diesel<C: R2D2Connection + 'static, S> {
    connection: C,
    /// For threads.
    pool: Pool<ConnectionManager<C>>,
    style: PhantomData<S>,
}

impl<C: R2D2Connection, S: Style> Diesel<C, S> {
    fn open(backend: Backend, place: &str) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(backend.connections() as u32)
            .test_on_check_out(!S::TUNED)
            .build(ConnectionManager::new(place))?;
        Ok(Self {
            connection: C::establish(place)?,
            pool,
            style: PhantomData,
        })
    }
}

struct ThreadReader<C: R2D2Connection + 'static, S> {
    pool: Pool<ConnectionManager<C>>,
    style: PhantomData<S>,
}

/// The same words for each database, as diesel's types are the database's.
macro_rules! reads {
    ($connection:ident, $backend:ident, $loading:ident, |$this:ident| $metadata:expr) => {
        impl<S: Style> BlockingReads for Diesel<$connection, S> {
            type Reader = ThreadReader<$connection, S>;

            fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
                let query = items::table.find(key);
                let item: Item = match S::TUNED {
                    true => query.get_result(&mut self.connection)?,
                    // It adds a LIMIT, whose value is bound.
                    false => query.first(&mut self.connection)?,
                };
                item.sum(checksum);
                Ok(())
            }

            fn count(&mut self, key: i64) -> Result<u64> {
                let count: i64 = items::table
                    .filter(items::id.ge(key))
                    .filter(items::id.lt(key + COUNTED))
                    .filter(items::active.eq(true))
                    .count()
                    .get_result(&mut self.connection)?;
                Ok(count as u64)
            }

            fn exists(&mut self, qty: i32) -> Result<bool> {
                let found = items::table.filter(items::qty.eq(qty));
                Ok(select(exists(found)).get_result(&mut self.connection)?)
            }

            fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
                let items: Vec<Item> = items::table
                    .filter(items::id.ge(key))
                    .order(items::id.asc())
                    .limit(limit as i64)
                    .load(&mut self.connection)?;
                for item in &items {
                    item.sum(checksum);
                }
                Ok(())
            }

            fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
                let rows = items::table
                    .order(items::id.asc())
                    .load_iter::<Item, $loading>(&mut self.connection)?;
                for item in rows {
                    item?.sum(checksum);
                }
                Ok(())
            }

            fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
                let lines: Vec<Line> = posts::table
                    .inner_join(users::table)
                    .order(posts::id.asc())
                    .select((posts::id, posts::title, posts::score, users::name))
                    .load(&mut self.connection)?;
                for (id, title, score, user_name) in &lines {
                    checksum.line_fields(*id, title, *score, user_name);
                }
                Ok(())
            }

            fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
                let posts: Vec<(Post, User)> = posts::table
                    .inner_join(users::table)
                    .order(posts::id.asc())
                    .load(&mut self.connection)?;
                for (post, user) in &posts {
                    post.sum(checksum);
                    user.sum(checksum);
                }
                Ok(())
            }

            fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
                let users: Vec<User> = users::table
                    .order(users::id.asc())
                    .load(&mut self.connection)?;
                let posts: Vec<Post> = Post::belonging_to(&users).load(&mut self.connection)?;
                sum_authors(users, posts, checksum);
                Ok(())
            }

            fn build(&mut self, key: i64) -> Result<()> {
                let $this = self;
                build!(key, $backend, $metadata);
                Ok(())
            }

            fn reader(&self) -> Result<Self::Reader> {
                Ok(ThreadReader {
                    pool: self.pool.clone(),
                    style: PhantomData,
                })
            }
        }

        impl<S: Style> BlockingReader for ThreadReader<$connection, S> {
            fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
                let mut connection = self.pool.get()?;
                let query = items::table.find(key);
                let item: Item = match S::TUNED {
                    true => query.get_result(&mut connection)?,
                    false => query.first(&mut connection)?,
                };
                item.sum(checksum);
                Ok(())
            }
        }
    };
}

reads!(SqliteConnection, Sqlite, DefaultLoadingMode, |_this| &mut (
));
// The default mode keeps all rows in the C library's memory.
reads!(PgConnection, Pg, PgRowByRowLoadingMode, |this| &mut this
    .connection);
