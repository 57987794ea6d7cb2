//! Arithmetic that SQLite has only where it was compiled with it.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

pub(super) fn register(connection: &Connection) -> Result<()> {
    super::add(connection, "queryset_power", 2, |context| {
        Ok(power(context.get_raw(0), context.get_raw(1)))
    })?;
    super::add(connection, "queryset_mod", 2, |context| {
        let (left, right) = (real(context.get_raw(0)), real(context.get_raw(1)));
        // Of nothing there is no rest: NULL, as from the operator.
        let rest = |(left, right): (f64, f64)| (right != 0.0).then_some(left % right);
        Ok(left.zip(right).and_then(rest))
    })
}

/// An integer where both are and it is one.
fn power(base: ValueRef<'_>, power: ValueRef<'_>) -> Option<Value> {
    if let (ValueRef::Integer(base), ValueRef::Integer(power)) = (base, power)
        && let Ok(power) = u32::try_from(power)
        && let Some(result) = base.checked_pow(power)
    {
        return Some(Value::Integer(result));
    }
    let result = real(base)?.powf(real(power)?);
    (!result.is_nan()).then_some(Value::Real(result))
}

fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Integer(integer) => Some(integer as f64),
        ValueRef::Real(real) => Some(real),
        _ => None,
    }
}
