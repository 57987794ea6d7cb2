//! Who does the work.

mod large;
#[cfg(feature = "peers")]
mod others;
mod plain;
mod queries;
mod queryset;
mod queryset_blocking;
pub(crate) mod raw_mysql;
mod raw_postgres;
mod raw_sqlite;
mod raw_thread;
mod separate;

use clap::ValueEnum;

use crate::reads::{Asynchronous, Blocking, Peer};
use crate::{Backend, Place, Result, RuntimeKind};

/// A way of doing the work. A blocking one has `-blocking` in its name; one of `-default` is used as its
/// first page shows, beside the same as its documentation advises where speed counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum PeerKind {
    /// The driver, as a good user writes it: the unit of all ratios. rusqlite on the caller's
    /// thread, tokio-postgres and mysql_async on tokio.
    Raw,
    /// rusqlite on a thread of its own, asked by tasks: the floor of what is asynchronous.
    RawThread,
    /// tokio-postgres with its connections shared by all tasks: the floor of what is pipelined.
    RawPipelined,
    /// queryset's asynchronous methods.
    Queryset,
    /// The same on SQLite, where reads may start on the thread that awaits them.
    QuerysetInline,
    /// The same on PostgreSQL, where short reads share connections when all are busy.
    QuerysetPipelined,
    /// queryset's blocking methods.
    QuerysetBlocking,
    /// diesel on the caller's thread.
    DieselBlocking,
    /// The same with `first` and with a ping when a thread takes a connection.
    DieselBlockingDefault,
    /// diesel-async, its connections recycled fast.
    DieselAsync,
    /// The same with `first` and with a ping when a connection is taken.
    DieselAsyncDefault,
    /// sqlx without a ping or a log, its columns by position.
    Sqlx,
    /// The same with its defaults, its columns by name as its derive reads them.
    SqlxDefault,
    /// SeaORM without a ping or a log.
    SeaOrm,
    /// The same with its defaults.
    SeaOrmDefault,
    /// async-sqlite: rusqlite on a thread for each connection.
    AsyncSqlite,
    /// Toasty, in a process of its own: it needs another version of rusqlite.
    Toasty,
}

use Backend::{Mariadb, Mysql, Postgres, Sqlite};
use RuntimeKind::{AsyncStd, Smol, Threads, Tokio, TokioCurrentThread};

impl PeerKind {
    /// The name on the command line and in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::RawThread => "raw-thread",
            Self::RawPipelined => "raw-pipelined",
            Self::Queryset => "queryset",
            Self::QuerysetInline => "queryset-inline",
            Self::QuerysetPipelined => "queryset-pipelined",
            Self::QuerysetBlocking => "queryset-blocking",
            Self::DieselBlocking => "diesel-blocking",
            Self::DieselBlockingDefault => "diesel-blocking-default",
            Self::DieselAsync => "diesel-async",
            Self::DieselAsyncDefault => "diesel-async-default",
            Self::Sqlx => "sqlx",
            Self::SqlxDefault => "sqlx-default",
            Self::SeaOrm => "sea-orm",
            Self::SeaOrmDefault => "sea-orm-default",
            Self::AsyncSqlite => "async-sqlite",
            Self::Toasty => "toasty",
        }
    }

    /// The databases that it reads.
    pub const fn backends(self) -> &'static [Backend] {
        match self {
            Self::Raw | Self::Queryset | Self::QuerysetBlocking => {
                &[Sqlite, Postgres, Mariadb, Mysql]
            }
            Self::RawPipelined | Self::QuerysetPipelined => &[Postgres],
            // libmysqlclient needs cmake, a C++ compiler and OpenSSL to be built.
            Self::DieselBlocking | Self::DieselBlockingDefault => &[Sqlite, Postgres],
            Self::DieselAsync
            | Self::DieselAsyncDefault
            | Self::Sqlx
            | Self::SqlxDefault
            | Self::SeaOrm
            | Self::SeaOrmDefault
            | Self::Toasty => &[Sqlite, Postgres, Mariadb, Mysql],
            Self::RawThread | Self::QuerysetInline | Self::AsyncSqlite => &[Sqlite],
        }
    }

    /// The runtimes that it can run on; none for what blocks the caller's thread.
    pub const fn runtimes(self, backend: Backend) -> &'static [RuntimeKind] {
        match (self, backend) {
            (Self::Raw, Sqlite)
            | (Self::QuerysetBlocking | Self::DieselBlocking | Self::DieselBlockingDefault, _) => {
                &[]
            }
            (Self::RawThread | Self::QuerysetInline | Self::AsyncSqlite, _) => {
                &[Tokio, TokioCurrentThread, AsyncStd, Smol, Threads]
            }
            // Without a runtime there are no sockets, but where the driver brings its own.
            (Self::Queryset | Self::QuerysetPipelined, Postgres) => {
                &[Tokio, TokioCurrentThread, AsyncStd, Smol]
            }
            (Self::Queryset, _) => &[Tokio, TokioCurrentThread, AsyncStd, Smol, Threads],
            (_, _) => &[Tokio],
        }
    }

    /// Whether it runs unless others are asked for.
    pub const fn is_usual(self) -> bool {
        match self {
            Self::Raw
            | Self::Queryset
            | Self::QuerysetInline
            | Self::QuerysetPipelined
            | Self::QuerysetBlocking => true,
            Self::RawThread | Self::RawPipelined => false,
            _ => cfg!(feature = "peers"),
        }
    }

    /// Opens what the peer needs, on one of its runtimes; one without any gets `runtime` for its
    /// sockets.
    pub fn open(
        self,
        backend: Backend,
        place: &Place,
        runtime: RuntimeKind,
    ) -> Result<Box<dyn Peer>> {
        if !self.backends().contains(&backend) {
            return Err(format!("{} does not read {}", self.name(), backend.name()).into());
        }
        Ok(match self {
            Self::Raw => match backend {
                Sqlite => Box::new(Blocking(raw_sqlite::Raw::open(place.file()?)?)),
                Postgres => Box::new(Asynchronous::open(runtime, async |_| {
                    raw_postgres::Raw::open(place).await
                })?),
                Mariadb | Mysql => Box::new(Asynchronous::open(runtime, async |_| {
                    raw_mysql::Raw::open(place).await
                })?),
            },
            Self::RawThread => Box::new(Asynchronous::open(runtime, async |_| {
                raw_thread::RawThread::open(place.file()?)
            })?),
            Self::RawPipelined => Box::new(Asynchronous::open(runtime, async |_| {
                raw_postgres::Raw::open_pipelined(place).await
            })?),
            Self::Queryset => Box::new(Asynchronous::open(runtime, async |started| {
                queryset::Queryset::open(backend, place, started).await
            })?),
            Self::QuerysetInline => Box::new(Asynchronous::open(runtime, async |started| {
                queryset::Queryset::open_inline(place, started).await
            })?),
            Self::QuerysetPipelined => Box::new(Asynchronous::open(runtime, async |started| {
                queryset::Queryset::open_pipelined(place, started).await
            })?),
            Self::QuerysetBlocking => {
                let runtime = if backend == Sqlite { Threads } else { runtime };
                Box::new(Blocking(queryset_blocking::Queryset::open(
                    backend, place, runtime,
                )?))
            }
            Self::Toasty => Box::new(separate::Separate::open("toasty", backend, place)?),
            #[cfg(feature = "peers")]
            _ => others::open(self, backend, place, runtime)?.ok_or("nobody opens this peer")?,
            #[cfg(not(feature = "peers"))]
            _ => return Err("this program was built without its feature `peers`".into()),
        })
    }
}
