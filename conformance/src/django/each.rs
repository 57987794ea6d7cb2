//! What is taken of each row: expressions over objects and what is loaded with them.

use std::cmp::Ordering;
use std::sync::Arc;

use queryset::runtime::block_on;
use queryset::{Database, Error, ModelMeta, QuerySet, Record, RelationKind, RelationMeta};
use serde_json::{Value as Json, json};

use super::answer::{encode, key, object};
use super::node::{Call, Node};
use super::python::Unknown;
use crate::method::Form;

/// The way to what is not loaded: Django fetches it when it is asked for, so here it is asked for
/// by the explicit methods.
#[derive(Clone, Copy)]
pub(super) struct Loader<'d> {
    pub(super) db: &'d Database,
    pub(super) form: Form,
}

/// Why an expression has no value.
#[derive(Debug)]
pub(super) enum Stop {
    Unknown(Unknown),
    Failed(Error),
}

impl From<Unknown> for Stop {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(unknown)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn unknown<T>(what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Unknown(Unknown::new(what)))
}

/// The value of an expression over the row `o`, as the file writes it.
pub(super) fn of(
    json: &Json,
    row: &Record,
    meta: &Arc<ModelMeta>,
    loader: Loader<'_>,
) -> Result<Json, Stop> {
    let row = Object {
        row: row.clone(),
        meta: Arc::clone(meta),
    };
    let scope = Scope {
        names: vec![("o", Thing::Object(row))],
        loader,
    };
    scope.value(json)?.encode()
}

/// A row and its model.
#[derive(Clone)]
struct Object {
    row: Record,
    meta: Arc<ModelMeta>,
}

/// What an expression comes to.
#[derive(Clone)]
enum Thing {
    Plain(Json),
    Object(Object),
    List(Vec<Thing>),
    /// What a relation that leads to several rows is asked through.
    Related(Object, String),
}

impl Thing {
    fn encode(self) -> Result<Json, Stop> {
        Ok(match self {
            Self::Plain(json) => json,
            Self::Object(Object { row, meta }) => object(&row, &meta)?,
            Self::List(items) => {
                let items = items.into_iter().map(Self::encode);
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Related(_, name) => return unknown(format!("the manager {name}")),
        })
    }

    /// Python's truth of a value.
    fn truth(&self) -> bool {
        match self {
            Self::Object(_) | Self::Related(..) => true,
            Self::List(items) => !items.is_empty(),
            Self::Plain(json) => match json {
                Json::Null => false,
                Json::Bool(truth) => *truth,
                Json::Number(number) => number.as_f64() != Some(0.0),
                Json::String(text) => !text.is_empty(),
                Json::Array(items) => !items.is_empty(),
                Json::Object(_) => true,
            },
        }
    }

    fn list(self) -> Result<Vec<Self>, Stop> {
        match self {
            Self::List(items) => Ok(items),
            Self::Plain(Json::Array(items)) => Ok(items.into_iter().map(Self::Plain).collect()),
            _ => unknown("the items of no list"),
        }
    }
}

/// The names that an expression sees, the innermost last.
#[derive(Clone)]
struct Scope<'a> {
    names: Vec<(&'a str, Thing)>,
    loader: Loader<'a>,
}

impl<'a> Scope<'a> {
    fn value(&self, json: &'a Json) -> Result<Thing, Stop> {
        if json.get("comprehension").is_some() {
            return self.comprehension(json);
        }
        match Node::of(json) {
            Node::Name(name) => {
                let mut names = self.names.iter().rev();
                match names.find(|(own, _)| *own == name) {
                    Some((_, thing)) => Ok(thing.clone()),
                    None => unknown(format!("the name {name}")),
                }
            }
            Node::Const(value) => Ok(Thing::Plain(value.clone())),
            Node::Attr { name, of } => match self.value(of)? {
                Thing::Object(object) => self.attribute(&object, name),
                _ => unknown(format!("the attribute {name} of no object")),
            },
            Node::List(items) => {
                let items = items.iter().map(|item| self.value(item));
                Ok(Thing::List(items.collect::<Result<_, _>>()?))
            }
            Node::If {
                condition,
                then,
                otherwise,
            } => match self.value(condition)?.truth() {
                true => self.value(then),
                false => self.value(otherwise),
            },
            Node::Logic { all, parts } => {
                let mut last = Thing::Plain(Json::Null);
                for part in parts {
                    last = self.value(part)?;
                    if last.truth() != all {
                        break;
                    }
                }
                Ok(last)
            }
            Node::Compare { op, left, right } => {
                let left = self.value(left)?.encode()?;
                let right = self.value(right)?.encode()?;
                match op {
                    "is" | "==" => Ok(Thing::Plain(Json::Bool(left == right))),
                    "is not" | "!=" => Ok(Thing::Plain(Json::Bool(left != right))),
                    op => unknown(format!("the comparison {op}")),
                }
            }
            Node::Slice { ends, of: Some(of) } => self.slice(ends, of),
            Node::Call(call) => self.call(&call, json),
            _ => unknown(format!("of each row {json}")),
        }
    }

