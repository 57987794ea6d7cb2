//! One read of a lane, from its request to its last row.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_core::Stream;
use queryset::{Error, ErrorKind, RowSink, Statement};
use tokio_postgres::{Client, Row, RowStream};

use super::MOST_ROWS;
use super::reply::Reply;
use crate::bind::Param;
use crate::connection::{Stopped, goes_on};
use crate::row::{Column, PostgresRow};
use crate::run::{is_stale, wrong_number};
use crate::statement::{Cache, Prepared};
use crate::stream::{Grouping, was_skipped};

/// What the reads of a lane share.
pub(super) struct Line<'c> {
    client: &'c Client,
    statements: Mutex<&'c mut Cache>,
    grouping: Grouping,
    answered: AtomicBool,
    broken: AtomicBool,
}

impl<'c> Line<'c> {
    pub(super) fn new(client: &'c Client, statements: &'c mut Cache, grouping: Grouping) -> Self {
        Self {
            client,
            statements: Mutex::new(statements),
            grouping,
            answered: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        }
    }

    /// Whether the server has answered anything.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Whether the connection cannot go on.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Whether the connection is over, so that no request leaves any more.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn statements(&self) -> MutexGuard<'_, &'c mut Cache> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn stop(&self, failed: tokio_postgres::Error, sql: &str) -> Stopped {
        let goes_on = goes_on(&failed);
        self.broken.fetch_or(!goes_on, Ordering::Relaxed);
        Stopped::by(failed, sql, goes_on)
    }

    /// Runs one read; its rows are in the reply's sink.
    pub(super) async fn read(&self, reply: Arc<Reply>) -> Result<Arc<Prepared>, Stopped> {
        let (rows, prepared) = self.send(&reply.statement).await?;
        let mut rows = pin!(rows);
        let mut taking = Taking::Rows(0);
        let mut sink = None;
        loop {
            match poll_fn(|context| rows.as_mut().poll_next(context)).await {
                Some(Ok(row)) => taking.take(&row, &prepared.columns, &mut sink, &reply),
                Some(Err(failed)) => return Err(self.stop(failed, &reply.statement.sql)),
                None => break,
            }
        }
        match taking {
            Taking::Refused(error) => return Err(Stopped::here(error)),
            Taking::Rows(_) | Taking::Nothing => {}
        }
        if let Some(sink) = sink {
            reply.put_sink(sink);
        }
        Ok(prepared)
    }

    async fn prepare(&self, sql: &Arc<str>) -> Result<Arc<Prepared>, Stopped> {
        let named = loop {
            match self.client.prepare(sql).await {
                Ok(named) => break named,
                // What the driver asks about types is a known statement too.
                Err(failed) if was_skipped(&failed) => {}
                Err(failed) => return Err(self.stop(failed, sql)),
            }
        };
        let prepared = Arc::new(Prepared::named(named, sql));
        let kept = Arc::clone(&prepared);
        self.statements().insert(Arc::clone(sql), kept);
        Ok(prepared)
    }

    async fn send(&self, statement: &Statement) -> Result<(RowStream, Arc<Prepared>), Stopped> {
        let sql = &statement.sql;
        let mut again = false;
        loop {
            let known = self.statements().get(sql);
            let is_known = known.is_some();
            let prepared = match known {
                Some(prepared) => prepared,
                // In a box, as what is rare should not make every read's future larger.
                None => Box::pin(self.prepare(sql)).await?,
            };
            if prepared.params.len() != statement.params.len() {
                return Err(Stopped::here(wrong_number(&prepared, statement)));
            }
            let Some(named) = &prepared.named else {
                let message = "reads share connections only as named statements";
                return Err(Stopped::here(Error::new(ErrorKind::NotSupported, message)));
            };
            let params = statement.params.iter().enumerate();
            let params = params.map(|(index, value)| Param {
                value,
                position: index + 1,
            });
            if !(is_known && prepared.is_swift()) {
                self.grouping.leave_alone();
            }
            match self.client.query_raw(named, params).await {
                Ok(rows) => {
                    self.answered.store(true, Ordering::Relaxed);
                    return Ok((rows, prepared));
                }
                Err(failed) if is_known && !again && is_stale(&failed) => {
                    self.statements().remove(sql);
                    again = true;
                }
                // The first of those that are asked again is not, so that this comes to an end.
                Err(failed) if was_skipped(&failed) => {}
                Err(failed) => return Err(self.stop(failed, sql)),
            }
        }
    }
}

/// What becomes of the rows.
enum Taking {
    /// They are handed on; how many were.
    Rows(u64),
    /// Nobody wants any more.
    Nothing,
    /// The sink had enough. The rest is read, since others wait behind it.
    Refused(Error),
}

impl Taking {
    fn take(
        &mut self,
        row: &Row,
        columns: &[Column],
        sink: &mut Option<Box<dyn RowSink>>,
        reply: &Reply,
    ) {
        let Self::Rows(taken) = self else {
            return;
        };
        if sink.is_none() {
            *sink = reply.take_sink();
        }
        let Some(into) = sink else {
            *self = Self::Nothing;
            return;
        };
        // A key that is none may have more than are wanted.
        if *taken == reply.statement.most_rows.unwrap_or(MOST_ROWS) {
            *self = Self::Nothing;
            return;
        }
        *taken += 1;
        let row = PostgresRow { row, columns };
        // A panic is this caller's, and must not end the reads of others.
        let handed = catch_unwind(AssertUnwindSafe(|| into.row(&row)));
        if let Err(error) = handed.unwrap_or_else(|_| Err(panicked())) {
            *self = Self::Refused(error);
        }
    }
}

#[cold]
fn panicked() -> Error {
    Error::new(ErrorKind::Decode, "what takes the rows in panicked")
}
