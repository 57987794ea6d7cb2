//! From names in Django's spelling to columns of a model.

mod coerce;

use crate::column::none_is_no_value;
use crate::condition::{ColumnRef, Compare, Condition, Invalid, Right};
use crate::error::ErrorKind;
use crate::lookup::Lookup;
use crate::meta::{ColumnMeta, ModelMeta, RelationMeta};
use crate::operand::Operand;
use crate::order::{OrderTerm, Term};
use crate::path::Path;
use crate::query::Terms;
use crate::value::Value;

/// The tree with every name resolved and everything foldable folded.
pub(crate) fn condition(condition: Condition, meta: &ModelMeta) -> Condition {
    match condition {
        Condition::Named(path, operand) => named(&path, operand, meta).unwrap_or_else(Into::into),
        Condition::And(parts) => fold(parts, meta, Condition::Always, Condition::and),
        Condition::Or(parts) => fold(parts, meta, Condition::Never, Condition::or),
        Condition::Xor(parts) => fold(parts, meta, Condition::Never, Condition::xor),
        Condition::Not(inner) => self::condition(*inner, meta).negate(),
        leaf => leaf,
    }
}

fn fold(
    parts: Vec<Condition>,
    meta: &ModelMeta,
    unit: Condition,
    combine: fn(Condition, Condition) -> Condition,
) -> Condition {
    parts
        .into_iter()
        .map(|part| condition(part, meta))
        .fold(unit, combine)
}

fn named(path: &str, operand: Operand, meta: &ModelMeta) -> Result<Condition, Invalid> {
    let (target, rest) = target(path, meta)?;
    let lookup = match rest {
        "" => Lookup::Exact,
        name => Lookup::from_name(name).ok_or_else(|| unknown_lookup(path, name, &target, meta))?,
    };
    match target {
        Target::Column(index) => compare(&meta.columns()[index], index, lookup, operand),
        Target::Relation(relation, index) => {
            let allowed = matches!(
                lookup,
                Lookup::Exact
                    | Lookup::Gt
                    | Lookup::Gte
                    | Lookup::Lt
                    | Lookup::Lte
                    | Lookup::In
                    | Lookup::IsNull
            );
            if !allowed {
                let message = format!(
                    "the relation '{}' has no lookup '{}'; it has exact, gt, gte, lt, lte, in and isnull",
                    relation.name(),
                    lookup.name()
                );
                return Err(Invalid::new(ErrorKind::Field, message));
            }
            compare(&meta.columns()[index], index, lookup, operand)
        }
        Target::CompositeKey => composite(meta, lookup, operand),
    }
}

/// What the front of a path names.
enum Target<'m> {
    Column(usize),
    /// A forward relation, through the column of this model that holds its key.
    Relation(&'m RelationMeta, usize),
    CompositeKey,
}

/// What the path names, and what follows behind the name (a lookup's name or nothing).
fn target<'m, 'p>(path: &'p str, meta: &'m ModelMeta) -> Result<(Target<'m>, &'p str), Invalid> {
    // An attribute may itself contain two underscores, so the longest name that fits counts.
    if let Some(index) = meta.position(path) {
        return Ok((Target::Column(index), ""));
    }
    let mut at = path.len();
    loop {
        let (name, rest) = match at == path.len() {
            true => (path, ""),
            false => (&path[..at], &path[at + 2..]),
        };
        if let Some(index) = meta.position(name) {
            let target = Target::Column(index);
            // Two underscores at the end announce a lookup that does not come.
            return match rest.is_empty() && at < path.len() {
                true => Err(unknown_lookup(path, rest, &target, meta)),
                false => Ok((target, rest)),
            };
        }
        if let Some(position) = meta.relation_position(name) {
            return relation(&meta.relations()[position], rest, meta);
        }
        if name == "pk" {
            return match (meta.single_key(), meta.primary_key().len()) {
                (Some(index), _) => Ok((Target::Column(index), rest)),
                (None, 0) => Err(no_key(meta)),
                (None, _) => Ok((Target::CompositeKey, rest)),
            };
        }
        match path[..at].rfind("__") {
            Some(earlier) => at = earlier,
            None => return Err(unknown_name(&path[..at], meta)),
        }
    }
}

