//! Running cases and judging the answers.

use super::answer::Answer;
use super::case::{Case, Expected};
use super::compare::{difference, same_rows};
use super::facts::Facts;
use super::fixtures::Models;
use super::interpret::interpret;
use super::rules::{Rule, Verdict, fitting};
use queryset::{Database, ErrorKind};
use serde_json::Value as Json;

/// Where Django's reference answers come from.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'r> {
    /// The database's name in the file: `sqlite`, `postgresql`, `mariadb_bin`, `mysql_bin`.
    pub database: &'r str,
}

/// How a case ended.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// Our answer is Django's.
    Pass,
    /// It is another.
    Fail,
    /// The case could not be carried out.
    Error,
    /// Our answer differs by this rule.
    Deviation(&'static Rule),
    /// The tree names something of this rule.
    Later(&'static Rule),
    /// The tree names something of this rule.
    OutOfScope(&'static Rule),
    /// The interpreter, or the library, cannot do it, and no rule says so.
    Unsupported,
}

/// A case and how it ended.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The case's name.
    pub id: String,
    /// Its area.
    pub area: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What there is to say.
    pub detail: String,
}

impl Outcome {
    /// The outcome in one word, as reports spell it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Deviation(_) => "deviation",
            Self::Later(_) => "later",
            Self::OutOfScope(_) => "out_of_scope",
            Self::Unsupported => "unsupported",
        }
    }

    /// The rule behind it, where there is one.
    pub fn rule(&self) -> Option<&'static Rule> {
        match self {
            Self::Deviation(rule) | Self::Later(rule) | Self::OutOfScope(rule) => Some(rule),
            _ => None,
        }
    }
}

/// Runs a case in both forms and compares.
pub fn run(case: &Case, models: &Models, db: &Database, reference: Reference<'_>) -> Finding {
    let (outcome, detail) = judge(case, models, db, reference);
    Finding {
        id: case.id.clone(),
        area: case.area.clone(),
        outcome,
        detail,
    }
}

fn judge(
    case: &Case,
    models: &Models,
    db: &Database,
    reference: Reference<'_>,
) -> (Outcome, String) {
    let facts = Facts::of(&case.given, models);
    for verdict in [Verdict::OutOfScope, Verdict::Later] {
        if let Some(rule) = fitting(&facts, verdict) {
            let outcome = match verdict {
                Verdict::OutOfScope => Outcome::OutOfScope(rule),
                _ => Outcome::Later(rule),
            };
            return (outcome, format!("{}: {}", rule.name, rule.reason));
        }
    }
    let [blocking, asynchronous] = match interpret(&case.given, models, db) {
        Ok(answers) => answers,
        Err(unknown) => return (Outcome::Unsupported, unknown),
    };
    let expected = case.expected(reference.database);
    // A random order is another one each time.
    let ordered = expected.ordered && expected.value.get("$opaque").is_none();
    let forms = match case.expected_async() {
        None => forms(&blocking, &asynchronous, &expected, ordered),
        // Where Django's forms differ, each of ours is compared with its own.
        Some(expected) => difference(&expected, &asynchronous),
    };
    if let Some(difference) = forms {
        return (Outcome::Fail, difference);
    }
    let Some(difference) = difference(&expected, &blocking) else {
        return (Outcome::Pass, String::new());
    };
    if let Some(rule) = fitting(&facts, Verdict::Deviation)
        && self::difference(&case.expected("postgresql"), &blocking).is_none()
    {
        return (
            Outcome::Deviation(rule),
            format!("{}: {}", rule.name, rule.reason),
        );
    }
    let outcome = match &blocking.result {
        Err(failure) if lost(failure.kind) => Outcome::Error,
        _ => Outcome::Fail,
    };
    let sql = blocking.statements.join("; ");
    (outcome, format!("{difference}; sent: [{sql}]"))
}

/// Whether an error says nothing of the answer, since the read did not get that far.
fn lost(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Busy
            | ErrorKind::Timeout
            | ErrorKind::Cancelled
            | ErrorKind::Connection
            | ErrorKind::Authentication
            | ErrorKind::PoolExhausted
            | ErrorKind::Closed
            | ErrorKind::Runtime
    )
}

/// In what the two forms of a read differ.
fn forms(
    blocking: &Answer,
    asynchronous: &Answer,
    expected: &Expected<'_>,
    ordered: bool,
) -> Option<String> {
    let a_text = expected
        .value
        .get("$opaque")
        .is_some_and(|kind| kind == "str");
    let same = match (&blocking.result, &asynchronous.result) {
        // A plan with the times that it took.
        (Ok(Json::String(_)), Ok(Json::String(_))) if a_text => true,
        (Ok(Json::Array(one)), Ok(Json::Array(other))) if !ordered => same_rows(one, other),
        (one, other) => one == other,
    };
    if !same {
        return Some(format!(
            "the blocking form answers {:?}, the asynchronous one {:?}",
            blocking.result, asynchronous.result
        ));
    }
    (blocking.statements != asynchronous.statements).then(|| {
        format!(
            "the blocking form sends {:?}, the asynchronous one {:?}",
            blocking.statements, asynchronous.statements
        )
    })
}
