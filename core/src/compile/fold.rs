//! Comparisons that a column's range decides, as Django's integer fields do.

use crate::condition::{Compare, Condition, Predicate, Right, Side};
use crate::dialect::{Dialect, Family};
use crate::lookup::Lookup;
use crate::meta::{ColumnOf, ModelMeta};
use crate::subquery::Subselect;
use crate::value::{ColumnType, Value};

/// The condition without comparisons whose outcome is known.
pub(super) fn fold(condition: &Condition, meta: &ModelMeta, dialect: &Dialect) -> Condition {
    folded(condition, meta, dialect, false)
}

/// Whether the outcome of the comparison is known, or that of some of its values.
#[inline]
pub(super) fn decides(compare: &Compare, meta: &ModelMeta, dialect: &Dialect) -> bool {
    match &compare.right {
        Right::One(_) => outcome_of(compare, meta, dialect).is_some(),
        Right::Many(_) | Right::ManyOrNull(_) => within_of(compare, meta, dialect).is_some(),
    }
}

fn folded(condition: &Condition, meta: &ModelMeta, dialect: &Dialect, negated: bool) -> Condition {
    let parts = |parts: &[Condition], unit, combine: fn(Condition, Condition) -> Condition| {
        parts
            .iter()
            .map(|part| folded(part, meta, dialect, negated))
            .reduce(combine)
            .unwrap_or(unit)
    };
    match condition {
        Condition::And(all) => parts(all, Condition::Always, Condition::and),
        Condition::Or(any) => parts(any, Condition::Never, Condition::or),
        Condition::Xor(odd) => parts(odd, Condition::Never, Condition::xor),
        Condition::Not(inner) => folded(inner, meta, dialect, !negated).exclude(),
        Condition::Predicate(predicate) => folded_predicate(predicate, meta, dialect, negated),
        Condition::Compare(compare) => match outcome_of(compare, meta, dialect) {
            None => match within_of(compare, meta, dialect) {
                None => condition.clone(),
                // A negation still leaves NULL out where it was listed.
                Some(Right::ManyOrNull(left))
                    if left.is_empty() && negated && may_miss(compare, meta) =>
                {
                    Condition::is_null(compare.column, true)
                }
                Some(right) if right.len() == 0 => Condition::known(compare.column, false),
                Some(right) => Condition::Compare(Compare {
                    right,
                    ..compare.clone()
                }),
            },
            Some(false) => Condition::known(compare.column, false),
            // Under a negation a nullable column is also asked not to be NULL, which is not
            // decided by its range.
            Some(true) if negated && nullable(compare, meta) => {
                Condition::is_null(compare.column, false)
            }
            Some(true) => Condition::known(compare.column, true),
        },
        other => other.clone(),
    }
}

/// Whether the outcome of the comparison of something computed is known, or that of some of its
/// values.
#[inline]
pub(super) fn decides_predicate(predicate: &Predicate, dialect: &Dialect) -> bool {
    let Some(ty) = predicate.left.ty() else {
        return false;
    };
    match &predicate.right {
        // Years have bounds instead, which were looked at when the query was built.
        Side::Values(_) if predicate.by_bounds().is_some() => false,
        Side::Values(right @ Right::One(_)) => {
            outcome(ty, predicate.lookup, right, dialect).is_some()
        }
        Side::Values(right) => within(ty, predicate.lookup, right, dialect).is_some(),
        // What is within is looked at as it is written.
        Side::Node(_) | Side::Nodes(_) | Side::Query(_) => false,
    }
}

fn folded_predicate(
    predicate: &Predicate,
    meta: &ModelMeta,
    dialect: &Dialect,
    negated: bool,
) -> Condition {
    let unchanged = || Condition::from(predicate.clone());
    if let Side::Query(query) = &predicate.right {
        return match folded_query(query, dialect) {
            None => Condition::Never,
            Some(query) => Condition::from(Predicate {
                right: Side::Query(query),
                ..predicate.clone()
            }),
        };
    }
    let (Some(ty), Side::Values(right)) = (predicate.left.ty(), &predicate.right) else {
        return unchanged();
    };
    if predicate.by_bounds().is_some() {
        return unchanged();
    }
    let known = |holds| match (predicate.left.source(), holds) {
        (Some(source), holds) => Condition::known(source.at, holds),
        (None, true) => Condition::Always,
        (None, false) => Condition::Never,
    };
    // As for columns: see `may_miss`.
    let of_one = || match predicate.left.source() {
        Some(source) => leads_to_one(meta, source.at.path.hops()),
        None => false,
    };
    match outcome(ty, predicate.lookup, right, dialect) {
        None => match within(ty, predicate.lookup, right, dialect) {
            None => unchanged(),
            Some(Right::ManyOrNull(left)) if left.is_empty() && negated && of_one() => {
                Condition::from(Predicate::null(predicate.left.clone()))
            }
            Some(right) if right.len() == 0 => known(false),
            Some(right) => Condition::from(Predicate {
                right: Side::Values(right),
                ..predicate.clone()
            }),
        },
        Some(false) => known(false),
        Some(true) => match predicate.left.source() {
            Some(source) if negated && source.nullable => Condition::is_null(source.at, false),
            _ => known(true),
        },
    }
}

