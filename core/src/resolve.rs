//! From names in Django's spelling to columns of a model.

mod coerce;
mod expression;
mod order;
mod place;
mod row;
mod subquery;
mod transform;

pub(crate) use order::order;
pub(crate) use place::{Named, Place, place};
pub(crate) use transform::check_year;

use crate::column::none_is_no_value;
use crate::condition::{ColumnRef, Compare, Condition, Invalid, Right};
use crate::error::ErrorKind;
use crate::lookup::Lookup;
use crate::meta::{ColumnMeta, ModelMeta};
use crate::operand::Operand;
use crate::order::Term;
use crate::path::Path;
use crate::query::Terms;
use crate::transform::Transform;
use crate::value::{ColumnType, Value};
use transform::Chain;

/// The tree with every name resolved and everything foldable folded.
pub(crate) fn condition(condition: Condition, meta: &ModelMeta) -> Condition {
    match condition {
        Condition::Named(path, operand) => named(&path, operand, meta).unwrap_or_else(Into::into),
        Condition::Computed(computed) => {
            let (left, lookup, right) = *computed;
            expression::condition(left, lookup, right, meta).unwrap_or_else(Into::into)
        }
        Condition::And(parts) => fold(parts, meta, Condition::Always, Condition::and),
        Condition::Or(parts) => fold(parts, meta, Condition::Never, Condition::or),
        Condition::Xor(parts) => fold(parts, meta, Condition::Never, Condition::xor),
        Condition::Not(inner) => self::condition(*inner, meta).exclude(),
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
        .reduce(combine)
        .unwrap_or(unit)
}

fn named(path: &str, operand: Operand, meta: &ModelMeta) -> Result<Condition, Invalid> {
    let (place, rest) = place(path, meta)?;
    let chain = match (&place.field, place.columns()) {
        (Named::Column(index), _) => Chain::read(rest, place.model.columns()[*index].ty()),
        // A relation is a key to be compared, whatever its columns hold.
        _ => Chain::lookup(rest),
    };
    let chain = chain.map_err(|name| unknown_lookup(path, name, &place))?;
    let lookup = chain.lookup.unwrap_or(Lookup::Exact);
    if let Named::Relation { name, .. } = &place.field
        && !lookup.is_of_relations()
    {
        let message = format!(
            "the relation '{name}' has no lookup '{}'; it has exact, gt, gte, lt, lte, in and isnull",
            lookup.name()
        );
        return Err(Invalid::new(ErrorKind::Field, message));
    }
    if let Operand::Query(query) = operand {
        return subquery::compare(&place, &chain, lookup, query.into_select());
    }
    let operand = row::keys(operand, &place)?;
    let [index] = *place.columns() else {
        return composite(&place, lookup, operand);
    };
    let column = &place.model.columns()[index];
    if expression::is_computed(&operand) {
        let left = chain.of(expression::source(&place, index)?);
        return expression::compare(column, left, lookup, operand, meta);
    }
    if chain.transforms.is_empty() {
        return compare(column, place.at(index)?, lookup, operand);
    }
    let name = path.strip_suffix(lookup.name()).unwrap_or(path);
    let left = chain.of(expression::source(&place, index)?);
    transform::compare(name.trim_end_matches('_'), left, lookup, operand)
}

fn compare(
    column: &ColumnMeta,
    at: ColumnRef,
    lookup: Lookup,
    operand: Operand,
) -> Result<Condition, Invalid> {
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
        (Lookup::Range, Operand::Value(value)) => return Err(not_a_list(lookup, &value)),
        (_, Operand::Value(Value::Null)) => return Err(none_is_no_value(lookup)),
        (Lookup::IsNull, Operand::List(_)) => {
            let message = "isnull takes true or false, not a list";
            return Err(Invalid::new(ErrorKind::Value, message).late());
        }
        (_, Operand::List(_)) => {
            let message = format!(
                "the lookup '{}' of column '{}' takes one value, not a list",
                lookup.name(),
                column.name()
            );
            // Django asks these types to read it as a value, and the others never get so far.
            let read = matches!(
                column.ty(),
                ColumnType::Bool | ColumnType::Decimal | ColumnType::Uuid
            );
            let compared = matches!(
                lookup,
                Lookup::Exact | Lookup::Gt | Lookup::Gte | Lookup::Lt | Lookup::Lte
            );
            let kind = match read && compared {
                true => ErrorKind::Validation,
                false => ErrorKind::Type,
            };
            return Err(Invalid::new(kind, message));
        }
        // What is computed was told apart before.
        (_, Operand::Expression(_) | Operand::Query(_) | Operand::Row(_)) => {
            return Err(Invalid::new(ErrorKind::Type, "an expression is no value"));
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
    let ends = ends
        .into_iter()
        .map(|end| coerce::listed(column, end))
        .collect::<Result<Vec<_>, _>>()?;
    if ends.len() != 2 {
        return Err(not_two_ends(ends.len()));
    }
    // An end that is NULL is left to the database: no row is within, and some are known to be
    // without, by the other end.
    Ok(Condition::Compare(Compare {
        column: at,
        lookup: Lookup::Range,
        right: Right::Many(ends),
    }))
}

fn composite(place: &Place<'_>, lookup: Lookup, operand: Operand) -> Result<Condition, Invalid> {
    match (lookup, operand) {
        (Lookup::Exact, Operand::Value(Value::Null)) if place.is_relation() => {
            composite_null(place, true)
        }
        (Lookup::Exact, operand) => composite_equal(place, operand),
        (Lookup::In, Operand::List(keys)) => keys
            .into_iter()
            .filter(|key| *key != Operand::NONE)
            .try_fold(Condition::Never, |any, key| {
                Ok(any.or(composite_equal(place, key)?))
            }),
        (Lookup::Gt | Lookup::Gte | Lookup::Lt | Lookup::Lte, operand) => {
            composite_order(place, lookup, operand)
        }
        (Lookup::IsNull, Operand::Value(Value::Bool(yes))) => composite_null(place, yes),
        (lookup, _) => {
            let message = format!(
                "a composite key has the lookups exact, gt, gte, lt, lte, in and isnull, not '{}'",
                lookup.name()
            );
            Err(Invalid::new(ErrorKind::Field, message))
        }
    }
}

fn composite_null(place: &Place<'_>, yes: bool) -> Result<Condition, Invalid> {
    let parts = place.columns().iter().map(|&index| place.at(index));
    let (unit, join): (_, fn(Condition, Condition) -> Condition) = match yes {
        true => (Condition::Never, Condition::or),
        false => (Condition::Always, Condition::and),
    };
    parts.into_iter().try_fold(unit, |joined, part| {
        Ok(join(joined, Condition::is_null(part?, yes)))
    })
}

fn composite_equal(place: &Place<'_>, operand: Operand) -> Result<Condition, Invalid> {
    let parts = composite_parts(place, operand)?;
    let key = place.columns().iter();
    key.zip(parts)
        .try_fold(Condition::Always, |all, (&index, value)| {
            let column = &place.model.columns()[index];
            let part = compare(column, place.at(index)?, Lookup::Exact, value)?;
            Ok(all.and(part))
        })
}

/// One key before or after another: the first part in which they differ decides.
fn composite_order(
    place: &Place<'_>,
    lookup: Lookup,
    operand: Operand,
) -> Result<Condition, Invalid> {
    let parts = composite_parts(place, operand)?;
    let key = place.columns();
    let strict = match lookup {
        Lookup::Gte => Lookup::Gt,
        Lookup::Lte => Lookup::Lt,
        other => other,
    };
    let mut any = Condition::Never;
    for last in 0..key.len() {
        let mut all = Condition::Always;
        for (at, (&index, value)) in key.iter().zip(&parts).enumerate().take(last + 1) {
            let lookup = match at == last {
                false => Lookup::Exact,
                true if last + 1 == key.len() => lookup,
                true => strict,
            };
            let column = &place.model.columns()[index];
            let part = compare(column, place.at(index)?, lookup, value.clone())?;
            all = all.and(part);
        }
        any = any.or(all);
    }
    Ok(any)
}

fn composite_parts(place: &Place<'_>, operand: Operand) -> Result<Vec<Operand>, Invalid> {
    let key = place.columns();
    match operand {
        Operand::List(parts) if parts.len() == key.len() => Ok(parts),
        _ => {
            let message = format!(
                "the key of {} has {} parts: pass as many",
                place.model.name(),
                key.len()
            );
            Err(Invalid::new(ErrorKind::Value, message))
        }
    }
}

/// Adds a term unless its column already orders.
pub(crate) fn push_term(terms: &mut Terms, term: Term) {
    if !orders_by(terms, &term) {
        terms.push(term);
    }
}

/// Whether terms order by what a term does.
pub(crate) fn orders_by(terms: &[Term], term: &Term) -> bool {
    match term {
        Term::Random => false,
        Term::Column { column, .. } => terms.iter().any(
            |earlier| matches!(earlier, Term::Column { column: other, .. } if other == column),
        ),
        Term::Computed { node, .. } => terms
            .iter()
            .any(|earlier| matches!(earlier, Term::Computed { node: other, .. } if other == node)),
    }
}

/// A value as one of a column's.
pub(crate) fn own_value(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    coerce::listed(column, Operand::Value(value))
}

/// The column of this model's own that a name of a field names.
pub(crate) fn own_field(name: &str, meta: &ModelMeta) -> Result<usize, Invalid> {
    let found = match name {
        "pk" => meta.single_key(),
        _ => meta.position(name).or_else(|| {
            let relation = &meta.relations()[meta.relation_position(name)?];
            meta.position(relation.column()?)
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

pub(crate) fn unknown_lookup(path: &str, rest: &str, place: &Place<'_>) -> Invalid {
    let field = place.name();
    let mut names: Vec<_> = Lookup::ALL.iter().map(|lookup| lookup.name()).collect();
    if let Named::Column(index) = &place.field {
        let ty = place.model.columns()[*index].ty();
        let parts = Transform::ALL.iter().filter(|part| part.applies(ty));
        names.extend(parts.map(|part| part.name()));
    }
    names.sort_unstable();
    let message = format!(
        "'{path}': '{rest}' is no lookup of the field '{field}' of {}; lookups are: {}",
        place.model.name(),
        names.join(", ")
    );
    Invalid::new(ErrorKind::Field, message)
}

fn no_key(meta: &ModelMeta) -> Invalid {
    let message = format!("{} has no primary key, so it has no 'pk'", meta.name());
    Invalid::new(ErrorKind::Field, message)
}

/// Python takes none, one and several apart in different ways once the query is evaluated.
fn not_two_ends(count: usize) -> Invalid {
    let kind = match count {
        0 => ErrorKind::Value,
        1 => ErrorKind::Index,
        _ => ErrorKind::Type,
    };
    Invalid::new(kind, format!("range takes two ends, not {count}")).late()
}

fn not_a_list(lookup: Lookup, value: &Value) -> Invalid {
    let message = format!(
        "the lookup '{}' takes a list, not a value of type {}",
        lookup.name(),
        value.kind()
    );
    Invalid::new(ErrorKind::Type, message)
}
