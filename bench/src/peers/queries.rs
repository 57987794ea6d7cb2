//! queryset's queries, which its asynchronous and its blocking peer share.

use std::hint::black_box;

use queryset::pool::PoolOptions;
use queryset::runtime::Runtime;
use queryset::{Database, Model, QuerySet, RawQuery, raw};
use queryset_mysql::MysqlOptions;
use queryset_postgres::PostgresOptions;
use queryset_sqlite::{InlineBudget, SqliteOptions};

use crate::rows::{Item, Post, PostLine, User};
use crate::workload::COUNTED;
use crate::{Backend, Checksum, Place, Result, Workload, sql};

pub(super) async fn connect(backend: Backend, place: &Place, runtime: Runtime) -> Result<Database> {
    Ok(match backend {
        Backend::Sqlite => sqlite(backend, place)?.connect(runtime).await?,
        Backend::Postgres => postgres(backend, place)?.connect(runtime).await?,
        Backend::Mariadb | Backend::Mysql => mysql(backend, place)?.connect(runtime).await?,
    })
}

pub(super) fn connect_blocking(
    backend: Backend,
    place: &Place,
    runtime: Runtime,
) -> Result<Database> {
    Ok(match backend {
        Backend::Sqlite => sqlite(backend, place)?.connect_blocking(runtime)?,
        Backend::Postgres => postgres(backend, place)?.connect_blocking(runtime)?,
        Backend::Mariadb | Backend::Mysql => mysql(backend, place)?.connect_blocking(runtime)?,
    })
}

/// How many reads share a connection at most.
const DEPTH: usize = 8;

pub(super) async fn connect_pipelined(place: &Place, runtime: Runtime) -> Result<Database> {
    let options = postgres(Backend::Postgres, place)?.pipelining(DEPTH);
    Ok(options.connect(runtime).await?)
}

pub(super) async fn connect_inline(place: &Place, runtime: Runtime) -> Result<Database> {
    let options = sqlite(Backend::Sqlite, place)?.inline(InlineBudget::default());
    Ok(options.connect(runtime).await?)
}

fn sqlite(backend: Backend, place: &Place) -> Result<SqliteOptions> {
    Ok(SqliteOptions::path(place.file()?).readers(backend.connections()))
}

fn postgres(backend: Backend, place: &Place) -> Result<PostgresOptions> {
    let pool = PoolOptions::new().max_size(backend.connections());
    let options = PostgresOptions::new(place.url()?)?;
    Ok(options.tls(queryset_postgres::TlsMode::Disable).pool(pool))
}

fn mysql(backend: Backend, place: &Place) -> Result<MysqlOptions> {
    let pool = PoolOptions::new().max_size(backend.connections());
    let options = MysqlOptions::new(place.url()?)?;
    Ok(options.tls(queryset_mysql::TlsMode::Disable).pool(pool))
}

pub(super) fn get(key: i64) -> QuerySet<Item> {
    Item::objects().filter(|item| item.id.eq(key))
}

/// The active rows among those that `count` looks at.
pub(super) fn counted(key: i64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gte(key) & item.id.lt(key + COUNTED) & item.active.eq(true))
}

pub(super) fn with_qty(qty: i32) -> QuerySet<Item> {
    Item::objects().filter(|item| item.qty.eq(qty))
}

/// The rows of the workloads `load…`.
pub(super) fn load(key: i64, limit: u64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gte(key))
        .order_by(|item| item.id.asc())
        .limit(limit)
}

/// Flat rows of several tables are written by hand as long as there is no `values`.
pub(super) fn join() -> RawQuery<PostLine> {
    raw(sql::JOIN, Vec::new())
}

pub(super) fn posts_with_users() -> QuerySet<Post> {
    Post::objects()
        .select_related(|post| post.user())
        .order_by(|post| post.id.asc())
}

pub(super) fn users_with_posts() -> QuerySet<User> {
    User::objects()
        .prefetch_related(|user| user.posts())
        .order_by(|user| user.id.asc())
}

/// A user with its posts.
pub(super) fn sum(user: &User, checksum: &mut Checksum) -> Result<()> {
    checksum.user(user);
    checksum.posts(user.posts.loaded()?.iter().map(|post| {
        let mut checksum = Checksum::default();
        checksum.post(post);
        checksum
    }));
    Ok(())
}

/// Three conditions, an order, a limit.
pub(super) fn built(key: i64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gt(key))
        .filter(|item| item.name.gte("item"))
        .filter(|item| item.qty.lte(7))
        .order_by(|item| item.price.desc())
        .limit(10)
}

pub(super) fn build(db: &Database, key: i64) -> Result<()> {
    black_box(built(black_box(key)).statement(db)?);
    Ok(())
}

pub(super) fn build_own(
    db: &Database,
    workload: Workload,
    key: i64,
    kept: &QuerySet<Item>,
) -> Result<()> {
    match workload {
        Workload::BuildLarge => black_box(super::large::query(black_box(key)).statement(db)?),
        _ => black_box(black_box(kept).statement(db)?),
    };
    Ok(())
}
