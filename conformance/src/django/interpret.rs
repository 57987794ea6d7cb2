//! Interpreting a tree through the dynamic API.

use std::sync::{Arc, Mutex, PoisonError};

use queryset::runtime::block_on;
use queryset::{Database, Error, QuerySet, Record, Result, Zone};

use super::answer::{Answer, Failure};
use super::case::Given;
use super::fixtures::Models;
use super::object;
use super::python::Unknown;
use super::terminal::{self, Reply, Terminal};

/// Runs what a case gives in its blocking and its asynchronous form; the two answers.
///
/// The blocking form runs on the calling thread, which must not be a task of the database's
/// runtime; the asynchronous one is a task there.
///
/// # Errors
/// What the interpreter does not know how to do.
pub fn interpret(
    given: &Given,
    models: &Models,
    db: &Database,
) -> std::result::Result<[Answer; 2], String> {
    both(given, models, db).map_err(|unknown| unknown.0)
}

fn both(
    given: &Given,
    models: &Models,
    db: &Database,
) -> std::result::Result<[Answer; 2], Unknown> {
    let there;
    let db = match &given.tz {
        None => db,
        Some(name) => {
            let zone = Zone::named(name).map_err(|error| Unknown::new(error.to_string()))?;
            there = db.in_time_zone(zone);
            &there
        }
    };
    Ok([
        one(given, models, db, Terminal::run)?,
        one(given, models, db, spawned)?,
    ])
}

/// One of the two forms of a read.
type Run = fn(Terminal, QuerySet<Record>, &Database) -> Result<Reply>;

fn one(
    given: &Given,
    models: &Models,
    db: &Database,
    run: Run,
) -> std::result::Result<Answer, Unknown> {
    let mut ast = given.ast.clone();
    let mut sent = Vec::new();
    // The object that a query starts from is read before the query can be built.
    while let Some(expression) = ast.get("qs").and_then(|qs| object::to_read(qs, models)) {
        let (query, terminal) = terminal::expression(expression, models)?;
        let (reply, statements) = watched(db, || run(terminal, query.clone(), db));
        sent.extend(statements);
        match reply {
            Ok(Reply::Row(Some(row))) => {
                ast = object::replace(&ast, expression, &row, query.meta())?;
            }
            Ok(_) => return Err(Unknown::new("the rows of an object that is not there")),
            Err(error) => return Ok(failed(&error, false, sent)),
        }
    }
    let refusal = ast.get("qs").map(|qs| object::refusal(qs, models));
    if let Some(error) = refusal.transpose()?.flatten() {
        return Ok(failed(&error, true, sent));
    }
    let (query, terminal) = terminal::read(&ast, models)?;
    if let Err(error) = query.check() {
        return Ok(failed(&error, true, sent));
    }
    let (reply, statements) = watched(db, || run(terminal, query.clone(), db));
    sent.extend(statements);
    match reply {
        Ok(reply) => Ok(Answer {
            result: Ok(reply.encode(query.meta(), ast.get("each"))?),
            statements: sent,
        }),
        Err(error) => Ok(failed(&error, false, sent)),
    }
}

fn failed(error: &Error, while_building: bool, statements: Vec<String>) -> Answer {
    let failure = Failure {
        kind: error.kind(),
        model: error.model().map(ToOwned::to_owned),
        while_building,
        message: error.to_string(),
    };
    Answer {
        result: Err(failure),
        statements,
    }
}

fn spawned(terminal: Terminal, query: QuerySet<Record>, db: &Database) -> Result<Reply> {
    let lost = |error: &dyn std::fmt::Display| {
        Error::new(
            queryset::ErrorKind::Runtime,
            format!("the task was lost: {error}"),
        )
    };
    let task = db
        .runtime()
        .spawn(terminal.arun(query, db.clone()))
        .map_err(|error| lost(&error))?;
    block_on(task).map_err(|error| lost(&error))?
}

/// A reply and the statements that were sent for it.
fn watched(db: &Database, read: impl FnOnce() -> Result<Reply>) -> (Result<Reply>, Vec<String>) {
    let statements = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&statements);
    let hook = db.on_statement(move |event| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(format!("{} {:?}", event.sql, event.params));
    });
    let reply = read();
    drop(hook);
    let mut statements = statements.lock().unwrap_or_else(PoisonError::into_inner);
    (reply, std::mem::take(&mut statements))
}
