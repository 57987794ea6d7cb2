//! A turn on a transaction's connection, and what may be done in it.

use std::sync::Arc;

use super::super::cursor::Rest;
use super::super::{CommitState, TransactionBackend, TransactionStatus};
use super::{Broken, Form, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::pool::{Connect, Health, Lease};
use crate::runtime::BoxFuture;
use crate::statement::Statement;

/// A turn: nothing else happens on the connection until it is dropped.
pub(in crate::transaction) struct Turn<'s> {
    pub(super) session: &'s Session,
    pub(super) _lease: Lease<Turns>,
    pub(super) backend: Arc<dyn TransactionBackend>,
}

#[derive(Debug)]
pub(super) struct Turns;

impl Connect for Turns {
    type Connection = ();

    fn connect(&self) -> BoxFuture<'static, Result<()>> {
        // The first is never discarded.
        Box::pin(async {
            Err(Error::new(
                ErrorKind::Transaction,
                "the transaction has ended",
            ))
        })
    }

    fn health(&self, (): &()) -> Health {
        Health::Ready
    }

    fn finish(&self, (): ()) -> BoxFuture<'static, Option<()>> {
        Box::pin(async { Some(()) })
    }

    fn close(&self, (): ()) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

impl Turn<'_> {
    pub(super) async fn execute(&self, form: Form<'_>, statement: Statement) -> Result<u64> {
        match form {
            Form::Async => self.backend.execute(statement).await,
            Form::Blocking(cancel) => self.backend.execute_blocking(statement, cancel),
        }
    }

    /// Sends a statement about savepoints.
    pub(super) async fn control(&self, form: Form<'_>, sql: Arc<str>) -> Result<()> {
        let observed = self.session.observer.observe(&sql);
        let statement = Statement::write(Arc::clone(&sql), vec![]);
        let executed = self.execute(form, statement).await;
        observed.end(0, executed.as_ref().err());
        self.note(executed, &sql).map(drop)
    }

    pub(super) async fn send_rollback(&self, form: Form<'_>) -> Result<()> {
        let observed = self.session.observer.observe(&"ROLLBACK".into());
        let result = match form {
            Form::Async => self.backend.rollback().await,
            Form::Blocking(_) => self.backend.rollback_blocking(),
        };
        observed.end(0, result.as_ref().err());
        result
    }

    /// Notes what an operation did to the transaction.
    pub(in crate::transaction) fn note<T>(&self, result: Result<T>, sql: &str) -> Result<T> {
        let status = self.backend.status();
        if status == TransactionStatus::Open {
            return result;
        }
        let mut progress = self.session.progress();
        if progress.broken.is_none() {
            progress.broken = Some(broken(status, result.as_ref().err(), sql));
        }
        drop(progress);
        result
    }

    /// Makes room on the connection: an open cursor's rows are read into memory.
    pub(super) async fn keep_open(&self, form: Form<'_>) {
        let open = std::mem::take(&mut self.session.progress().open);
        if let Some(rest) = open.upgrade() {
            rest.keep(form).await;
        }
    }

    /// Makes room on the connection: an open cursor's rows are given up.
    pub(super) fn lose_open(&self) {
        let open = std::mem::take(&mut self.session.progress().open);
        if let Some(rest) = open.upgrade() {
            rest.lose();
        }
    }

    pub(in crate::transaction) fn leave_open(&self, rest: &Arc<Rest>) {
        let mut progress = self.session.progress();
        if progress.backend.is_some() {
            progress.open = Arc::downgrade(rest);
        } else {
            // Ended meanwhile, by a panic of the body around it.
            drop(progress);
            rest.lose();
        }
    }

    /// Undoes what a level left that was dropped.
    pub(super) async fn undo(&self, form: Form<'_>) -> Result<()> {
        let savepoint = {
            let progress = self.session.progress();
            match &progress.broken {
                Some(broken) if !broken.recoverable => None,
                _ => progress.undo.clone(),
            }
        };
        let Some(savepoint) = savepoint else {
            return Ok(());
        };
        // Dropped midway it is done again, which does no harm.
        let sql: Arc<str> = format!("ROLLBACK TO SAVEPOINT {savepoint}").into();
        self.control(form, sql).await?;
        self.session.undone(&savepoint);
        // One that stays behind costs memory and nothing else.
        let sql: Arc<str> = format!("RELEASE SAVEPOINT {savepoint}").into();
        self.control(form, sql).await
    }
}

#[cold]
fn broken(status: TransactionStatus, error: Option<&Error>, sql: &str) -> Broken {
    let message = match (status, error) {
        (TransactionStatus::Ended, None) => format!(
            "the statement `{}` ended the transaction, whose writes before it were committed or \
             undone by the database",
            excerpt(sql)
        ),
        (TransactionStatus::Failed, Some(error)) => format!(
            "an error occurred in this transaction, which has to be rolled back before anything \
             else, or else the nested one in which it occurred: {error}"
        ),
        (TransactionStatus::Lost, Some(error)) => {
            format!("the transaction was lost with its connection: {error}")
        }
        (_, Some(error)) => {
            format!("the database rolled the transaction back for an earlier error: {error}")
        }
        (_, None) => "the transaction was broken by an operation that was dropped".to_owned(),
    };
    Broken {
        message,
        recoverable: status == TransactionStatus::Failed,
        ended: match (status, error) {
            (TransactionStatus::Ended, None) => CommitState::Unknown,
            _ => CommitState::RolledBack,
        },
    }
}

/// The longest piece of a statement that is quoted.
const QUOTED: usize = 200;

fn excerpt(sql: &str) -> &str {
    match sql.char_indices().nth(QUOTED) {
        Some((end, _)) => &sql[..end],
        None => sql,
    }
}