    fn comprehension(&self, json: &'a Json) -> Result<Thing, Stop> {
        let part = |name: &str| json.get(name);
        let (Some(each), Some(loops)) = (part("yield"), part("for").and_then(Json::as_array))
        else {
            return unknown("a comprehension without loops");
        };
        let mut items = Vec::new();
        self.loops(loops, each, &mut items)?;
        if part("comprehension").is_some_and(|kind| kind == "set") {
            items = distinct(items)?;
        }
        Ok(Thing::List(items))
    }

    fn loops(&self, loops: &'a [Json], each: &'a Json, items: &mut Vec<Thing>) -> Result<(), Stop> {
        let Some((first, rest)) = loops.split_first() else {
            items.push(self.value(each)?);
            return Ok(());
        };
        let name = match first.get("var") {
            Some(Json::String(name)) => name.as_str(),
            Some(var) => match Node::of(var) {
                Node::Name(name) => name,
                _ => return unknown("a loop over parts"),
            },
            None => return unknown("a loop without a name"),
        };
        let Some(over) = first.get("in") else {
            return unknown("a loop over nothing");
        };
        let conditions = first.get("if").and_then(Json::as_array);
        for item in self.value(over)?.list()? {
            let mut inner = self.clone();
            inner.names.push((name, item));
            let mut holds = true;
            for condition in conditions.into_iter().flatten() {
                holds = holds && inner.value(condition)?.truth();
            }
            if holds {
                inner.loops(rest, each, items)?;
            }
        }
        Ok(())
    }

    fn slice(&self, ends: &'a [Json], of: &'a Json) -> Result<Thing, Stop> {
        let place = |end: Option<&Json>, default: usize, length: usize| -> Result<usize, Stop> {
            let place = match end {
                None | Some(Json::Null) => return Ok(default),
                Some(end) => integer(end)?,
            };
            let length = length as i64;
            let place = if place < 0 { place + length } else { place };
            Ok(place.clamp(0, length) as usize)
        };
        match self.value(of)? {
            Thing::Plain(Json::String(text)) => {
                let letters: Vec<char> = text.chars().collect();
                let low = place(ends.first(), 0, letters.len())?;
                let high = place(ends.get(1), letters.len(), letters.len())?;
                let part = letters.get(low..high).unwrap_or(&[]).iter();
                Ok(Thing::Plain(Json::String(part.collect())))
            }
            Thing::List(items) => {
                let low = place(ends.first(), 0, items.len())?;
                let high = place(ends.get(1), items.len(), items.len())?;
                Ok(Thing::List(items.get(low..high).unwrap_or(&[]).to_vec()))
            }
            _ => unknown("a part of no text"),
        }
    }

