//! Aggregates by name.

use super::{AggregateCall, Function};
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::meta::ModelMeta;
use crate::resolve::{place, unknown_lookup};

/// A function over a column named in Django's spelling, for
/// [`aggregate_by_names`](crate::QuerySet::aggregate_by_names).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateTerm {
    function: Function,
    path: Box<str>,
    distinct: bool,
}

impl AggregateTerm {
    fn new(function: Function, path: impl Into<Box<str>>) -> Self {
        Self {
            function,
            path: path.into(),
            distinct: false,
        }
    }

    /// The number of values that are not NULL; `"*"` counts rows.
    pub fn count(path: impl Into<Box<str>>) -> Self {
        Self::new(Function::Count, path)
    }

    /// The sum of the values; NULL without values.
    pub fn sum(path: impl Into<Box<str>>) -> Self {
        Self::new(Function::Sum, path)
    }

    /// The average of the values; NULL without values.
    pub fn avg(path: impl Into<Box<str>>) -> Self {
        Self::new(Function::Avg, path)
    }

    /// The least value; NULL without values.
    pub fn min(path: impl Into<Box<str>>) -> Self {
        Self::new(Function::Min, path)
    }

    /// The greatest value; NULL without values.
    pub fn max(path: impl Into<Box<str>>) -> Self {
        Self::new(Function::Max, path)
    }

    /// Takes each value once: for a count, a sum or an average.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }
}

/// The call that a term asks for.
pub(crate) fn resolve(term: &AggregateTerm, meta: &ModelMeta) -> Result<AggregateCall, Invalid> {
    let AggregateTerm {
        function,
        path,
        distinct,
    } = term;
    if *distinct && matches!(function, Function::Min | Function::Max) {
        let message = format!(
            "{function:?} takes no distinct: the least of all is the least of the different"
        );
        return Err(Invalid::new(ErrorKind::Type, message));
    }
    if &**path == "*" {
        return match (function, distinct) {
            (Function::Count, false) => Ok(AggregateCall {
                function: *function,
                column: None,
                distinct: false,
            }),
            _ => Err(Invalid::new(
                ErrorKind::Value,
                "only a plain count takes '*'",
            )),
        };
    }
    if &**path == "pk" && meta.primary_key().len() > 1 {
        // Every row has a key, so that its keys are as many as the rows.
        return match (function, distinct) {
            (Function::Count, false) => Ok(AggregateCall {
                function: *function,
                column: None,
                distinct: false,
            }),
            _ => Err(Invalid::new(
                ErrorKind::Value,
                "a composite key can only be counted",
            )),
        };
    }
    let (place, rest) = place(path, meta)?;
    let column = match (place.columns(), rest) {
        (&[index], "") => place.at(index)?,
        (_, "") => {
            let message = format!("'{path}' is a key of several columns, which no function takes");
            return Err(Invalid::new(ErrorKind::Field, message));
        }
        _ => return Err(unknown_lookup(path, rest, &place)),
    };
    Ok(AggregateCall {
        function: *function,
        column: Some(column),
        distinct: *distinct,
    })
}
