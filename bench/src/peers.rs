//! Who does the work.

mod large;
mod plain;
mod queries;
mod queryset;
mod queryset_blocking;
pub(crate) mod raw_mysql;
mod raw_postgres;
mod raw_sqlite;
mod raw_thread;

use clap::ValueEnum;

use crate::reads::{Asynchronous, Blocking, Peer};
use crate::{Backend, Place, Result, RuntimeKind};

/// A way of doing the work. A blocking one has `-blocking` in its name; a tuned one (no ping when a
/// connection is taken, fast recycling) `-tuned`, beside the same with its defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum PeerKind {
    /// The driver, as a good user writes it: the unit of all ratios. rusqlite on the caller's
    /// thread, tokio-postgres and mysql_async on tokio.
    Raw,
    /// rusqlite on a thread of its own, asked by tasks: the floor of what is asynchronous.
    RawThread,
    /// queryset's asynchronous methods.
    Queryset,
    /// queryset's blocking methods.
    QuerysetBlocking,
}

use Backend::{Mariadb, Mysql, Postgres, Sqlite};
use RuntimeKind::{AsyncStd, Smol, Threads, Tokio, TokioCurrentThread};

impl PeerKind {
    /// The name on the command line and in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::RawThread => "raw-thread",
            Self::Queryset => "queryset",
            Self::QuerysetBlocking => "queryset-blocking",
        }
    }

    /// The databases that it reads.
    pub const fn backends(self) -> &'static [Backend] {
        match self {
            Self::Raw | Self::Queryset | Self::QuerysetBlocking => {
                &[Sqlite, Postgres, Mariadb, Mysql]
            }
            Self::RawThread => &[Sqlite],
        }
    }

    /// The runtimes that it can run on; none for what blocks the caller's thread.
    pub const fn runtimes(self, backend: Backend) -> &'static [RuntimeKind] {
        match (self, backend) {
            (Self::Raw, Sqlite) | (Self::QuerysetBlocking, _) => &[],
            (Self::RawThread, _) => &[Tokio, TokioCurrentThread, AsyncStd, Smol, Threads],
            // Without a runtime there are no sockets, but where the driver brings its own.
            (Self::Queryset, Postgres) => &[Tokio, TokioCurrentThread, AsyncStd, Smol],
            (Self::Queryset, _) => &[Tokio, TokioCurrentThread, AsyncStd, Smol, Threads],
            (_, _) => &[Tokio],
        }
    }

    /// Whether it runs unless others are asked for.
    pub const fn is_usual(self) -> bool {
        !matches!(self, Self::RawThread)
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
            Self::Queryset => Box::new(Asynchronous::open(runtime, async |started| {
                queryset::Queryset::open(backend, place, started).await
            })?),
            Self::QuerysetBlocking => {
                let runtime = if backend == Sqlite { Threads } else { runtime };
                Box::new(Blocking(queryset_blocking::Queryset::open(
                    backend, place, runtime,
                )?))
            }
        })
    }
}
