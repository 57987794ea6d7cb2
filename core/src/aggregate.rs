//! Functions over all rows of a query.

mod terms;
mod typed;

pub use terms::AggregateTerm;
pub(crate) use terms::resolve;
pub use typed::{Aggregate, Aggregates, Number};

use crate::condition::ColumnRef;
use crate::error::Result;
use crate::field::in_type;
use crate::meta::ModelMeta;
use crate::value::{ColumnType, Decimal, Value};

/// A function over the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// A function and the column that it is applied to; `None` counts rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AggregateCall {
    pub(crate) function: Function,
    pub(crate) column: Option<ColumnRef>,
    pub(crate) distinct: bool,
}

impl AggregateCall {
    /// What the function gives where there are no rows.
    pub(crate) fn of_nothing(&self) -> Value {
        match self.function {
            Function::Count => Value::I64(0),
            _ => Value::Null,
        }
    }

    /// The result as the type of the function wants it, whatever the database computes with.
    pub(crate) fn settle(&self, value: Value, meta: &ModelMeta) -> Result<Value> {
        let column = self.column.and_then(|column| meta.column_at(column));
        let Some(ty) = column.map(|column| column.ty()) else {
            return Ok(value);
        };
        Ok(match (self.function, value) {
            (Function::Count, value) => value,
            // SQLite adds decimals up as floating-point numbers, of which fifteen digits hold.
            (_, Value::F64(number)) if ty == ColumnType::Decimal => format!("{number:.14e}")
                .parse::<Decimal>()
                .map_or(Value::F64(number), |number| {
                    Value::Decimal(number.normalized())
                }),
            (_, value) if ty == ColumnType::Duration => in_type(value.borrow(), ty),
            (Function::Avg, Value::I64(number)) => Value::F64(number as f64),
            (Function::Avg, Value::Decimal(number)) if ty != ColumnType::Decimal => number
                .to_string()
                .parse()
                .map_or(Value::Decimal(number), Value::F64),
            // PostgreSQL and MySQL widen a sum of integers to a decimal.
            (Function::Sum, Value::Decimal(number)) if ty.integer_range().is_some() => {
                let number = number.normalized();
                let whole = number.unscaled();
                match (i64::try_from(whole), u64::try_from(whole)) {
                    _ if number.scale() > 0 => Value::Decimal(number),
                    (Ok(whole), _) => Value::I64(whole),
                    (_, Ok(whole)) => Value::U64(whole),
                    _ => Value::Decimal(number),
                }
            }
            // The sum of truth values is a number.
            (Function::Sum, value) if ty == ColumnType::Bool => value,
            // The result of a function has no declared type that a backend would tell by.
            (_, value) => in_type(value.borrow(), ty),
        })
    }
}
