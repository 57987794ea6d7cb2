//! Interpreting a tree through the dynamic API.

use std::sync::{Arc, Mutex, PoisonError};

use queryset::runtime::block_on;
use queryset::{Database, Error, QuerySet, Record, Result, Zone};
use serde_json::Value as Json;

use super::answer::{Answer, Failure};
use super::case::Given;
use super::fixtures::Models;
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
    let (query, terminal) = terminal::read(&given.ast, models)?;
    let there;
    let db = match &given.tz {
        None => db,
        Some(name) => {
            let zone = Zone::named(name).map_err(|error| Unknown::new(error.to_string()))?;
            there = db.in_time_zone(zone);
            &there
        }
    };
    let each = given.ast.get("each");
    if let Err(error) = query.check() {
        let answer = Answer {
            result: Err(failure(&error, true)),
            statements: Vec::new(),
        };
        return Ok([answer.clone(), answer]);
    }
    let blocking = watched(db, || terminal.clone().run(query.clone(), db));
    let asynchronous = watched(db, || spawned(terminal.clone(), query.clone(), db));
    Ok([
        answer(blocking, &query, each)?,
        answer(asynchronous, &query, each)?,
    ])
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

fn answer(
    (reply, statements): (Result<Reply>, Vec<String>),
    query: &QuerySet<Record>,
    each: Option<&Json>,
) -> std::result::Result<Answer, Unknown> {
    let result = match reply {
        Ok(reply) => Ok(reply.encode(query.meta(), each)?),
        Err(error) => Err(failure(&error, false)),
    };
    Ok(Answer { result, statements })
}

fn failure(error: &Error, while_building: bool) -> Failure {
    Failure {
        kind: error.kind(),
        model: error.model().map(ToOwned::to_owned),
        while_building,
        message: error.to_string(),
    }
}
