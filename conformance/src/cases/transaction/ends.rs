//! Transactions and their ends: committed, rolled back, dropped, closed under.

use std::time::Duration;

use queryset::{CommitState, Database, ErrorKind, Family, TransactionOptions, Value, raw};

use super::steps::End::{Commit, Rollback};
use super::steps::{ENDED, add, ask, begin, begin_with, count, end, kind, ok, on, present, update};
use crate::failure::{Verdict, ensure, fail, same};
use crate::models::{Number, numbers};
use crate::stage::{Stage, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.commit", Method::Commit, commit)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new("transaction.rollback", Method::Rollback, rollback),
    Case::new("transaction.dropped", Method::Begin, dropped),
    Case::new("transaction.used_after", Method::Commit, used_after),
    Case::new(
        "transaction.ended_by_statement",
        Method::Execute,
        ended_by_statement,
    ),
    Case::new("transaction.hook", Method::Begin, hook),
    Case::new("transaction.close", Method::Close, close),
    Case::new("transaction.in_task", Method::Begin, in_task).only(&[Form::Async]),
    Case::new("transaction.one_connection", Method::Begin, one_connection),
];

fn commit(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    for id in 1..=3 {
        add(&s, &tx, id)??;
    }
    same("seen from inside", count(&s, &tx)?, 3)?;
    same("seen from outside", count(&s, s.db())?, 0)?;
    same("the outcome before", outcome.state(), CommitState::Open)?;
    end(&s, tx, Commit)??;
    same("the outcome after", outcome.state(), CommitState::Committed)?;
    same("seen after the commit", present(&s, s.db())?, vec![1, 2, 3])?;
    add(&s, s.db(), 4)??;
    same("the next write", count(&s, s.db())?, 4)
}

fn rollback(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    add(&s, &tx, 2)??;
    let db: &Database = &tx;
    let sql = "DELETE FROM number WHERE id = 1";
    same(
        "rows deleted",
        on!(s, db, execute / aexecute(sql, vec![]))??,
        1,
    )?;
    same("seen from inside", present(&s, &tx)?, vec![2])?;
    end(&s, tx, Rollback)??;
    same("the outcome", outcome.state(), CommitState::RolledBack)?;
    same("seen after the rollback", present(&s, s.db())?, vec![1])?;
    add(&s, s.db(), 2)??;
    same("the next write", count(&s, s.db())?, 2)
}

/// Many times, so that a connection that is lost or still in the transaction shows.
fn dropped(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    for round in 0..100 {
        let tx = begin(&s, s.db())?;
        let outcome = tx.outcome();
        add(&s, &tx, 1)??;
        let clone = tx.clone();
        drop(tx);
        same(
            "seen by a clone that is left",
            count(&s, &clone)?,
            round as u64 + 1,
        )?;
        match s.form() {
            Form::Blocking => drop(clone),
            Form::Async => s.task("a drop", async move { drop(clone) })?,
        }
        same("the outcome", outcome.state(), CommitState::RolledBack)?;
        add(&s, s.db(), 100 + round)??;
        let all = count(&s, s.db())?;
        same(format!("rows after drop {round}"), all, round as u64 + 1)?;
    }
    same("rows of a dropped one", present(&s, s.db())?[0], 100)
}

fn used_after(stage: &Stage) -> Verdict {
    let s = stage.numbers(3)?;
    for how in [Commit, Rollback] {
        let tx = begin(&s, s.db())?;
        let (left, again, nested) = (tx.clone(), tx.clone(), tx.clone());
        same("a read", count(&s, &tx)?, 3)?;
        end(&s, tx, how)??;
        same(
            "count",
            kind(ask!(s, left, numbers(), count / acount())?),
            ENDED,
        )?;
        same(
            "list",
            kind(ask!(s, left, numbers(), list / alist())?),
            ENDED,
        )?;
        same("create", kind(add(&s, &left, 9)?), ENDED)?;
        same("begin", kind(on!(s, left, begin / abegin())?), ENDED)?;
        same("commit", kind(end(&s, left, Commit)?), ENDED)?;
        same("rollback", kind(end(&s, again, Rollback)?), ENDED)?;
        let message = ask!(s, nested, numbers(), exists / aexists())?;
        let message = message.err().map(|error| error.to_string());
        let word = match how {
            Commit => "committed",
            Rollback => "rolled back",
        };
        ensure(
            message
                .as_ref()
                .is_some_and(|message| message.contains(word)),
            format!("the error should say {word}: {message:?}"),
        )?;
    }
    same("outside", count(&s, s.db())?, 3)
}

