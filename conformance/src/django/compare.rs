//! Whether our answer is Django's.

use queryset::ErrorKind;
use serde_json::Value as Json;

use super::answer::{Answer, Failure};
use super::case::Expected;

/// What differs; `None` where nothing does.
pub(super) fn difference(expected: &Expected<'_>, answer: &Answer) -> Option<String> {
    let value = match (expected.value.get("error"), &answer.result) {
        (Some(class), Err(failure)) => {
            failed(class.as_str().unwrap_or_default(), expected, failure)
        }
        (Some(class), Ok(value)) => {
            Some(format!("Django raises {class}, ours is {}", short(value)))
        }
        (None, Err(failure)) => Some(format!(
            "Django answers {}, ours is an error of kind {:?}: {}",
            short(expected.value),
            failure.kind,
            failure.message
        )),
        (None, Ok(value)) => {
            // The kind is that of one database's answer, which may be an error elsewhere.
            let ours = if expected.keys || are_objects(value) {
                keys(value, expected.value)
            } else {
                value.clone()
            };
            let same = match (expected.value, &ours) {
                (Json::Array(expected_rows), Json::Array(rows)) if !expected.ordered => {
                    same_rows(expected_rows, rows)
                }
                (expected, ours) => same(expected, ours),
            };
            (!same).then(|| {
                format!(
                    "Django answers {}, ours is {}",
                    short(expected.value),
                    short(&ours)
                )
            })
        }
    };
    let sent = answer.statements.len() as u64;
    // What a database cannot do is told here before it is asked.
    let told = matches!(&answer.result, Err(failure) if failure.kind == ErrorKind::NotSupported);
    if told && sent == 0 {
        return value;
    }
    value.or_else(|| {
        (sent != expected.queries).then(|| {
            format!(
                "Django sends {} statements, ours are {sent}",
                expected.queries
            )
        })
    })
}

fn failed(class: &str, expected: &Expected<'_>, failure: &Failure) -> Option<String> {
    if !kinds(class).contains(&failure.kind) {
        return Some(format!(
            "Django raises {class}, ours is of kind {:?}: {}",
            failure.kind, failure.message
        ));
    }
    let model = expected.value.get("model").and_then(Json::as_str);
    if model.is_some() && model != failure.model.as_deref() {
        return Some(format!(
            "Django's error is of {model:?}, ours of {:?}",
            failure.model
        ));
    }
    match expected.while_building {
        Some(building) if building != failure.while_building => {
            let place = |building| if building { "building" } else { "evaluating" };
            Some(format!(
                "Django raises while {}, ours comes while {}: {}",
                place(building),
                place(failure.while_building),
                failure.message
            ))
        }
        _ => None,
    }
}

/// The kinds of ours that a class of Django's stands for.
fn kinds(class: &str) -> &'static [ErrorKind] {
    match class {
        // A prefetch finds its relations as attributes of the objects.
        "FieldError" | "AttributeError" => &[ErrorKind::Field],
        "FieldDoesNotExist" => &[ErrorKind::FieldDoesNotExist],
        "TypeError" => &[ErrorKind::Type],
        "ValueError" => &[ErrorKind::Value],
        "ValidationError" => &[ErrorKind::Validation],
        "NotSupportedError" | "NotImplementedError" => &[ErrorKind::NotSupported],
        "IndexError" => &[ErrorKind::Index],
        "DoesNotExist" | "ObjectDoesNotExist" => &[ErrorKind::NotFound],
        "MultipleObjectsReturned" => &[ErrorKind::Multiple],
        "SynchronousOnlyOperation" => &[ErrorKind::SynchronousOnly],
        "IntegrityError" => &[
            ErrorKind::Unique,
            ErrorKind::ForeignKey,
            ErrorKind::NotNull,
            ErrorKind::Check,
        ],
        // Which of its classes a driver picks differs by database.
        "OperationalError" | "ProgrammingError" | "DataError" | "DatabaseError" => &[
            ErrorKind::Operational,
            ErrorKind::Programming,
            ErrorKind::Data,
        ],
        _ => &[],
    }
}

/// Whether it is a list of objects.
fn are_objects(ours: &Json) -> bool {
    let rows = ours.as_array();
    rows.is_some_and(|rows| rows.iter().all(|row| row.get("$obj").is_some()))
}

/// Our list of objects as the list of their keys, where Django's is one.
fn keys(ours: &Json, expected: &Json) -> Json {
    let named = |rows: &Json| {
        rows.as_array()
            .is_some_and(|rows| rows.iter().any(|row| row.get("$obj").is_some()))
    };
    match ours {
        Json::Array(rows) if !named(expected) => rows
            .iter()
            .map(|row| row.get("pk").unwrap_or(row).clone())
            .collect(),
        other => other.clone(),
    }
}

/// Whether both have the same rows, in whatever order.
pub(super) fn same_rows(expected: &[Json], ours: &[Json]) -> bool {
    let mut left: Vec<&Json> = ours.iter().collect();
    expected.len() == ours.len()
        && expected.iter().all(|row| {
            let found = left.iter().position(|other| same(row, other));
            found.map(|at| left.swap_remove(at)).is_some()
        })
}

fn same(expected: &Json, ours: &Json) -> bool {
    if let Some(kind) = expected.get("$opaque").and_then(Json::as_str) {
        return match kind {
            "str" => ours.is_string(),
            "dict" => ours.is_object(),
            "list" => ours.is_array(),
            "int" => ours.is_i64() || ours.is_u64(),
            "float" => ours.is_f64(),
            _ => true,
        };
    }
    if let (Some(expected), Some(ours)) = (decimal(expected), decimal(ours)) {
        return expected == ours;
    }
    if let (Some(expected), Some(ours)) = (pairs(expected), pairs(ours)) {
        // The pairs of a dictionary have no order of their own.
        return same_rows(expected, ours);
    }
    match (expected, ours) {
        (Json::Number(a), Json::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(0.0));
            a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn decimal(json: &Json) -> Option<queryset::Decimal> {
    json.get("$dec")?.as_str()?.parse().ok()
}

fn pairs(json: &Json) -> Option<&[Json]> {
    json.get("$map")?.as_array().map(Vec::as_slice)
}

/// The longest text of an answer that a report shows.
const LONGEST: usize = 300;

fn short(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
