//! The values of Python expressions.

use std::sync::Arc;

use jiff::civil;
use jiff::tz::TimeZone;
use queryset::{
    Columns, Expression, F, ModelMeta, Operand, Record, Value, parse_date, parse_timestamp,
};
use serde_json::Value as Json;

use super::base64;
use super::fixtures::Models;
use super::node::{Call, Node};

/// A value of a Python expression, as far as queries use them.
#[derive(Clone, Debug)]
pub(super) enum Python {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Its digits: Python's decimals have NaN and more than 38 digits.
    Decimal(String),
    Date(i32),
    Time(i64),
    /// A date and time without a zone.
    DateTime(i64),
    Timestamp(i64),
    Duration(i64),
    Uuid([u8; 16]),
    Zone(TimeZone),
    /// What the database computes.
    Expression(Expression),
    /// A list, a tuple, a set or an iterator.
    List(Vec<Python>),
    /// An object of a model, by the values of its key; `None` where it was given none.
    Instance {
        model: Arc<ModelMeta>,
        key: Vec<Option<Python>>,
    },
}

/// What the interpreter does not know how to do.
#[derive(Clone, Debug)]
pub(super) struct Unknown(pub(super) String);

impl Unknown {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The value of an expression that is no query and no condition.
pub(super) fn evaluate(json: &Json, models: &Models) -> Result<Python, Unknown> {
    match Node::of(json) {
        Node::Const(value) => constant(value),
        Node::Int(digits) => digits
            .parse()
            .map(Python::Int)
            .map_err(|_| Unknown::new(format!("the integer {digits}"))),
        Node::Bytes(text) => base64::decode(text)
            .map(Python::Bytes)
            .ok_or_else(|| Unknown::new("bytes that are no base64")),
        Node::List(items) => Ok(Python::List(all(items, models)?)),
        Node::Name("UTC") => Ok(Python::Zone(TimeZone::UTC)),
        Node::Unary { op, of } => unary(op, evaluate(of, models)?),
        Node::Op { op, left, right } => {
            binary(op, evaluate(left, models)?, evaluate(right, models)?)
        }
        Node::Call(call) => self::call(&call, models),
        _ => Err(Unknown::new(format!("the expression {json}"))),
    }
}

fn all(items: &[Json], models: &Models) -> Result<Vec<Python>, Unknown> {
    items.iter().map(|item| evaluate(item, models)).collect()
}

fn constant(value: &Json) -> Result<Python, Unknown> {
    Ok(match value {
        Json::Null => Python::None,
        Json::Bool(value) => Python::Bool(*value),
        Json::String(text) => Python::Text(text.clone()),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Python::Int(number.into()),
            None => Python::Float(
                number
                    .as_f64()
                    .ok_or_else(|| Unknown::new(format!("the number {number}")))?,
            ),
        },
        other => return Err(Unknown::new(format!("the constant {other}"))),
    })
}

fn unary(op: &str, value: Python) -> Result<Python, Unknown> {
    Ok(match (op, value) {
        ("-", Python::Int(number)) => Python::Int(-number),
        ("-", Python::Float(number)) => Python::Float(-number),
        ("-", Python::Duration(micros)) => Python::Duration(-micros),
        ("-", Python::Expression(of)) => Python::Expression(-of),
        (op, value) => return Err(Unknown::new(format!("{op} of {value:?}"))),
    })
}

fn binary(op: &str, left: Python, right: Python) -> Result<Python, Unknown> {
    let unknown = || Unknown::new(format!("the operator {op}"));
    if let (Python::Expression(_), _) | (_, Python::Expression(_)) = (&left, &right) {
        let (left, right) = (left.into_expression()?, right.into_expression()?);
        return Ok(Python::Expression(match op {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "%" => left % right,
            "**" => left.pow(right),
            _ => return Err(unknown()),
        }));
    }
    Ok(match (op, left, right) {
        ("**", Python::Int(base), Python::Int(power)) => {
            let power = u32::try_from(power).map_err(|_| unknown())?;
            Python::Int(base.checked_pow(power).ok_or_else(unknown)?)
        }
        ("+", Python::Int(a), Python::Int(b)) => Python::Int(a + b),
        ("-", Python::Int(a), Python::Int(b)) => Python::Int(a - b),
        ("*", Python::Int(a), Python::Int(b)) => Python::Int(a.checked_mul(b).ok_or_else(unknown)?),
        ("/", Python::Int(a), Python::Int(b)) => Python::Float(a as f64 / b as f64),
        ("+", Python::Text(a), Python::Text(b)) => Python::Text(a + &b),
        ("*", Python::Text(text), Python::Int(times)) => {
            let times = usize::try_from(times).unwrap_or(0);
            Python::Text(text.repeat(times))
        }
        ("+", Python::List(mut a), Python::List(b)) => {
            a.extend(b);
            Python::List(a)
        }
        ("*", Python::List(items), Python::Int(times)) => {
            let times = usize::try_from(times).unwrap_or(0);
            let length = items.len() * times;
            Python::List(items.into_iter().cycle().take(length).collect())
        }
        _ => return Err(unknown()),
    })
}

