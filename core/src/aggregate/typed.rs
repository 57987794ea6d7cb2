//! Aggregates of generated fields.

use std::marker::PhantomData;
use std::time::Duration;

use super::{AggregateCall, Function};
use crate::column::Column;
use crate::error::Result;
use crate::field::Field;
use crate::row::RowReader;

/// A function over a column of `R` that gives `T`.
#[derive(Debug)]
#[must_use = "an aggregate does nothing until a query computes it"]
pub struct Aggregate<R, T> {
    call: AggregateCall,
    types: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Aggregate<R, T> {
    fn new<C>(function: Function, column: Column<R, C>, distinct: bool) -> Self {
        let call = AggregateCall {
            function,
            column: Some(column.at()),
            distinct,
        };
        Self {
            call,
            types: PhantomData,
        }
    }
}

impl<R> Aggregate<R, i64> {
    /// The number of rows.
    pub fn count_all() -> Self {
        let call = AggregateCall {
            function: Function::Count,
            column: None,
            distinct: false,
        };
        Self {
            call,
            types: PhantomData,
        }
    }
}

/// A type that can be added up: what its sum and its average are.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be added up")]
pub trait Number: Field {
    /// The type of a sum.
    type Sum: Field<Base = Self::Sum>;
    /// The type of an average.
    type Avg: Field<Base = Self::Avg>;
}

macro_rules! numbers {
    ($($number:ty => $sum:ty, $avg:ty;)*) => {$(
        impl Number for $number {
            type Sum = $sum;
            type Avg = $avg;
        }
    )*};
}

numbers! {
    i8 => i64, f64;
    i16 => i64, f64;
    i32 => i64, f64;
    i64 => i64, f64;
    u8 => i64, f64;
    u16 => i64, f64;
    u32 => i64, f64;
    u64 => u64, f64;
    f32 => f64, f64;
    f64 => f64, f64;
    Duration => Duration, Duration;
}

impl<R, T: Field> Column<R, T> {
    /// The number of values that are not NULL.
    pub fn count(self) -> Aggregate<R, i64> {
        Aggregate::new(Function::Count, self, false)
    }

    /// The number of different values that are not NULL.
    pub fn count_distinct(self) -> Aggregate<R, i64> {
        Aggregate::new(Function::Count, self, true)
    }

    /// The least value; `None` without values.
    pub fn min(self) -> Aggregate<R, Option<T::Base>> {
        Aggregate::new(Function::Min, self, false)
    }

    /// The greatest value; `None` without values.
    pub fn max(self) -> Aggregate<R, Option<T::Base>> {
        Aggregate::new(Function::Max, self, false)
    }
}

impl<R, T: Field<Base: Number>> Column<R, T> {
    /// The sum of the values; `None` without values.
    pub fn sum(self) -> Aggregate<R, Option<<T::Base as Number>::Sum>> {
        Aggregate::new(Function::Sum, self, false)
    }

    /// The average of the values; `None` without values.
    pub fn avg(self) -> Aggregate<R, Option<<T::Base as Number>::Avg>> {
        Aggregate::new(Function::Avg, self, false)
    }
}

/// What [`aggregate`](crate::QuerySet::aggregate) computes: one aggregate, or a tuple of up to
/// eight, whose results come as one value or a tuple.
pub trait Aggregates<R> {
    /// The results.
    type Output: Send + 'static;

    /// The calls, in the order of the results.
    #[doc(hidden)]
    fn calls(&self, into: &mut dyn FnMut(Call));

    /// Reads the results.
    #[doc(hidden)]
    fn read(row: &RowReader<'_>) -> Result<Self::Output>;
}

/// A call on its way to the query; opaque outside.
#[doc(hidden)]
#[derive(Debug)]
pub struct Call(pub(crate) AggregateCall);

impl<R, T: Field> Aggregates<R> for Aggregate<R, T> {
    type Output = T;

    fn calls(&self, into: &mut dyn FnMut(Call)) {
        into(Call(self.call));
    }

    fn read(row: &RowReader<'_>) -> Result<T> {
        row.get(0)
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<R, $($name: Field),*> Aggregates<R> for ($(Aggregate<R, $name>,)*) {
            type Output = ($($name,)*);

            fn calls(&self, into: &mut dyn FnMut(Call)) {
                $(into(Call(self.$index.call));)*
            }

            fn read(row: &RowReader<'_>) -> Result<Self::Output> {
                Ok(($(row.get::<$name>($index)?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
