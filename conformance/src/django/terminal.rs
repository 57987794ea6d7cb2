//! The terminals, in both forms.

use std::ops::Bound;

use futures_util::StreamExt;
use queryset::{
    AggregateTerm, Database, ExplainOptions, Operand, OrderTerm, Q, QuerySet, Record, Result, Value,
};
use serde_json::Value as Json;

use super::fixtures::Models;
use super::node::{Arguments, Node};
use super::python::{Python, Unknown, evaluate, key_operand};
use super::refine;

/// What is asked of a query.
#[derive(Clone, Debug)]
pub(super) enum Terminal {
    List,
    /// The rows of a slice, every so many of them.
    Slice {
        ends: (Bound<i64>, Bound<i64>),
        step: usize,
    },
    Iterate,
    Length,
    Count,
    Exists,
    First,
    Last,
    Nth(i64),
    Get(Option<Q<Record>>),
    Earliest(Vec<OrderTerm>),
    Latest(Vec<OrderTerm>),
    InBulk(String, Option<Vec<Operand>>),
    ContainsKey(Operand),
    Aggregate(Vec<(String, AggregateTerm)>),
    Explain(ExplainOptions),
    Ordered,
    TotallyOrdered,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Rows(Vec<Record>),
    Row(Option<Record>),
    Number(u64),
    Truth(bool),
    Bulk(Vec<(Value, Record)>),
    Text(String),
    Aggregates(Record),
}

/// The query and what is asked of it.
pub(super) fn read(ast: &Json, models: &Models) -> Result<(QuerySet<Record>, Terminal), Unknown> {
    let qs = ast
        .get("qs")
        .ok_or_else(|| Unknown::new("a script of several statements"))?;
    let name = ast.get("terminal").and_then(Json::as_str).unwrap_or("list");
    if name == "expr" {
        return expression(qs, models);
    }
    terminal(qs, name, Arguments::of(ast), models)
}

/// A whole expression instead of a query with a terminal.
pub(super) fn expression(
    json: &Json,
    models: &Models,
) -> Result<(QuerySet<Record>, Terminal), Unknown> {
    match Node::of(json) {
        Node::Attr {
            name: "ordered",
            of,
        } => Ok((refine::query(of, models)?, Terminal::Ordered)),
        Node::Attr {
            name: "totally_ordered",
            of,
        } => Ok((refine::query(of, models)?, Terminal::TotallyOrdered)),
        Node::Index { index, of } => match Node::of(index) {
            Node::Slice { ends, .. } => stepped(of, ends, models),
            _ => Ok((refine::query(of, models)?, nth(index, models)?)),
        },
        Node::Slice { ends, of: Some(of) } => stepped(of, ends, models),
        Node::Call(call) => match call.method() {
            Some((name, of)) => terminal(of, name, call.arguments, models),
            None => match (call.name(), call.arguments.positional) {
                (Some("list"), [of]) => terminal(of, "list", Arguments::default(), models),
                (Some("len"), [of]) => terminal(of, "len", Arguments::default(), models),
                _ => Err(Unknown::new(format!("the expression {json}"))),
            },
        },
        _ => Err(Unknown::new(format!("the expression {json}"))),
    }
}

/// A slice with a step, which reads the slice and then takes every so many rows.
fn stepped(
    of: &Json,
    ends: &[Json],
    models: &Models,
) -> Result<(QuerySet<Record>, Terminal), Unknown> {
    let [low, high, step] = refine::slice_ends(ends, models)?;
    let step = match step.map(usize::try_from) {
        None => 1,
        Some(Ok(step)) if step > 0 => step,
        Some(step) => return Err(Unknown::new(format!("a step of {step:?}"))),
    };
    let ends = refine::bounds(low, high);
    Ok((refine::query(of, models)?, Terminal::Slice { ends, step }))
}

