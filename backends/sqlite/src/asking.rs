//! The futures that callers wait for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use queryset::runtime::BoxFuture;
use queryset::{Access, Fetched, Result, TransactionBackend};

use crate::connection::Line;
use crate::operation::{Operation, Outcome, Work};
use crate::pool::{Attempt, Pool, closed};

/// The future of an operation: it is queued by the first poll, and given up by a drop.
pub(crate) struct Asking {
    pool: Arc<Pool>,
    /// Where it waits for a connection, if it has none.
    line: Line,
    stage: Stage,
}

enum Stage {
    New(Result<Work>),
    Asked(Arc<Operation>),
    Over,
}

impl Asking {
    pub(crate) fn new(pool: Arc<Pool>, line: Line, work: Result<Work>) -> Self {
        Self {
            pool,
            line,
            stage: Stage::New(work),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Outcome>> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New(Ok(work)) => {
                let work = match self.pool.attempt(self.line, work) {
                    Attempt::Done(result) => {
                        let done = result.map(|fetched| Outcome::Fetched(fetched, Vec::new()));
                        return Poll::Ready(done);
                    }
                    Attempt::Later(work) => {
                        self.stage = Stage::New(Ok(work));
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Attempt::Elsewhere(work) => work,
                };
                match self.ask(work, context) {
                    Ok(Some(operation)) => {
                        self.stage = Stage::Asked(operation);
                        Poll::Pending
                    }
                    Ok(None) => Poll::Ready(Ok(Outcome::Closed)),
                    Err(error) => Poll::Ready(Err(error)),
                }
            }
            Stage::New(Err(error)) => Poll::Ready(Err(error)),
            Stage::Asked(operation) => {
                let polled = operation.poll(context);
                // From here it costs less than from the worker.
                self.pool.wake_waiting();
                if polled.is_pending() {
                    self.stage = Stage::Asked(operation);
                }
                polled
            }
            // Polled after its end, which a future may answer as it likes.
            Stage::Over => Poll::Pending,
        }
    }

    /// Queues the operation; `None` if it is over already.
    fn ask(&self, work: Work, context: &Context<'_>) -> Result<Option<Arc<Operation>>> {
        let waiting = match &work {
            Work::Fetch { statement, .. } | Work::Execute { statement } => {
                Some(Arc::clone(&statement.sql))
            }
            Work::Begin { sql } => Some(Arc::clone(sql)),
            Work::Fill { .. } | Work::Again { .. } | Work::Close => None,
        };
        let closes = matches!(work, Work::Close);
        let operation = Operation::new(work, context.waker().clone());
        match waiting {
            Some(sql) => self.pool.enqueue(&operation, self.line, sql)?,
            None if closes => {
                if self.pool.close(&operation) {
                    return Ok(None);
                }
            }
            None => self.pool.resume(&operation),
        }
        Ok(Some(operation))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let work = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New(work) => work.ok(),
            Stage::Asked(operation) => operation.abandon(),
            Stage::Over => None,
        };
        if let Some(work) = work {
            self.pool.withdraw(work);
        }
    }
}

/// The future of a fetch or a fill.
pub(crate) struct Fetching(Asking);

impl Fetching {
    pub(crate) fn new(pool: Arc<Pool>, line: Line, work: Result<Work>) -> Self {
        Self(Asking::new(pool, line, work))
    }
}

impl Future for Fetching {
    type Output = Result<Fetched>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|result| match result? {
            Outcome::Fetched(fetched, spent) => {
                drop(spent);
                Ok(fetched)
            }
            _ => Err(closed()),
        })
    }
}

/// The future of a statement that is executed.
pub(crate) struct Executing(pub(crate) Asking);

impl Future for Executing {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|result| match result? {
            Outcome::Executed(rows) => Ok(rows),
            _ => Err(closed()),
        })
    }
}

/// The future of a transaction's beginning.
pub(crate) struct Beginning(pub(crate) Asking);

impl Future for Beginning {
    type Output = Result<Arc<dyn TransactionBackend>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|result| match result? {
            Outcome::Begun(transaction) => Ok(Arc::new(transaction) as _),
            _ => Err(closed()),
        })
    }
}

/// The future of the end.
pub(crate) struct Closing {
    asking: Asking,
    timeout: Option<BoxFuture<'static, ()>>,
}

impl Closing {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self {
            asking: Asking::new(pool, Line::of(Access::Read), Ok(Work::Close)),
            timeout: None,
        }
    }
}

impl Future for Closing {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Poll::Ready(result) = this.asking.poll(context) {
            return Poll::Ready(result.map(drop));
        }
        let pool = &this.asking.pool;
        let timeout = this.timeout.get_or_insert_with(|| {
            let timeout = pool.opener().options().close_timeout;
            pool.runtime().timer().sleep(timeout)
        });
        match timeout.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(pool.too_late())),
            Poll::Pending => Poll::Pending,
        }
    }
}
