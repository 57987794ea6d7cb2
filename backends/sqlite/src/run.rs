//! Running a statement on the current thread: a worker's, or that of a blocking caller.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use queryset::{Access, Error, ErrorKind, Result, RowSink, Statement, Value};

use crate::connection::Connection;
use crate::error;
use crate::interrupt::{Allowed, Interruptible, Working};
use crate::operation::Work;
use crate::panics;
use crate::statement::{self, Running, Start};

/// What is left of a connection after an operation.
pub(crate) enum Left {
    /// It serves others again.
    Free(Box<Connection>),
    /// It keeps a snapshot for others that read.
    Shared(Box<Connection>),
    /// Rows wait in its statement.
    Open(Box<Running>),
    /// It belongs to a transaction from now on.
    Pinned,
    /// Something panicked in the middle; it has been closed.
    Broken,
}

/// A result, and what is left.
pub(crate) type Ran<T> = (Result<T>, Left);

/// What a read came to.
pub(crate) struct Rows {
    pub(crate) sink: Box<dyn RowSink>,
    /// The values of the statement's placeholders, if it has ended: memory is freed at less cost by
    /// the thread that asked for it.
    pub(crate) spent: Vec<Value>,
}

/// Runs a statement and hands its first rows, at most `max_rows`, to the sink. With a `reach` it
/// keeps its snapshot for others that were queued until then.
pub(crate) fn fetch(
    mut connection: Box<Connection>,
    statement: Statement,
    sink: Box<dyn RowSink>,
    max_rows: usize,
    reach: Option<u64>,
    interrupt: Option<&Arc<impl Interruptible>>,
) -> Ran<Rows> {
    guarded(|| {
        let working = work_for(&connection, interrupt);
        if working.is_given_up() {
            return (Err(not_begun()), free(connection));
        }
        if let Err(error) = connection.check_transaction() {
            return (Err(error), Left::Free(connection));
        }
        let shares = reach.is_some_and(|reach| connection.share_snapshot(reach).is_ok());
        let Statement {
            sql,
            params,
            access,
            most_rows,
        } = statement;
        let limit = Limit::new(max_rows, most_rows);
        let ran = match Running::start(connection, sql, params, access == Access::Read) {
            Ok(running) => pull(running, sink, limit, true, shares),
            Err((error, connection)) => (Err(error), free(connection)),
        };
        drop(working);
        ran
    })
}

/// Hands the next rows of an open statement, at most `max_rows`, to the sink.
pub(crate) fn fill(
    running: Box<Running>,
    sink: Box<dyn RowSink>,
    max_rows: usize,
    interrupt: Option<&Arc<impl Interruptible>>,
) -> Ran<Rows> {
    guarded(|| {
        let working = work_for(running.connection(), interrupt);
        if working.is_given_up() {
            return (Err(not_begun()), free(running.finish()));
        }
        let limit = Limit::new(max_rows, None);
        let ran = pull(*running, sink, limit, false, false);
        drop(working);
        ran
    })
}

/// How a fetch went on the thread that awaits it.
pub(crate) enum Here {
    Ran(Ran<Box<dyn RowSink>>),
    /// It is to go on, or to begin, on another.
    Elsewhere(Work),
}

/// Runs a statement as [`fetch`] does, within the budget of reads on the threads that await them.
pub(crate) fn fetch_here(
    connection: Box<Connection>,
    statement: Statement,
    sink: Box<dyn RowSink>,
    max_rows: usize,
    since: Instant,
) -> Here {
    let run = || here(connection, statement, sink, max_rows, since);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(here) => here,
        Err(panic) => Here::Ran((Err(panicked(&*panic)), Left::Broken)),
    }
}

