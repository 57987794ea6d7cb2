//! What follows a column's name in a path: what is made of it, and how it is compared.

use super::coerce;
use crate::condition::{Condition, Invalid, Predicate};
use crate::error::ErrorKind;
use crate::expression::Node;
use crate::lookup::Lookup;
use crate::meta::ColumnMeta;
use crate::operand::Operand;
use crate::transform::Transform;
use crate::value::{ColumnType, Value};
use crate::zone::year_begins;

/// Transforms and a lookup.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) transforms: Vec<Transform>,
    /// `None` where the path ends without one, which asks for equality.
    pub(super) lookup: Option<Lookup>,
}

impl Chain {
    /// Reads the rest of a path to a column of the type; the name that is neither a transform nor
    /// a lookup of it.
    pub(super) fn read(rest: &str, ty: ColumnType) -> Result<Self, &str> {
        let mut chain = Self::default();
        if rest.is_empty() {
            return Ok(chain);
        }
        let (mut ty, mut left) = (ty, Some(rest));
        while let Some(rest) = left {
            let (name, behind) = match rest.split_once("__") {
                Some((name, behind)) => (name, Some(behind)),
                None => (rest, None),
            };
            if let Some(transform) = Transform::named(name, ty) {
                ty = transform.output();
                chain.transforms.push(transform);
                left = behind;
            } else if behind.is_none() {
                chain.lookup = Some(Lookup::from_name(name).ok_or(rest)?);
                left = None;
            } else {
                return Err(rest);
            }
        }
        Ok(chain)
    }

    /// Reads the rest of a path to what has only lookups.
    pub(super) fn lookup(rest: &str) -> Result<Self, &str> {
        let mut chain = Self::default();
        if !rest.is_empty() {
            chain.lookup = Some(Lookup::from_name(rest).ok_or(rest)?);
        }
        Ok(chain)
    }

    pub(super) fn of(&self, column: Node) -> Node {
        self.transforms
            .iter()
            .fold(column, |node, &transform| node.part(transform))
    }
}

/// Something made of a column, compared with values.
pub(super) fn compare(
    name: &str,
    left: Node,
    lookup: Lookup,
    operand: Operand,
) -> Result<Condition, Invalid> {
    let ty = left.ty().unwrap_or(ColumnType::Text);
    // What is made of a column has a name and a type as the column has, for what is told of it.
    let made = ColumnMeta::new(name, ty);
    let operand = match (&left, operand) {
        // A year is compared by its bounds, for which a fraction is cut whatever the lookup.
        (Node::Transform(transform, _), Operand::Value(value))
            if transform.is_year() && is_order(lookup) && !value.is_null() =>
        {
            let value = coerce::ordered(&made, Lookup::Exact, value)?;
            check_year(&value)?;
            Operand::Value(value)
        }
        (_, operand) => operand,
    };
    // The column is the left side, which takes its place.
    let nowhere = super::own_column(0)?;
    let condition = super::compare(&made, nowhere, lookup, operand)?;
    Ok(Predicate::over(left, condition))
}

fn is_order(lookup: Lookup) -> bool {
    matches!(
        lookup,
        Lookup::Exact | Lookup::Gt | Lookup::Gte | Lookup::Lt | Lookup::Lte
    )
}

/// Refuses a year that has no bounds, as Django does once it evaluates the query.
pub(crate) fn check_year(value: &Value) -> Result<(), Invalid> {
    match value {
        Value::I64(year) if year_begins(*year, false).is_some() => Ok(()),
        _ => {
            let message = "a year is compared with a number from 1 to 9999";
            Err(Invalid::new(ErrorKind::Value, message).late())
        }
    }
}