    fn call(&self, call: &Call<'a>, json: &'a Json) -> Result<Thing, Stop> {
        let arguments = call.arguments.positional;
        if let Some((method, of)) = call.method() {
            return match (self.value(of)?, method, arguments) {
                (Thing::Related(object, name), "all", []) => {
                    let rows = self.rows(&object, &name)?;
                    Ok(Thing::List(rows))
                }
                (Thing::Related(object, name), "count", []) => {
                    let rows = self.rows(&object, &name)?;
                    Ok(Thing::Plain(json!(rows.len())))
                }
                (Thing::List(rows), "count", []) => Ok(Thing::Plain(json!(rows.len()))),
                (Thing::Object(object), "get_deferred_fields", []) => {
                    let columns = object.meta.columns().iter();
                    let missing =
                        columns.filter(|column| object.row.value(column.name()).is_none());
                    let missing = missing.map(|column| Thing::Plain(json!(column.name())));
                    Ok(Thing::List(missing.collect()))
                }
                _ => unknown(format!("the method {method}")),
            };
        }
        match (call.name(), arguments) {
            (Some("round"), [number, places]) => {
                let (number, places) = (self.value(number)?.encode()?, integer(places)?);
                Ok(Thing::Plain(
                    match number.as_f64().filter(|_| number.is_f64()) {
                        Some(number) => {
                            let unit = 10f64.powi(places as i32);
                            Json::from((number * unit).round() / unit)
                        }
                        None => number,
                    },
                ))
            }
            (Some("isinstance"), [value, class]) => {
                let value = self.value(value)?;
                let is = match Node::of(class) {
                    Node::Name("float") => value.encode()?.is_f64(),
                    Node::Name("list") => matches!(value, Thing::List(_)),
                    _ => return unknown(format!("the class {class}")),
                };
                Ok(Thing::Plain(Json::Bool(is)))
            }
            (Some("hasattr"), [object, name]) => {
                let (object, name) = (self.value(object)?, self.value(name)?.encode()?);
                let (Thing::Object(object), Json::String(name)) = (object, name) else {
                    return unknown("an attribute of no object");
                };
                self.has(&object, &name)
            }
            (Some("len"), [items]) => {
                let items = self.value(items)?.list()?;
                Ok(Thing::Plain(json!(items.len())))
            }
            (Some("list" | "tuple"), [items]) => Ok(Thing::List(self.value(items)?.list()?)),
            (Some("set"), [items]) => Ok(Thing::List(distinct(self.value(items)?.list()?)?)),
            (Some("sorted"), [items]) => {
                let items = self.value(items)?.list()?;
                let mut items: Vec<Json> = items
                    .into_iter()
                    .map(Thing::encode)
                    .collect::<Result<_, _>>()?;
                items.sort_by(order);
                Ok(Thing::List(items.into_iter().map(Thing::Plain).collect()))
            }
            _ => unknown(format!("of each row {json}")),
        }
    }

    fn attribute(&self, object: &Object, name: &str) -> Result<Thing, Stop> {
        let Object { row, meta } = object;
        if name == "pk" {
            return Ok(Thing::Plain(key(row, meta)?));
        }
        if let Some(value) = row.value(name) {
            return Ok(Thing::Plain(encode(value)?));
        }
        if let Some(column) = meta.position(name) {
            let name = meta.columns()[column].name();
            return Ok(Thing::Plain(self.left_out(object, name)?));
        }
        match relation(meta, name) {
            Some((relation, kind)) if kind.is_to_many() => {
                let name = relation.name().to_owned();
                Ok(Thing::Related(object.clone(), name))
            }
            Some((relation, kind)) => match self.one(object, relation)? {
                Some(one) => Ok(Thing::Object(one)),
                None if kind == RelationKind::ReverseOneToOne => {
                    unknown("an object that is not there")
                }
                None => Ok(Thing::Plain(Json::Null)),
            },
            // What was prefetched under a name of its own.
            None if row.is_loaded(name) => {
                let prefetched = row.related_set(name)?;
                let own = meta
                    .relations()
                    .iter()
                    .filter_map(|relation| relation.target().resolve());
                let rows = prefetched.iter().map(|row| {
                    let meta = own.clone().find(|meta| same_columns(meta, row));
                    match meta {
                        Some(meta) => Ok(Thing::Object(Object {
                            row: row.clone(),
                            meta,
                        })),
                        None => unknown(format!("the rows of {name}")),
                    }
                });
                Ok(Thing::List(rows.collect::<Result<_, _>>()?))
            }
            None => unknown(format!("the attribute {name}")),
        }
    }

    fn has(&self, object: &Object, name: &str) -> Result<Thing, Stop> {
        let has = match relation(&object.meta, name) {
            Some((relation, RelationKind::ReverseOneToOne)) => {
                self.one(object, relation)?.is_some()
            }
            Some(_) => true,
            None => {
                name == "pk" || object.meta.position(name).is_some() || object.row.is_loaded(name)
            }
        };
        Ok(Thing::Plain(Json::Bool(has)))
    }