fn here(
    mut connection: Box<Connection>,
    statement: Statement,
    mut sink: Box<dyn RowSink>,
    max_rows: usize,
    since: Instant,
) -> Here {
    let elsewhere = |connection, statement, sink| {
        Here::Elsewhere(Work::Again {
            connection,
            statement,
            sink,
            max_rows,
        })
    };
    let start = connection.statements.start(&statement.sql);
    let allowed = match (start, connection.inline_budget()) {
        // What may be ended in the middle has to be able to begin again.
        (Some(Start::Straight), Some(_)) if sink.forget() => Allowed::straight(since),
        (Some(Start::Loops), Some(budget)) if sink.forget() => Allowed::at_most(budget, since),
        _ => return elsewhere(connection, statement, sink),
    };
    let working = connection.work_within(allowed);
    if start == Some(Start::Loops) && connection.begin_snapshot().is_err() {
        drop(working);
        return elsewhere(connection, statement, sink);
    }
    let Statement {
        sql,
        params,
        most_rows,
        ..
    } = statement;
    let limit = Limit::new(max_rows, most_rows);
    let mut running = match Running::start(connection, sql, params, true) {
        Ok(running) => running,
        Err((error, connection)) => return Here::Ran((Err(error), free(connection))),
    };
    match rows_within(&mut running, &mut *sink, limit, &working) {
        Ok(Within::Ended) => {
            running.habit().was_in_time();
            let (settled, left) = settle(running.finish());
            Here::Ran((settled.map(|()| sink), left))
        }
        Ok(Within::Full) => Here::Ran((Ok(sink), Left::Open(Box::new(running)))),
        Ok(Within::Hurries(taken)) => {
            running.habit().was_slow();
            drop(working);
            Here::Elsewhere(Work::Fill {
                running: Box::new(running),
                sink,
                max_rows: max_rows - taken,
            })
        }
        Err(error) => {
            let spent = working.is_spent();
            if spent {
                running.habit().was_slow();
            }
            drop(working);
            // Locks are waited for elsewhere, and asked for before the first row.
            let waits = error.kind() == ErrorKind::Busy && !running.has_begun();
            if waits || spent && sink.forget() {
                let (connection, statement) = running.take_back();
                let statement = Statement {
                    most_rows,
                    ..statement
                };
                return elsewhere(connection, statement, sink);
            }
            Here::Ran((Err(error), free(running.finish())))
        }
    }
}

/// What [`rows_within`] came to.
enum Within {
    Ended,
    /// More rows may follow, and it stands on the next.
    Full,
    /// After so many rows most of the budget is used up, and it stands on the next.
    Hurries(usize),
}

fn rows_within(
    running: &mut Running,
    sink: &mut dyn RowSink,
    limit: Limit,
    working: &Working,
) -> Result<Within> {
    let Limit { max_rows, ends } = limit;
    if !running.step()? {
        return Ok(Within::Ended);
    }
    let mut taken = 0;
    while taken < max_rows && !working.hurries() {
        sink.row(running)?;
        taken += 1;
        if ends && taken == max_rows {
            return Ok(Within::Ended);
        }
        match running.step() {
            Ok(true) => {}
            Ok(false) => return Ok(Within::Ended),
            // As in `rows`: the rows before the failure are the caller's.
            Err(error) if taken == max_rows && !error.is_cancelled() && !working.is_spent() => {
                running.fail_later(error);
                return Ok(Within::Full);
            }
            Err(error) => return Err(error),
        }
    }
    running.set_ahead();
    Ok(match taken < max_rows {
        true => Within::Hurries(taken),
        false => Within::Full,
    })
}

