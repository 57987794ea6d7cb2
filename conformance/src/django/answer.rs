//! Our answer, in the encoding of the file of cases.

use std::sync::Arc;

use queryset::{ErrorKind, ModelMeta, Record, Value, format_date, format_datetime, format_time};
use serde_json::{Map, Value as Json, json};

use super::base64;
use super::each::{self, Loader, Stop};
use super::python::Unknown;
use super::terminal::Reply;

/// What one form of a read answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The value, or how it failed.
    pub result: Result<Json, Failure>,
    /// The statements that were sent.
    pub statements: Vec<String>,
}

/// An error, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: ErrorKind,
    /// The model that it carries.
    pub model: Option<String>,
    /// Whether the query's `check` told it.
    pub while_building: bool,
    /// Its text.
    pub message: String,
}

/// The largest integer that is a plain number in the file.
const PLAIN: u64 = 1 << 53;

impl Reply {
    /// The reply as the file writes it, with `each` taken of every row.
    pub(super) fn encode(
        self,
        meta: &Arc<ModelMeta>,
        each: Option<&Json>,
        loader: Loader<'_>,
    ) -> Result<Json, Stop> {
        let of_row = |row: &Record| match each {
            Some(each) => each::of(each, row, meta, loader),
            None => Ok(object(row, meta)?),
        };
        Ok(match self {
            Self::Rows(rows) => Json::Array(rows.iter().map(of_row).collect::<Result<_, _>>()?),
            Self::Row(None) => Json::Null,
            Self::Row(Some(row)) => of_row(&row)?,
            Self::Number(number) => Json::from(number),
            Self::Truth(truth) => Json::Bool(truth),
            Self::Text(text) => Json::String(text),
            Self::Bulk(mut rows) => {
                rows.sort_by_cached_key(|(key, _)| format!("{key:?}"));
                let pairs = rows
                    .iter()
                    .map(|(key, row)| Ok(json!([encode(key)?, object(row, meta)?])))
                    .collect::<Result<Vec<_>, Unknown>>()?;
                json!({ "$map": pairs })
            }
            Self::Aggregates(record) => {
                let mut object = Map::new();
                for (name, value) in record.columns().names().zip(record.values()) {
                    object.insert(name.to_owned(), encode(value)?);
                }
                Json::Object(object)
            }
        })
    }
}

/// A row as an object of its model.
pub(super) fn object(row: &Record, meta: &ModelMeta) -> Result<Json, Unknown> {
    Ok(json!({ "$obj": meta.name(), "pk": key(row, meta)? }))
}

/// The key of a row; an array where it has several parts.
pub(super) fn key(row: &Record, meta: &ModelMeta) -> Result<Json, Unknown> {
    let parts = meta
        .primary_key()
        .iter()
        .map(|&index| match row.values().get(index) {
            Some(value) => encode(value),
            None => Err(Unknown::new("a row without its key")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(match <[Json; 1]>::try_from(parts) {
        Ok([one]) => one,
        Err(parts) => Json::Array(parts),
    })
}

/// A value as the file writes it.
pub(super) fn encode(value: &Value) -> Result<Json, Unknown> {
    let out_of_range = || Unknown::new("a date outside the years -9999 to 9999");
    let instant = |micros: i64| -> Result<String, Unknown> {
        let text = format_datetime(micros).ok_or_else(out_of_range)?;
        Ok(six_digits(&text.replacen(' ', "T", 1)))
    };
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::I64(number) if number.unsigned_abs() > PLAIN => {
            json!({ "$int": number.to_string() })
        }
        Value::I64(number) => json!(number),
        Value::U64(number) if *number > PLAIN => json!({ "$int": number.to_string() }),
        Value::U64(number) => json!(number),
        Value::F64(number) if number.is_nan() => json!({ "$float": "nan" }),
        Value::F64(number) if number.is_infinite() => {
            json!({ "$float": if *number > 0.0 { "inf" } else { "-inf" } })
        }
        Value::F64(number) => json!(number),
        Value::Decimal(number) => json!({ "$dec": number.to_string() }),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({ "$bin": base64::encode(bytes) }),
        Value::Date(days) => json!({ "$date": format_date(*days).ok_or_else(out_of_range)? }),
        Value::Time(micros) => {
            let text = format_time(*micros).ok_or_else(out_of_range)?;
            json!({ "$time": six_digits(&text) })
        }
        Value::DateTime(micros) => json!({ "$naive_dt": instant(*micros)? }),
        Value::Timestamp(micros) => json!({ "$dt": format!("{}Z", instant(*micros)?) }),
        Value::Duration(micros) => json!({ "$dur_us": micros }),
        Value::Uuid(bytes) => json!({ "$uuid": uuid(bytes) }),
        Value::Json(text) => serde_json::from_str(text)
            .map_err(|error| Unknown::new(format!("a document that is no JSON: {error}")))?,
        Value::Array(parts) => Json::Array(parts.iter().map(encode).collect::<Result<_, _>>()?),
        other => return Err(Unknown::new(format!("a value of type {}", other.kind()))),
    })
}

/// The text with a fraction of six digits.
fn six_digits(text: &str) -> String {
    match text.rsplit_once('.') {
        Some((whole, fraction)) => format!("{whole}.{fraction:0<6}"),
        None => format!("{text}.000000"),
    }
}

fn uuid(bytes: &[u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(*bytes));
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &digits[range]);
    parts.join("-")
}
