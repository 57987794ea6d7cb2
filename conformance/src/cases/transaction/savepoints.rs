//! Transactions within transactions.

use queryset::{IsolationLevel, TransactionOptions};

use super::steps::End::{Commit, Rollback};
use super::steps::{ENDED, add, ask, begin, begin_with, count, end, kind, on, present};
use crate::failure::{Verdict, same};
use crate::models::numbers;
use crate::stage::Stage;
use crate::{Capability, Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("transaction.savepoint", Method::Begin, savepoint)
        .needing(&[Capability::ReadsBesideWriter]),
    Case::new(
        "transaction.savepoint.dropped",
        Method::Begin,
        savepoint_dropped,
    ),
    Case::new(
        "transaction.savepoint.inside",
        Method::Begin,
        savepoint_inside,
    ),
    Case::new("transaction.savepoint.open", Method::Begin, savepoint_open),
    Case::new(
        "transaction.savepoint.after",
        Method::Begin,
        savepoint_after,
    ),
    Case::new(
        "transaction.savepoint.options",
        Method::Begin,
        savepoint_options,
    ),
];

fn savepoint(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    add(&s, &tx, 1)??;
    let kept = begin(&s, &tx)?;
    add(&s, &kept, 2)??;
    end(&s, kept, Commit)??;
    let undone = begin(&s, &tx)?;
    add(&s, &undone, 3)??;
    same("within", present(&s, &undone)?, vec![1, 2, 3])?;
    end(&s, undone, Rollback)??;
    same("behind it", present(&s, &tx)?, vec![1, 2])?;
    add(&s, &tx, 4)??;
    same("nothing outside", count(&s, s.db())?, 0)?;
    end(&s, tx, Commit)??;
    same("in the end", present(&s, s.db())?, vec![1, 2, 4])?;
    // What a nested one committed goes with the outer one.
    let tx = begin(&s, s.db())?;
    let nested = begin(&s, &tx)?;
    add(&s, &nested, 5)??;
    end(&s, nested, Commit)??;
    end(&s, tx, Rollback)??;
    same("with the outer one", present(&s, s.db())?, vec![1, 2, 4])
}

fn savepoint_dropped(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    for round in 0..50 {
        add(&s, &tx, 10 * round)??;
        let nested = begin(&s, &tx)?;
        add(&s, &nested, 10 * round + 1)??;
        let inner = begin(&s, &nested)?;
        add(&s, &inner, 10 * round + 2)??;
        // Those that are left when the handle of the one around them goes.
        drop(nested);
        drop(inner);
        if round % 2 == 0 {
            same("what remains", count(&s, &tx)?, round as u64 + 1)?;
        }
    }
    drop(begin(&s, &tx)?);
    end(&s, tx, Commit)??;
    let expected: Vec<i64> = (0..50).map(|round| 10 * round).collect();
    same("in the end", present(&s, s.db())?, expected)
}

/// Levels within levels.
fn savepoint_inside(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let outer = begin(&s, &tx)?;
    add(&s, &outer, 1)??;
    let inner = begin(&s, &outer)?;
    add(&s, &inner, 2)??;
    end(&s, inner, Commit)??;
    let inner = begin(&s, &outer)?;
    add(&s, &inner, 3)??;
    end(&s, inner, Rollback)??;
    same("in the middle", present(&s, &outer)?, vec![1, 2])?;
    end(&s, outer, Rollback)??;
    same("outside of both", present(&s, &tx)?, Vec::<i64>::new())?;
    add(&s, &tx, 4)??;
    end(&s, tx, Commit)??;
    same("in the end", present(&s, s.db())?, vec![4])
}

/// While a nested one is open the outer one is not used: what it did would be undone with it.
fn savepoint_open(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    let nested = begin(&s, &tx)?;
    same("a write", kind(add(&s, &tx, 1)?), ENDED)?;
    same(
        "a read",
        kind(ask!(s, tx, numbers(), count / acount())?),
        ENDED,
    )?;
    same("another", kind(on!(s, tx, begin / abegin())?), ENDED)?;
    same("a commit", kind(end(&s, tx.clone(), Commit)?), ENDED)?;
    add(&s, &nested, 2)??;
    end(&s, nested, Commit)??;
    add(&s, &tx, 3)??;
    end(&s, tx, Commit)??;
    same("in the end", present(&s, s.db())?, vec![2, 3])
}

fn savepoint_after(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let tx = begin(&s, s.db())?;
    for how in [Commit, Rollback] {
        let nested = begin(&s, &tx)?;
        let left = nested.clone();
        end(&s, nested, how)??;
        same("a write", kind(add(&s, &left, 1)?), ENDED)?;
        same("a commit", kind(end(&s, left.clone(), Commit)?), ENDED)?;
        same("a rollback", kind(end(&s, left, Rollback)?), ENDED)?;
    }
    // The outer one ends, and with it those within.
    let nested = begin(&s, &tx)?;
    drop(tx);
    add(&s, &nested, 2)??;
    drop(nested);
    same("in the end", count(&s, s.db())?, 0)
}

fn savepoint_options(stage: &Stage) -> Verdict {
    let s = stage.numbers(0)?;
    let durable = begin_with(&s, TransactionOptions::new().durable())?;
    add(&s, &durable, 1)??;
    for options in [
        TransactionOptions::new().durable(),
        TransactionOptions::new().read_only(),
        TransactionOptions::new().isolation(IsolationLevel::Serializable),
    ] {
        let refused = on!(s, durable, begin_with / abegin_with(options))?;
        same("options of a nested one", kind(refused), ENDED)?;
    }
    end(&s, durable, Commit)??;
    same("in the end", count(&s, s.db())?, 1)
}
