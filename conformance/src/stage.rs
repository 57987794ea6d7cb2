//! What the body of a case works with.

mod answer;
mod trace;

pub(crate) use answer::Answer;
pub(crate) use trace::Trace;

use std::any::Any;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use queryset::runtime::{Runtime, TaskHandle, block_on_until};
use queryset::{Database, Result, StatementHook};

use crate::backend::{Opened, Opening};
use crate::case::Setting;
use crate::failure::{Failure, Verdict, fail};
use crate::runtime::Running;
use crate::{Capability, Form};

/// Where a case plays: a runtime that runs, and the form that is tried.
pub(crate) struct Stage {
    setting: Setting,
    form: Form,
    running: Running,
    trace: Arc<Mutex<Trace>>,
    note: Mutex<String>,
}

impl Stage {
    pub(crate) fn new(setting: Setting, form: Form) -> Self {
        Self {
            running: setting.runtime.start(),
            setting,
            form,
            trace: Arc::default(),
            note: Mutex::default(),
        }
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        self.running.runtime()
    }

    /// Says something in the report of a pass.
    pub(crate) fn note(&self, note: impl Into<String>) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note.into();
    }

    /// What is left to say at the end.
    pub(crate) fn finish(&self) -> (String, Trace) {
        let mut note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        let mut trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut note), std::mem::take(&mut trace))
    }

    /// An empty database.
    pub(crate) fn open(&self) -> Verdict<Session> {
        self.open_with(|_| ())
    }

    /// An empty database with something special about it.
    pub(crate) fn open_with(&self, wish: impl FnOnce(&mut Opening)) -> Verdict<Session> {
        self.try_open_with(wish)?
            .map_err(|error| Failure::preparing("opening a database", error))
    }

    /// As `open_with`, where the case is about what opening says.
    pub(crate) fn try_open_with(
        &self,
        wish: impl FnOnce(&mut Opening),
    ) -> Verdict<Result<Session>> {
        let mut opening = Opening::new(self.runtime().clone());
        wish(&mut opening);
        let runtime = opening.runtime.clone();
        let opening = self.setting.backend.open(opening);
        let handle = self
            .runtime()
            .spawn(opening)
            .map_err(|error| Failure::preparing("opening a database", error))?;
        let opened = self.join("opening a database", handle)?;
        Ok(opened.map(|opened| Session::new(self, runtime, opened)))
    }

    /// Why the backend says that it lacks something.
    pub(crate) fn lacks(&self, capability: Capability) -> Option<&str> {
        self.setting.backend.lacks(capability)
    }

    /// Leaves the runtime undriven until the guard is dropped.
    pub(crate) fn hold(&self) -> Verdict<Box<dyn Any + Send>> {
        let guard = self.running.hold();
        guard.ok_or_else(|| Failure::new("the runtime cannot be left undriven"))
    }

    /// The value of a task.
    pub(crate) fn join<T>(&self, what: &str, task: TaskHandle<T>) -> Verdict<T> {
        join(self.setting.patience, what, task)
    }

    /// The value of a task that takes longer than cases otherwise do.
    pub(crate) fn join_within<T>(
        &self,
        patience: Duration,
        what: &str,
        task: TaskHandle<T>,
    ) -> Verdict<T> {
        join(patience, what, task)
    }

    /// How long to put a load on the database.
    pub(crate) fn endurance(&self) -> Duration {
        self.setting.endurance
    }
}

fn wait<F: Future>(patience: Duration, what: &str, future: F) -> Verdict<F::Output> {
    match block_on_until(future, Instant::now() + patience) {
        Some(output) => Ok(output),
        None => fail(format!("{what}: nothing within {patience:?}")),
    }
}

fn join<T>(patience: Duration, what: &str, task: TaskHandle<T>) -> Verdict<T> {
    wait(patience, what, task)?.map_err(|error| Failure::new(format!("{what}: {error}")))
}

/// An open database of a case, with a log of the statements that it was sent.
pub(crate) struct Session {
    form: Form,
    runtime: Runtime,
    patience: Duration,
    trace: Arc<Mutex<Trace>>,
    log: Arc<Mutex<Vec<String>>>,
    _hook: StatementHook,
    opened: Opened,
}

