//! What the pool needs to know of the driver.

use std::time::Duration;

use futures_util::future::select;
use queryset::Result;
use queryset::pool::{Connect, Health};
use queryset::runtime::{BoxFuture, Runtime};

use super::open::Opener;
use super::{Connection, Work, finish};
use crate::options::MysqlOptions;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// The pool's way to the driver.
#[derive(Debug)]
pub(crate) struct Connector {
    opener: Opener,
}

impl Connector {
    pub(crate) fn new(options: MysqlOptions, runtime: Runtime) -> Self {
        Self {
            opener: Opener::new(options, runtime),
        }
    }
}

impl Connect for Connector {
    type Connection = Box<Connection>;

    fn connect(&self) -> BoxFuture<'static, Result<Box<Connection>>> {
        let opener = self.opener.clone();
        Box::pin(async move { opener.open().await.map(Box::new) })
    }

    fn health(&self, connection: &Box<Connection>) -> Health {
        connection.health()
    }

    fn finish(&self, connection: Box<Connection>) -> BoxFuture<'static, Option<Box<Connection>>> {
        connection.abandoned.set(true);
        Box::pin(finish::finish(connection, self.opener.clone()))
    }

    fn close(&self, mut connection: Box<Connection>) -> BoxFuture<'static, ()> {
        let timer = self.opener.runtime().timer().clone();
        Box::pin(async move {
            if let Work::Idle(session) = std::mem::replace(&mut connection.work, Work::Lost) {
                let closing = std::pin::pin!(session.close());
                let _ = select(closing, timer.sleep(GOODBYE)).await;
            }
        })
    }
}
