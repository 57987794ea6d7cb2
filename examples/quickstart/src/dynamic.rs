//! Every read method on a table that is only known at run time.

use std::sync::Arc;

use futures_util::TryStreamExt;
use queryset::{
    AggregateTerm, Database, ExplainOptions, ModelMeta, Operand, QuerySet, Record, Result, Value,
};

use crate::reading::{Reading, reading};

/// No table is too large to be shown.
const MOST_ROWS: u64 = 1000;

/// Each method with its twin, by names alone. `example` is the key of a row that is there.
pub(crate) fn readings(meta: &Arc<ModelMeta>, example: Option<Value>) -> Vec<Reading> {
    let first = meta.columns().first().map_or("pk", |column| column.name());
    let rows = match meta.primary_key() {
        // Without a key the rows have no order of their own, and so neither first nor last.
        [] => QuerySet::dynamic(meta).order_by_names([first]),
        _ => QuerySet::dynamic(meta),
    };
    let mut all = questions(&rows, first);
    all.extend(single_rows(&rows, first));
    if let Some(key) = example {
        all.extend(by_key(&rows, key));
    }
    all.extend(many_rows(&rows));
    all
}

fn questions(rows: &QuerySet<Record>, first: &str) -> Vec<Reading> {
    let some = rows.clone().lookup(format!("{first}__isnull"), false);
    let terms = {
        let first: Box<str> = first.into();
        move || {
            [
                ("n", AggregateTerm::count("*")),
                ("min", AggregateTerm::min(first.clone())),
                ("max", AggregateTerm::max(first.clone())),
            ]
        }
    };
    let same_terms = terms.clone();
    vec![
        on(
            rows,
            "count",
            "objects.count()",
            |rows, db| rows.count(db),
            |rows, db| async move { rows.acount(&db).await },
        ),
        on(
            &some,
            "exists",
            format!("objects.filter({first}__isnull=False).exists()"),
            |rows, db| rows.exists(db),
            |rows, db| async move { rows.aexists(&db).await },
        ),
        on(
            rows,
            "aggregate_by_names",
            format!("objects.aggregate(Count('*'), Min('{first}'), Max(…))"),
            move |rows, db| rows.aggregate_by_names(db, terms()),
            move |rows, db| {
                let terms = same_terms();
                async move { rows.aaggregate_by_names(&db, terms).await }
            },
        ),
        on(
            rows,
            "explain",
            "objects.explain()",
            |rows, db| rows.explain(db, &ExplainOptions::default()),
            |rows, db| async move { rows.aexplain(&db, &ExplainOptions::default()).await },
        ),
    ]
}

fn single_rows(rows: &QuerySet<Record>, first: &str) -> Vec<Reading> {
    let (earliest, latest) = (first.to_owned(), first.to_owned());
    let (aearliest, alatest) = (first.to_owned(), first.to_owned());
    vec![
        on(
            rows,
            "first",
            "objects.first()",
            |rows, db| rows.first(db),
            |rows, db| async move { rows.afirst(&db).await },
        ),
        on(
            rows,
            "last",
            "objects.last()",
            |rows, db| rows.last(db),
            |rows, db| async move { rows.alast(&db).await },
        ),
        on(
            rows,
            "nth",
            "objects.all()[1]",
            |rows, db| rows.nth(db, 1),
            |rows, db| async move { rows.anth(&db, 1).await },
        ),
        on(
            rows,
            "earliest_by_names",
            format!("objects.earliest('{first}')"),
            move |rows, db| rows.earliest_by_names(db, [&earliest]),
            move |rows, db| {
                let name = aearliest.clone();
                async move { rows.aearliest_by_names(&db, [name]).await }
            },
        ),
        on(
            rows,
            "latest_by_names",
            format!("objects.latest('{first}')"),
            move |rows, db| rows.latest_by_names(db, [&latest]),
            move |rows, db| {
                let name = alatest.clone();
                async move { rows.alatest_by_names(&db, [name]).await }
            },
        ),
    ]
}

fn by_key(rows: &QuerySet<Record>, key: Value) -> Vec<Reading> {
    let one = rows.clone().lookup("pk", key.clone());
    let none = one.clone().none();
    let (bulk, abulk) = (key.clone(), key.clone());
    let (same, asame) = (key.clone(), key);
    vec![
        on(
            &one,
            "get",
            "objects.get(pk=…)",
            |row, db| row.get(db),
            |row, db| async move { row.aget(&db).await },
        ),
        on(
            &none,
            "get_or_none",
            "objects.none().first()",
            |row, db| row.get_or_none(db),
            |row, db| async move { row.aget_or_none(&db).await },
        ),
        on(
            rows,
            "contains_key",
            "objects.filter(pk=…).exists()",
            move |rows, db| rows.contains_key(db, same.clone()),
            move |rows, db| {
                let key = asame.clone();
                async move { rows.acontains_key(&db, key).await }
            },
        ),
        on(
            rows,
            "in_bulk_by_name",
            "objects.in_bulk([…])",
            move |rows, db| rows.in_bulk_by_name(db, "pk", Some(vec![bulk.clone().into()])),
            move |rows, db| {
                let keys: Vec<Operand> = vec![abulk.clone().into()];
                async move { rows.ain_bulk_by_name(&db, "pk", Some(keys)).await }
            },
        ),
    ]
}

fn many_rows(rows: &QuerySet<Record>) -> Vec<Reading> {
    vec![
        on(
            &rows.clone().limit(2),
            "list",
            "list(objects.all()[:2])",
            |rows, db| rows.list(db),
            |rows, db| async move { rows.alist(&db).await },
        ),
        on(
            &rows.clone().limit(MOST_ROWS),
            "iter",
            format!("objects.all()[:{MOST_ROWS}].iterator()"),
            |rows, db| rows.iter(db).collect::<Result<Vec<_>>>(),
            |rows, db| async move { rows.aiter(&db).try_collect::<Vec<_>>().await },
        ),
    ]
}

/// A reading of a query.
fn on<T, F>(
    rows: &QuerySet<Record>,
    method: &'static str,
    django: impl Into<String>,
    blocking: impl Fn(&QuerySet<Record>, &Database) -> Result<T> + 'static,
    asynchronous: impl Fn(QuerySet<Record>, Database) -> F + 'static,
) -> Reading
where
    T: crate::answer::Answer,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (rows, same) = (rows.clone(), rows.clone());
    reading(
        method,
        django,
        move |db| blocking(&rows, db),
        move |db| asynchronous(same.clone(), db),
    )
}