/// A statement that ends the transaction behind its back: what comes next says so, and takes no
/// effect by itself.
fn ended_by_statement(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    for sql in ["ROLLBACK", "COMMIT"] {
        let tx = begin(&s, s.db())?;
        let outcome = tx.outcome();
        // The statement itself may be refused too.
        drop(on!(s, tx, execute / aexecute(sql, vec![]))?);
        same("a write that follows", kind(add(&s, &tx, 2)?), ENDED)?;
        same("the commit", kind(end(&s, tx, Commit)?), ENDED)?;
        ensure(
            outcome.state() != CommitState::Committed,
            "nobody knows what became of its writes",
        )?;
        same("what remains", present(&s, s.db())?, vec![1])?;
    }
    Ok(())
}

/// The hook sees the statements that begin and end.
fn hook(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    s.statements();
    let tx = begin(&s, s.db())?;
    let nested = begin(&s, &tx)?;
    add(&s, &nested, 1)??;
    end(&s, nested, Commit)??;
    drop(begin(&s, &tx)?);
    end(&s, tx, Commit)??;
    end(&s, begin(&s, s.db())?, Rollback)??;
    let words = |sql: &String| {
        let words: Vec<&str> = sql.split([' ', ';']).take(2).collect();
        words[0].to_owned()
    };
    let seen: Vec<String> = s.statements().iter().map(words).collect();
    let begins = match s.db().dialect().family {
        Family::Mysql => "START",
        _ => "BEGIN",
    };
    let expected = [
        begins,
        "SAVEPOINT",
        "INSERT",
        "RELEASE",
        "SAVEPOINT",
        "ROLLBACK",
        "RELEASE",
        "COMMIT",
        begins,
        "ROLLBACK",
    ];
    same("the statements", seen, expected.map(str::to_owned).to_vec())
}

/// Closing waits for the transaction, which goes on meanwhile.
fn close(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 2)??;
    let outcome = tx.outcome();
    let db = s.db().clone();
    let closing = std::thread::spawn(move || db.close());
    // Closing has begun once others are refused.
    loop {
        // Where a transaction that writes keeps readers out, it waits until then.
        let beside = numbers().timeout(Duration::from_millis(20));
        match ask!(s, s.db(), beside, count / acount())? {
            Ok(_) => std::thread::yield_now(),
            Err(error) if error.is_timeout() => {}
            Err(error) => {
                same("a read beside it", error.kind(), ErrorKind::Closed)?;
                break;
            }
        }
    }
    same("whether it waits", closing.is_finished(), false)?;
    add(&s, &tx, 3)??;
    same("the transaction", count(&s, &tx)?, 3)?;
    same(
        "closing through it",
        kind(on!(s, tx, close / aclose())?),
        ENDED,
    )?;
    end(&s, tx, Commit)??;
    same("the outcome", outcome.state(), CommitState::Committed)?;
    match closing.join() {
        Ok(result) => result?,
        Err(_) => return fail("closing panicked"),
    }
    same(
        "another",
        kind(on!(s, s.db(), begin / abegin())?),
        Some(ErrorKind::Closed),
    )
}

fn in_task(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let db = s.db().clone();
    let kinds = s.task("blocking methods in a task", async move {
        let tx = db.abegin().await?;
        let nested = tx.abegin().await?;
        let kinds = [
            kind(db.begin()),
            kind(nested.begin()),
            kind(nested.create(&Number { id: 2, double: 4 })),
            kind(numbers().count(&nested)),
            kind(db.atomic(|_| ok(()))),
            kind(nested.clone().commit()),
            kind(nested.clone().rollback()),
        ];
        nested.acommit().await?;
        tx.acommit().await?;
        ok(kinds)
    })??;
    same("their kinds", kinds, [Some(ErrorKind::SynchronousOnly); 7])
}

/// With one connection, what a transaction does not give back is missed by the next.
fn one_connection(stage: &Stage) -> Verdict {
    let s = stage.open_with(|opening| opening.readers = Some(1))?;
    s.add_numbers(10)?;
    for round in 0..60 {
        let options = match round % 2 {
            0 => TransactionOptions::new(),
            _ => TransactionOptions::snapshot(),
        };
        let tx = begin_with(&s, options)?;
        same("within", count(&s, &tx)?, 10)?;
        match round % 6 {
            0 | 1 => end(&s, tx, Commit)??,
            2 | 3 => end(&s, tx, Rollback)??,
            _ => drop(tx),
        }
        same("behind it", count(&s, s.db())?, 10)?;
        let update = update(&s, 1);
        let touched = on!(s, s.db(), execute / aexecute(update, vec![]))??;
        same("a write", touched, 1)?;
    }
    let double = read!(s, numbers().filter(|n| n.id.eq(1)), get / aget())?.value()?;
    same("the writes", double.double, 62)?;
    let parameter = vec![Value::I64(1)];
    let sql = match s.db().dialect().family {
        Family::Postgres => "SELECT id FROM number WHERE id = $1",
        _ => "SELECT id FROM number WHERE id = ?",
    };
    same(
        "a value",
        ask!(s, s.db(), raw::<(i64,)>(sql, parameter), list / alist())??,
        vec![(1,)],
    )
}
