//! `explain`.

use queryset::{ErrorKind, ExplainOptions};

use crate::failure::{Verdict, ensure};
use crate::models::books;
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.explain.plan", Method::Explain, plan),
    Case::new("read.explain.analyze", Method::Explain, analyze),
    Case::new("read.explain.none", Method::Explain, none),
    Case::new(
        "read.explain.unknown_format",
        Method::Explain,
        unknown_format,
    ),
    Case::new("read.explain.invalid_query", Method::Explain, invalid_query),
];

fn plan(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    // No index helps and nothing is ordered, so that there is one plan, whatever the server guesses.
    let query = books().filter(|b| b.pages.gt(10));
    let options = ExplainOptions::default();
    let answer = read!(s, query, explain / aexplain(&options) => without_estimates)?.sends(1)?;
    let sql = answer.statements().concat();
    ensure(
        sql.to_uppercase().starts_with("EXPLAIN"),
        format!("it explains: {sql}"),
    )?;
    let text = answer.value()?;
    ensure(!text.trim().is_empty(), "the plan is not empty")
}

/// The plan without its numbers, which a server guesses: its statistics are renewed in the background,
/// and MySQL counts what it has in memory as cheaper.
fn without_estimates(plan: String) -> String {
    plan.replace(|c: char| c.is_ascii_digit() || c == '.', "")
}

/// The plan of a query that is run; a database that only plans says so, and is asked nothing.
fn analyze(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let options = || ExplainOptions::default().analyze();
    if s.db().dialect().explain_analyze.is_none() {
        read!(s, books(), explain / aexplain(&options()))?.refused(ErrorKind::Value)?;
        return Ok(());
    }
    // The times in it differ each time.
    let told = |plan: String| plan.contains('1').to_string();
    read!(s, books(), explain / aexplain(&options()) => told)?
        .sends(1)?
        .gives(true.to_string())?;
    let formatted = || ExplainOptions::default().analyze().format("json");
    let json = |plan: String| plan.trim_start().starts_with(['{', '[']);
    match s.db().dialect().name {
        // It knows no format but its own tree here.
        "mysql" => Ok(()),
        _ => read!(s, books(), explain / aexplain(&formatted()) => json)?.gives(true),
    }
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().none(),
        explain / aexplain(&ExplainOptions::default())
    )?
    .sends(0)?
    .gives(String::new())
}

fn unknown_format(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let options = || ExplainOptions::default().format("poem");
    read!(s, books(), explain / aexplain(&options()))?.refused(ErrorKind::Value)?;
    Ok(())
}

fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().lookup("colour", 1);
    read!(s, query, explain / aexplain(&ExplainOptions::default()))?.refused(ErrorKind::Field)?;
    Ok(())
}