/// Runs a statement, or several if there are no values, to the end; the number of rows changed.
pub(crate) fn execute(
    connection: Box<Connection>,
    statement: Statement,
    interrupt: Option<&Arc<impl Interruptible>>,
) -> Ran<u64> {
    guarded(|| {
        let working = work_for(&connection, interrupt);
        if working.is_given_up() {
            return (Err(not_begun()), free(connection));
        }
        if let Err(error) = connection.check_transaction() {
            return (Err(error), Left::Free(connection));
        }
        let (total, _) = statement::changes(connection.database());
        let several = statement.params.is_empty()
            && statement.sql.trim_end().trim_end_matches(';').contains(';');
        let (result, connection) = match several {
            true => {
                let result = statement::run_batch(&connection, &statement.sql);
                (result, connection)
            }
            false => run_one(connection, statement),
        };
        let (total_now, changed) = statement::changes(connection.database());
        let changed = match several {
            true => total_now - total,
            // What changes no row leaves the count of the statement before.
            false if total_now == total => 0,
            false => changed,
        };
        let (closed, left) = settle(connection);
        let result = result
            .and(closed)
            .map(|()| u64::try_from(changed).unwrap_or(0));
        drop(working);
        (result, left)
    })
}

/// Begins a transaction that stays open.
pub(crate) fn begin(
    connection: Box<Connection>,
    sql: &str,
    interrupt: Option<&Arc<impl Interruptible>>,
) -> Ran<()> {
    guarded(|| {
        let working = work_for(&connection, interrupt);
        if working.is_given_up() {
            return (Err(not_begun()), free(connection));
        }
        let begun = statement::run_batch(&connection, sql);
        drop(working);
        match begun {
            Ok(()) => (Ok(()), Left::Free(connection)),
            Err(error) => (Err(error), free(connection)),
        }
    })
}

/// Ends a transaction that nobody ends any more.
pub(crate) fn roll_back(mut connection: Box<Connection>) -> Left {
    guarded(|| {
        let working = connection.work_for(None);
        let ended = connection.end_snapshot();
        let rolled_back = ended.and_then(|()| connection.roll_back());
        drop(working);
        match rolled_back {
            Ok(_) => (Ok(()), Left::Free(connection)),
            Err(error) => (Err(error), Left::Broken),
        }
    })
    .1
}

/// Ends a snapshot that reads have shared.
pub(crate) fn end_snapshot(connection: Box<Connection>) -> Left {
    guarded(|| {
        let working = connection.work_for(None);
        let left = free(connection);
        drop(working);
        (Ok(()), left)
    })
    .1
}

/// Ends an open statement.
pub(crate) fn finish(running: Box<Running>) -> Left {
    match catch_unwind(AssertUnwindSafe(|| free(running.finish()))) {
        Ok(left) => left,
        Err(_) => Left::Broken,
    }
}

