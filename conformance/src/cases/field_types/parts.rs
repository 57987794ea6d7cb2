//! Parts of dates and times, and spans added to them, the same for each library that has them.

use super::moments::{Clock, Day};

/// One row: what has a day and a clock is in UTC, the instant and the plain date and time alike.
pub(super) struct Happening {
    pub(super) at: (Day, Clock),
    /// Whether it has a date of its own.
    pub(super) dated: bool,
    /// How long it lasts, in seconds, if it ended.
    pub(super) lasts: Option<i64>,
}

/// The rows, whose keys count from one: the ends of years and of ISO years, which fall apart, an
/// hour that New York skips, and a span that goes back.
pub(super) const HAPPENINGS: [Happening; 5] = [
    Happening {
        at: ((2020, 12, 31), (23, 59, 59, 999_999_000)),
        dated: true,
        lasts: Some(1),
    },
    Happening {
        at: ((2021, 1, 1), (4, 30, 0, 0)),
        dated: true,
        lasts: Some(3600),
    },
    Happening {
        at: ((2021, 1, 3), (12, 0, 0, 0)),
        dated: true,
        lasts: None,
    },
    Happening {
        at: ((2021, 3, 14), (7, 0, 0, 0)),
        dated: true,
        lasts: Some(-86_400),
    },
    Happening {
        at: ((2018, 12, 31), (12, 34, 56, 789_012_000)),
        dated: false,
        lasts: Some(0),
    },
];

