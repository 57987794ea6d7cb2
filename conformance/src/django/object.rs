//! Objects that a query starts from, such as `Author.objects.get(pk=6)` in
//! `Author.objects.get(pk=6).books.all()`.

use queryset::{ModelMeta, QuerySet, Record, Value};
use serde_json::{Value as Json, json};

use super::facts::model_of;
use super::fixtures::{Models, Table};
use super::node::Node;
use super::python::{Python, Unknown, evaluate, record};

/// The model that an expression is an object of: one that is read, or made of its key.
pub(super) fn object_of<'m>(json: &Json, models: &'m Models) -> Option<&'m Table> {
    match Node::of(json) {
        Node::Call(call) => match call.method() {
            Some(("get" | "first" | "last" | "earliest" | "latest", of)) => model_of(of, models),
            Some(_) => None,
            None => models.get(call.name()?),
        },
        Node::Index { index, of } if !matches!(Node::of(index), Node::Slice { .. }) => {
            model_of(of, models)
        }
        _ => None,
    }
}

/// The object whose attribute an expression is, or an attribute's attribute, and the same
/// expression of each row `o`; `None` for the rows of a relation, which are a query.
pub(super) fn taken<'j>(json: &'j Json, models: &Models) -> Option<(&'j Json, Json)> {
    let Node::Attr { name, of } = Node::of(json) else {
        return None;
    };
    if object_of(of, models).is_some() {
        let rows = related(name, of, models).is_some();
        return (!rows).then(|| (of, json!({ "attr": name, "of": { "name": "o" } })));
    }
    let (object, inner) = taken(of, models)?;
    Some((object, json!({ "attr": name, "of": inner })))
}

/// The object and the relation of it whose rows an attribute of it is a query for.
pub(super) fn related<'m>(
    name: &str,
    of: &Json,
    models: &'m Models,
) -> Option<(&'m Table, &'m Table)> {
    let source = object_of(of, models)?;
    let position = source.meta.relation_position(name)?;
    let relation = &source.meta.relations()[position];
    if !relation.kind()?.is_to_many() {
        return None;
    }
    let target = relation.target().resolve()?;
    Some((source, models.get(target.name())?))
}

/// The rows that a relation of an object leads to; `None` where the attribute is no such relation.
pub(super) fn rows(
    name: &str,
    of: &Json,
    models: &Models,
) -> Result<Option<queryset::Result<QuerySet<Record>>>, Unknown> {
    let Some((source, target)) = related(name, of, models) else {
        return Ok(None);
    };
    let Python::Instance { key, .. } = evaluate(of, models)? else {
        return Err(Unknown::new("an object that is still to be read"));
    };
    let meta = &source.meta;
    let query = record(meta, key)?.query(meta, name);
    Ok(Some(query.map(|query| {
        query.unwrap_or_else(|| QuerySet::dynamic(&target.meta).none())
    })))
}

/// Why an object that is made of its key has no related rows to ask for.
pub(super) fn refusal(json: &Json, models: &Models) -> Result<Option<queryset::Error>, Unknown> {
    match Node::of(json) {
        Node::Attr { name, of } => match rows(name, of, models)? {
            Some(Err(error)) => Ok(Some(error)),
            Some(Ok(_)) => Ok(None),
            None => refusal(of, models),
        },
        Node::Call(call) => match call.method() {
            Some((_, of)) => refusal(of, models),
            None => Ok(None),
        },
        Node::Index { of, .. } | Node::Slice { of: Some(of), .. } => refusal(of, models),
        _ => Ok(None),
    }
}

/// The expression of an object that has to be read before the query can be built.
pub(super) fn to_read<'a>(json: &'a Json, models: &Models) -> Option<&'a Json> {
    match Node::of(json) {
        Node::Attr { name, of } => match related(name, of, models) {
            Some(_) if matches!(Node::of(of), Node::Call(call) if call.method().is_none()) => None,
            Some(_) => Some(to_read(of, models).unwrap_or(of)),
            None => to_read(of, models),
        },
        Node::Call(call) => to_read(call.method()?.1, models),
        Node::Index { of, .. } | Node::Slice { of: Some(of), .. } => to_read(of, models),
        _ => None,
    }
}

/// The tree with an object that was read in the place of the expression that reads it.
pub(super) fn replace(
    json: &Json,
    place: &Json,
    row: &Record,
    meta: &ModelMeta,
) -> Result<Json, Unknown> {
    if std::ptr::eq(json, place) {
        return made_of_key(row, meta);
    }
    Ok(match json {
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), replace(field, place, row, meta)?)));
            Json::Object(fields.collect::<Result<_, Unknown>>()?)
        }
        other => other.clone(),
    })
}

fn made_of_key(row: &Record, meta: &ModelMeta) -> Result<Json, Unknown> {
    let &[key] = meta.primary_key() else {
        return Err(Unknown::new("an object with a key of several parts"));
    };
    let key = match row.values().get(key) {
        Some(Value::I64(key)) => *key,
        other => return Err(Unknown::new(format!("an object with the key {other:?}"))),
    };
    Ok(json!({"call": {"name": meta.name()}, "kwargs": {"pk": {"const": key}}}))
}
