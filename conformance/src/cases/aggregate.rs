//! `aggregate`.

use std::time::Duration;

use queryset::{Aggregate, AggregateTerm, ErrorKind, Model, Record};

use crate::failure::{Verdict, ensure, same};
use crate::models::{Visit, books, numbers, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

use super::types::Span;

pub(super) const CASES: &[Case] = &[
    Case::new("read.aggregate.all", Method::Aggregate, all),
    Case::new("read.aggregate.nulls", Method::Aggregate, nulls),
    Case::new("read.aggregate.filtered", Method::Aggregate, filtered),
    Case::new("read.aggregate.no_rows", Method::Aggregate, no_rows),
    Case::new("read.aggregate.none", Method::Aggregate, none),
    Case::new("read.aggregate.slice", Method::Aggregate, slice),
    Case::new("read.aggregate.distinct", Method::Aggregate, distinct),
    Case::new("read.aggregate.average", Method::Aggregate, average),
    Case::new("read.aggregate.large", Method::Aggregate, large),
    Case::new("read.aggregate.spans", Method::Aggregate, spans),
    Case::new("read.aggregate.by_names", Method::Aggregate, by_names),
    Case::new(
        "read.aggregate.unknown_name",
        Method::Aggregate,
        unknown_name,
    ),
    Case::new(
        "read.aggregate.invalid_query",
        Method::Aggregate,
        invalid_query,
    ),
];

fn all(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books(),
        aggregate
            / aaggregate(|b| (
                Aggregate::count_all(),
                b.pages.sum(),
                b.pages.min(),
                b.pages.max(),
                b.price.max()
            ))
    )?
    .sends(1)?
    .gives((7, Some(1301), Some(1), Some(700), Some(33.0)))?;
    read!(s, shelf(), aggregate / aaggregate(|b| b.id.count()))?.gives(7)
}

/// NULLs are not counted and do not count.
fn nulls(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books(),
        aggregate
            / aaggregate(|b| (
                b.rating.count(),
                b.note.count(),
                b.rating.sum(),
                b.rating.avg(),
                b.rating.min()
            ))
    )?
    .gives((5, 4, Some(16), Some(3.2), Some(1)))?;
    let unrated = books().filter(|b| b.rating.isnull(true));
    read!(
        s,
        unrated,
        aggregate
            / aaggregate(|b| (
                b.id.count(),
                b.rating.count(),
                b.rating.sum(),
                b.rating.max()
            ))
    )?
    .gives((2, 0, None, None))
}

fn filtered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let hundred = books().filter(|b| b.pages.eq(100));
    read!(
        s,
        hundred,
        aggregate / aaggregate(|b| (b.id.sum(), b.price.sum()))
    )?
    .gives((Some(11), Some(21.5)))?;
    let rest = books().exclude(|b| b.rating.gt(3));
    read!(s, rest, aggregate / aaggregate(|b| b.id.sum()))?.gives(Some(18))
}

fn no_rows(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let nobody = books().filter(|b| b.id.lt(0));
    read!(
        s,
        nobody,
        aggregate
            / aaggregate(|b| (
                b.id.count(),
                b.pages.sum(),
                b.price.avg(),
                b.title.min(),
                b.id.max()
            ))
    )?
    .sends(1)?
    .gives((0, None, None, None, None))
}

fn none(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books().none(),
        aggregate
            / aaggregate(|b| (
                Aggregate::count_all(),
                b.id.count(),
                b.pages.sum(),
                b.price.avg()
            ))
    )?
    .sends(0)?
    .gives((0, 0, None, None))
}

fn slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    // 100 + 250 + 50
    read!(
        s,
        shelf().limit(3),
        aggregate / aaggregate(|b| (b.id.count(), b.pages.sum()))
    )?
    .gives((3, Some(400)))?;
    // 100 + 1
    read!(
        s,
        shelf().offset(5),
        aggregate / aaggregate(|b| b.pages.sum())
    )?
    .gives(Some(101))?;
    read!(
        s,
        shelf().slice(2..2),
        aggregate / aaggregate(|b| b.id.count())
    )?
    .sends(0)?
    .gives(0)
}

fn distinct(stage: &Stage) -> Verdict {
    let s = stage.visits()?;
    read!(
        s,
        Visit::objects(),
        aggregate / aaggregate(|v| (v.place.count(), v.place.count_distinct(), v.hour.sum()))
    )?
    .gives((5, 2, Some(46)))?;
    // attic 9, attic 10, barn 9
    read!(
        s,
        Visit::objects().distinct(),
        aggregate / aaggregate(|v| (v.place.count(), v.hour.sum()))
    )?
    .gives((3, Some(28)))
}

