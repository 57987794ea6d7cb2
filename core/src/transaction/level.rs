//! A transaction or a nested one, as the backend of its handle.

use std::fmt;
use std::sync::Arc;

use super::Now;
use super::session::{Form, Session};
use crate::backend::{Backend, Fetched};
use crate::cancel::CancelToken;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::row::RowSink;
use crate::runtime::BoxFuture;
use crate::statement::Statement;

/// One level of a transaction: the outermost, or one that is nested in another as a savepoint.
/// Dropped, it is rolled back.
pub(crate) struct Level {
    session: Arc<Session>,
    number: u64,
    /// Kept until this one has gone, as a savepoint goes with the transaction around it.
    _outer: Option<Arc<Level>>,
}

impl Level {
    pub(super) fn outermost(session: Session) -> Self {
        Self {
            session: Arc::new(session),
            number: Session::OUTERMOST,
            _outer: None,
        }
    }

    /// Sets a savepoint within `outer`.
    pub(super) async fn nested(outer: &Arc<Self>, form: Form<'_>) -> Result<Self> {
        let number = outer.session.nest(form, outer.number).await?;
        Ok(Self {
            session: Arc::clone(&outer.session),
            number,
            _outer: Some(Arc::clone(outer)),
        })
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) async fn commit(&self, form: Form<'_>) -> Result<()> {
        match self.number {
            Session::OUTERMOST => self.session.commit(form).await,
            nested => self.session.release(form, nested).await,
        }
    }

    pub(super) async fn rollback(&self, form: Form<'_>) -> Result<()> {
        match self.number {
            Session::OUTERMOST => self.session.rollback(form).await,
            nested => self.session.undo(form, nested).await,
        }
    }

    /// Ends it without waiting for anything, if it has not ended; the backend rolls it back, or
    /// the next operation of the outer one does.
    pub(super) fn abandon(&self) {
        match self.number {
            Session::OUTERMOST => self.session.abandon(),
            nested => self.session.leave(nested),
        }
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Backend for Level {
    fn dialect(&self) -> &Dialect {
        self.session.dialect()
    }

    fn reads_elsewhere(&self) -> bool {
        self.session.reads_elsewhere()
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let (session, number) = (Arc::clone(&self.session), self.number);
        Box::pin(async move {
            let form = Form::Async;
            Session::fetch(&session, form, number, statement, sink, max_rows).await
        })
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let form = Form::Blocking(cancel);
        Session::fetch(&self.session, form, self.number, statement, sink, max_rows).now()
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        let (session, number) = (Arc::clone(&self.session), self.number);
        Box::pin(async move { session.execute(Form::Async, number, statement).await })
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        let form = Form::Blocking(cancel);
        self.session.execute(form, self.number, statement).now()
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        let error = Error::new(
            ErrorKind::Transaction,
            "a transaction does not close its database: commit it or roll it back, and close the \
             database itself",
        );
        Box::pin(async { Err(error) })
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Level")
            .field("number", &self.number)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
