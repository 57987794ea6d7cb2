//! Reads on the threads that await them, as far as a budget goes.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use queryset::{Access, Fetched, Result};

use super::Pool;
use crate::connection::Line;
use crate::cursor::Cursor;
use crate::operation::Work;
use crate::run::{self, Here, Left};

/// What came of a read that was to run on the thread that awaits it.
pub(crate) enum Attempt {
    Done(Result<Fetched>),
    /// Other tasks are to have their turn first.
    Later(Work),
    /// It is a worker's to do, from the beginning or from where it is.
    Elsewhere(Work),
}

impl Pool {
    /// Runs a read on this thread as far as its budget goes, if it may run here at all.
    pub(crate) fn attempt(self: &Arc<Self>, line: Line, work: Work) -> Attempt {
        match (&self.opener.options().inline, work) {
            (
                Some(budget),
                Work::Fetch {
                    statement,
                    sink,
                    max_rows,
                },
            ) if line == Line::of(Access::Read) && !budget.most_time().is_zero() => {
                let now = Instant::now();
                let fetch = |statement, sink| Work::Fetch {
                    statement,
                    sink,
                    max_rows,
                };
                if !Turn::goes_on(now, budget.most_time()) {
                    return Attempt::Later(fetch(statement, sink));
                }
                let mut state = self.lock();
                // What is wrong with a pool that is closed is told where operations are queued.
                let connection = match state.check_open() {
                    Ok(()) => state.readers.take_idle(&statement.sql, now),
                    Err(_) => None,
                };
                state.take_turns();
                drop(state);
                let Some(connection) = connection else {
                    return Attempt::Elsewhere(fetch(statement, sink));
                };
                let place = connection.place();
                let here = run::fetch_here(connection, statement, sink, max_rows, now);
                Turn::is_over(Instant::now());
                let (result, left) = match here {
                    Here::Ran(ran) => ran,
                    Here::Elsewhere(work) => return Attempt::Elsewhere(work),
                };
                let cursor = match left {
                    Left::Open(running) => Some(Box::new(Cursor::new(self, running, true)) as _),
                    left => {
                        self.give_back(place, left);
                        None
                    }
                };
                Attempt::Done(result.map(|sink| Fetched { sink, cursor }))
            }
            (_, work) => Attempt::Elsewhere(work),
        }
    }
}

/// Reads on this thread that followed each other: none of them waits, so nobody else has had a
/// turn since the first.
#[derive(Clone, Copy)]
struct Turn {
    began: Instant,
    last: Instant,
}

thread_local! {
    static TURN: Cell<Option<Turn>> = const { Cell::new(None) };
}

impl Turn {
    /// Whether a read may begin; if not, one that comes next may.
    fn goes_on(now: Instant, time: Duration) -> bool {
        let turn = match TURN.get() {
            // After a pause that is none of ours, others have had their turn, or the task does
            // more than read.
            Some(turn) if now.saturating_duration_since(turn.last) < time => Turn {
                began: turn.began,
                last: now,
            },
            _ => Turn {
                began: now,
                last: now,
            },
        };
        let goes_on = now.saturating_duration_since(turn.began) < time;
        TURN.set(goes_on.then_some(turn));
        goes_on
    }

    /// A read has ended: its own time is no pause.
    fn is_over(now: Instant) {
        TURN.set(TURN.get().map(|turn| Turn { last: now, ..turn }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_a_row_make_way_after_a_while() {
        let time = Duration::from_micros(100);
        let start = Instant::now();
        let at = |micros| start + Duration::from_micros(micros);
        assert!(Turn::goes_on(at(0), time));
        assert!(Turn::goes_on(at(60), time));
        assert!(Turn::goes_on(at(99), time));
        assert!(!Turn::goes_on(at(101), time));
        assert!(Turn::goes_on(at(102), time), "its turn comes again");
        assert!(Turn::goes_on(at(201), time));
        assert!(!Turn::goes_on(at(202), time));
        assert!(Turn::goes_on(at(203), time));
        assert!(Turn::goes_on(at(400), time), "after a pause");
        assert!(Turn::goes_on(at(499), time));
    }

    #[test]
    fn a_read_that_takes_long_is_no_pause() {
        let time = Duration::from_micros(100);
        let start = Instant::now();
        let at = |micros| start + Duration::from_micros(micros);
        assert!(Turn::goes_on(at(0), time));
        Turn::is_over(at(150));
        assert!(!Turn::goes_on(at(151), time));
        assert!(Turn::goes_on(at(152), time));
        Turn::is_over(at(160));
        assert!(Turn::goes_on(at(300), time), "after a pause");
    }
}