/// A path through a relation ends at this model as long as it asks only for the key, which a
/// column of this model holds.
fn relation<'m, 'p>(
    relation: &'m RelationMeta,
    rest: &'p str,
    meta: &'m ModelMeta,
) -> Result<(Target<'m>, &'p str), Invalid> {
    let Some(index) = meta.position(relation.column()) else {
        let message = format!(
            "the relation '{}' of {} names the column '{}', which the model lacks",
            relation.name(),
            meta.name(),
            relation.column()
        );
        return Err(Invalid::new(ErrorKind::Field, message));
    };
    let (next, behind) = rest.split_once("__").unwrap_or((rest, ""));
    if next.is_empty() || Lookup::from_name(next).is_some() {
        return Ok((Target::Relation(relation, index), rest));
    }
    let Some(target) = relation.target().resolve() else {
        let message = format!("the relation '{}' leads to no model", relation.name());
        return Err(Invalid::new(ErrorKind::Field, message));
    };
    let key = relation.target_column().or_else(|| {
        target
            .single_key()
            .map(|index| target.columns()[index].name())
    });
    if next == "pk" || Some(next) == key {
        return Ok((Target::Column(index), behind));
    }
    if target.position(next).is_none() && target.relation_position(next).is_none() {
        return Err(unknown_name(next, &target));
    }
    let message = format!(
        "the path leads through the relation '{}' to a column of {}; only its key can be reached",
        relation.name(),
        target.name()
    );
    Err(Invalid::new(ErrorKind::NotSupported, message))
}

fn compare(
    column: &ColumnMeta,
    index: usize,
    lookup: Lookup,
    operand: Operand,
) -> Result<Condition, Invalid> {
    let at = own_column(index)?;
    let value = match (lookup, operand) {
        (Lookup::Exact | Lookup::IExact, Operand::Value(Value::Null)) => {
            return Ok(Condition::is_null(at, true));
        }
        (Lookup::In, Operand::List(values)) => {
            let values = values
                .into_iter()
                .map(|value| coerce::listed(column, value))
                .collect::<Result<Vec<_>, _>>()?;
            return Ok(Condition::is_in(at, values));
        }
        (Lookup::In, Operand::Value(value)) => return Err(not_a_list(lookup, &value)),
        (Lookup::Range, Operand::List(ends)) => return range(column, at, ends),
        (_, Operand::Value(Value::Null)) => return Err(none_is_no_value(lookup)),
        (Lookup::Range, Operand::Value(value)) => return Err(not_a_list(lookup, &value)),
        (_, Operand::List(_)) => {
            let message = format!(
                "the lookup '{}' of column '{}' takes one value, not a list",
                lookup.name(),
                column.name()
            );
            return Err(Invalid::new(ErrorKind::Type, message));
        }
        (_, Operand::Value(value)) => value,
    };
    match lookup {
        Lookup::IsNull => match value {
            Value::Bool(_) => Ok(Condition::compare(at, lookup, value)),
            other => {
                let message = format!(
                    "isnull takes true or false, not a value of type {}",
                    other.kind()
                );
                Err(Invalid::new(ErrorKind::Value, message).late())
            }
        },
        lookup if lookup.is_text() => Ok(Condition::compare(
            at,
            lookup,
            Value::Text(coerce::text(value)?),
        )),
        lookup => Ok(Condition::compare(
            at,
            lookup,
            coerce::ordered(column, lookup, value)?,
        )),
    }
}

