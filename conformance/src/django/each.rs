//! What is taken of each row.

use queryset::{ModelMeta, Record};
use serde_json::Value as Json;

use super::answer::{encode, key, object};
use super::node::Node;
use super::python::Unknown;

/// The value of an expression over the row `o`, as the file writes it.
pub(super) fn of(json: &Json, row: &Record, meta: &ModelMeta) -> Result<Json, Unknown> {
    match Node::of(json) {
        Node::Name("o") => object(row, meta),
        Node::Const(value) => Ok(value.clone()),
        Node::Attr { name, of } if matches!(Node::of(of), Node::Name("o")) => match name {
            "pk" => key(row, meta),
            name => match row.value(name) {
                Some(value) => encode(value),
                None => Err(Unknown::new(format!("the attribute {name}"))),
            },
        },
        Node::List(items) => Ok(Json::Array(
            items
                .iter()
                .map(|item| of(item, row, meta))
                .collect::<Result<_, _>>()?,
        )),
        Node::If {
            condition,
            then,
            otherwise,
        } => {
            let chosen = if truth(&of(condition, row, meta)?) {
                then
            } else {
                otherwise
            };
            of(chosen, row, meta)
        }
        Node::Logic { all, parts } => {
            let mut last = Json::Null;
            for part in parts {
                last = of(part, row, meta)?;
                if truth(&last) != all {
                    break;
                }
            }
            Ok(last)
        }
        Node::Compare { op, left, right } => {
            let (left, right) = (of(left, row, meta)?, of(right, row, meta)?);
            match op {
                "is" | "==" => Ok(Json::Bool(left == right)),
                "is not" | "!=" => Ok(Json::Bool(left != right)),
                op => Err(Unknown::new(format!("the comparison {op}"))),
            }
        }
        Node::Slice {
            ends,
            of: Some(text),
        } => match of(text, row, meta)? {
            Json::String(text) => {
                let letters: Vec<char> = text.chars().collect();
                let place = |end: Option<&Json>, default: i64| -> Result<usize, Unknown> {
                    let place = match end {
                        None | Some(Json::Null) => default,
                        Some(end) => integer(end)?,
                    };
                    let length = letters.len() as i64;
                    let place = if place < 0 { place + length } else { place };
                    Ok(place.clamp(0, length) as usize)
                };
                let (low, high) = (
                    place(ends.first(), 0)?,
                    place(ends.get(1), letters.len() as i64)?,
                );
                Ok(Json::String(
                    letters.get(low..high).unwrap_or(&[]).iter().collect(),
                ))
            }
            Json::Null => Err(Unknown::new("a part of None")),
            other => Err(Unknown::new(format!("a part of {other}"))),
        },
        Node::Call(call) => match (call.name(), call.arguments.positional) {
            (Some("round"), [number, places]) => {
                let (number, places) = (of(number, row, meta)?, integer(places)?);
                match number.as_f64().filter(|_| number.is_f64()) {
                    Some(number) => {
                        let unit = 10f64.powi(places as i32);
                        Ok(Json::from((number * unit).round() / unit))
                    }
                    None => Ok(number),
                }
            }
            (Some("isinstance"), [value, class]) => match Node::of(class) {
                Node::Name("float") => Ok(Json::Bool(of(value, row, meta)?.is_f64())),
                _ => Err(Unknown::new(format!("the class {class}"))),
            },
            _ => Err(Unknown::new(format!("of each row {json}"))),
        },
        _ => Err(Unknown::new(format!("of each row {json}"))),
    }
}

fn integer(json: &Json) -> Result<i64, Unknown> {
    let found = match Node::of(json) {
        Node::Const(value) => value.as_i64(),
        Node::Unary { op: "-", of } => return Ok(-integer(of)?),
        _ => None,
    };
    found.ok_or_else(|| Unknown::new(format!("the number {json}")))
}

/// Python's truth of a value.
fn truth(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(_) => true,
    }
}
