//! What the pool needs to know of the driver.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use queryset::pool::{Connect, Health, Place};
use queryset::runtime::{BoxFuture, Runtime};
use queryset::{Error, ErrorKind, Result};

use super::open::Opener;
use super::{Connection, Work, finish};
use crate::options::MysqlOptions;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// The pool's way to the driver.
#[derive(Debug)]
pub(crate) struct Connector {
    opener: Opener,
    /// Where the only connection goes, if it is a transaction's.
    transaction: Option<Mutex<Option<Place<Connector>>>>,
}

impl Connector {
    pub(crate) fn new(options: MysqlOptions, runtime: Runtime) -> Self {
        Self {
            opener: Opener::new(options, runtime),
            transaction: None,
        }
    }

    /// For the connection from that place alone.
    pub(crate) fn of_transaction(&self, home: Place<Self>) -> Self {
        Self {
            opener: self.opener.clone(),
            transaction: Some(Mutex::new(Some(home))),
        }
    }
}

impl Connect for Connector {
    type Connection = Box<Connection>;

    fn connect(&self) -> BoxFuture<'static, Result<Box<Connection>>> {
        if self.transaction.is_some() {
            let error = Error::new(
                ErrorKind::Connection,
                "mysql: the connection was lost, and the transaction with it",
            );
            return Box::pin(async { Err(error) });
        }
        let opener = self.opener.clone();
        Box::pin(async move { opener.open().await.map(Box::new) })
    }

    fn health(&self, connection: &Box<Connection>) -> Health {
        match connection.health() {
            // What was left open is rolled back.
            Health::Ready if self.transaction.is_none() && !connection.standing.is_none() => {
                Health::Unfinished
            }
            health => health,
        }
    }

    fn finish(&self, connection: Box<Connection>) -> BoxFuture<'static, Option<Box<Connection>>> {
        connection.abandoned.set(true);
        let leaves = self.transaction.is_none();
        Box::pin(finish::finish(connection, self.opener.clone(), leaves))
    }

    fn close(&self, mut connection: Box<Connection>) -> BoxFuture<'static, ()> {
        if let Some(home) = &self.transaction {
            let home = home.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(home) = home {
                connection.leave_transaction();
                home.give_back(connection);
            }
            return Box::pin(async {});
        }
        let timer = self.opener.runtime().timer().clone();
        Box::pin(async move {
            if let Work::Idle(session) = std::mem::replace(&mut connection.work, Work::Lost) {
                let closing = std::pin::pin!(session.close());
                let _ = select(closing, timer.sleep(GOODBYE)).await;
            }
        })
    }
}
