//! The types of time.

use queryset::{ErrorKind, F, Model, QuerySet, Zone};
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::column::{self, known};
use super::moments::{
    ANCIENT, BY_DATE, BY_DATETIME, BY_SPAN, BY_TIME, Clock, Day, NULLS, Parts, ROWS, moments,
};
use super::parts::{HAPPENINGS, parts};
use crate::Form;
use crate::failure::Verdict;
use crate::stage::{Session, Stage, call, read};

type DateTime = PrimitiveDateTime;
type Instant = OffsetDateTime;
type Span = Duration;

fn date((year, month, day): Day) -> Verdict<Date> {
    let month = known(Month::try_from(month).ok())?;
    known(Date::from_calendar_date(year.into(), month, day).ok())
}

fn time((hour, minute, second, nanos): Clock) -> Verdict<Time> {
    known(Time::from_hms_nano(hour, minute, second, nanos).ok())
}

fn datetime(day: Day, clock: Clock) -> Verdict<DateTime> {
    Ok(DateTime::new(date(day)?, time(clock)?))
}

fn instant(day: Day, clock: Clock) -> Verdict<Instant> {
    Ok(datetime(day, clock)?.assume_utc())
}

fn span(micros: i64) -> Span {
    Duration::microseconds(micros)
}

moments!();
parts!();
