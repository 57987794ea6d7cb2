//! Dates, times, date-times, instants and spans, the same for each library that has them.

/// A date: year, month, day.
pub(super) type Day = (i16, u8, u8);

/// A time of day: hour, minute, second, nanosecond.
pub(super) type Clock = (u8, u8, u8, u32);

/// One row's values. What has a day and a clock is in UTC.
pub(super) struct Parts {
    pub(super) date: Day,
    pub(super) time: Clock,
    pub(super) datetime: (Day, Clock),
    pub(super) instant: (Day, Clock),
    pub(super) micros: i64,
}

const MIDNIGHT: Clock = (0, 0, 0, 0);
const LAST: Clock = (23, 59, 59, 999_999_000);
const LEAP: Day = (2020, 2, 29);

/// The rows, whose keys count from one.
///
/// Three share a day and a second: text without its trailing zeros, or without its fraction,
/// would still have to sort and compare by its value.
pub(super) const ROWS: [Parts; 7] = [
    Parts {
        date: (1970, 1, 1),
        time: MIDNIGHT,
        datetime: ((1970, 1, 1), MIDNIGHT),
        instant: ((1970, 1, 1), MIDNIGHT),
        micros: 0,
    },
    Parts {
        date: (1969, 12, 31),
        time: LAST,
        datetime: ((1969, 12, 31), LAST),
        instant: ((1969, 12, 31), LAST),
        micros: -1,
    },
    Parts {
        date: (1, 1, 1),
        time: (0, 0, 0, 1000),
        datetime: ((1, 1, 1), MIDNIGHT),
        instant: ((1, 1, 1), MIDNIGHT),
        micros: 1,
    },
    Parts {
        date: (9999, 12, 31),
        time: (12, 0, 0, 0),
        datetime: ((9999, 12, 31), LAST),
        // The last day that all three libraries have as an instant.
        instant: ((9999, 12, 30), (21, 59, 59, 999_999_000)),
        micros: i64::MAX,
    },
    Parts {
        date: LEAP,
        time: (12, 0, 0, 100_000_000),
        datetime: (LEAP, (12, 0, 0, 100_000_000)),
        instant: (LEAP, (12, 0, 0, 100_000_000)),
        micros: 86_400_000_001,
    },
    Parts {
        date: (1900, 3, 1),
        time: (12, 0, 0, 90_000_000),
        datetime: (LEAP, (12, 0, 0, 90_000_000)),
        instant: (LEAP, (12, 0, 0, 90_000_000)),
        micros: i64::MIN,
    },
    Parts {
        date: (2000, 2, 29),
        time: (12, 0, 0, 123_456_000),
        datetime: (LEAP, (12, 0, 0, 100_001_000)),
        instant: (LEAP, (12, 0, 0, 100_001_000)),
        micros: -86_400_000_001,
    },
];

/// The rows whose nullable columns are NULL.
pub(super) const NULLS: [i64; 2] = [3, 6];

/// The keys by ascending date, time, date-time or instant, and span.
pub(super) const BY_DATE: [i64; 7] = [3, 6, 2, 1, 7, 5, 4];
pub(super) const BY_TIME: [i64; 7] = [1, 3, 4, 6, 5, 7, 2];
pub(super) const BY_DATETIME: [i64; 7] = [3, 2, 1, 6, 5, 7, 4];
pub(super) const BY_SPAN: [i64; 7] = [6, 7, 2, 1, 3, 5, 4];

/// Ascending days before the year 1, as the libraries count: the year before it is 0.
pub(super) const ANCIENT: [Day; 6] = [
    (-9999, 1, 3),
    (-4000, 1, 1),
    (-2, 12, 31),
    (-1, 1, 1),
    (-1, 1, 2),
    (0, 12, 31),
];

