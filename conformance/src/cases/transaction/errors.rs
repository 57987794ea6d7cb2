//! Errors within a transaction, and what they do to it.

use std::thread;
use std::time::Duration;

use queryset::{CommitState, Error, ErrorKind, Family, raw};

use super::steps::End::{Commit, Rollback};
use super::steps::{
    ENDED, add, ask, begin, count, end, kind, on, present, update, writes_side_by_side,
};
use crate::failure::{Failure, Verdict, ensure, fail, same};
use crate::models::numbers;
use crate::proxy::Proxy;
use crate::stage::{Session, Stage, read};
use crate::{Capability, Case, Form, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.broken", Method::Commit, broken),
    Case::new(
        "transaction.broken.savepoint",
        Method::Begin,
        broken_savepoint,
    ),
    Case::new("transaction.deadline", Method::List, deadline),
    Case::new("transaction.lost", Method::Execute, lost).needing(&[Capability::Server]),
    Case::new("transaction.lost.commit", Method::Commit, lost_commit)
        .needing(&[Capability::Server]),
    Case::new("transaction.deadlock", Method::Execute, deadlock).needing(&[Capability::RowLocks]),
];

/// An error within: either the database breaks the transaction, and everything that follows says
/// so, or the transaction goes on. Never half of it.
fn broken(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    add(&s, &tx, 2)??;
    same("the error", kind(add(&s, &tx, 1)?), Some(ErrorKind::Unique))?;
    let next = ask!(s, tx, numbers(), count / acount())?;
    if s.db().dialect().family == Family::Postgres {
        let error = next.err();
        same("what follows", error.as_ref().map(Error::kind), ENDED)?;
        let message = error.map_or(String::new(), |error| error.to_string());
        ensure(
            message.contains("an error occurred in this transaction")
                && message.contains("duplicate key"),
            format!("the error should tell of the one before: {message}"),
        )?;
        same("a write", kind(add(&s, &tx, 3)?), ENDED)?;
        same("a nested one", kind(on!(s, tx, begin / abegin())?), ENDED)?;
        same("the commit", kind(end(&s, tx, Commit)?), ENDED)?;
        same("the outcome", outcome.state(), CommitState::RolledBack)?;
        same("what remains", present(&s, s.db())?, vec![1])?;
    } else {
        same("what follows", next?, 2)?;
        end(&s, tx, Commit)??;
        same("the outcome", outcome.state(), CommitState::Committed)?;
        same("what remains", present(&s, s.db())?, vec![1, 2])?;
    }
    // A broken one can also simply be rolled back.
    let tx = begin(&s, s.db())?;
    same("the error", kind(add(&s, &tx, 1)?), Some(ErrorKind::Unique))?;
    end(&s, tx, Rollback)??;
    add(&s, s.db(), 9)??;
    same(
        "the next write",
        present(&s, s.db())?.last().copied(),
        Some(9),
    )
}

/// A nested one confines the error, whether it is rolled back, dropped or committed.
fn broken_savepoint(stage: &Stage) -> Verdict {
    let s = stage.numbers(1)?;
    let tx = begin(&s, s.db())?;
    for round in 0..3 {
        let nested = begin(&s, &tx)?;
        add(&s, &nested, 100 + round)??;
        same(
            "the error",
            kind(add(&s, &nested, 1)?),
            Some(ErrorKind::Unique),
        )?;
        match round {
            0 => end(&s, nested, Rollback)??,
            1 => drop(nested),
            _ if s.db().dialect().family == Family::Postgres => {
                same("its commit", kind(end(&s, nested, Commit)?), ENDED)?;
            }
            _ => end(&s, nested, Rollback)??,
        }
        add(&s, &tx, 2 + round)??;
    }
    end(&s, tx, Commit)??;
    same("what remains", present(&s, s.db())?, vec![1, 2, 3, 4])
}

/// A read within is given up when its deadline passes: the transaction goes on, or says that it is
/// broken, and why.
fn deadline(stage: &Stage) -> Verdict {
    let s = stage.numbers(1000)?;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 1001)??;
    let endless =
        "SELECT MAX(a.id + b.id + c.id + d.id) FROM number a, number b, number c, number d";
    let endless = raw::<(i64,)>(endless, vec![]).timeout(Duration::from_millis(50));
    let given_up = ask!(s, tx, endless, list / alist())?;
    same("the read", kind(given_up), Some(ErrorKind::Timeout))?;
    let next = ask!(s, tx, numbers(), count / acount())?;
    if s.db().dialect().family == Family::Postgres {
        let message = next
            .as_ref()
            .err()
            .map_or(String::new(), ToString::to_string);
        same("what follows", kind(next), ENDED)?;
        ensure(
            message.contains("given up"),
            format!("the error should tell that something was given up: {message}"),
        )?;
        same("the commit", kind(end(&s, tx, Commit)?), ENDED)?;
        same("what remains", count(&s, s.db())?, 1000)?;
    } else {
        same("what follows", next?, 1001)?;
        end(&s, tx, Commit)??;
        same("what remains", count(&s, s.db())?, 1001)?;
    }
    add(&s, s.db(), 2000)?.map_err(Into::into)
}