fn call(call: &Call<'_>, models: &Models) -> Result<Python, Unknown> {
    let Some(name) = call.name() else {
        return Err(Unknown::new("a method's value"));
    };
    if let Some(table) = models.get(name) {
        return instance(call, &table.meta, models);
    }
    let positional = all(call.arguments.positional, models)?;
    let named = |wanted: &str| -> Result<Option<Python>, Unknown> {
        call.arguments
            .get(wanted)
            .map(|value| evaluate(value, models))
            .transpose()
    };
    let unknown = || Unknown::new(format!("{name}({positional:?})"));
    Ok(match (name, positional.as_slice()) {
        ("F", [Python::Text(path)]) => Python::Expression(F(path).into()),
        ("Value", [value]) => Python::Expression(value.clone().into_expression()?),
        ("Decimal", [Python::Text(digits)]) => Python::Decimal(digits.clone()),
        ("Decimal", [Python::Int(number)]) => Python::Decimal(number.to_string()),
        ("date", [_, _, _]) => {
            let [year, month, day] =
                <[i64; 3]>::try_from(integers(&positional).ok_or_else(unknown)?)
                    .map_err(|_| unknown())?;
            Python::Date(days(year, month, day).ok_or_else(unknown)?)
        }
        ("time", _) => Python::Time(time(&integers(&positional).ok_or_else(unknown)?)),
        ("dt" | "datetime", [_, _, _, ..]) => {
            let numbers = integers(&positional).ok_or_else(unknown)?;
            let days = days(numbers[0], numbers[1], numbers[2]).ok_or_else(unknown)?;
            let micros = i64::from(days) * MICROS_PER_DAY + time(&numbers[3..]);
            match named("tzinfo")? {
                None => Python::DateTime(micros),
                Some(Python::Zone(zone)) => {
                    Python::Timestamp(instant(micros, &zone).ok_or_else(unknown)?)
                }
                Some(_) => return Err(unknown()),
            }
        }
        ("ts", [Python::Text(text)]) => {
            Python::Timestamp(parse_timestamp(text).ok_or_else(unknown)?)
        }
        ("ZoneInfo", [Python::Text(zone)]) => {
            Python::Zone(TimeZone::get(zone).map_err(|_| unknown())?)
        }
        ("timedelta", _) => Python::Duration(duration(call, &positional, models)?),
        ("UUID", [Python::Text(text)]) => Python::Uuid(uuid(text).ok_or_else(unknown)?),
        ("UUID", []) => match named("int")? {
            Some(Python::Int(number)) => Python::Uuid((number as u128).to_be_bytes()),
            _ => return Err(unknown()),
        },
        ("range", [Python::Int(end)]) => Python::List((0..*end).map(Python::Int).collect()),
        ("range", [Python::Int(start), Python::Int(end)]) => {
            Python::List((*start..*end).map(Python::Int).collect())
        }
        ("list" | "tuple" | "set" | "frozenset" | "iter", []) => Python::List(Vec::new()),
        ("list" | "tuple" | "set" | "frozenset" | "iter", [Python::List(items)]) => {
            Python::List(items.clone())
        }
        ("bytes", [Python::List(items)]) => {
            let bytes = integers(items).ok_or_else(unknown)?;
            Python::Bytes(bytes.into_iter().map(|byte| byte as u8).collect())
        }
        ("float", [Python::Text(text)]) => Python::Float(text.parse().map_err(|_| unknown())?),
        ("float", [Python::Int(number)]) => Python::Float(*number as f64),
        ("float", [Python::Float(number)]) => Python::Float(*number),
        _ => return Err(unknown()),
    })
}

fn instance(call: &Call<'_>, meta: &Arc<ModelMeta>, models: &Models) -> Result<Python, Unknown> {
    let columns = meta.primary_key();
    let value = |name: &str| -> Result<Option<Python>, Unknown> {
        let Some(value) = call.arguments.get(name) else {
            return Ok(None);
        };
        Ok(match evaluate(value, models)? {
            Python::None => None,
            value => Some(value),
        })
    };
    let key = match (value("pk")?, columns) {
        (Some(Python::List(parts)), _) => parts.into_iter().map(Some).collect(),
        (Some(key), _) => vec![Some(key)],
        (None, columns) => columns
            .iter()
            .map(|&index| value(meta.columns()[index].name()))
            .collect::<Result<_, _>>()?,
    };
    Ok(Python::Instance {
        model: Arc::clone(meta),
        key,
    })
}