/// The query without comparisons whose outcome is known; `None` where it has no rows then.
fn folded_query(query: &Subselect, dialect: &Dialect) -> Option<Subselect> {
    let inner = query.query();
    let conditions: Vec<_> = inner
        .conditions
        .iter()
        .map(|condition| fold(condition, &inner.meta, dialect))
        .collect();
    let empty = conditions
        .iter()
        .any(|condition| matches!(condition, Condition::Never));
    (!empty).then(|| query.with(conditions))
}

fn nullable(compare: &Compare, meta: &ModelMeta) -> bool {
    column(compare, meta).is_some_and(|column| column.is_nullable())
}

/// Whether the column may be NULL, or its row may be missing. Where there may be several rows, the
/// negation asks for none of which the condition itself holds.
fn may_miss(compare: &Compare, meta: &ModelMeta) -> bool {
    let path = compare.column.path;
    match path.is_root() {
        true => nullable(compare, meta),
        false => leads_to_one(meta, path.hops()),
    }
}

fn leads_to_one(meta: &ModelMeta, hops: &[u8]) -> bool {
    let Some((&hop, rest)) = hops.split_first() else {
        return true;
    };
    let Some(relation) = meta.relation_at(usize::from(hop)) else {
        return false;
    };
    let one = relation.kind().is_some_and(|kind| !kind.is_to_many());
    let target = relation.target().resolve();
    one && target.is_some_and(|target| leads_to_one(&target, rest))
}

fn column<'m>(compare: &Compare, meta: &'m ModelMeta) -> Option<ColumnOf<'m>> {
    meta.column_at(compare.column)
}

#[inline]
fn outcome_of(compare: &Compare, meta: &ModelMeta, dialect: &Dialect) -> Option<bool> {
    let ty = meta.type_of(compare.column)?;
    outcome(ty, compare.lookup, &compare.right, dialect)
}

#[inline]
fn within_of(compare: &Compare, meta: &ModelMeta, dialect: &Dialect) -> Option<Right> {
    let ty = meta.type_of(compare.column)?;
    within(ty, compare.lookup, &compare.right, dialect)
}

/// Whether the comparison always or never holds because its number is outside the type's range.
fn outcome(ty: ColumnType, lookup: Lookup, right: &Right, dialect: &Dialect) -> Option<bool> {
    let number = match right {
        Right::One(value) => whole(value)?,
        _ => return None,
    };
    let (low, high) = range(ty, dialect)?;
    if (low..=high).contains(&number) {
        return None;
    }
    let above = number > high;
    match lookup {
        Lookup::Exact => Some(false),
        Lookup::Gt | Lookup::Gte => Some(!above),
        Lookup::Lt | Lookup::Lte => Some(above),
        _ => None,
    }
}

/// The values of a list that the type can hold, or a range's ends brought within; `None` if they
/// are all so.
fn within(ty: ColumnType, lookup: Lookup, right: &Right, dialect: &Dialect) -> Option<Right> {
    let (values, wrap): (_, fn(Vec<Value>) -> Right) = match right {
        Right::Many(values) => (values, Right::Many),
        Right::ManyOrNull(values) => (values, Right::ManyOrNull),
        Right::One(_) => return None,
    };
    if values.is_empty() {
        return Some(wrap(Vec::new()));
    }
    let (low, high) = range(ty, dialect)?;
    let fits = |value: &Value| whole(value).is_none_or(|number| (low..=high).contains(&number));
    if values.iter().all(fits) {
        return None;
    }
    match (lookup, values.as_slice()) {
        (Lookup::In, values) => Some(wrap(
            values.iter().filter(|value| fits(value)).cloned().collect(),
        )),
        (Lookup::Range, [from, to]) => {
            if whole(from).is_some_and(|from| from > high) || whole(to).is_some_and(|to| to < low) {
                // Asked all the same, as by Django: no number lies between these.
                return Some(wrap(vec![number(high)?, number(low)?]));
            }
            // An end that is missing stays so.
            let brought = |value: &Value| match whole(value) {
                Some(end) => number(end.clamp(low, high)),
                None => Some(value.clone()),
            };
            Some(wrap(vec![brought(from)?, brought(to)?]))
        }
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::I64(number) => Some((*number).into()),
        Value::U64(number) => Some((*number).into()),
        Value::Decimal(number) if number.scale() == 0 => Some(number.unscaled()),
        _ => None,
    }
}

fn number(number: i128) -> Option<Value> {
    let signed = i64::try_from(number).map(Value::I64);
    signed
        .or_else(|_| u64::try_from(number).map(Value::U64))
        .ok()
}

/// What the column can hold there: SQLite's integers all have 64 bits.
fn range(ty: ColumnType, dialect: &Dialect) -> Option<(i128, i128)> {
    let (low, high) = ty.integer_range()?;
    Some(match dialect.family {
        Family::Sqlite => (if low == 0 { 0 } else { i64::MIN.into() }, i64::MAX.into()),
        Family::Postgres | Family::Mysql => (low, high),
    })
}