fn average(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let answer = read!(
        s,
        books(),
        aggregate / aaggregate(|b| (b.pages.avg(), b.price.avg()))
    )?;
    let (pages, price) = answer.value()?;
    // 1301 / 7 and 80.75 / 7; how a database adds floats up may differ in the last digit.
    let close = |found: Option<f64>, expected: f64| {
        found.is_some_and(|found| (found - expected).abs() < 1e-3)
    };
    ensure(
        close(pages, 185.857_142_857),
        format!("the average of the pages: {pages:?}"),
    )?;
    ensure(
        close(price, 11.535_714_285),
        format!("the average of the prices: {price:?}"),
    )
}

fn large(stage: &Stage) -> Verdict {
    let s = stage.numbers(1025)?;
    // 1025 * 1026 / 2
    read!(
        s,
        numbers(),
        aggregate / aaggregate(|n| (n.id.sum(), n.double.sum(), n.id.avg()))
    )?
    .gives((Some(525_825), Some(1_051_650), Some(513.0)))
}

/// Spans add up and have an average, whatever a database keeps them as.
fn spans(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating spans", s.db().create_table::<Span>())?;
    let micros = [1_500_000, 2_500_001, 86_400_000_001];
    let rows: Vec<_> = (1..)
        .zip(micros)
        .map(|(id, micros)| Span {
            id,
            length: Duration::from_micros(micros),
            maybe: None,
        })
        .collect();
    s.prepare("adding spans", s.db().bulk_create(&rows))?;
    let of = |micros| Some(Duration::from_micros(micros));
    let (sum, average) = (86_404_000_002, 28_801_333_334);
    read!(
        s,
        Span::objects(),
        aggregate
            / aaggregate(|s| (
                s.length.sum(),
                s.length.avg(),
                s.length.min(),
                s.length.max(),
                s.maybe.sum(),
            ))
    )?
    .gives((of(sum), of(average), of(micros[0]), of(micros[2]), None))?;
    let terms = || {
        [
            ("sum", AggregateTerm::sum("length")),
            ("avg", AggregateTerm::avg("length")),
            ("max", AggregateTerm::max("length")),
            ("maybe", AggregateTerm::avg("maybe")),
        ]
    };
    let record: Record = read!(
        s,
        Span::objects(),
        aggregate_by_names / aaggregate_by_names(terms())
    )?
    .value()?;
    let named = |name| record.get::<Option<Duration>>(name);
    same("the sum", named("sum")?, of(sum))?;
    same("the average", named("avg")?, of(average))?;
    same("the longest", named("max")?, of(micros[2]))?;
    same("the average of none", named("maybe")?, None)
}

fn by_names(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let terms = || {
        [
            ("rows", AggregateTerm::count("*")),
            ("rated", AggregateTerm::count("rating")),
            ("pages", AggregateTerm::sum("pages")),
            ("kinds", AggregateTerm::count("pages").distinct()),
        ]
    };
    let record: Record = read!(
        s,
        books(),
        aggregate_by_names / aaggregate_by_names(terms())
    )?
    .sends(1)?
    .value()?;
    let names: Vec<&str> = record.columns().names().collect();
    same("the names", names, ["rows", "rated", "pages", "kinds"])?;
    same("rows", record.get::<i64>("rows")?, 7)?;
    same("rated", record.get::<i64>("rated")?, 5)?;
    same("pages", record.get::<i64>("pages")?, 1301)?;
    same("kinds", record.get::<i64>("kinds")?, 5)?;
    let none = books().none();
    let record = read!(s, none, aggregate_by_names / aaggregate_by_names(terms()))?.sends(0)?;
    let record = record.value()?;
    same("rows of none", record.get::<i64>("rows")?, 0)?;
    same("pages of none", record.get::<Option<i64>>("pages")?, None)
}

fn unknown_name(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let terms = || [("n", AggregateTerm::sum("colour"))];
    read!(
        s,
        books(),
        aggregate_by_names / aaggregate_by_names(terms())
    )?
    .refused(ErrorKind::Field)?
    .says(&["colour"])?;
    let star = || [("n", AggregateTerm::sum("*"))];
    ensure(
        read!(s, books(), aggregate_by_names / aaggregate_by_names(star()))?
            .into_result()
            .is_err(),
        "a sum of rows makes no sense",
    )
}

fn invalid_query(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().lookup("colour", 1);
    read!(s, query, aggregate / aaggregate(|b| b.id.count()))?.refused(ErrorKind::Field)?;
    Ok(())
}