fn run_one(connection: Box<Connection>, statement: Statement) -> (Result<()>, Box<Connection>) {
    let Statement { sql, params, .. } = statement;
    let mut running = match Running::start(connection, sql, params, false) {
        Ok(running) => running,
        Err((error, connection)) => return (Err(error), connection),
    };
    let result = loop {
        match running.step() {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    (result, running.finish())
}

/// How many rows are taken at a time.
#[derive(Clone, Copy)]
struct Limit {
    max_rows: usize,
    /// Whether no more can follow.
    ends: bool,
}

impl Limit {
    /// At most `max_rows` of a result that has `most_rows` at most.
    fn new(max_rows: usize, most_rows: Option<u64>) -> Self {
        let most_rows = most_rows.and_then(|most| usize::try_from(most).ok());
        match most_rows {
            Some(most) if (1..=max_rows).contains(&most) => Self {
                max_rows: most,
                ends: true,
            },
            _ => Self {
                max_rows,
                ends: false,
            },
        }
    }
}

/// Steps through at most so many rows, and to the one behind them if there can be one: so a result
/// that ends there gives its connection back now, and not with the next call.
///
/// What is done with its first chunk, as most results are, is never boxed.
fn pull(
    mut running: Running,
    mut sink: Box<dyn RowSink>,
    limit: Limit,
    first: bool,
    shares: bool,
) -> Ran<Rows> {
    let budget = running.connection().inline_budget().filter(|_| first);
    let timed = budget.map(|budget| (budget.most_time(), Instant::now()));
    let came = rows(&mut running, &mut *sink, limit);
    if let Some((time, began)) = timed {
        match began.elapsed() < time {
            true => running.habit().was_quick(),
            false => running.habit().was_slow(),
        }
    }
    match came {
        Ok(true) => {
            let spent = Vec::new();
            (Ok(Rows { sink, spent }), Left::Open(Box::new(running)))
        }
        Ok(false) => {
            let (connection, spent) = running.end();
            if shares && connection.is_in_transaction() {
                return (Ok(Rows { sink, spent }), Left::Shared(connection));
            }
            let (settled, left) = settle(connection);
            (settled.map(|()| Rows { sink, spent }), left)
        }
        Err(error) => (Err(error), free(running.finish())),
    }
}

/// Whether more rows may follow.
fn rows(running: &mut Running, sink: &mut dyn RowSink, limit: Limit) -> Result<bool> {
    let Limit { max_rows, ends } = limit;
    let mut taken = 0;
    if !running.take_ahead()? && !running.step()? {
        return Ok(false);
    }
    while taken < max_rows {
        sink.row(running)?;
        taken += 1;
        if ends && taken == max_rows {
            return Ok(false);
        }
        match running.step() {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            // The rows before the failure are the caller's; it hears of the failure when it
            // asks for more.
            Err(error) if taken == max_rows && !error.is_cancelled() => {
                running.fail_later(error);
                return Ok(true);
            }
            Err(error) => return Err(error),
        }
    }
    running.set_ahead();
    Ok(true)
}

/// Frees a connection whose operation failed: its own error is worth more than another.
fn free(connection: Box<Connection>) -> Left {
    settle(connection).1
}

/// Frees a connection, unless a statement left a transaction open, which would swallow what
/// others write.
fn settle(mut connection: Box<Connection>) -> (Result<()>, Left) {
    if connection.place().line.transaction.is_some() {
        return (Ok(()), Left::Free(connection));
    }
    if let Err(error) = connection.end_snapshot() {
        drop(connection);
        return (Err(error), Left::Broken);
    }
    match connection.roll_back() {
        Ok(false) => (Ok(()), Left::Free(connection)),
        Ok(true) => (
            Err(Error::new(
                ErrorKind::Programming,
                "the statement left a transaction open, which was rolled back: a connection of \
                 the pool serves others after each operation",
            )),
            Left::Free(connection),
        ),
        Err(error) => {
            drop(connection);
            (Err(error), Left::Broken)
        }
    }
}

fn work_for(connection: &Connection, given: Option<&Arc<impl Interruptible>>) -> Working {
    connection.work_for(given.map(|given| Arc::clone(given) as Arc<dyn Interruptible>))
}

#[cold]
fn not_begun() -> Error {
    error::from_code(rusqlite::ffi::SQLITE_INTERRUPT, "interrupted")
}

/// Whatever panics in the middle (a sink that decodes a row) takes the connection with it, and
/// nothing else.
fn guarded<T>(operation: impl FnOnce() -> Ran<T>) -> Ran<T> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(ran) => ran,
        Err(panic) => (Err(panicked(&*panic)), Left::Broken),
    }
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Error {
    panics::error("reading a row", panic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Line, Opener, Place};
    use crate::interrupt::Interrupt;
    use crate::options::SqliteOptions;

    #[test]
    fn what_is_given_up_before_it_begins_leaves_no_snapshot() {
        let (opener, _first) = Opener::new(SqliteOptions::memory()).unwrap();
        let place = Place {
            line: Line::of(Access::Read),
            slot: 0,
        };
        let mut connection = opener.open(place).unwrap();
        connection.share_snapshot(2).unwrap();
        assert!(connection.is_in_transaction());
        let interrupt = Arc::new(Interrupt::default());
        interrupt.cancel();
        let statement = Statement::read("SELECT 1", vec![]);
        let (result, left) = execute(Box::new(connection), statement, Some(&interrupt));
        assert!(result.is_err());
        match left {
            Left::Free(connection) => assert!(!connection.is_in_transaction()),
            _ => panic!("the connection serves others"),
        }
    }
}