fn range(column: &ColumnMeta, at: ColumnRef, ends: Vec<Operand>) -> Result<Condition, Invalid> {
    let [low, high] = <[Operand; 2]>::try_from(ends).map_err(|ends| {
        let message = format!("range takes two ends, not {}", ends.len());
        Invalid::new(ErrorKind::Index, message).late()
    })?;
    let low = coerce::listed(column, low)?;
    let high = coerce::listed(column, high)?;
    // A comparison with NULL holds for no row.
    if low.is_null() || high.is_null() {
        return Ok(Condition::Never);
    }
    Ok(Condition::Compare(Compare {
        column: at,
        lookup: Lookup::Range,
        right: Right::Many(vec![low, high]),
    }))
}

fn composite(meta: &ModelMeta, lookup: Lookup, operand: Operand) -> Result<Condition, Invalid> {
    match (lookup, operand) {
        (Lookup::Exact, operand) => composite_equal(meta, operand),
        (Lookup::In, Operand::List(keys)) => keys
            .into_iter()
            .filter(|key| *key != Operand::NONE)
            .try_fold(Condition::Never, |any, key| {
                Ok(any.or(composite_equal(meta, key)?))
            }),
        (Lookup::Gt | Lookup::Gte | Lookup::Lt | Lookup::Lte, operand) => {
            composite_order(meta, lookup, operand)
        }
        (Lookup::IsNull, Operand::Value(Value::Bool(yes))) => {
            let parts = meta.primary_key().iter().map(|&index| own_column(index));
            let (unit, join): (_, fn(Condition, Condition) -> Condition) = match yes {
                true => (Condition::Never, Condition::or),
                false => (Condition::Always, Condition::and),
            };
            parts.into_iter().try_fold(unit, |joined, part| {
                Ok(join(joined, Condition::is_null(part?, yes)))
            })
        }
        (lookup, _) => {
            let message = format!(
                "a composite key has the lookups exact, gt, gte, lt, lte, in and isnull, not '{}'",
                lookup.name()
            );
            Err(Invalid::new(ErrorKind::Field, message))
        }
    }
}

fn composite_equal(meta: &ModelMeta, operand: Operand) -> Result<Condition, Invalid> {
    let parts = composite_parts(meta, operand)?;
    let key = meta.primary_key().iter();
    key.zip(parts)
        .try_fold(Condition::Always, |all, (&index, value)| {
            let part = compare(&meta.columns()[index], index, Lookup::Exact, value)?;
            Ok(all.and(part))
        })
}

/// One key before or after another: the first part in which they differ decides.
fn composite_order(
    meta: &ModelMeta,
    lookup: Lookup,
    operand: Operand,
) -> Result<Condition, Invalid> {
    let parts = composite_parts(meta, operand)?;
    let key = meta.primary_key();
    let strict = match lookup {
        Lookup::Gte => Lookup::Gt,
        Lookup::Lte => Lookup::Lt,
        other => other,
    };
    let mut any = Condition::Never;
    for last in 0..key.len() {
        let mut all = Condition::Always;
        for (place, (&index, value)) in key.iter().zip(&parts).enumerate().take(last + 1) {
            let lookup = match place == last {
                false => Lookup::Exact,
                true if last + 1 == key.len() => lookup,
                true => strict,
            };
            let part = compare(&meta.columns()[index], index, lookup, value.clone())?;
            all = all.and(part);
        }
        any = any.or(all);
    }
    Ok(any)
}

fn composite_parts(meta: &ModelMeta, operand: Operand) -> Result<Vec<Operand>, Invalid> {
    let key = meta.primary_key();
    match operand {
        Operand::List(parts) if parts.len() == key.len() => Ok(parts),
        _ => {
            let message = format!(
                "the key of {} has {} parts: pass as many",
                meta.name(),
                key.len()
            );
            Err(Invalid::new(ErrorKind::Value, message))
        }
    }
}