/// A database whose connections can be cut off.
fn behind_a_proxy(stage: &Stage) -> Verdict<(Session, Proxy)> {
    let proxy = Proxy::new();
    let via = proxy.via();
    let s = stage.open_with(|opening| opening.via = Some(via))?;
    s.add_numbers(3)?;
    Ok((s, proxy))
}

/// The connection is lost in the middle: nothing remains, and everything that follows says so.
fn lost(stage: &Stage) -> Verdict {
    let (s, proxy) = behind_a_proxy(stage)?;
    let tx = begin(&s, s.db())?;
    let outcome = tx.outcome();
    add(&s, &tx, 4)??;
    proxy.cut();
    let error = add(&s, &tx, 5)?;
    same("the write", kind(error), Some(ErrorKind::Connection))?;
    let next = ask!(s, tx, numbers(), count / acount())?;
    let message = next
        .as_ref()
        .err()
        .map_or(String::new(), ToString::to_string);
    same("what follows", kind(next), ENDED)?;
    ensure(
        message.contains("lost with its connection"),
        format!("the error should tell of the lost connection: {message}"),
    )?;
    same("a nested one", kind(on!(s, tx, begin / abegin())?), ENDED)?;
    same("the commit", kind(end(&s, tx, Commit)?), ENDED)?;
    same("the outcome", outcome.state(), CommitState::RolledBack)?;
    same("what remains", count(&s, s.db())?, 3)?;
    add(&s, s.db(), 6)?.map_err(Into::into)
}

/// The answer to a commit is lost with the connection: nobody says that it was rolled back, and
/// here it was not.
fn lost_commit(stage: &Stage) -> Verdict {
    let (s, proxy) = behind_a_proxy(stage)?;
    let tx = begin(&s, s.db())?;
    let (outcome, clone) = (tx.outcome(), tx.clone());
    add(&s, &tx, 4)??;
    proxy.hold_after(0);
    let committed = match s.form() {
        Form::Blocking => {
            let committing = thread::spawn(move || tx.commit());
            ensure(proxy.holds(s.patience()), "the server answers")?;
            proxy.cut();
            proxy.release();
            let committed = committing.join();
            committed.map_err(|_| Failure::new("the commit panicked"))?
        }
        Form::Async => {
            let committing = s.runtime().spawn(tx.acommit())?;
            ensure(proxy.holds(s.patience()), "the server answers")?;
            proxy.cut();
            proxy.release();
            s.join("the commit", committing)?
        }
    };
    same("the commit", kind(committed), Some(ErrorKind::Connection))?;
    same("the outcome", outcome.state(), CommitState::Unknown)?;
    let next = ask!(s, clone, numbers(), count / acount())?;
    let message = next
        .as_ref()
        .err()
        .map_or(String::new(), ToString::to_string);
    same("what follows", kind(next), ENDED)?;
    ensure(
        message.contains("nobody knows"),
        format!("the error should tell that nobody knows: {message}"),
    )?;
    same("what remains", count(&s, s.db())?, 4)
}

/// Two transactions that wait for each other: one of them gets the error as it is, and is broken;
/// the other goes on.
fn deadlock(stage: &Stage) -> Verdict {
    let s = stage.numbers(2)?;
    writes_side_by_side(&s)?;
    let (one, two) = (begin(&s, s.db())?, begin(&s, s.db())?);
    let (to_one, to_two) = (update(&s, 1), update(&s, 2));
    let (own_one, own_two) = (to_one.clone(), to_two.clone());
    on!(s, one, execute / aexecute(own_one, vec![]))??;
    on!(s, two, execute / aexecute(own_two, vec![]))??;
    let (first, second) = match s.form() {
        Form::Blocking => std::thread::scope(|scope| {
            let waiting = scope.spawn(|| one.execute(to_two, vec![]));
            let second = two.execute(to_one, vec![]);
            match waiting.join() {
                Ok(first) => Verdict::Ok((first, second)),
                Err(_) => fail("a panic"),
            }
        })?,
        Form::Async => {
            let (one, two) = (one.clone(), two.clone());
            s.task("a deadlock", async move {
                futures_util::future::join(
                    one.aexecute(to_two, vec![]),
                    two.aexecute(to_one, vec![]),
                )
                .await
            })?
        }
    };
    let (victim, error, other) = match (first, second) {
        (Err(error), Ok(_)) => (one, error, two),
        (Ok(_), Err(error)) => (two, error, one),
        ends => return fail(format!("one of the two should fail: {ends:?}")),
    };
    same("the victim's error", error.kind(), ErrorKind::Deadlock)?;
    ensure(error.is_retryable(), "a deadlock is worth a retry")?;
    let outcome = victim.outcome();
    let next = ask!(s, victim, numbers(), count / acount())?;
    let message = next
        .as_ref()
        .err()
        .map_or(String::new(), ToString::to_string);
    same("the victim's next read", kind(next), ENDED)?;
    ensure(
        message.contains(&error.to_string()),
        format!("the next read should tell of the deadlock: {message}"),
    )?;
    same("the victim's commit", kind(end(&s, victim, Commit)?), ENDED)?;
    same(
        "the victim's outcome",
        outcome.state(),
        CommitState::RolledBack,
    )?;
    end(&s, other, Commit)??;
    let doubles: Vec<i64> = read!(s, numbers(), list / alist())?
        .value()?
        .iter()
        .map(|row| row.double)
        .collect();
    same("the rows of the other", doubles, vec![3, 5])
}
