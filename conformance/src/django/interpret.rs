//! Interpreting a tree through the dynamic API.

use std::sync::{Arc, Mutex, PoisonError};

use queryset::runtime::block_on;
use queryset::{Database, Error, QuerySet, Record, Result, Zone};

use serde_json::json;

use super::answer::{Answer, Failure};
use super::case::Given;
use super::each::{Loader, Stop};
use super::fixtures::Models;
use super::object;
use super::python::Unknown;
use super::terminal::{self, Reply, Terminal};
use crate::method::Form;

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
        one(given, models, db, Form::Blocking)?,
        one(given, models, db, Form::Async)?,
    ])
}

fn one(
    given: &Given,
    models: &Models,
    db: &Database,
    form: Form,
) -> std::result::Result<Answer, Unknown> {
    let run = match form {
        Form::Blocking => Terminal::run,
        Form::Async => spawned,
    };
    let mut ast = given.ast.clone();
    // An attribute of an object is what is taken of the one row of a read.
    if let Some((object, each)) = ast.get("qs").and_then(|qs| object::taken(qs, models))
        && ast
            .get("terminal")
            .is_some_and(|terminal| terminal == "expr")
    {
        ast = json!({ "qs": object, "terminal": "expr", "each": each });
    }
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
    // What is taken of each row may send statements too.
    let (value, statements) = watched(db, || -> std::result::Result<_, Stop> {
        let reply = run(terminal, query.clone(), db)?;
        reply.encode(query.meta(), ast.get("each"), Loader { db, form })
    });
    sent.extend(statements);
    match value {
        Ok(value) => Ok(Answer {
            result: Ok(value),
            statements: sent,
        }),
        Err(Stop::Failed(error)) => Ok(failed(&error, false, sent)),
        Err(Stop::Unknown(unknown)) => Err(unknown),
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

/// What came of a read, and the statements that were sent for it.
fn watched<T>(db: &Database, read: impl FnOnce() -> T) -> (T, Vec<String>) {
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
