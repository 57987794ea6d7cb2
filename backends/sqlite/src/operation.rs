//! An asynchronous operation on its way from the caller to a worker and back.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use queryset::{Fetched, Result, RowSink, Statement, Value};

use crate::connection::BoxConnection;
use crate::interrupt::{Interrupt, Interruptible};
use crate::pool::wake;
use crate::statement::Running;
use crate::sync::lock;
use crate::transaction::SqliteTransaction;

/// One operation, shared by the future that waits for it and the worker that runs it.
pub(crate) struct Operation {
    interrupt: Interrupt,
    progress: Mutex<Progress>,
}

struct Progress {
    stage: Stage,
    /// What is to be done, until somebody does it.
    work: Option<Work>,
    waker: Option<Waker>,
}

enum Stage {
    Waiting,
    Running,
    Done(Result<Outcome>),
    /// The caller has its result, or went away.
    Gone,
}

/// What is to be done.
pub(crate) enum Work {
    Fetch {
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    },
    Fill {
        running: Box<Running>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    },
    /// A fetch that ran out of its budget on its caller's thread, or could not begin there, with
    /// the connection that it had.
    Again {
        connection: BoxConnection,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    },
    Execute {
        statement: Statement,
    },
    Begin {
        sql: Arc<str>,
    },
    Close,
}

/// What came of it.
pub(crate) enum Outcome {
    /// With the values of the placeholders, to be dropped where they were made.
    Fetched(Fetched, Vec<Value>),
    Executed(u64),
    Begun(SqliteTransaction),
    Closed,
}

impl Operation {
    pub(crate) fn new(work: Work, waker: Waker) -> Arc<Self> {
        Arc::new(Self {
            interrupt: Interrupt::default(),
            progress: Mutex::new(Progress {
                stage: Stage::Waiting,
                work: Some(work),
                waker: Some(waker),
            }),
        })
    }

    /// Says that a worker begins with it; false if nobody wants it any more.
    pub(crate) fn begin(&self) -> bool {
        let mut progress = lock(&self.progress);
        let waits = matches!(progress.stage, Stage::Waiting);
        if waits {
            progress.stage = Stage::Running;
        }
        waits
    }

    /// The work, for the worker that begins with it here; `None` if nobody wants it any more.
    pub(crate) fn begin_and_take(&self) -> Option<Work> {
        self.begin().then(|| self.take()).flatten()
    }

    /// The work, for the worker that began with it.
    pub(crate) fn take(&self) -> Option<Work> {
        lock(&self.progress).work.take()
    }

    /// Whether the caller went away.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(lock(&self.progress).stage, Stage::Gone)
    }

    /// Hands the result to the caller, and wakes it.
    pub(crate) fn complete(&self, result: Result<Outcome>) {
        if let Some(waker) = self.answer(result) {
            wake(waker);
        }
    }

    /// Hands the result to the caller, who is to be woken. If it went away the result is dropped,
    /// and with it an open cursor.
    pub(crate) fn answer(&self, result: Result<Outcome>) -> Option<Waker> {
        let mut progress = lock(&self.progress);
        if matches!(progress.stage, Stage::Gone) {
            drop(progress);
            drop(result);
            return None;
        }
        let before = std::mem::replace(&mut progress.stage, Stage::Done(result));
        let waker = progress.waker.take();
        drop(progress);
        drop(before);
        waker
    }

    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Outcome>> {
        let mut progress = lock(&self.progress);
        match std::mem::replace(&mut progress.stage, Stage::Gone) {
            Stage::Done(result) => Poll::Ready(result),
            other => {
                progress.stage = other;
                match &mut progress.waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    none => *none = Some(context.waker().clone()),
                }
                Poll::Pending
            }
        }
    }

    /// The caller goes away. What had not begun comes back; what runs is interrupted; a result
    /// that was not fetched is dropped.
    pub(crate) fn abandon(&self) -> Option<Work> {
        let mut progress = lock(&self.progress);
        let stage = std::mem::replace(&mut progress.stage, Stage::Gone);
        let waker = progress.waker.take();
        let work = match stage {
            Stage::Waiting => progress.work.take(),
            _ => None,
        };
        drop(progress);
        drop(waker);
        match stage {
            Stage::Waiting => work,
            Stage::Running => {
                self.interrupt.cancel();
                None
            }
            Stage::Done(_) | Stage::Gone => None,
        }
    }
}

impl Interruptible for Operation {
    fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }
}