impl Session {
    fn new(stage: &Stage, runtime: Runtime, opened: Opened) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let hook = opened.database().on_statement(move |event| {
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(event.sql.to_owned());
        });
        Self {
            form: stage.form,
            runtime,
            patience: stage.setting.patience,
            trace: Arc::clone(&stage.trace),
            log,
            _hook: hook,
            opened,
        }
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn db(&self) -> &Database {
        self.opened.database()
    }

    pub(crate) fn opened(&self) -> &Opened {
        &self.opened
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// The value of a future, on the case's own thread and by a deadline that needs no runtime.
    pub(crate) fn wait<F: Future>(&self, what: &str, future: F) -> Verdict<F::Output> {
        wait(self.patience, what, future)
    }

    pub(crate) fn join<T>(&self, what: &str, task: TaskHandle<T>) -> Verdict<T> {
        join(self.patience, what, task)
    }

    /// The value of a future that runs as a task of the runtime.
    pub(crate) fn task<F>(&self, what: &str, future: F) -> Verdict<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.join(what, self.runtime.spawn(future)?)
    }

    /// Does something that only prepares the case.
    pub(crate) fn prepare<T>(&self, what: &str, result: Result<T>) -> Verdict<T> {
        result.map_err(|error| Failure::preparing(what, error))
    }

    /// The statements sent since the last call.
    pub(crate) fn statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The blocking form of a read, on this thread.
    pub(crate) fn here<T: Debug>(
        &self,
        call: &str,
        read: impl FnOnce(&Database) -> Result<T>,
    ) -> Answer<T> {
        self.statements();
        let result = read(self.db());
        self.answered(call, result)
    }

    /// The asynchronous form of a read, in a task.
    pub(crate) fn there<T, F>(&self, call: &str, read: F) -> Verdict<Answer<T>>
    where
        T: Debug + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.statements();
        let result = self.task(call, read)?;
        Ok(self.answered(call, result))
    }

    fn answered<T: Debug>(&self, call: &str, result: Result<T>) -> Answer<T> {
        let answer = Answer::new(call, result, self.statements());
        let mut trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        trace.push(self.opened.without_name(answer.summary()));
        answer
    }
}

/// One read in the form that the session tries: `read!(s, query, get / aget())`. A function behind
/// `=>` changes the value, where only part of it is of interest.
macro_rules! read {
    ($session:expr, $query:expr, $blocking:ident / $twin:ident ($($arg:expr),*) $(=> $map:expr)?) => {{
        let session: &$crate::stage::Session = &$session;
        let query = $query;
        match session.form() {
            $crate::Form::Blocking => ::std::result::Result::Ok(
                session.here(stringify!($blocking), move |db| query.$blocking(db $(, $arg)*)$(.map($map))?),
            ),
            $crate::Form::Async => {
                let db = session.db().clone();
                session.there(stringify!($blocking), async move {
                    query.$twin(&db $(, $arg)*).await$(.map($map))?
                })
            }
        }
    }};
}

/// One call of a method of the database, in the form that the session tries.
macro_rules! call {
    ($session:expr, $blocking:ident / $twin:ident $(::<$row:ty>)? ($($arg:expr),*)) => {{
        let session: &$crate::stage::Session = &$session;
        match session.form() {
            $crate::Form::Blocking => ::std::result::Result::Ok(
                session.here(stringify!($blocking), |db| db.$blocking$(::<$row>)?($($arg),*)),
            ),
            $crate::Form::Async => {
                let db = session.db().clone();
                session.there(stringify!($blocking), async move { db.$twin$(::<$row>)?($($arg),*).await })
            }
        }
    }};
}

/// Every row of an iteration, in the form that the session tries.
macro_rules! iterate {
    ($session:expr, $query:expr $(=> $map:expr)?) => {{
        let session: &$crate::stage::Session = &$session;
        let query = $query;
        match session.form() {
            $crate::Form::Blocking => ::std::result::Result::Ok(session.here("iter", move |db| {
                query.iter(db).collect::<::queryset::Result<::std::vec::Vec<_>>>()$(.map($map))?
            })),
            $crate::Form::Async => {
                let db = session.db().clone();
                session.there("iter", async move {
                    let rows = query.aiter(&db);
                    let rows = ::futures_util::TryStreamExt::try_collect::<::std::vec::Vec<_>>(rows).await;
                    rows$(.map($map))?
                })
            }
        }
    }};
}

pub(crate) use {call, iterate, read};
