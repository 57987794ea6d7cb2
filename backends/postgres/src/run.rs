//! Running a statement on a connection of the pool.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};

use futures_core::Stream;
use queryset::pool::{Lease, Parked};
use queryset::{Access, Error, ErrorKind, Fetched, Result, RowSink, Statement};
use tokio_postgres::{RowStream, SimpleQueryMessage};

use crate::bind::Param;
use crate::connection::{Connection, Opener, Stopped};
use crate::cursor::Cursor;
use crate::error;
use crate::row::{self, Column, PostgresRow};
use crate::statement::{self, Prepared};

/// A statement whose rows are not all read. Dropped, its connection is one that has to be
/// finished.
pub(crate) struct Running {
    rows: Pin<Box<RowStream>>,
    /// A row that was read to see whether there is one.
    ahead: Option<tokio_postgres::Row>,
    /// What ended the result behind the rows that were handed out.
    failed: Option<tokio_postgres::Error>,
    columns: Arc<[Column]>,
    prepared: Arc<Prepared>,
    /// Whether the columns were compared with those of a row.
    compared: bool,
    pub(crate) sql: Arc<str>,
    pub(crate) lease: Lease<Opener>,
}

/// Sends a statement and hands its first rows, at most `max_rows`, to the sink, which is taken
/// out only once the statement was accepted. An operation that did not reach the server gives the
/// reason back, and its connection is gone.
pub(crate) async fn fetch(
    mut lease: Lease<Opener>,
    statement: &Statement,
    sink: &mut Option<Box<dyn RowSink>>,
    max_rows: usize,
) -> Result<Fetched, Stopped> {
    refuse_ended(&lease)?;
    let (rows, prepared) = match start(&mut lease, statement).await {
        Ok(started) => started,
        Err(mut stopped) => {
            // A read that got no answer may be asked again. Each connection is given up this way
            // at most once, since the next one has not served before or is known to be alive.
            stopped.unsent |=
                stopped.silent && lease.is_reused() && statement.access == Access::Read;
            return Err(give_up(lease, stopped));
        }
    };
    let running = Running {
        rows,
        ahead: None,
        failed: None,
        columns: Arc::clone(&prepared.columns),
        compared: prepared.named.is_some(),
        prepared,
        sql: Arc::clone(&statement.sql),
        lease,
    };
    match sink.take() {
        Some(sink) => pull(running, sink, max_rows).await.map_err(sent),
        None => Err(sent(nowhere())),
    }
}

#[cold]
pub(crate) fn nowhere() -> Error {
    Error::new(ErrorKind::Operational, "the rows have no place to go")
}

/// Runs a statement to its end; the number of rows that it changed.
pub(crate) async fn execute(
    mut lease: Lease<Opener>,
    statement: &Statement,
) -> Result<u64, Stopped> {
    refuse_ended(&lease)?;
    let ended = if statement.params.is_empty() {
        batch(&mut lease, &statement.sql).await
    } else {
        one(&mut lease, statement).await
    };
    match ended {
        Ok((changed, begins)) => {
            settle(&mut lease, &statement.sql, begins).await?;
            lease.end();
            Ok(changed)
        }
        Err(stopped) => {
            if lease.standing.is_none() && lease.begins && lease.rests() {
                // What failed in the middle of its own transaction, or none at all: the server
                // warns of that, and nobody hears it.
                let rolled_back = lease.batch("ROLLBACK").await;
                if rolled_back.is_ok() {
                    lease.end();
                }
            }
            Err(give_up(lease, stopped))
        }
    }
}

/// Sees to a transaction that a statement may have begun or ended.
async fn settle(connection: &mut Connection, sql: &str, begins: bool) -> Result<(), Stopped> {
    if connection.standing.is_none() {
        return match begins {
            true => leave_transaction(connection).await.map_err(sent),
            false => Ok(()),
        };
    }
    if sql.starts_with("ROLLBACK TO SAVEPOINT ") {
        connection.standing.mend();
    } else if statement::ends(sql) {
        connection.ask_standing().await?;
    }
    Ok(())
}

/// Refuses what belongs to a transaction that is over: it would take effect by itself.
fn refuse_ended(connection: &Connection) -> Result<(), Stopped> {
    match connection.standing.is_ended() {
        false => Ok(()),
        true => Err(sent(Error::new(
            ErrorKind::Transaction,
            "the transaction is not open any more: a statement ended it",
        ))),
    }
}

fn sent(error: Error) -> Stopped {
    Stopped::here(error)
}

/// A connection that could not even be asked serves nobody else either.
#[cold]
fn give_up(lease: Lease<Opener>, stopped: Stopped) -> Stopped {
    if stopped.unsent {
        lease.discard();
    }
    stopped
}

