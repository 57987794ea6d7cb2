//! Rows on the right-hand side of a comparison.

use super::place::{Named, Place};
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::operand::{Operand, RowOperand};
use crate::value::Value;

/// The operand with the keys of rows instead of the rows.
pub(super) fn keys(operand: Operand, place: &Place<'_>) -> Result<Operand, Invalid> {
    match operand {
        Operand::Row(row) => key(&row, place),
        Operand::List(items) if items.iter().any(|item| matches!(item, Operand::Row(_))) => {
            let keys = items.into_iter().map(|item| keys(item, place));
            Ok(Operand::List(keys.collect::<Result<_, _>>()?))
        }
        other => Ok(other),
    }
}

fn key(row: &RowOperand, place: &Place<'_>) -> Result<Operand, Invalid> {
    let Named::Relation {
        name,
        target,
        refers,
        ..
    } = &place.field
    else {
        let message = format!(
            "'{}' is no relation, so it cannot be compared with a row of {}",
            place.name(),
            row.name
        );
        return Err(Invalid::new(ErrorKind::Type, message));
    };
    if row.model != target.id() {
        let message = format!(
            "the relation '{name}' leads to {}, so it cannot be compared with a row of {}",
            target.name(),
            row.name
        );
        return Err(Invalid::new(ErrorKind::Value, message));
    }
    let parts = refers.iter().map(|&column| match row.values.get(column) {
        Some(Some(value)) if !value.is_null() => Ok(Operand::Value(value.clone())),
        _ => {
            let message = format!(
                "the row of {} has no key yet, so '{name}' cannot lead to it",
                row.name
            );
            Err(Invalid::new(ErrorKind::Value, message))
        }
    });
    let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
    Ok(match parts.len() {
        1 => parts.pop().unwrap_or(Operand::Value(Value::Null)),
        _ => Operand::List(parts),
    })
}
