//! From a tree to a query.

use std::ops::Bound;
use std::sync::Arc;

use queryset::{Lookup, Operand, OrderTerm, Prefetch, Q, QuerySet, Record};
use serde_json::Value as Json;

use super::fixtures::Models;
use super::node::{Arguments, Call, Node};
use super::object;
use super::python::{Python, Unknown, evaluate};
use super::subquery::Rows;

/// The query that a tree builds.
pub(super) fn query(json: &Json, models: &Models) -> Result<QuerySet<Record>, Unknown> {
    match Node::of(json) {
        Node::Attr {
            name: "objects",
            of,
        } => match Node::of(of) {
            Node::Name(name) => match models.get(name) {
                Some(table) => Ok(QuerySet::dynamic(&Arc::clone(&table.meta))),
                None => Err(Unknown::new(format!("the model {name}"))),
            },
            _ => Err(Unknown::new("a manager of something else than a model")),
        },
        Node::Attr { name, of } => match object::rows(name, of, models)? {
            Some(Ok(rows)) => Ok(rows),
            Some(Err(error)) => Err(Unknown::new(error.to_string())),
            None => Err(Unknown::new(format!("the query {json}"))),
        },
        Node::Call(call) => match call.method() {
            Some((method, of)) => refine(query(of, models)?, method, &call, models),
            None => Err(Unknown::new("a function where a query belongs")),
        },
        Node::Index { index, of } => match Node::of(index) {
            Node::Slice { ends, .. } => cut(query(of, models)?, ends, models),
            _ => Err(Unknown::new("a row where a query belongs")),
        },
        Node::Slice { ends, of: Some(of) } => cut(query(of, models)?, ends, models),
        _ => Err(Unknown::new(format!("the query {json}"))),
    }
}

fn refine(
    query: QuerySet<Record>,
    method: &str,
    call: &Call<'_>,
    models: &Models,
) -> Result<QuerySet<Record>, Unknown> {
    let arguments = call.arguments;
    Ok(match method {
        // The database is the terminal's argument: the only alias is the one that it is given.
        "all" | "using" => query.all(),
        "none" => query.none(),
        "filter" | "complex_filter" => match conditions(arguments, models)? {
            Some(condition) => query.filter_by(condition),
            None => query,
        },
        "exclude" => match conditions(arguments, models)? {
            Some(condition) => query.exclude_by(condition),
            None => query,
        },
        "order_by" => query.order_by_names(terms(arguments, models)?),
        "reverse" => query.reverse(),
        "select_related" if arguments.is_empty() => query.select_related_all(),
        "select_related" => match names(arguments, models)? {
            Some(names) => query.select_related_names(names),
            None => query.select_related_none(),
        },
        "prefetch_related" => match prefetches(arguments, models)? {
            Some(lookups) => query.prefetch_related_names(lookups),
            None => query.prefetch_related_none(),
        },
        "only" => match names(arguments, models)? {
            Some(names) => query.only_names(names),
            None => return Err(Unknown::new("only without a name")),
        },
        "defer" => match names(arguments, models)? {
            Some(names) => query.defer_names(names),
            None => query.defer_none(),
        },
        "distinct" if arguments.is_empty() => query.distinct(),
        "distinct" => match names(arguments, models)? {
            Some(names) => query.distinct_on_names(names.iter().map(String::as_str)),
            None => return Err(Unknown::new("distinct by nothing")),
        },
        other => return Err(Unknown::new(format!("the method {other}"))),
    })
}

/// The names that a call is given; `None` for Python's `None` alone.
fn names(arguments: Arguments<'_>, models: &Models) -> Result<Option<Vec<String>>, Unknown> {
    let mut names = Vec::new();
    for argument in arguments.positional {
        match evaluate(argument, models)? {
            Python::Text(name) => names.push(name),
            Python::None if arguments.positional.len() == 1 => return Ok(None),
            other => return Err(Unknown::new(format!("a name that is {other:?}"))),
        }
    }
    Ok(Some(names))
}

/// What a call is to prefetch; `None` for Python's `None` alone.
fn prefetches(arguments: Arguments<'_>, models: &Models) -> Result<Option<Vec<Prefetch>>, Unknown> {
    let mut lookups = Vec::new();
    for argument in arguments.positional {
        let Node::Call(call) = Node::of(argument) else {
            match evaluate(argument, models)? {
                Python::Text(path) => lookups.push(Prefetch::new(path)),
                Python::None if arguments.positional.len() == 1 => return Ok(None),
                other => return Err(Unknown::new(format!("a path that is {other:?}"))),
            }
            continue;
        };
        lookups.push(prefetch(&call, models)?);
    }
    Ok(Some(lookups))
}