    /// The row that a relation leads to.
    fn one(&self, object: &Object, relation: &RelationMeta) -> Result<Option<Object>, Stop> {
        let Object { row, meta } = object;
        let Some(target) = relation.target().resolve() else {
            return unknown("a relation that leads nowhere");
        };
        let Loader { db, form } = self.loader;
        let name = relation.name();
        let found = match form {
            Form::Blocking => row.load(meta, name, db)?,
            Form::Async => block_on(row.aload(meta, name, db))?,
        };
        Ok(found.map(|row| Object {
            row: row.clone(),
            meta: target,
        }))
    }

    /// The rows that a relation leads to.
    fn rows(&self, object: &Object, name: &str) -> Result<Vec<Thing>, Stop> {
        let Object { row, meta } = object;
        let target = relation(meta, name).and_then(|(relation, _)| relation.target().resolve());
        let Some(target) = target else {
            return unknown("a relation that leads nowhere");
        };
        let rows = match row.is_loaded(name) {
            true => row.related_set(name)?.to_vec(),
            false => match row.query(meta, name)? {
                Some(query) => self.list(&query)?,
                None => Vec::new(),
            },
        };
        let object = |row| {
            Thing::Object(Object {
                row,
                meta: Arc::clone(&target),
            })
        };
        Ok(rows.into_iter().map(object).collect())
    }

    /// A column that was left out of the query.
    fn left_out(&self, object: &Object, name: &str) -> Result<Json, Stop> {
        let [key] = object.meta.primary_key() else {
            return unknown("a column of a row without a key of one column");
        };
        let key = object.meta.columns()[*key].name();
        let Some(own) = object.row.value(key) else {
            return unknown("a row without its key");
        };
        let query = QuerySet::dynamic(&object.meta)
            .only_names([name])
            .lookup("pk", own.clone());
        match self.list(&query)?.first().and_then(|row| row.value(name)) {
            Some(value) => Ok(encode(value)?),
            None => unknown("a row that is there no more"),
        }
    }

    fn list(&self, query: &QuerySet<Record>) -> Result<Vec<Record>, Stop> {
        let Loader { db, form } = self.loader;
        Ok(match form {
            Form::Blocking => query.list(db)?,
            Form::Async => block_on(query.alist(db))?,
        })
    }
}

fn relation<'m>(meta: &'m ModelMeta, name: &str) -> Option<(&'m RelationMeta, RelationKind)> {
    let relation = &meta.relations()[meta.relation_position(name)?];
    Some((relation, relation.kind()?))
}

/// Whether a row may be one of the model's.
fn same_columns(meta: &ModelMeta, row: &Record) -> bool {
    row.columns().table() == Some(meta.table())
}

fn distinct(items: Vec<Thing>) -> Result<Vec<Thing>, Stop> {
    let mut seen: Vec<Json> = Vec::new();
    let mut kept = Vec::new();
    for item in items {
        let json = item.clone().encode()?;
        if !seen.contains(&json) {
            seen.push(json);
            kept.push(item);
        }
    }
    Ok(kept)
}

/// The order of Python's `sorted`, among values of one type.
fn order(left: &Json, right: &Json) -> Ordering {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => {
            let (left, right) = (left.as_f64(), right.as_f64());
            left.partial_cmp(&right).unwrap_or(Ordering::Equal)
        }
        (Json::String(left), Json::String(right)) => left.cmp(right),
        (Json::Array(left), Json::Array(right)) => {
            let mut pairs = left
                .iter()
                .zip(right)
                .map(|(left, right)| order(left, right));
            pairs
                .find(|order| order.is_ne())
                .unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        _ => Ordering::Equal,
    }
}

fn integer(json: &Json) -> Result<i64, Stop> {
    let found = match Node::of(json) {
        Node::Const(value) => value.as_i64(),
        Node::Unary { op: "-", of } => return Ok(-integer(of)?),
        _ => None,
    };
    match found {
        Some(number) => Ok(number),
        None => unknown(format!("the number {json}")),
    }
}
