//! The types of jiff.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use queryset::{ErrorKind, F, Model, QuerySet, Zone};

use super::column::{self, known};
use super::moments::{
    ANCIENT, BY_DATE, BY_DATETIME, BY_SPAN, BY_TIME, Clock, Day, NULLS, Parts, ROWS, moments,
};
use super::parts::{HAPPENINGS, parts};
use crate::Form;
use crate::failure::Verdict;
use crate::stage::{Session, Stage, call, read};

type Instant = Timestamp;
type Span = SignedDuration;

fn date((year, month, day): Day) -> Verdict<Date> {
    known(Date::new(year, month as i8, day as i8).ok())
}

fn time((hour, minute, second, nanos): Clock) -> Verdict<Time> {
    let (hour, minute, second) = (hour as i8, minute as i8, second as i8);
    known(Time::new(hour, minute, second, nanos as i32).ok())
}

fn datetime(day: Day, clock: Clock) -> Verdict<DateTime> {
    Ok(date(day)?.to_datetime(time(clock)?))
}

fn instant(day: Day, clock: Clock) -> Verdict<Instant> {
    known(Offset::UTC.to_timestamp(datetime(day, clock)?).ok())
}

fn span(micros: i64) -> Span {
    SignedDuration::from_micros(micros)
}

moments!();
parts!();