/// `Prefetch(lookup, queryset=…, to_attr=…)`.
fn prefetch(call: &Call<'_>, models: &Models) -> Result<Prefetch, Unknown> {
    if call.name() != Some("Prefetch") {
        return Err(Unknown::new("a prefetch that is no lookup"));
    }
    let argument = |position: usize, name: &str| {
        let positional = call.arguments.positional.get(position);
        positional.or_else(|| call.arguments.get(name))
    };
    let text = |json: &Json| match evaluate(json, models)? {
        Python::Text(text) => Ok(text),
        other => Err(Unknown::new(format!("a name that is {other:?}"))),
    };
    let path = argument(0, "lookup").ok_or_else(|| Unknown::new("a prefetch of nothing"))?;
    let mut prefetch = Prefetch::new(text(path)?);
    match argument(1, "queryset") {
        None => {}
        Some(json) if matches!(Node::of(json), Node::Const(Json::Null)) => {}
        Some(json) => prefetch = prefetch.queryset(query(json, models)?),
    }
    if let Some(name) = argument(2, "to_attr") {
        prefetch = prefetch.to_attr(text(name)?);
    }
    Ok(prefetch)
}

/// A slice without a step.
pub(super) fn cut(
    query: QuerySet<Record>,
    ends: &[Json],
    models: &Models,
) -> Result<QuerySet<Record>, Unknown> {
    let [low, high, step] = slice_ends(ends, models)?;
    if step.is_some() {
        return Err(Unknown::new("a step in a query"));
    }
    Ok(match (low, high) {
        (None, None) => query,
        (low, high) => query.slice(bounds(low, high)),
    })
}

/// The ends of a slice as bounds.
pub(super) fn bounds(low: Option<i64>, high: Option<i64>) -> (Bound<i64>, Bound<i64>) {
    (
        low.map_or(Bound::Unbounded, Bound::Included),
        high.map_or(Bound::Unbounded, Bound::Excluded),
    )
}

/// The start, the end and the step of a slice.
pub(super) fn slice_ends(ends: &[Json], models: &Models) -> Result<[Option<i64>; 3], Unknown> {
    let mut found = [None; 3];
    for (found, end) in found.iter_mut().zip(ends) {
        *found = match end {
            Json::Null => None,
            end => match evaluate(end, models)? {
                Python::None => None,
                Python::Int(number) => Some(
                    i64::try_from(number)
                        .map_err(|_| Unknown::new("a slice of more than 63 bits"))?,
                ),
                other => return Err(Unknown::new(format!("a slice by {other:?}"))),
            },
        };
    }
    Ok(found)
}

/// The conditions of a call, all of which must hold; `None` where there are none.
pub(super) fn conditions(
    arguments: Arguments<'_>,
    models: &Models,
) -> Result<Option<Q<Record>>, Unknown> {
    let mut parts = Vec::new();
    for positional in arguments.positional {
        parts.push(condition(positional, models)?);
    }
    for (name, value) in arguments.named() {
        parts.push(match (name, Node::of(value)) {
            ("**", Node::Dict(pairs)) => all_pairs(pairs, models)?,
            _ => Some(lookup(name, value, models)?),
        });
    }
    Ok(join(parts, |a, b| a & b))
}

/// One condition; `None` for an empty one, which joins as nothing.
fn condition(json: &Json, models: &Models) -> Result<Option<Q<Record>>, Unknown> {
    match Node::of(json) {
        Node::Call(call) if call.name() == Some("Q") => named_q(&call, models),
        Node::Op { op, left, right } => {
            let parts = vec![condition(left, models)?, condition(right, models)?];
            Ok(match op {
                "&" => join(parts, |a, b| a & b),
                "|" => join(parts, |a, b| a | b),
                "^" => join(parts, |a, b| a ^ b),
                op => return Err(Unknown::new(format!("conditions joined by {op}"))),
            })
        }
        Node::Unary { op: "~", of } => Ok(condition(of, models)?.map(|condition| !condition)),
        Node::List([name, value]) => match Node::of(name) {
            Node::Const(Json::String(name)) => Ok(Some(lookup(name, value, models)?)),
            _ => Err(Unknown::new("a pair without a name")),
        },
        Node::Dict(pairs) => all_pairs(pairs, models),
        // A value that is a condition is still a value, which the database looks at.
        Node::Call(call) if call.name() == Some("Value") => match evaluate(json, models)? {
            Python::Expression(value) => Ok(Some(Q::compare(value, Lookup::Exact, true))),
            _ => Err(Unknown::new(format!("the condition {json}"))),
        },
        Node::Call(call) => match (call.name().and_then(comparison), call.arguments.positional) {
            (Some(lookup), [left, right]) => {
                let Python::Expression(left) = evaluate(left, models)? else {
                    return Err(Unknown::new(format!("the condition {json}")));
                };
                Ok(Some(Q::compare(left, lookup, operand(right, models)?)))
            }
            _ => Err(Unknown::new(format!("the condition {json}"))),
        },
        _ => Err(Unknown::new(format!("the condition {json}"))),
    }
}

