//! Others' libraries that share a lock file with ours.

mod async_sqlite;
mod diesel_async;
mod diesel_blocking;
mod diesel_schema;
mod sea_orm;
mod sqlx;
mod style;

use super::PeerKind;
use crate::reads::Peer;
use crate::{Backend, Place, Result, RuntimeKind};

/// Opens one of them; none if the peer is not among them.
pub(super) fn open(
    peer: PeerKind,
    backend: Backend,
    place: &Place,
    runtime: RuntimeKind,
) -> Result<Option<Box<dyn Peer>>> {
    Ok(Some(match peer {
        PeerKind::DieselBlocking => diesel_blocking::open(backend, place, true)?,
        PeerKind::DieselBlockingDefault => diesel_blocking::open(backend, place, false)?,
        PeerKind::DieselAsync => diesel_async::open(backend, place, runtime, true)?,
        PeerKind::DieselAsyncDefault => diesel_async::open(backend, place, runtime, false)?,
        PeerKind::Sqlx => sqlx::open(backend, place, runtime, true)?,
        PeerKind::SqlxDefault => sqlx::open(backend, place, runtime, false)?,
        PeerKind::SeaOrm => sea_orm::open(backend, place, runtime, true)?,
        PeerKind::SeaOrmDefault => sea_orm::open(backend, place, runtime, false)?,
        PeerKind::AsyncSqlite => async_sqlite::open(place, runtime)?,
        _ => return Ok(None),
    }))
}