fn terminal(
    qs: &Json,
    name: &str,
    arguments: Arguments<'_>,
    models: &Models,
) -> Result<(QuerySet<Record>, Terminal), Unknown> {
    let query = refine::query(qs, models)?;
    let argument = |position: usize, name: &str| {
        arguments
            .positional
            .get(position)
            .or_else(|| arguments.get(name))
    };
    let terminal = match name {
        "list" => Terminal::List,
        "len" => Terminal::Length,
        "iterator" => match argument(0, "chunk_size") {
            Some(size) => match evaluate(size, models)? {
                Python::Int(size) => {
                    let size = usize::try_from(size)
                        .map_err(|_| Unknown::new("iteration in chunks of less than no rows"))?;
                    return Ok((query.chunk_size(size), Terminal::Iterate));
                }
                _ => return Err(Unknown::new("iteration in chunks of no number")),
            },
            None => Terminal::Iterate,
        },
        "count" => Terminal::Count,
        "exists" => Terminal::Exists,
        "first" => Terminal::First,
        "last" => Terminal::Last,
        "index" => {
            let index = argument(0, "index").ok_or_else(|| Unknown::new("an index of nothing"))?;
            if let Node::Slice { ends, .. } = Node::of(index) {
                return stepped(qs, ends, models);
            }
            nth(index, models)?
        }
        "get" => Terminal::Get(refine::conditions(arguments, models)?),
        "earliest" => Terminal::Earliest(refine::terms(arguments, models)?),
        "latest" => Terminal::Latest(refine::terms(arguments, models)?),
        "in_bulk" => {
            let name = match argument(1, "field_name") {
                None => "pk".to_owned(),
                Some(name) => match evaluate(name, models)? {
                    Python::Text(name) => name,
                    other => return Err(Unknown::new(format!("a field named {other:?}"))),
                },
            };
            let keys = match argument(0, "id_list") {
                None => None,
                Some(keys) => match evaluate(keys, models)? {
                    Python::None => None,
                    Python::List(keys) => Some(
                        keys.into_iter()
                            .map(Python::into_operand)
                            .collect::<Result<_, _>>()?,
                    ),
                    other => return Err(Unknown::new(format!("keys that are {other:?}"))),
                },
            };
            Terminal::InBulk(name, keys)
        }
        "contains" => {
            let object = argument(0, "obj").ok_or_else(|| Unknown::new("contains of nothing"))?;
            match evaluate(object, models)? {
                Python::Instance { model, key } if model.id() == query.meta().id() => {
                    Terminal::ContainsKey(key_operand(key)?)
                }
                other => return Err(Unknown::new(format!("contains of {other:?}"))),
            }
        }
        "aggregate" => Terminal::Aggregate(aggregates(arguments, models)?),
        "explain" => {
            let mut options = ExplainOptions::default();
            for (name, value) in arguments.named() {
                options = match (name, evaluate(value, models)) {
                    ("format", Ok(Python::Text(format))) => options.format(format),
                    ("analyze", Ok(Python::Bool(true))) => options.analyze(),
                    ("analyze", Ok(Python::Bool(false))) => options,
                    (name, _) => return Err(Unknown::new(format!("the explain option {name}"))),
                };
            }
            Terminal::Explain(options)
        }
        other => return Err(Unknown::new(format!("the terminal {other}"))),
    };
    Ok((query, terminal))
}

fn nth(index: &Json, models: &Models) -> Result<Terminal, Unknown> {
    match evaluate(index, models)? {
        Python::Int(position) => i64::try_from(position)
            .map(Terminal::Nth)
            .map_err(|_| Unknown::new("a position of more than 63 bits")),
        other => Err(Unknown::new(format!("a row at {other:?}"))),
    }
}

fn aggregates(
    arguments: Arguments<'_>,
    models: &Models,
) -> Result<Vec<(String, AggregateTerm)>, Unknown> {
    let mut terms = Vec::new();
    for value in arguments.positional {
        let (function, path, term) = aggregate(value, models)?;
        // The name that Django gives one without a name.
        terms.push((format!("{path}__{}", function.to_lowercase()), term));
    }
    for (name, value) in arguments.named() {
        terms.push((name.to_owned(), aggregate(value, models)?.2));
    }
    Ok(terms)
}

