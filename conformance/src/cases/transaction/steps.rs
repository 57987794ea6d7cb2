//! The steps that the cases of transactions are made of, in the form that is tried.

use queryset::{Database, ErrorKind, Family, Result, Transaction, TransactionOptions};

use crate::Form;
use crate::failure::{Verdict, ensure};
use crate::models::{Number, ids, numbers};
use crate::stage::Session;

/// What a database or a transaction answers, in the form that the session tries. Without a trace:
/// what is compared is said by the case.
macro_rules! ask {
    ($session:expr, $db:expr, $query:expr, $blocking:ident / $twin:ident ($($arg:expr),*)) => {{
        let session: &$crate::stage::Session = &$session;
        let (db, query) = ((*$db).clone(), $query);
        match session.form() {
            $crate::Form::Blocking => $crate::failure::Verdict::Ok(query.$blocking(&db $(, $arg)*)),
            $crate::Form::Async => session.task(stringify!($blocking), async move {
                query.$twin(&db $(, $arg)*).await
            }),
        }
    }};
}

/// A call of a method of a database or a transaction, in the form that the session tries.
macro_rules! on {
    ($session:expr, $db:expr, $blocking:ident / $twin:ident ($($arg:expr),*)) => {{
        let session: &$crate::stage::Session = &$session;
        let db = $db.clone();
        match session.form() {
            $crate::Form::Blocking => $crate::failure::Verdict::Ok(db.$blocking($($arg),*)),
            $crate::Form::Async => session.task(stringify!($blocking), async move {
                db.$twin($($arg),*).await
            }),
        }
    }};
}

pub(super) fn begin(s: &Session, db: &Database) -> Verdict<Transaction> {
    Ok(on!(s, db, begin / abegin())??)
}

pub(super) fn begin_with(s: &Session, options: TransactionOptions) -> Verdict<Transaction> {
    let db = s.db();
    Ok(on!(s, db, begin_with / abegin_with(options))??)
}

pub(super) fn end(s: &Session, tx: Transaction, how: End) -> Verdict<Result<()>> {
    Ok(match (s.form(), how) {
        (Form::Blocking, End::Commit) => tx.commit(),
        (Form::Blocking, End::Rollback) => tx.rollback(),
        (Form::Async, End::Commit) => s.task("commit", tx.acommit())?,
        (Form::Async, End::Rollback) => s.task("rollback", tx.arollback())?,
    })
}

#[derive(Clone, Copy)]
pub(super) enum End {
    Commit,
    Rollback,
}

/// Writes the number, through a transaction or past it.
pub(super) fn add(s: &Session, db: &Database, id: i64) -> Verdict<Result<()>> {
    let row = Number { id, double: 2 * id };
    on!(s, db, create / acreate(&row))
}

pub(super) fn count(s: &Session, db: &Database) -> Verdict<u64> {
    Ok(ask!(s, db, numbers(), count / acount())??)
}

pub(super) fn present(s: &Session, db: &Database) -> Verdict<Vec<i64>> {
    Ok(ids(ask!(s, db, numbers(), list / alist())??))
}

/// Of the one error that all is about.
pub(super) fn ok<T>(value: T) -> Result<T> {
    Ok(value)
}

/// The kind of an error, of which there has to be one.
pub(super) fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

pub(super) const ENDED: Option<ErrorKind> = Some(ErrorKind::Transaction);

/// Refuses a database whose second transaction waits for the end of the first.
pub(super) fn writes_side_by_side(s: &Session) -> Verdict {
    let one_at_a_time = s.db().dialect().family == Family::Sqlite;
    ensure(!one_at_a_time, "one transaction writes at a time")
}

pub(super) fn update(s: &Session, id: i64) -> String {
    let double = s.quoted("double");
    format!("UPDATE number SET {double} = {double} + 1 WHERE id = {id}")
}

pub(super) use {ask, on};
