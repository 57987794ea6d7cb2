//! The types of chrono.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use queryset::{ErrorKind, F, Model, QuerySet, Zone};

use super::column::{self, known};
use super::moments::{
    ANCIENT, BY_DATE, BY_DATETIME, BY_SPAN, BY_TIME, Clock, Day, NULLS, Parts, ROWS, moments,
};
use super::parts::{HAPPENINGS, parts};
use crate::Form;
use crate::failure::Verdict;
use crate::stage::{Session, Stage, call, read};

type Date = NaiveDate;
type Time = NaiveTime;
type DateTime = NaiveDateTime;
type Instant = chrono::DateTime<Utc>;
type Span = TimeDelta;

fn date((year, month, day): Day) -> Verdict<Date> {
    known(NaiveDate::from_ymd_opt(
        year.into(),
        month.into(),
        day.into(),
    ))
}

fn time((hour, minute, second, nanos): Clock) -> Verdict<Time> {
    let (hour, minute, second) = (hour.into(), minute.into(), second.into());
    known(NaiveTime::from_hms_nano_opt(hour, minute, second, nanos))
}

fn datetime(day: Day, clock: Clock) -> Verdict<DateTime> {
    Ok(date(day)?.and_time(time(clock)?))
}

fn instant(day: Day, clock: Clock) -> Verdict<Instant> {
    Ok(datetime(day, clock)?.and_utc())
}

fn span(micros: i64) -> Span {
    TimeDelta::microseconds(micros)
}

moments!();
parts!();