fn aggregate<'a>(
    json: &'a Json,
    models: &Models,
) -> Result<(&'a str, String, AggregateTerm), Unknown> {
    let unknown = || Unknown::new(format!("the aggregate {json}"));
    let Node::Call(call) = Node::of(json) else {
        return Err(unknown());
    };
    let function = call.name().ok_or_else(unknown)?;
    let path = match call.arguments.positional {
        [path] => match evaluate(path, models)? {
            Python::Text(path) => path,
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    };
    let term = match function {
        "Count" => AggregateTerm::count(path.as_str()),
        "Sum" => AggregateTerm::sum(path.as_str()),
        "Avg" => AggregateTerm::avg(path.as_str()),
        "Min" => AggregateTerm::min(path.as_str()),
        "Max" => AggregateTerm::max(path.as_str()),
        _ => return Err(unknown()),
    };
    let distinct = match call.arguments.get("distinct") {
        None => false,
        Some(value) => matches!(evaluate(value, models)?, Python::Bool(true)),
    };
    let term = if distinct { term.distinct() } else { term };
    Ok((function, path, term))
}

impl Terminal {
    /// Runs it, blocking the thread.
    pub(super) fn run(self, query: QuerySet<Record>, db: &Database) -> Result<Reply> {
        Ok(match self {
            Self::List => Reply::Rows(query.list(db)?),
            Self::Slice { ends, step } => Reply::Rows(every(step, query.slice(ends).list(db)?)),
            Self::Iterate => Reply::Rows(query.iter(db).collect::<Result<_>>()?),
            Self::Length => Reply::Number(query.list(db)?.len() as u64),
            Self::Count => Reply::Number(query.count(db)?),
            Self::Exists => Reply::Truth(query.exists(db)?),
            Self::First => Reply::Row(query.first(db)?),
            Self::Last => Reply::Row(query.last(db)?),
            Self::Nth(position) => Reply::Row(Some(query.nth(db, position)?)),
            Self::Get(condition) => Reply::Row(Some(narrowed(query, condition).get(db)?)),
            Self::Earliest(terms) if terms.is_empty() => Reply::Row(Some(query.earliest(db)?)),
            Self::Latest(terms) if terms.is_empty() => Reply::Row(Some(query.latest(db)?)),
            Self::Earliest(terms) => Reply::Row(Some(query.earliest_by_names(db, terms)?)),
            Self::Latest(terms) => Reply::Row(Some(query.latest_by_names(db, terms)?)),
            Self::InBulk(name, keys) => Reply::Bulk(query.in_bulk_by_name(db, &name, keys)?),
            Self::ContainsKey(key) => Reply::Truth(query.contains_key(db, key)?),
            Self::Aggregate(terms) => Reply::Aggregates(query.aggregate_by_names(db, terms)?),
            Self::Explain(options) => Reply::Text(query.explain(db, &options)?),
            Self::Ordered => Reply::Truth(query.is_ordered()),
            Self::TotallyOrdered => Reply::Truth(query.is_totally_ordered()),
        })
    }

    /// Runs its asynchronous twin.
    pub(super) async fn arun(self, query: QuerySet<Record>, db: Database) -> Result<Reply> {
        let db = &db;
        Ok(match self {
            Self::List => Reply::Rows(query.alist(db).await?),
            Self::Slice { ends, step } => {
                Reply::Rows(every(step, query.slice(ends).alist(db).await?))
            }
            Self::Iterate => {
                let mut rows = Vec::new();
                let mut stream = query.aiter(db);
                while let Some(row) = stream.next().await {
                    rows.push(row?);
                }
                Reply::Rows(rows)
            }
            Self::Length => Reply::Number(query.alist(db).await?.len() as u64),
            Self::Count => Reply::Number(query.acount(db).await?),
            Self::Exists => Reply::Truth(query.aexists(db).await?),
            Self::First => Reply::Row(query.afirst(db).await?),
            Self::Last => Reply::Row(query.alast(db).await?),
            Self::Nth(position) => Reply::Row(Some(query.anth(db, position).await?)),
            Self::Get(condition) => Reply::Row(Some(narrowed(query, condition).aget(db).await?)),
            Self::Earliest(terms) if terms.is_empty() => {
                Reply::Row(Some(query.aearliest(db).await?))
            }
            Self::Latest(terms) if terms.is_empty() => Reply::Row(Some(query.alatest(db).await?)),
            Self::Earliest(terms) => Reply::Row(Some(query.aearliest_by_names(db, terms).await?)),
            Self::Latest(terms) => Reply::Row(Some(query.alatest_by_names(db, terms).await?)),
            Self::InBulk(name, keys) => Reply::Bulk(query.ain_bulk_by_name(db, &name, keys).await?),
            Self::ContainsKey(key) => Reply::Truth(query.acontains_key(db, key).await?),
            Self::Aggregate(terms) => {
                Reply::Aggregates(query.aaggregate_by_names(db, terms).await?)
            }
            Self::Explain(options) => Reply::Text(query.aexplain(db, &options).await?),
            Self::Ordered => Reply::Truth(query.is_ordered()),
            Self::TotallyOrdered => Reply::Truth(query.is_totally_ordered()),
        })
    }
}

fn narrowed(query: QuerySet<Record>, condition: Option<Q<Record>>) -> QuerySet<Record> {
    match condition {
        Some(condition) => query.filter_by(condition),
        None => query,
    }
}

fn every(step: usize, rows: Vec<Record>) -> Vec<Record> {
    rows.into_iter().step_by(step).collect()
}