/// The cases over the types of a library, whose `date`, `time`, `datetime`, `instant` and `span`
/// are in scope.
macro_rules! parts {
    () => {
        #[derive(Model, Clone, Debug, PartialEq)]
        #[model(table = "happening")]
        struct Happening {
            #[model(primary_key)]
            id: i64,
            at: Instant,
            local: DateTime,
            clock: Time,
            day: Option<Date>,
            lasts: Option<Span>,
            ended: Option<Instant>,
        }

        fn happenings(s: &Session) -> Verdict {
            let rows = (1..).zip(&HAPPENINGS).map(|(id, row)| {
                let (day, clock) = row.at;
                let at = instant(day, clock)?;
                let lasts = row.lasts.map(|seconds| span(seconds * 1_000_000));
                Ok(Happening {
                    id,
                    at,
                    local: datetime(day, clock)?,
                    clock: time(clock)?,
                    day: match row.dated {
                        true => Some(date(day)?),
                        false => None,
                    },
                    lasts,
                    ended: lasts.map(|lasts| at + lasts),
                })
            });
            let rows = rows.collect::<Verdict<Vec<Happening>>>()?;
            s.prepare("creating happenings", s.db().create_table::<Happening>())?;
            s.prepare("adding happenings", s.db().bulk_create(&rows))?;
            Ok(())
        }

        /// Which rows these queries give, in the zone.
        fn give(s: &Session, zone: &Zone, cases: Vec<(QuerySet<Happening>, &[i64])>) -> Verdict {
            for (query, expected) in cases {
                let query = query.order_by(|h| h.id.asc());
                let ids = |rows: Vec<Happening>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
                let found = match s.form() {
                    Form::Blocking => s.here("list", |db| {
                        query.list(&db.in_time_zone(zone.clone())).map(ids)
                    }),
                    Form::Async => {
                        let db = s.db().in_time_zone(zone.clone());
                        s.there("list", async move { query.alist(&db).await.map(ids) })?
                    }
                };
                found.sends(1)?.gives(expected.to_vec())?;
            }
            Ok(())
        }

        fn all() -> QuerySet<Happening> {
            Happening::objects()
        }

        pub(super) fn parts(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            happenings(&s)?;
            macro_rules! of_a_day {
                ($column:ident, $without:expr) => {{
                    let without: Vec<i64> = $without;
                    let also = |ids: &[i64]| -> Vec<i64> {
                        let kept = ids.iter().copied();
                        kept.filter(|id| !without.contains(id)).collect()
                    };
                    for (query, expected) in [
                        (
                            all().filter(|h| h.$column.year().eq(2021)),
                            also(&[2, 3, 4]),
                        ),
                        (
                            all().filter(|h| h.$column.year().gt(2020)),
                            also(&[2, 3, 4]),
                        ),
                        (
                            all().filter(|h| h.$column.year().gte(2020)),
                            also(&[1, 2, 3, 4]),
                        ),
                        (all().filter(|h| h.$column.year().lt(2021)), also(&[1, 5])),
                        (all().filter(|h| h.$column.year().lte(2018)), also(&[5])),
                        (
                            all().filter(|h| h.$column.year().is_in([2018, 2020])),
                            also(&[1, 5]),
                        ),
                        (
                            all().filter(|h| h.$column.year().range(2018, 2020)),
                            also(&[1, 5]),
                        ),
                        (
                            all().filter(|h| h.$column.iso_year().eq(2020)),
                            also(&[1, 2, 3]),
                        ),
                        (all().filter(|h| h.$column.iso_year().lt(2020)), also(&[5])),
                        (
                            all().filter(|h| h.$column.iso_year().is_in([2019])),
                            also(&[5]),
                        ),
                        (all().filter(|h| h.$column.quarter().eq(4)), also(&[1, 5])),
                        (all().filter(|h| h.$column.month().lte(2)), also(&[2, 3])),
                        (all().filter(|h| h.$column.week().eq(53)), also(&[1, 2, 3])),
                        (all().filter(|h| h.$column.week().eq(1)), also(&[5])),
                        (all().filter(|h| h.$column.week_day().eq(1)), also(&[3, 4])),
                        (all().filter(|h| h.$column.week_day().eq(5)), also(&[1])),
                        (
                            all().filter(|h| h.$column.iso_week_day().eq(7)),
                            also(&[3, 4]),
                        ),
                        (all().filter(|h| h.$column.iso_week_day().eq(1)), also(&[5])),
                        (all().filter(|h| h.$column.day().eq(31)), also(&[1, 5])),
                        // A negated list of nothing but NULL leaves NULL out.
                        (
                            all().exclude(|h| h.$column.month().is_in([None::<i32>])),
                            also(&[1, 2, 3, 4, 5]),
                        ),
                        (
                            all().exclude_by(queryset::Q::lookup(
                                concat!(stringify!($column), "__month__in"),
                                [queryset::Operand::NONE],
                            )),
                            also(&[1, 2, 3, 4, 5]),
                        ),
                        (
                            all().filter(|h| h.$column.month().lt(h.$column.day())),
                            also(&[1, 3, 4, 5]),
                        ),
                        (
                            all().lookup(concat!(stringify!($column), "__year"), 2021),
                            also(&[2, 3, 4]),
                        ),
                        (
                            all().lookup(concat!(stringify!($column), "__month__in"), [3, 12]),
                            also(&[1, 4, 5]),
                        ),
                        (
                            all().lookup(concat!(stringify!($column), "__year"), F("at__year")),
                            also(&[1, 2, 3, 4, 5]),
                        ),
                        (
                            all().lookup(concat!(stringify!($column), "__week_day__gt"), "5"),
                            also(&[2]),
                        ),
                    ] {
                        give(&s, &Zone::UTC, vec![(query, &expected)])?;
                    }
                }};
            }
            of_a_day!(at, vec![]);
            of_a_day!(local, vec![]);
            of_a_day!(day, vec![5]);
            macro_rules! of_a_clock {
                ($column:ident) => {
                    give(
                        &s,
                        &Zone::UTC,
                        vec![
                            (all().filter(|h| h.$column.hour().eq(12)), &[3, 5]),
                            (all().filter(|h| h.$column.minute().eq(30)), &[2]),
                            (all().filter(|h| h.$column.second().eq(59)), &[1]),
                            (all().filter(|h| h.$column.second().eq(56)), &[5]),
                            (
                                all().lookup(concat!(stringify!($column), "__hour__gte"), 12),
                                &[1, 3, 5],
                            ),
                        ],
                    )?;
                };
            }
            of_a_clock!(at);
            of_a_clock!(local);
            of_a_clock!(clock);
            let first = date((2021, 1, 1))?;
            let noon = time((12, 0, 0, 0))?;
            give(
                &s,
                &Zone::UTC,
                vec![
                    (all().filter(|h| h.at.date().eq(first)), &[2]),
                    (all().filter(|h| h.at.date().eq(h.day)), &[1, 2, 3, 4]),
                    (all().filter(|h| h.local.date().lt(first)), &[1, 5]),
                    (all().filter(|h| h.at.time().gte(noon)), &[1, 3, 5]),
                    (
                        all().filter(|h| h.local.time().eq(h.clock)),
                        &[1, 2, 3, 4, 5],
                    ),
                    (all().filter(|h| h.at.date().year().eq(2018)), &[5]),
                    (all().lookup("at__date__month", 3), &[4]),
                    (all().lookup("at__date", "2021-01-03"), &[3]),
                    // NULL has no parts, and a negation keeps it.
                    (all().filter(|h| h.ended.year().isnull(true)), &[3]),
                    (all().filter(|h| h.day.month().eq(None)), &[5]),
                    (all().exclude(|h| h.day.year().eq(2021)), &[1, 5]),
                    (all().exclude(|h| h.day.month().lt(12)), &[1, 5]),
                    (all().exclude(|h| h.ended.day().is_in([31, 1])), &[3, 4]),
                ],
            )
        }

        /// Parts of an instant are those of the database's zone; of what has no zone, its own.
        pub(super) fn zones(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            happenings(&s)?;
            let new_york = s.prepare("finding a zone", Zone::named("America/New_York"))?;
            let last = date((2020, 12, 31))?;
            give(
                &s,
                &new_york,
                vec![
                    (all().filter(|h| h.at.year().eq(2020)), &[1, 2]),
                    (all().filter(|h| h.at.year().gte(2021)), &[3, 4]),
                    (all().filter(|h| h.at.year().is_in([2020])), &[1, 2]),
                    (all().filter(|h| h.at.date().eq(last)), &[1, 2]),
                    (all().filter(|h| h.at.date().year().eq(2020)), &[1, 2]),
                    (all().filter(|h| h.at.hour().eq(3)), &[4]),
                    (all().filter(|h| h.at.hour().eq(23)), &[2]),
                    (all().filter(|h| h.at.week_day().eq(5)), &[1, 2]),
                    (all().filter(|h| h.local.year().eq(2021)), &[2, 3, 4]),
                    (all().filter(|h| h.local.hour().eq(4)), &[2]),
                    (all().filter(|h| h.day.year().eq(2021)), &[2, 3, 4]),
                    (all().filter(|h| h.at.date().eq(h.day)), &[1, 3, 4]),
                    (all().lookup("at__time__hour", 18), &[1]),
                ],
            )?;
            let east = s.prepare("making a zone", Zone::fixed(330))?;
            let first = date((2021, 1, 1))?;
            give(
                &s,
                &east,
                vec![
                    (all().filter(|h| h.at.date().eq(first)), &[1, 2]),
                    (all().filter(|h| h.at.minute().eq(30)), &[3, 4]),
                    (all().filter(|h| h.at.year().eq(2020)), &[]),
                ],
            )
        }

        /// Spans are added to moments, and lie between them.
        pub(super) fn spans(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            happenings(&s)?;
            let day = span(86_400_000_000);
            let first = date((2021, 1, 1))?;
            let next = datetime((2021, 1, 2), (0, 0, 0, 0))?;
            give(
                &s,
                &Zone::UTC,
                vec![
                    (all().filter(|h| h.ended.eq(h.at + h.lasts)), &[1, 2, 4, 5]),
                    (all().filter(|h| h.at.eq(h.ended - h.lasts)), &[1, 2, 4, 5]),
                    (all().filter(|h| h.at.gt(h.ended)), &[4]),
                    (
                        all().filter(|h| h.ended.since(h.at).gt(span(1_000_000))),
                        &[2],
                    ),
                    (
                        all().filter(|h| h.ended.since(h.at).eq(h.lasts)),
                        &[1, 2, 4, 5],
                    ),
                    (all().filter(|h| (h.at + day).date().eq(first)), &[1]),
                    (all().filter(|h| (h.day + day).eq(next)), &[2]),
                    (
                        all().filter(|h| (h.local - day).lt(h.local)),
                        &[1, 2, 3, 4, 5],
                    ),
                    (all().filter(|h| h.lasts.lt(span(0))), &[4]),
                    (all().filter(|h| (h.lasts + span(1)).eq(span(1))), &[5]),
                    (all().lookup("ended__gt", F("at") + span(60_000_000)), &[2]),
                    (all().lookup("lasts", F("ended") - F("at")), &[1, 2, 4, 5]),
                    (all().lookup("day__lt", F("day") + day), &[1, 2, 3, 4]),
                ],
            )
        }

        /// A year has bounds from 1 to 9999; that is told before anything is sent.
        pub(super) fn years(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            happenings(&s)?;
            for year in [0, 10_000, -1] {
                for query in [
                    all().filter(|h| h.at.year().eq(year)),
                    all().filter(|h| h.day.year().gt(year)),
                    all().lookup("at__iso_year__lte", year),
                ] {
                    query.check()?;
                    read!(s, query, list / alist())?
                        .refused(ErrorKind::Value)?
                        .says(&["year"])?;
                }
            }
            for (query, kind) in [
                (all().lookup("clock__year", 1), ErrorKind::Field),
                (all().lookup("day__hour", 1), ErrorKind::Field),
                (all().lookup("at__date__hour", 1), ErrorKind::Field),
                (all().lookup("lasts__day", 1), ErrorKind::Field),
                (all().lookup("at__year", "x"), ErrorKind::Value),
                (all().lookup("at__date", "x"), ErrorKind::Validation),
            ] {
                read!(s, query, list / alist())?.refused(kind)?;
            }
            Ok(())
        }
    };
}

pub(super) use parts;