/// The lookup of a class of Django's, whose objects are conditions.
pub(super) fn comparison(class: &str) -> Option<Lookup> {
    Some(match class {
        "GreaterThan" => Lookup::Gt,
        "GreaterThanOrEqual" => Lookup::Gte,
        "LessThan" => Lookup::Lt,
        "LessThanOrEqual" => Lookup::Lte,
        class => {
            let name = class.to_lowercase();
            let known = Lookup::from_name(&name)?;
            // Its own name has no letter in upper case but the first, and the one of an i-form.
            class.starts_with(char::is_uppercase).then_some(known)?
        }
    })
}

fn named_q(call: &Call<'_>, models: &Models) -> Result<Option<Q<Record>>, Unknown> {
    let mut parts = Vec::new();
    for positional in call.arguments.positional {
        parts.push(condition(positional, models)?);
    }
    let (mut connector, mut negated) = ("AND", false);
    for (name, value) in call.arguments.named() {
        match (name, Node::of(value)) {
            ("_connector", Node::Attr { name, .. }) => connector = name,
            ("_connector", Node::Const(Json::String(name))) => connector = name,
            ("_negated", Node::Const(value)) => negated = value == true,
            ("**", Node::Dict(pairs)) => parts.push(all_pairs(pairs, models)?),
            _ => parts.push(Some(lookup(name, value, models)?)),
        }
    }
    let joined = match connector {
        "AND" => join(parts, |a, b| a & b),
        "OR" => join(parts, |a, b| a | b),
        "XOR" => join(parts, |a, b| a ^ b),
        other => return Err(Unknown::new(format!("the connector {other}"))),
    };
    Ok(joined.map(|condition| match negated {
        true => !condition,
        // `Q(~Q(…))` is a part of its own.
        false => condition.grouped(),
    }))
}

fn all_pairs(pairs: &[Json], models: &Models) -> Result<Option<Q<Record>>, Unknown> {
    let mut parts = Vec::new();
    for pair in pairs {
        match pair.as_array().map(Vec::as_slice) {
            Some([name, value]) => match Node::of(name) {
                Node::Const(Json::String(name)) => parts.push(Some(lookup(name, value, models)?)),
                _ => return Err(Unknown::new("a pair without a name")),
            },
            _ => return Err(Unknown::new("a dictionary that is no pairs")),
        }
    }
    Ok(join(parts, |a, b| a & b))
}

fn lookup(path: &str, value: &Json, models: &Models) -> Result<Q<Record>, Unknown> {
    Ok(Q::lookup(path, operand(value, models)?))
}

fn operand(value: &Json, models: &Models) -> Result<Operand, Unknown> {
    match Rows::of(value, models) {
        Some(rows) => rows.operand(models),
        None => evaluate(value, models)?.into_operand(),
    }
}

fn join(
    parts: Vec<Option<Q<Record>>>,
    join: fn(Q<Record>, Q<Record>) -> Q<Record>,
) -> Option<Q<Record>> {
    parts.into_iter().flatten().reduce(join)
}

/// The terms of an ordering.
pub(super) fn terms(arguments: Arguments<'_>, models: &Models) -> Result<Vec<OrderTerm>, Unknown> {
    arguments
        .positional
        .iter()
        .map(|term| self::term(term, models))
        .collect()
}

fn term(json: &Json, models: &Models) -> Result<OrderTerm, Unknown> {
    let (direction, of, call) = match Node::of(json) {
        Node::Const(Json::String(name)) => return Ok(OrderTerm::from(name)),
        Node::Call(call) => match call.method() {
            Some((direction @ ("asc" | "desc"), of)) => (direction, of, Some(call)),
            _ => ("asc", json, None),
        },
        _ => ("asc", json, None),
    };
    let Python::Expression(by) = evaluate(of, models)? else {
        return Err(Unknown::new(format!("the term {json}")));
    };
    let term = match direction {
        "asc" => by.asc(),
        _ => by.desc(),
    };
    let asked = |name: &str| -> Result<bool, Unknown> {
        match call.as_ref().and_then(|call| call.arguments.get(name)) {
            None => Ok(false),
            Some(value) => Ok(matches!(evaluate(value, models)?, Python::Bool(true))),
        }
    };
    Ok(match (asked("nulls_first")?, asked("nulls_last")?) {
        (false, false) => term,
        (true, false) => term.nulls_first(),
        (false, true) => term.nulls_last(),
        (true, true) => return Err(Unknown::new(format!("the term {json}"))),
    })
}
