//! The typed spelling of random conditions, over a model of many types.

use queryset::{Column, Decimal, Field, Model, Q, Value};

use super::leaf::{Given, Leaf};

/// A column of each type that the standard library or this project has, with and without NULL.
#[derive(Model, Clone, Debug)]
#[model(table = "sample")]
pub(super) struct Sample {
    #[model(primary_key)]
    pub(super) id: i64,
    yes: bool,
    maybe: Option<bool>,
    small: i16,
    int: i32,
    no_int: Option<i32>,
    no_wide: Option<i64>,
    natural: Option<u32>,
    real: f64,
    no_real: Option<f64>,
    text: String,
    no_text: Option<String>,
    bytes: Vec<u8>,
    no_bytes: Option<Vec<u8>>,
    #[model(digits(10, 2))]
    amount: Decimal,
    #[model(digits(10, 2))]
    no_amount: Option<Decimal>,
}

impl Leaf {
    /// The comparison through the model's fields, or by name where the typed spelling refuses what
    /// the other takes: numbers beyond the type, text lookups of numbers, a range with an open end.
    pub(super) fn typed(&self) -> Q<Sample> {
        let mut spelled = None;
        let own = Sample::q(|f| {
            spelled = match self.column {
                0 => self.number(f.id),
                1 => self.plain(f.yes),
                2 => self.plain(f.maybe),
                3 => self.number(f.small),
                4 => self.number(f.int),
                5 => self.number(f.no_int),
                6 => self.number(f.no_wide),
                7 => self.number(f.natural),
                8 => self.number(f.real),
                9 => self.number(f.no_real),
                10 => self.text(f.text),
                11 => self.text(f.no_text),
                12 => self.number(f.bytes),
                13 => self.number(f.no_bytes),
                14 => self.number(f.amount),
                15 => self.number(f.no_amount),
                _ => None,
            };
            Q::all()
        });
        spelled.map_or_else(|| self.named(), |spelled| own & spelled)
    }

    /// What every column has.
    fn plain<R, T>(&self, column: Column<R, T>) -> Option<Q<R>>
    where
        R: Model,
        T: Field<Base: Field<Base = <T as Field>::Base>>,
    {
        Some(match (self.lookup, &self.given) {
            ("isnull", Given::One(Value::Bool(yes))) => column.isnull(*yes),
            ("exact", Given::One(Value::Null)) => column.eq(None::<T::Base>),
            ("exact", Given::One(value)) => column.eq(read::<T>(value)?),
            ("in", Given::Many(values)) => {
                let values = values.iter().map(|value| match value {
                    Value::Null => Some(None),
                    value => read::<T>(value).map(Some),
                });
                column.is_in(values.collect::<Option<Vec<_>>>()?)
            }
            _ => return None,
        })
    }

    /// What a column with an order has.
    pub(super) fn number<R, T>(&self, column: Column<R, T>) -> Option<Q<R>>
    where
        R: Model,
        T: Field<Base: Field<Base = <T as Field>::Base>>,
    {
        Some(match (self.lookup, &self.given) {
            ("gt", Given::One(value)) => column.gt(read::<T>(value)?),
            ("gte", Given::One(value)) => column.gte(read::<T>(value)?),
            ("lt", Given::One(value)) => column.lt(read::<T>(value)?),
            ("lte", Given::One(value)) => column.lte(read::<T>(value)?),
            ("range", Given::Many(ends)) => match &ends[..] {
                [low, high] => column.range(read::<T>(low)?, read::<T>(high)?),
                _ => return None,
            },
            _ => return self.plain(column),
        })
    }

    pub(super) fn text<R, T>(&self, column: Column<R, T>) -> Option<Q<R>>
    where
        R: Model,
        T: Field<Base = String>,
    {
        let Given::One(Value::Text(text)) = &self.given else {
            return self.number(column);
        };
        let text = &**text;
        Some(match self.lookup {
            "contains" => column.contains(text),
            "icontains" => column.icontains(text),
            "startswith" => column.startswith(text),
            "istartswith" => column.istartswith(text),
            "endswith" => column.endswith(text),
            "iendswith" => column.iendswith(text),
            "iexact" => column.iexact(text),
            _ => return self.number(column),
        })
    }
}

/// The value in the column's own type, if that can hold it.
fn read<T: Field>(value: &Value) -> Option<T::Base> {
    match value {
        Value::Null => None,
        value => T::Base::from_value(value.borrow()).ok(),
    }
}
