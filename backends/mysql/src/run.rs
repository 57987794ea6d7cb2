//! One operation on a lease, from its start to its end.

use std::future::poll_fn;
use std::sync::Arc;

use queryset::pool::{Lease, Parked};
use queryset::{Access, Error, ErrorKind, Fetched, Result, RowSink, Statement};

use crate::bind::bind;
use crate::connection::{Connection, Connector, Outcome, Running, Session};
use crate::cursor::Cursor;
use crate::error;

/// What became of a read.
pub(crate) enum Attempt {
    /// It ended.
    Over(Result<Fetched>),
    /// The connection had been lost while it was idle, and nothing was read: another may do.
    Again(Box<dyn RowSink>),
}

/// Sends a statement and hands its first rows, at most `max_rows`, to the sink.
pub(crate) async fn fetch(
    mut lease: Lease<Connector>,
    statement: &Statement,
    sink: Box<dyn RowSink>,
    max_rows: usize,
) -> Attempt {
    let params = match bind(&statement.params) {
        Ok(params) => params,
        Err(error) => return Attempt::Over(Err(error)),
    };
    let sql = Arc::clone(&statement.sql);
    let outcome = run(&mut lease, move |mut session| {
        Box::pin(async move {
            let mut sink = sink;
            let result = session.fetch(&sql, params, &mut *sink, max_rows).await;
            (session, Outcome::Fetched(sink, result))
        })
    });
    match outcome.await {
        Ok(Outcome::Fetched(sink, Err(error)))
            if may_be_stale(&lease, &error) && statement.access == Access::Read =>
        {
            lease.discard();
            Attempt::Again(sink)
        }
        outcome => Attempt::Over(outcome.and_then(|outcome| fetched(lease, outcome))),
    }
}

/// Hands the next rows of the lease's open result, at most `max_rows`, to the sink.
pub(crate) async fn fill(
    mut lease: Lease<Connector>,
    sink: Box<dyn RowSink>,
    max_rows: usize,
) -> Result<Fetched> {
    let outcome = run(&mut lease, move |mut session| {
        Box::pin(async move {
            let mut sink = sink;
            let result = session.go_on(&mut *sink, max_rows).await;
            (session, Outcome::Fetched(sink, result))
        })
    });
    let outcome = outcome.await?;
    fetched(lease, outcome)
}

/// Runs a statement that returns no rows; the number of rows that it changed.
pub(crate) async fn execute(mut lease: Lease<Connector>, statement: &Statement) -> Result<u64> {
    let params = bind(&statement.params)?;
    let sql = Arc::clone(&statement.sql);
    let outcome = run(&mut lease, move |mut session| {
        Box::pin(async move {
            let result = session.execute(&sql, params).await;
            (session, Outcome::Executed(result))
        })
    });
    match outcome.await? {
        Outcome::Executed(result) => result,
        _ => Err(error::lost()),
    }
}

/// Begins a transaction. From here on the connection is one that has to be rolled back.
pub(crate) async fn begin(lease: &mut Lease<Connector>, sql: &Arc<str>) -> Result<()> {
    lease.join_transaction();
    let sql = Arc::clone(sql);
    let outcome = run(lease, move |mut session| {
        Box::pin(async move {
            let result = session.begin_transaction(&sql).await;
            (session, Outcome::Executed(result))
        })
    });
    match outcome.await? {
        Outcome::Executed(result) => result.map(drop),
        _ => Err(error::lost()),
    }
}

/// Dropped, the operation stays with its connection, which the pool has ended.
async fn run(
    lease: &mut Lease<Connector>,
    operation: impl FnOnce(Box<Session>) -> Running,
) -> Result<Outcome> {
    let connection: &mut Connection = lease;
    connection.start(operation)?;
    poll_fn(|context| connection.poll(context)).await
}

fn fetched(lease: Lease<Connector>, outcome: Outcome) -> Result<Fetched> {
    let Outcome::Fetched(sink, more) = outcome else {
        return Err(error::lost());
    };
    let cursor = match more? {
        false => None,
        true => {
            let parked = Parked::new(lease, |lease| lease);
            Some(Box::new(Cursor::new(parked)) as _)
        }
    };
    Ok(Fetched { sink, cursor })
}

/// Whether the server may have closed the connection while nobody looked.
pub(crate) fn may_be_stale(lease: &Lease<Connector>, error: &Error) -> bool {
    lease.is_reused() && error.kind() == ErrorKind::Connection && !lease.has_answered()
}