fn duration(call: &Call<'_>, positional: &[Python], models: &Models) -> Result<i64, Unknown> {
    let parts = [
        ("days", MICROS_PER_DAY),
        ("seconds", 1_000_000),
        ("microseconds", 1),
        ("milliseconds", 1000),
        ("minutes", 60_000_000),
        ("hours", 3_600_000_000),
        ("weeks", 7 * MICROS_PER_DAY),
    ];
    let mut micros = 0;
    let mut add = |value: &Python, unit: i64| match value {
        Python::Int(number) => {
            micros += *number as i64 * unit;
            Ok(())
        }
        Python::Float(number) => {
            micros += (number * unit as f64).round() as i64;
            Ok(())
        }
        other => Err(Unknown::new(format!("timedelta of {other:?}"))),
    };
    for (value, (_, unit)) in positional.iter().zip(parts) {
        add(value, unit)?;
    }
    for (name, unit) in parts {
        if let Some(value) = call.arguments.get(name) {
            add(&evaluate(value, models)?, unit)?;
        }
    }
    Ok(micros)
}

fn integers(values: &[Python]) -> Option<Vec<i64>> {
    values
        .iter()
        .map(|value| match value {
            Python::Int(number) => i64::try_from(*number).ok(),
            _ => None,
        })
        .collect()
}

/// Microseconds of hour, minute, second and microsecond, as many as there are.
fn time(parts: &[i64]) -> i64 {
    let units = [3_600_000_000, 60_000_000, 1_000_000, 1];
    parts
        .iter()
        .zip(units)
        .map(|(part, unit)| part * unit)
        .sum()
}

fn days(year: i64, month: i64, day: i64) -> Option<i32> {
    parse_date(&format!("{year:04}-{month:02}-{day:02}"))
}

/// The instant of a zone's clock.
fn instant(micros: i64, zone: &TimeZone) -> Option<i64> {
    let clock = jiff::Timestamp::from_microsecond(micros).ok()?;
    let clock: civil::DateTime = TimeZone::UTC.to_datetime(clock);
    Some(zone.to_timestamp(clock).ok()?.as_microsecond())
}

/// The bytes of a UUID's text, hyphens or not.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|&letter| letter != '-').collect();
    if digits.len() != 32 {
        return None;
    }
    Some(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes())
}

impl Python {
    /// The value within something computed.
    fn into_expression(self) -> Result<Expression, Unknown> {
        match self.into_operand()? {
            Operand::Expression(expression) => Ok(expression),
            Operand::Value(value) => Ok(value.into()),
            other => Err(Unknown::new(format!("{other:?} within an expression"))),
        }
    }

    /// The value as a lookup's right-hand side.
    pub(super) fn into_operand(self) -> Result<Operand, Unknown> {
        Ok(Operand::Value(match self {
            Self::None => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(number) => integer(number)?,
            Self::Float(number) => Value::F64(number),
            Self::Text(text) => Value::Text(text.into()),
            Self::Bytes(bytes) => Value::Bytes(bytes.into()),
            // What the library's decimals do not hold can still be said in text.
            Self::Decimal(digits) => match digits.parse() {
                Ok(number) => Value::Decimal(number),
                Err(_) => Value::Text(digits.into()),
            },
            Self::Date(days) => Value::Date(days),
            Self::Time(micros) => Value::Time(micros),
            Self::DateTime(micros) => Value::DateTime(micros),
            Self::Timestamp(micros) => Value::Timestamp(micros),
            Self::Duration(micros) => Value::Duration(micros),
            Self::Uuid(bytes) => Value::Uuid(bytes),
            Self::List(items) => {
                let items: Result<Vec<_>, _> = items.into_iter().map(Self::into_operand).collect();
                return Ok(Operand::List(items?));
            }
            Self::Instance { model, key } => {
                return Ok(Operand::record(&model, &record(&model, key)?));
            }
            Self::Expression(expression) => return Ok(expression.into()),
            other => return Err(Unknown::new(format!("{other:?} as a value"))),
        }))
    }
}

/// An object as a record that has only its key.
pub(super) fn record(model: &ModelMeta, key: Vec<Option<Python>>) -> Result<Record, Unknown> {
    let mut values = Vec::new();
    for part in key {
        match part.unwrap_or(Python::None).into_operand()? {
            Operand::Value(value) => values.push(value),
            other => return Err(Unknown::new(format!("the key {other:?}"))),
        }
    }
    let columns = model.primary_key().iter();
    let names = columns.map(|&column| model.columns()[column].name());
    let columns = Columns::new(Some(model.table()), names);
    Record::new(columns, values).map_err(|error| Unknown::new(error.to_string()))
}

/// The key of an object; parts that it was not given are NULL.
pub(super) fn key_operand(key: Vec<Option<Python>>) -> Result<Operand, Unknown> {
    let mut parts = key
        .into_iter()
        .map(|part| part.unwrap_or(Python::None).into_operand())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(match parts.len() {
        1 => parts.remove(0),
        _ => Operand::List(parts),
    })
}

fn integer(number: i128) -> Result<Value, Unknown> {
    if let Ok(number) = i64::try_from(number) {
        return Ok(Value::I64(number));
    }
    if let Ok(number) = u64::try_from(number) {
        return Ok(Value::U64(number));
    }
    queryset::Decimal::new(number, 0)
        .map(Value::Decimal)
        .ok_or_else(|| {
            Unknown::new(format!(
                "the integer {number}, which has more than 38 digits"
            ))
        })
}