/// The terms of an ordering by name; a column that came before is left out.
pub(crate) fn order(term: &OrderTerm, meta: &ModelMeta, into: &mut Terms) -> Result<(), Invalid> {
    if term.path() == "?" {
        into.push(Term::Random);
        return Ok(());
    }
    // Django looks only at the first name of a path before it evaluates the query.
    let first = term.path().split("__").next().unwrap_or_default();
    let is_known =
        first == "pk" || meta.position(first).is_some() || meta.relation_position(first).is_some();
    let told = |invalid: Invalid| if is_known { invalid.late() } else { invalid };
    let (target, rest) = target(term.path(), meta).map_err(told)?;
    if !rest.is_empty() {
        return Err(told(unknown_lookup(term.path(), rest, &target, meta)));
    }
    let mut push = |index: usize| {
        let column = own_column(index)?;
        push_term(
            into,
            Term::Column {
                column,
                descending: term.is_descending(),
                nulls: term.nulls(),
            },
        );
        Ok(())
    };
    match target {
        Target::Column(index) => push(index),
        Target::CompositeKey => meta.primary_key().iter().try_for_each(|&index| push(index)),
        Target::Relation(relation, index) => {
            let target = relation.target().resolve();
            if target.is_some_and(|target| !target.ordering().is_empty()) {
                let message = format!(
                    "ordering by '{}' follows the ordering of its model, which a path cannot do; order by '{}'",
                    relation.name(),
                    relation.column()
                );
                return Err(Invalid::new(ErrorKind::NotSupported, message));
            }
            push(index)
        }
    }
}

/// Adds a term unless its column already orders.
pub(crate) fn push_term(terms: &mut Terms, term: Term) {
    let known = match &term {
        Term::Random => false,
        Term::Column { column, .. } => terms.iter().any(
            |earlier| matches!(earlier, Term::Column { column: other, .. } if other == column),
        ),
    };
    if !known {
        terms.push(term);
    }
}

/// The column of this model's own that a name of a field names.
pub(crate) fn own_field(name: &str, meta: &ModelMeta) -> Result<usize, Invalid> {
    let found = match name {
        "pk" => meta.single_key(),
        _ => meta.position(name).or_else(|| {
            let relation = &meta.relations()[meta.relation_position(name)?];
            meta.position(relation.column())
        }),
    };
    found.ok_or_else(|| {
        let message = format!(
            "{} has no field named '{name}'; choices are: {}",
            meta.name(),
            meta.choices()
        );
        Invalid::new(ErrorKind::FieldDoesNotExist, message)
    })
}

pub(crate) fn own_column(index: usize) -> Result<ColumnRef, Invalid> {
    let index = u16::try_from(index).map_err(|_| {
        Invalid::new(
            ErrorKind::NotSupported,
            "a model has at most 65,536 columns",
        )
    })?;
    Ok(ColumnRef {
        path: Path::ROOT,
        index,
    })
}

fn unknown_name(name: &str, meta: &ModelMeta) -> Invalid {
    let message = format!(
        "cannot resolve '{name}' into a field of {}; choices are: {}",
        meta.name(),
        meta.choices()
    );
    Invalid::new(ErrorKind::Field, message)
}

fn unknown_lookup(path: &str, rest: &str, target: &Target<'_>, meta: &ModelMeta) -> Invalid {
    let field = match target {
        Target::Column(index) => meta.columns()[*index].name(),
        Target::Relation(relation, _) => relation.name(),
        Target::CompositeKey => "pk",
    };
    let mut names: Vec<_> = Lookup::ALL.iter().map(|lookup| lookup.name()).collect();
    names.sort_unstable();
    let message = format!(
        "'{path}': '{rest}' is no lookup of the field '{field}' of {}; lookups are: {}",
        meta.name(),
        names.join(", ")
    );
    Invalid::new(ErrorKind::Field, message)
}

fn no_key(meta: &ModelMeta) -> Invalid {
    let message = format!("{} has no primary key, so it has no 'pk'", meta.name());
    Invalid::new(ErrorKind::Field, message)
}

fn not_a_list(lookup: Lookup, value: &Value) -> Invalid {
    let message = format!(
        "the lookup '{}' takes a list, not a value of type {}",
        lookup.name(),
        value.kind()
    );
    Invalid::new(ErrorKind::Type, message)
}