async fn start(
    connection: &mut Connection,
    statement: &Statement,
) -> Result<(Pin<Box<RowStream>>, Arc<Prepared>), Stopped> {
    let mut again = false;
    loop {
        connection.begin();
        let (prepared, known) = connection.prepare(&statement.sql).await?;
        connection.answered |= !known;
        connection.begins = prepared.begins;
        if prepared.params.len() != statement.params.len() {
            connection.end();
            return Err(sent(wrong_number(&prepared, statement)));
        }
        let params = statement
            .params
            .iter()
            .enumerate()
            .map(|(index, value)| Param {
                value,
                position: index + 1,
            });
        let Connection { client, driver, .. } = connection;
        let asked = match &prepared.named {
            Some(named) => driver.drive(pin!(client.query_raw(named, params))).await,
            None => {
                let typed = params.zip(prepared.params.iter().cloned());
                // In a box, as what is rare should not make every read's future larger.
                let mut asked = Box::pin(client.query_typed_raw(&statement.sql, typed));
                driver.drive(asked.as_mut()).await
            }
        };
        match asked {
            Ok(Ok(rows)) => return Ok((Box::pin(rows), prepared)),
            Ok(Err(failed)) => {
                // Whatever was executed, nothing of this statement was.
                let stale = known && !again && is_stale(&failed);
                let stopped = connection.stop(failed, &statement.sql);
                if !stale {
                    return Err(stopped);
                }
                connection.statements.remove(&statement.sql);
                again = true;
            }
            Err(lost) => return Err(connection.lost(lost)),
        }
    }
}

/// Whether a statement has to be prepared again: the table was altered, or the server was told to
/// forget its statements.
pub(crate) fn is_stale(failed: &tokio_postgres::Error) -> bool {
    let Some(reported) = failed.as_db_error() else {
        return false;
    };
    match reported.code().code() {
        "26000" => true,
        "0A000" => reported.routine() == Some("RevalidateCachedQuery"),
        _ => false,
    }
}

#[cold]
pub(crate) fn wrong_number(prepared: &Prepared, statement: &Statement) -> Error {
    Error::new(
        ErrorKind::Programming,
        format!(
            "the statement has {} placeholders, but {} values were given: `{}`",
            prepared.params.len(),
            statement.params.len(),
            error::excerpt(&statement.sql)
        ),
    )
}

enum Pulled {
    More,
    All,
    Refused(Error),
    Failed(tokio_postgres::Error),
}

/// Hands the next rows, at most `max_rows`, to the sink, and looks for the one behind them: so a
/// result that ends there gives its connection back now, and not with the next call.
pub(crate) async fn pull(
    mut running: Running,
    mut sink: Box<dyn RowSink>,
    max_rows: usize,
) -> Result<Fetched> {
    let Running {
        rows,
        ahead,
        failed,
        columns,
        compared,
        lease,
        sql,
        ..
    } = &mut running;
    if let Some(failed) = failed.take() {
        return Err(lease.stop(failed, sql).error);
    }
    let mut taken = 0;
    let pulled = lease
        .driver
        .drive(pin!(poll_fn(|context| {
            loop {
                let row = match ahead.take() {
                    Some(row) => row,
                    None => match ready!(rows.as_mut().poll_next(context)) {
                        Some(Ok(row)) => row,
                        Some(Err(error)) => return Poll::Ready(Pulled::Failed(error)),
                        None => return Poll::Ready(Pulled::All),
                    },
                };
                if taken == max_rows {
                    *ahead = Some(row);
                    return Poll::Ready(Pulled::More);
                }
                if !*compared {
                    *compared = true;
                    if !row::are(columns, row.columns()) {
                        *columns = row::columns(row.columns());
                    }
                }
                taken += 1;
                let row = PostgresRow { row: &row, columns };
                if let Err(error) = sink.row(&row) {
                    return Poll::Ready(Pulled::Refused(error));
                }
            }
        })))
        .await;
    match pulled {
        Ok(Pulled::All) => {
            let begins = running.prepared.begins;
            if begins || !running.lease.standing.is_none() {
                let settled = Box::pin(settle(&mut running.lease, &running.sql, begins)).await;
                settled.map_err(|stopped| stopped.error)?;
            }
            running.lease.end();
            Ok(Fetched { sink, cursor: None })
        }
        Ok(Pulled::Refused(error)) => Err(error),
        // The rows before the failure are the caller's; it hears of the failure when it asks for
        // more.
        Ok(Pulled::Failed(error)) if taken > 0 && taken == max_rows => {
            running.failed = Some(error);
            Ok(Fetched {
                sink,
                cursor: Some(Box::new(parked(running))),
            })
        }
        Ok(Pulled::Failed(error)) => Err(running.lease.stop(error, &running.sql).error),
        Ok(Pulled::More) => Ok(Fetched {
            sink,
            cursor: Some(Box::new(parked(running))),
        }),
        Err(lost) => Err(running.lease.lost(lost).error),
    }
}

