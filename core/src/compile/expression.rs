//! The shape of what is computed, and the values that it binds.

use super::shape::{Shape, as_array, bound_text};
use super::{Conditions, fold};
use crate::condition::{Predicate, Right, Side};
use crate::dialect::{Dialect, Family};
use crate::expression::Node;
use crate::lookup::Lookup;
use crate::subquery::Subselect;
use crate::value::{ColumnType, Value};
use crate::zone::{Zone, year_begins};

impl Shape<'_> {
    /// Writes a comparison. `false` when its outcome is known from the range of its numbers.
    pub(super) fn predicate(&mut self, predicate: &Predicate) -> bool {
        if fold::decides_predicate(predicate, self.dialect) {
            return false;
        }
        let lookup = predicate.lookup;
        self.key.put([9, lookup as u8, predicate.bare.into()]);
        if let Some(year) = predicate.by_bounds() {
            self.key.put([1, year.iso.into()]);
            self.node(year.of);
            let bounds = bounds(year.year, year.iso, year.of.ty(), self.zone);
            self.params
                .extend(which(lookup).iter().map(|&end| bounds[end].clone()));
            return true;
        }
        self.key.put([2]);
        self.node(&predicate.left);
        match &predicate.right {
            Side::Values(Right::One(Value::Bool(yes))) if lookup == Lookup::IsNull => {
                self.key.put([1, (*yes).into()]);
            }
            Side::Values(Right::One(value)) => {
                self.key.put([2]);
                let ty = predicate.left.ty();
                let value = bound_text(lookup, value, ty == Some(ColumnType::Uuid), self.dialect);
                self.param(value);
            }
            Side::Values(Right::Many(values) | Right::ManyOrNull(values)) => {
                let or_null = matches!(predicate.right, Side::Values(Right::ManyOrNull(_)));
                self.key.put([3, or_null.into()]);
                if as_array(lookup, values, self.dialect) {
                    self.key.put([1]);
                    self.param(Value::Array(values.as_slice().into()));
                } else {
                    self.key.put([0]);
                    self.number(values.len() as u64);
                    self.params.extend_from_slice(values);
                }
            }
            Side::Query(query) => {
                self.key.put([6]);
                return self.subselect(query);
            }
            Side::Node(node) => {
                self.key.put([4]);
                self.node(node);
            }
            Side::Nodes(nodes) => {
                self.key.put([5]);
                self.number(nodes.len() as u64);
                nodes.iter().for_each(|node| self.node(node));
            }
        }
        true
    }

    /// A select within another, which has its own related rows.
    fn subselect(&mut self, query: &Subselect) -> bool {
        let related = std::mem::take(&mut self.related);
        let select = query.select();
        let whole = self.select(&select, &Conditions::of(&select));
        self.related = related;
        whole
    }

    pub(super) fn node(&mut self, node: &Node) {
        match node {
            Node::Column(column) => {
                let nullable = u8::from(column.nullable);
                self.column(1, nullable, column.at);
            }
            Node::Value(value) => {
                self.key.put([2, kind(value)]);
                self.param(value.clone());
            }
            Node::Transform(transform, of) => {
                let zoned = is_zoned(of, self.zone);
                self.key.put([3, *transform as u8, zoned.into()]);
                self.node(of);
                if zoned {
                    let name = zone_name(self.zone, self.dialect);
                    self.param(Value::Text(name));
                }
            }
            Node::Arithmetic(operator, left, right) => {
                self.key.put([4, *operator as u8]);
                self.node(left);
                self.node(right);
            }
            Node::Row(parts) => {
                self.key.put([6]);
                self.number(parts.len() as u64);
                parts.iter().for_each(|part| self.node(part));
            }
            // A name was resolved, or its query reported it.
            Node::Named(_) => self.key.put([5]),
        }
    }
}

/// Whether parts of the node are taken in another zone than that in which it is kept.
pub(super) fn is_zoned(node: &Node, zone: &Zone) -> bool {
    node.ty() == Some(ColumnType::Timestamp) && !zone.is_utc()
}

/// The zone's name as the database reads it.
fn zone_name(zone: &Zone, dialect: &Dialect) -> Box<str> {
    let name = zone.name();
    match (dialect.family, name.as_bytes().first()) {
        // An offset is read as POSIX has it there: ahead of UTC is negative.
        (Family::Postgres, Some(b'+')) => name.replacen('+', "-", 1).into(),
        (Family::Postgres, Some(b'-')) => name.replacen('-', "+", 1).into(),
        _ => name.into(),
    }
}

/// Which bounds of a year a lookup compares with.
fn which(lookup: Lookup) -> &'static [usize] {
    match lookup {
        Lookup::Exact => &[0, 1],
        Lookup::Gt | Lookup::Lte => &[1],
        _ => &[0],
    }
}

/// The first and the last moment of a year.
fn bounds(year: i64, iso: bool, ty: Option<ColumnType>, zone: &Zone) -> [Value; 2] {
    const DAY: i64 = 86_400_000_000;
    // After the last year there is no next one to begin.
    let begins = year_begins(year, iso);
    let next = year_begins(year + 1, iso).or_else(|| {
        let days = jiff::civil::date(9999, 12, 31);
        let last = crate::value::micros_from_civil(days.at(0, 0, 0, 0));
        (year == 9999).then_some(last + DAY)
    });
    // A year without bounds was refused when the query was built.
    let (Some(first), Some(next)) = (begins, next) else {
        return [Value::Null, Value::Null];
    };
    let date = |micros: i64| i32::try_from(micros.div_euclid(DAY)).map_or(Value::Null, Value::Date);
    let instant = |clock: i64| zone.instant(clock).map_or(Value::Null, Value::Timestamp);
    match ty {
        Some(ColumnType::Date) => [date(first), date(next - 1)],
        Some(ColumnType::Timestamp) => [instant(first), instant(next - 1)],
        _ => [Value::DateTime(first), Value::DateTime(next - 1)],
    }
}

/// A number for what the renderer makes of a value: its type is written beside it.
fn kind(value: &Value) -> u8 {
    match value {
        Value::Null | Value::Array(_) | Value::Refused(_) => 0,
        Value::Bool(_) => 1,
        Value::I64(_) => 2,
        Value::U64(_) => 3,
        Value::F64(_) => 4,
        Value::Decimal(_) => 5,
        Value::Text(_) => 6,
        Value::Bytes(_) => 7,
        Value::Date(_) => 8,
        Value::Time(_) => 9,
        Value::DateTime(_) => 10,
        Value::Timestamp(_) => 11,
        Value::Duration(_) => 12,
        Value::Uuid(_) => 13,
        Value::Json(_) => 14,
    }
}
