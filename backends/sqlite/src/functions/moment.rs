//! Parts of dates and times, and spans between them.
//!
//! Dates and times are texts as Django writes them. What is no such text has no parts: NULL.

use jiff::Span;
use jiff::civil::{Date, date};
use queryset::{
    Zone, format_date, format_datetime, format_time, parse_date, parse_datetime, parse_time,
    parse_timestamp,
};
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Registers each part twice: of a clock's reading, and of an instant in a zone.
pub(super) fn register(connection: &Connection) -> Result<()> {
    for (name, part) in PARTS {
        let (name, part) = (format!("queryset_{name}"), *part);
        super::add(connection, &name, 1, move |context| {
            Ok(read(context.get_raw(0)).and_then(part))
        })?;
        super::add(connection, &name, 2, move |context| {
            let zone = zone(context, 1)?;
            let instant = read(context.get_raw(0)).and_then(Moment::micros);
            let clock = instant.and_then(|instant| zone.clock(instant));
            Ok(clock.map(Moment::DateTime).and_then(part))
        })?;
    }
    super::add(connection, "queryset_shift", 2, |context| {
        Ok(shift(read(context.get_raw(0)), context.get_raw(1)))
    })?;
    super::add(connection, "queryset_span", 2, |context| {
        Ok(span(read(context.get_raw(0)), read(context.get_raw(1))))
    })
}

type Part = fn(Moment) -> Option<Value>;

const PARTS: &[(&str, Part)] = &[
    ("year", |moment| number(moment.day()?.year())),
    ("iso_year", |moment| {
        number(moment.day()?.iso_week_date().year())
    }),
    ("quarter", |moment| number((moment.day()?.month() + 2) / 3)),
    ("month", |moment| number(moment.day()?.month())),
    ("week", |moment| {
        number(moment.day()?.iso_week_date().week())
    }),
    ("week_day", |moment| {
        number(moment.day()?.weekday().to_sunday_one_offset())
    }),
    ("iso_week_day", |moment| {
        number(moment.day()?.weekday().to_monday_one_offset())
    }),
    ("day", |moment| number(moment.day()?.day())),
    ("hour", |moment| number(moment.clock()? / (3600 * SECOND))),
    ("minute", |moment| {
        number(moment.clock()? / (60 * SECOND) % 60)
    }),
    ("second", |moment| number(moment.clock()? / SECOND % 60)),
    ("date", |moment| {
        format_date(i32::try_from(moment.days()?).ok()?).map(Value::Text)
    }),
    ("time", |moment| {
        format_time(moment.clock()?).map(Value::Text)
    }),
];

fn number(part: impl Into<i64>) -> Option<Value> {
    Some(Value::Integer(part.into()))
}

/// A date, a time of day or both, in days or microseconds.
#[derive(Clone, Copy)]
enum Moment {
    Date(i64),
    Time(i64),
    DateTime(i64),
}

fn read(value: ValueRef<'_>) -> Option<Moment> {
    let ValueRef::Text(text) = value else {
        return None;
    };
    let text = str::from_utf8(text).ok()?;
    match (text.len(), text.as_bytes().get(2)) {
        (10, _) => parse_date(text).map(|days| Moment::Date(days.into())),
        (_, Some(b':')) => parse_time(text).map(Moment::Time),
        _ => parse_datetime(text)
            .or_else(|| parse_timestamp(text))
            .map(Moment::DateTime),
    }
}

impl Moment {
    fn days(self) -> Option<i64> {
        match self {
            Self::Date(days) => Some(days),
            Self::DateTime(micros) => Some(micros.div_euclid(DAY)),
            Self::Time(_) => None,
        }
    }

    fn day(self) -> Option<Date> {
        let days = Span::new().try_days(self.days()?).ok()?;
        date(1970, 1, 1).checked_add(days).ok()
    }

    /// The time of day.
    fn clock(self) -> Option<i64> {
        match self {
            Self::Date(_) => Some(0),
            Self::Time(micros) => Some(micros),
            Self::DateTime(micros) => Some(micros.rem_euclid(DAY)),
        }
    }

    /// Since 1970-01-01T00:00:00.
    fn micros(self) -> Option<i64> {
        match self {
            Self::Date(days) => Some(days * DAY),
            Self::DateTime(micros) => Some(micros),
            Self::Time(_) => None,
        }
    }
}

/// The moment that many microseconds later. A time of day begins again after midnight; a date
/// becomes a date and time.
fn shift(moment: Option<Moment>, span: ValueRef<'_>) -> Option<String> {
    let span = match span {
        ValueRef::Integer(micros) => micros,
        // A span that was multiplied by a fraction.
        ValueRef::Real(micros) if micros.abs() < 9.2e18 => micros.round() as i64,
        _ => return None,
    };
    match moment? {
        Moment::Time(micros) => format_time((micros + span.rem_euclid(DAY)).rem_euclid(DAY)),
        Moment::Date(days) => format_datetime((days * DAY).checked_add(span)?),
        Moment::DateTime(micros) => format_datetime(micros.checked_add(span)?),
    }
}

/// The microseconds from the second moment to the first.
fn span(to: Option<Moment>, from: Option<Moment>) -> Option<i64> {
    match (to?, from?) {
        (Moment::Time(to), Moment::Time(from)) => Some(to - from),
        (to, from) => Some(to.micros()? - from.micros()?),
    }
}

/// The zone of an argument, which SQLite keeps for as long as the argument does not change from
/// row to row.
fn zone(context: &Context<'_>, argument: i32) -> Result<std::sync::Arc<Zone>> {
    context.get_or_create_aux(argument, |name| -> std::result::Result<Zone, Refused> {
        let name = name
            .as_str()
            .map_err(|_| Refused("a time zone is a text".into()))?;
        let fixed = || {
            let (hours, minutes) = name.get(1..)?.split_once(':')?;
            let away = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
            match name.as_bytes().first()? {
                b'+' => Zone::fixed(away).ok(),
                b'-' => Zone::fixed(-away).ok(),
                _ => None,
            }
        };
        fixed()
            .map_or_else(|| Zone::named(name), Ok)
            .map_err(|error| Refused(error.to_string()))
    })
}

/// Why an argument is none.
#[derive(Debug)]
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
