//! `in_bulk`.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use queryset::{ErrorKind, Operand, Value};

use crate::failure::{Verdict, same};
use crate::models::{Book, Numbered, books, numbers, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("read.in_bulk.keys", Method::InBulk, keys),
    Case::new("read.in_bulk.no_keys", Method::InBulk, no_keys),
    Case::new("read.in_bulk.all", Method::InBulk, all),
    Case::new("read.in_bulk.by_field", Method::InBulk, by_field),
    Case::new("read.in_bulk.by_name", Method::InBulk, by_name),
    Case::new("read.in_bulk.not_unique", Method::InBulk, not_unique),
    Case::new("read.in_bulk.unknown_field", Method::InBulk, unknown_field),
    Case::new("read.in_bulk.slice", Method::InBulk, slice),
    Case::new("read.in_bulk.filtered", Method::InBulk, filtered),
    Case::new("read.in_bulk.batches", Method::InBulk, batches),
];

/// A map as pairs in the order of its keys, with the rows' numbers as values.
fn pairs<K: Hash + Eq + Ord, M: Numbered>(map: HashMap<K, M>) -> Vec<(K, i64)> {
    let sorted: BTreeMap<K, i64> = map
        .into_iter()
        .map(|(key, row)| (key, row.number()))
        .collect();
    sorted.into_iter().collect()
}

fn keys(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), in_bulk / ain_bulk([3, 1, 99, 3]) => pairs)?
        .sends(1)?
        .gives(vec![(1, 1), (3, 3)])?;
    read!(s, books(), in_bulk / ain_bulk([99]) => pairs)?
        .sends(1)?
        .gives(Vec::new())
}

fn no_keys(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), in_bulk / ain_bulk([0i64; 0]) => pairs)?
        .sends(0)?
        .gives(Vec::new())?;
    read!(s, books().none(), in_bulk_all / ain_bulk_all() => pairs)?
        .sends(0)?
        .gives(Vec::new())
}

fn all(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let expected: Vec<(i64, i64)> = (1..=7).map(|id| (id, id)).collect();
    read!(s, books(), in_bulk_all / ain_bulk_all() => pairs)?
        .sends(1)?
        .gives(expected)
}

fn by_field(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let slugs = || ["fox".to_owned(), "bee".to_owned(), "cow".to_owned()];
    read!(s, books(), in_bulk_by / ain_bulk_by(|b| b.slug, slugs()) => pairs)?
        .gives(vec![("bee".to_owned(), 2), ("fox".to_owned(), 6)])
}

type ByName = Vec<(Value, Book)>;

fn named(rows: ByName) -> Vec<(String, i64)> {
    let mut pairs: Vec<_> = rows
        .into_iter()
        .map(|(key, row)| (format!("{key:?}"), row.id))
        .collect();
    pairs.sort();
    pairs
}

fn by_name(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    // NULL is no key, and is dropped.
    let keys = || {
        Some(vec![
            Operand::from("bee"),
            Operand::NONE,
            Operand::from("cow"),
        ])
    };
    let rows = read!(s, books(), in_bulk_by_name / ain_bulk_by_name("slug", keys()) => named)?;
    same(
        "by slug",
        rows.value()?,
        vec![(format!("{:?}", Value::Text("bee".into())), 2)],
    )?;
    let all = read!(s, books(), in_bulk_by_name / ain_bulk_by_name("pk", None) => named)?;
    same("every row by its key", all.value()?.len(), 7)?;
    let none = || Some(vec![Operand::NONE]);
    read!(s, books(), in_bulk_by_name / ain_bulk_by_name("pk", none()) => named)?
        .sends(0)?
        .gives(Vec::new())
}

fn not_unique(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, books(), in_bulk_by / ain_bulk_by(|b| b.pages, [100]))?
        .refused(ErrorKind::Value)?
        .says(&["pages"])?;
    read!(
        s,
        books(),
        in_bulk_by_name / ain_bulk_by_name("title", None)
    )?
    .refused(ErrorKind::Value)?;
    Ok(())
}

fn unknown_field(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(
        s,
        books(),
        in_bulk_by_name / ain_bulk_by_name("colour", None)
    )?
    .refused(ErrorKind::FieldDoesNotExist)?
    .says(&["colour"])?;
    Ok(())
}

fn slice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().limit(3), in_bulk / ain_bulk([1]))?.refused(ErrorKind::Type)?;
    Ok(())
}

fn filtered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let hundred = books().filter(|b| b.pages.eq(100));
    read!(s, hundred, in_bulk / ain_bulk([1, 2, 6]) => pairs)?.gives(vec![(1, 1), (6, 6)])
}

/// More keys than a statement has parameters.
fn batches(stage: &Stage) -> Verdict {
    let s = stage.numbers(1500)?;
    let keys = || (0..70_000i64).rev();
    let found = read!(s, numbers(), in_bulk / ain_bulk(keys()) => pairs)?.value()?;
    same(
        "the rows found",
        found,
        (1..=1500).map(|id| (id, id)).collect::<Vec<_>>(),
    )
}
