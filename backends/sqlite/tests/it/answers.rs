//! Answers that wait for others: each reaches its caller, whatever its worker runs into.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use queryset::runtime::{BoxFuture, block_on};
use queryset::{Backend, Fetched, Result, Statement, Value};
use queryset_sqlite::{SqliteBackend, SqliteOptions};

use crate::support::{Folder, Gate, Rows, eventually, int, new_file, open, poll_once, taken};

const SOME: usize = 40;

type Read = BoxFuture<'static, Result<Fetched>>;

/// `sometimes(x)` is `x`, and passes through the first gate for -1, the second for -2.
fn sometimes(gates: &[Gate; 2], options: SqliteOptions) -> SqliteOptions {
    let gates = gates.clone();
    options.on_connect(move |connection| {
        let gates = gates.clone();
        connection.create_scalar_function("sometimes", Some(1), move |arguments| {
            match arguments[0].to_owned() {
                Value::I64(-1) => gates[0].pass(),
                Value::I64(-2) => gates[1].pass(),
                _ => {}
            }
            Ok(arguments[0].to_owned())
        })
    })
}

/// Counts the callers that were woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Reader {
    db: SqliteBackend,
    // The very same text each time, as a query's is that is asked again.
    sql: Arc<str>,
}

impl Reader {
    fn begin(&self, value: i64) -> (Read, i64) {
        let statement = Statement::read(Arc::clone(&self.sql), vec![int(value)]);
        let mut read = self.db.fetch(statement, Box::new(Rows::default()), 9);
        assert!(poll_once(&mut read).is_pending());
        (read, value)
    }

    fn begin_some(&self) -> Vec<(Read, i64)> {
        (0..SOME as i64).map(|value| self.begin(value)).collect()
    }
}

/// Waits for all of them at a time, as tasks of their own would.
fn finish(mut reads: Vec<(Read, i64)>) {
    block_on(poll_fn(|context| {
        reads.retain_mut(|(read, value)| match Pin::new(read).poll(context) {
            Poll::Ready(result) => {
                assert_eq!(taken(result.unwrap()).0.rows, [[int(*value)]]);
                false
            }
            Poll::Pending => true,
        });
        match reads.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }));
}

/// Reads in a queue: one that holds it up until the rest are there, some that are short, one
/// that should be and is not, some behind it.
fn one_turns_out_long(options: SqliteOptions, readers: usize) {
    let gates = [Gate::default(), Gate::default()];
    let db = open(sometimes(&gates, options.readers(readers)));
    let sql = "SELECT sometimes(?)".into();
    let reader = Reader { db, sql };
    for round in 1..=30 {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let watched = |(mut read, value): (Read, i64)| {
            let polled = Pin::new(&mut read).poll(&mut Context::from_waker(&waker));
            match polled {
                Poll::Pending => Some((read, value)),
                Poll::Ready(_) => {
                    woken.0.fetch_add(1, Ordering::SeqCst);
                    None
                }
            }
        };
        gates[0].shut();
        gates[1].shut();
        let first: Vec<_> = (0..readers).map(|_| reader.begin(-1)).collect();
        eventually("the queue is held up", || {
            gates[0].entered() == (readers * round) as u64
        });
        let before: Vec<_> = reader
            .begin_some()
            .into_iter()
            .filter_map(watched)
            .collect();
        let (mut long, value) = reader.begin(-2);
        let behind = reader.begin_some();
        gates[0].open();
        eventually("all before it were woken", || {
            woken.0.load(Ordering::SeqCst) == SOME
        });
        finish(before);
        if readers > 1 {
            // Another connection is free for them.
            finish(behind);
            assert!(poll_once(&mut long).is_pending(), "it is not over");
            gates[1].open();
        } else {
            assert!(poll_once(&mut long).is_pending(), "it is not over");
            gates[1].open();
            finish(behind);
        }
        finish(vec![(long, value)]);
        finish(first);
        assert_eq!(gates[1].entered(), round as u64);
    }
}

#[test]
fn an_answer_does_not_wait_for_a_read_that_turns_out_long() {
    one_turns_out_long(SqliteOptions::memory(), 1);
}

#[test]
fn nor_does_one_that_shares_its_snapshot() {
    let folder = Folder::new();
    one_turns_out_long(new_file(&folder), 1);
}

#[test]
fn a_read_that_turns_out_long_keeps_no_others_from_a_free_connection() {
    one_turns_out_long(SqliteOptions::memory(), 2);
    let folder = Folder::new();
    one_turns_out_long(new_file(&folder), 2);
}

#[test]
fn a_wakers_panic_is_its_own() {
    struct Panics(AtomicUsize);

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("a waker that panics");
        }
    }

    let db = open(SqliteOptions::memory().readers(1));
    let sql = "SELECT ?".into();
    let reader = Reader { db, sql };
    let panics = Arc::new(Panics(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&panics));
    for round in 1..=20 {
        let mut reads = reader.begin_some();
        let (mut panicking, _) = reader.begin(-1);
        let polled = Pin::new(&mut panicking).poll(&mut Context::from_waker(&waker));
        reads.extend(reader.begin_some());
        finish(reads);
        if polled.is_pending() {
            eventually("it was woken", || panics.0.load(Ordering::SeqCst) > 0);
            panics.0.store(0, Ordering::SeqCst);
            assert!(block_on(panicking).is_ok(), "round {round}");
        }
    }
}

#[test]
fn callers_that_go_away_hold_up_nobody() {
    callers_go_away(SqliteOptions::memory());
    let folder = Folder::new();
    callers_go_away(new_file(&folder));
}

fn callers_go_away(options: SqliteOptions) {
    let db = open(options.readers(1));
    let sql = "SELECT ?".into();
    let reader = Reader { db, sql };
    for round in 0..200_usize {
        let reads = reader.begin_some();
        let mut kept = Vec::new();
        for (index, read) in reads.into_iter().enumerate() {
            // Some of them while they are answered.
            if index % 3 == round % 3 {
                kept.push(read);
            } else if index % 5 == 0 {
                thread::yield_now();
            }
        }
        finish(kept);
    }
}
