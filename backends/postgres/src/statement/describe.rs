//! The types of a statement where nothing may be left on the server: behind a proxy that gives
//! each transaction another server connection.
//!
//! The driver asks for the types of a statement under a name, and for those that it does not know
//! by statements with names of their own, which it keeps. So the question is asked in one
//! transaction, which stays on one server connection, and its names are dropped at the end.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::types::Type;

use super::Prepared;
use crate::connection::{Connection, Stopped};

/// The types that are no part of PostgreSQL, by their quoted names, as connections came upon
/// them. The driver can ask for such types only once in a connection's life, so a new connection
/// asks for all of them together.
#[derive(Debug, Default)]
pub(crate) struct CustomTypes(Mutex<BTreeSet<String>>);

impl CustomTypes {
    fn names(&self) -> BTreeSet<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn add(&self, ty: &Type) {
        if Type::from_oid(ty.oid()).is_none() {
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let name = format!("{}.{}", quoted(ty.schema()), quoted(ty.name()));
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            names.insert(name);
        }
    }

    /// One of them is gone: whoever needs the others comes upon them again.
    fn forget(&self) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.clear();
    }
}

impl Connection {
    pub(super) async fn describe(&mut self, sql: &str) -> Result<Prepared, Stopped> {
        self.batch("BEGIN; DEALLOCATE ALL").await?;
        match self.ask(sql).await {
            Ok(prepared) => {
                self.batch("DEALLOCATE ALL; COMMIT").await?;
                Ok(prepared)
            }
            Err(mut stopped) => {
                if !self.driver.is_over() {
                    self.batch("ROLLBACK").await?;
                    self.end();
                }
                // The driver's own statements are gone from the server: a fresh connection can
                // ask, and nothing of the operation itself has been sent.
                stopped.unsent |= stopped.error.code() == Some(NO_SUCH_STATEMENT);
                Err(stopped)
            }
        }
    }

    async fn ask(&mut self, sql: &str) -> Result<Prepared, Stopped> {
        let known = self.opener.types.names();
        if !self.knows_types && !known.is_empty() {
            let nulls: Vec<String> = known.iter().map(|name| format!("NULL::{name}")).collect();
            let probe = format!("SELECT {}", nulls.join(", "));
            if let Err(stopped) = self.statement(&probe).await {
                self.opener.types.forget();
                return Err(Stopped {
                    unsent: true,
                    ..stopped
                });
            }
        }
        self.knows_types = true;
        let statement = self.statement(sql).await?;
        let columns = statement
            .columns()
            .iter()
            .map(tokio_postgres::Column::type_);
        for ty in columns.chain(statement.params()) {
            self.opener.types.add(ty);
        }
        Ok(Prepared::new(&statement, sql))
    }

    async fn statement(&mut self, sql: &str) -> Result<tokio_postgres::Statement, Stopped> {
        let Self { client, driver, .. } = self;
        let named = driver.drive(pin!(client.prepare(sql))).await;
        match named {
            Ok(Ok(statement)) => Ok(statement),
            Ok(Err(error)) => Err(self.stop(error, sql)),
            Err(lost) => Err(self.lost(lost)),
        }
    }
}

const NO_SUCH_STATEMENT: &str = "26000";
