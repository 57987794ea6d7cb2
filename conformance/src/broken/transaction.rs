//! Transactions with a fault.

use std::sync::Arc;

use queryset::runtime::BoxFuture;
use queryset::{
    Backend, CancelToken, Dialect, Fetched, Result, RowSink, Statement, TransactionBackend,
    TransactionOptions, TransactionStatus,
};

use super::Conduct;
use super::wrapper::Wrapper;

/// The transaction of a sound backend, with the fault of its database.
#[derive(Debug)]
pub(super) struct SpoiledTransaction {
    /// The statements, which go to the transaction unless that is the fault.
    statements: Wrapper,
    sound: Arc<dyn TransactionBackend>,
}

/// The options with the fault.
pub(super) fn spoiled(wrapper: &Wrapper, options: TransactionOptions) -> TransactionOptions {
    let read_only = options.is_read_only() && !wrapper.is(Conduct::ReadOnlyIgnored);
    match wrapper.is(Conduct::IsolationIgnored) || read_only != options.is_read_only() {
        false => options,
        true if read_only => TransactionOptions::new().read_only(),
        true => TransactionOptions::new(),
    }
}

impl SpoiledTransaction {
    pub(super) fn over(
        wrapper: &Wrapper,
        sound: Arc<dyn TransactionBackend>,
    ) -> Arc<dyn TransactionBackend> {
        let statements = match wrapper.is(Conduct::NotPinned) {
            true => wrapper.clone(),
            false => wrapper.around(Arc::<dyn TransactionBackend>::clone(&sound)),
        };
        Arc::new(Self { statements, sound })
    }

    fn is(&self, conduct: Conduct) -> bool {
        self.statements.is(conduct)
    }

    /// What is sent in place of a statement about savepoints.
    fn in_place_of(&self, statement: &Statement) -> Option<&'static str> {
        let undoes = statement.sql.starts_with("ROLLBACK TO");
        if undoes && self.is(Conduct::SavepointIgnored) {
            return Some("");
        }
        if undoes && self.is(Conduct::SavepointTakesAll) {
            return Some("ROLLBACK");
        }
        let begins = ["SAVEPOINT", "RELEASE"];
        let about = begins.iter().any(|word| statement.sql.starts_with(word));
        // There is none to be released any more.
        (about && self.is(Conduct::SavepointTakesAll)).then_some("")
    }
}

impl TransactionBackend for SpoiledTransaction {
    fn status(&self) -> TransactionStatus {
        match self.is(Conduct::AlwaysOpen) || self.is(Conduct::SavepointTakesAll) {
            true => TransactionStatus::Open,
            false => self.sound.status(),
        }
    }

    fn commit(&self) -> BoxFuture<'static, Result<()>> {
        match self.is(Conduct::CommitForgotten) {
            true => self.sound.rollback(),
            false => self.sound.commit(),
        }
    }

    fn commit_blocking(&self) -> Result<()> {
        match self.is(Conduct::CommitForgotten) {
            true => self.sound.rollback_blocking(),
            false => self.sound.commit_blocking(),
        }
    }

    fn rollback(&self) -> BoxFuture<'static, Result<()>> {
        match self.is(Conduct::RollbackCommits) {
            true => self.sound.commit(),
            false => self.sound.rollback(),
        }
    }

    fn rollback_blocking(&self) -> Result<()> {
        match self.is(Conduct::RollbackCommits) {
            true => self.sound.commit_blocking(),
            false => self.sound.rollback_blocking(),
        }
    }
}

impl Backend for SpoiledTransaction {
    fn dialect(&self) -> &Dialect {
        self.sound.dialect()
    }

    fn reads_elsewhere(&self) -> bool {
        self.sound.reads_elsewhere()
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        self.statements.fetch(statement, sink, max_rows)
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        self.statements
            .fetch_blocking(statement, sink, max_rows, cancel)
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        match self.in_place_of(&statement) {
            Some("") => Box::pin(async { Ok(0) }),
            Some(sql) => self.sound.execute(Statement::write(sql, vec![])),
            None => self.statements.execute(statement),
        }
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        match self.in_place_of(&statement) {
            Some("") => Ok(0),
            Some(sql) => self
                .sound
                .execute_blocking(Statement::write(sql, vec![]), cancel),
            None => self.statements.execute_blocking(statement, cancel),
        }
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        self.sound.close()
    }
}

impl Drop for SpoiledTransaction {
    fn drop(&mut self) {
        if self.sound.status() != TransactionStatus::Open {
            return;
        }
        if self.is(Conduct::DropCommits) {
            // Whatever becomes of it: the drop must not fail.
            let _ = self.sound.commit_blocking();
        }
        if self.is(Conduct::DropLeaks) {
            std::mem::forget(Arc::clone(&self.sound));
        }
    }
}