fn parked(mut running: Running) -> Cursor {
    running.lease.streams();
    let opener = Arc::clone(&running.lease.opener);
    Cursor::new(Parked::new(running, |running| &running.lease), opener)
}

/// Runs a statement with values, and leaves its rows.
async fn one(connection: &mut Connection, statement: &Statement) -> Result<(u64, bool), Stopped> {
    let (mut rows, prepared) = start(connection, statement).await?;
    let ended = connection
        .driver
        .drive(pin!(poll_fn(|context| {
            loop {
                match ready!(rows.as_mut().poll_next(context)) {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Poll::Ready(Err(error)),
                    None => return Poll::Ready(Ok(())),
                }
            }
        })))
        .await;
    match ended {
        Ok(Ok(())) => Ok((rows.rows_affected().unwrap_or(0), prepared.begins)),
        Ok(Err(error)) => Err(connection.stop(error, &statement.sql)),
        Err(lost) => Err(connection.lost(lost)),
    }
}

/// Runs statements without values, and leaves their rows.
async fn batch(connection: &mut Connection, sql: &str) -> Result<(u64, bool), Stopped> {
    connection.begin();
    connection.begins = statement::begins(sql);
    let Connection { client, driver, .. } = connection;
    let run = async {
        let mut messages = pin!(client.simple_query_raw(sql).await?);
        let mut changed = 0;
        while let Some(message) = poll_fn(|context| messages.as_mut().poll_next(context)).await {
            if let SimpleQueryMessage::CommandComplete(rows) = message? {
                changed += rows;
            }
        }
        Ok(changed)
    };
    let ended = driver.drive(pin!(run)).await;
    match ended {
        Ok(Ok(changed)) => Ok((changed, statement::begins(sql))),
        Ok(Err(error)) => Err(connection.stop(error, sql)),
        Err(lost) => Err(connection.lost(lost)),
    }
}

/// Begins a transaction. From here on the connection is one that has to be rolled back.
pub(crate) async fn begin(lease: &mut Lease<Opener>, sql: &str) -> Result<(), Stopped> {
    lease.standing.begin();
    let begun = batch(lease, sql).await;
    if begun.is_ok() {
        lease.end();
    }
    begun.map(drop)
}

/// Ends a transaction by `COMMIT` or `ROLLBACK`.
pub(crate) async fn end(mut lease: Lease<Opener>, sql: &str) -> Result<(), Stopped> {
    refuse_ended(&lease)?;
    if sql == "COMMIT" && lease.standing.is_failed() {
        // The server would roll back, and call it a success.
        return Err(sent(Error::new(
            ErrorKind::Transaction,
            "the transaction cannot be committed: an error occurred in it",
        )));
    }
    match batch(&mut lease, sql).await {
        Ok(_) => {
            lease.standing.end();
            lease.end();
            Ok(())
        }
        Err(stopped) => {
            // A commit that the server refuses is a rollback.
            if stopped.reported {
                lease.standing.end();
            }
            Err(give_up(lease, stopped))
        }
    }
}

/// Rolls back what a statement left open, which would swallow what others write.
async fn leave_transaction(connection: &mut Connection) -> Result<()> {
    // Possible only in a transaction, and the error tells one that failed from none.
    match connection.batch("SAVEPOINT queryset").await {
        Ok(()) => {}
        Err(stopped) => match stopped.error.code() {
            Some("25P01") => return Ok(()),
            Some("25P02") => {}
            _ => return Err(stopped.error),
        },
    }
    let rolled_back = connection.batch("ROLLBACK").await;
    rolled_back.map_err(|stopped| stopped.error)?;
    connection.end();
    Err(Error::new(
        ErrorKind::Programming,
        "the statement left a transaction open, which was rolled back: a connection of the pool \
         serves others after each operation",
    ))
}

impl Connection {
    /// Asks the server how the transaction stands, which the driver does not tell.
    pub(crate) async fn ask_standing(&mut self) -> Result<(), Stopped> {
        self.standing.mend();
        // Possible only in a transaction, and the error tells one that failed from none.
        match self.batch("SAVEPOINT queryset").await {
            Ok(()) => self.batch("RELEASE SAVEPOINT queryset").await?,
            Err(stopped) => match stopped.error.code() {
                Some("25P01") => self.standing.end(),
                Some("25P02") => {}
                _ => return Err(stopped),
            },
        }
        self.end();
        Ok(())
    }
}