/// The model and the cases of a library whose types and constructors are in scope: `Date`,
/// `Time`, `DateTime`, `Instant`, `Span`; `date`, `time`, `datetime`, `instant`, `span`.
macro_rules! moments {
    () => {
        #[derive(Model, Clone, Debug, PartialEq)]
        #[model(table = "moment")]
        struct Moment {
            #[model(primary_key)]
            id: i64,
            date: Date,
            time: Time,
            datetime: DateTime,
            instant: Instant,
            span: Span,
            maybe_date: Option<Date>,
            maybe_time: Option<Time>,
            maybe_datetime: Option<DateTime>,
            maybe_instant: Option<Instant>,
            maybe_span: Option<Span>,
        }

        fn moment(id: i64, parts: &Parts) -> Verdict<Moment> {
            let Parts {
                datetime: at,
                instant: now,
                ..
            } = *parts;
            let date = date(parts.date)?;
            let time = time(parts.time)?;
            let datetime = datetime(at.0, at.1)?;
            let instant = instant(now.0, now.1)?;
            let span = span(parts.micros);
            let null = NULLS.contains(&id);
            Ok(Moment {
                id,
                date,
                time,
                datetime,
                instant,
                span,
                maybe_date: (!null).then_some(date),
                maybe_time: (!null).then_some(time),
                maybe_datetime: (!null).then_some(datetime),
                maybe_instant: (!null).then_some(instant),
                maybe_span: (!null).then_some(span),
            })
        }

        pub(super) fn moments(stage: &Stage) -> Verdict {
            let rows = (1..).zip(&ROWS).map(|(id, parts)| moment(id, parts));
            let rows = rows.collect::<Verdict<Vec<Moment>>>()?;
            let s = column::there_and_back(stage, &rows)?;
            column::as_records(&s, &rows)?;
            macro_rules! asked {
                ($order:expr, $column:ident, $maybe:ident) => {
                    let ascending = column::in_order(&rows, &$order, |m| Some(m.$column));
                    column::compares::<Moment, _, _>(&s, |m| m.$column, &ascending)?;
                    column::bounds::<Moment, _, _>(&s, |m| m.$column, &ascending)?;
                    let ascending = column::in_order(&rows, &$order, |m| m.$maybe);
                    column::compares::<Moment, _, _>(&s, |m| m.$maybe, &ascending)?;
                    column::bounds::<Moment, _, _>(&s, |m| m.$maybe, &ascending)?;
                    column::nulls::<Moment, _, _>(&s, |m| m.$maybe, &NULLS)?;
                };
            }
            asked!(BY_DATE, date, maybe_date);
            asked!(BY_TIME, time, maybe_time);
            asked!(BY_DATETIME, datetime, maybe_datetime);
            asked!(BY_DATETIME, instant, maybe_instant);
            asked!(BY_SPAN, span, maybe_span);
            Ok(())
        }

        /// What is finer than a microsecond is cut, before 1970 too, in a row as in a condition.
        pub(super) fn finer(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            s.prepare("creating moments", s.db().create_table::<Moment>())?;
            let day = (1969, 12, 31);
            let at = |nanos| Parts {
                date: day,
                time: (23, 59, 59, nanos),
                datetime: (day, (23, 59, 59, nanos)),
                instant: (day, (23, 59, 59, nanos)),
                micros: 0,
            };
            for (id, fine, cut) in [(1, 999_999_999, 999_999_000), (2, 123_456_789, 123_456_000)] {
                let (fine, cut) = (moment(id, &at(fine))?, moment(id, &at(cut))?);
                s.prepare("adding a moment", s.db().create(&fine))?;
                let found = Moment::objects().filter(|m| {
                    m.time.eq(fine.time) & m.datetime.eq(fine.datetime) & m.instant.eq(fine.instant)
                });
                read!(s, found, get / aget())?.gives(cut)?;
            }
            Ok(())
        }

        /// Before the year 1, where text does not sort by itself any more.
        pub(super) fn ancient(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            s.prepare("creating moments", s.db().create_table::<Moment>())?;
            let rows = (1..).zip(&ANCIENT).map(|(id, &day)| {
                let parts = Parts {
                    date: day,
                    time: (0, 0, 0, 0),
                    datetime: (day, (0, 0, 0, 0)),
                    instant: (day, (0, 0, 0, 0)),
                    micros: 0,
                };
                moment(id, &parts)
            });
            let rows = rows.collect::<Verdict<Vec<Moment>>>()?;
            let words = |_: &Moment| vec!["date", "year", "time"];
            column::kept_or_refused(&s, &rows, &[(|m| m.date, |m| m.date)], words)?;
            s.prepare("emptying", s.db().execute("DELETE FROM moment", vec![]))?;
            column::kept_or_refused(&s, &rows, &[(|m| m.datetime, |m| m.datetime)], words)?;
            s.prepare("emptying", s.db().execute("DELETE FROM moment", vec![]))?;
            column::kept_or_refused(&s, &rows, &[(|m| m.instant, |m| m.instant)], words)
        }

        /// A span that no column holds is refused, in a row as in a condition.
        pub(super) fn long_spans(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            s.prepare("creating moments", s.db().create_table::<Moment>())?;
            let row = moment(1, &ROWS[0])?;
            for long in [Span::MIN, Span::MAX] {
                let added = Moment {
                    span: long,
                    ..row.clone()
                };
                call!(s, create / acreate(&added))?
                    .fails(ErrorKind::Value)?
                    .says(&["span"])?;
                let found = Moment::objects().filter(|m| m.span.eq(long));
                read!(s, found, list / alist())?
                    .fails(ErrorKind::Value)?
                    .says(&["span"])?;
            }
            read!(s, Moment::objects(), count / acount())?.gives(0)
        }
    };
}

pub(super) use moments;
