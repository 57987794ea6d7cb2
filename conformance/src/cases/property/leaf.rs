//! One comparison of a column, and what it means for a row.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use queryset::{ColumnMeta, ColumnType, Family, ModelMeta, Operand, Q, Value};

use super::values::{compare, digits, needles, operands};

/// A column, a lookup and what it is given.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) column: usize,
    pub(super) name: Box<str>,
    pub(super) lookup: &'static str,
    pub(super) given: Given,
}

/// What a lookup is given.
#[derive(Clone, Debug)]
pub(super) enum Given {
    One(Value),
    Many(Vec<Value>),
}

const ORDER: [&str; 4] = ["gt", "gte", "lt", "lte"];
const TEXT: [&str; 7] = [
    "contains",
    "startswith",
    "endswith",
    "icontains",
    "istartswith",
    "iendswith",
    "iexact",
];

/// Comparisons of any of a model's columns.
pub(super) fn leaves(meta: &ModelMeta) -> BoxedStrategy<Leaf> {
    let columns = meta.columns().iter().enumerate();
    let each: Vec<_> = columns
        .map(|(index, column)| of_column(index, column))
        .collect();
    proptest::strategy::Union::new(each).boxed()
}

fn of_column(index: usize, column: &ColumnMeta) -> BoxedStrategy<Leaf> {
    let (ty, name) = (column.ty(), Box::<str>::from(column.name()));
    let leaf = move |(lookup, given): (&'static str, Given)| Leaf {
        column: index,
        name: name.clone(),
        lookup,
        given,
    };
    given(ty).prop_map(leaf).boxed()
}

fn given(ty: ColumnType) -> BoxedStrategy<(&'static str, Given)> {
    let value = select(operands(ty));
    let or_null = prop_oneof![8 => value.clone(), 1 => Just(Value::Null)];
    let one = |lookup: &'static str| move |value| (lookup, Given::One(value));
    let exact = or_null.clone().prop_map(one("exact"));
    let is_null = any::<bool>().prop_map(|yes| ("isnull", Given::One(Value::Bool(yes))));
    // From five values on they are bound as one.
    let is_in = vec(or_null.clone(), 0..=7).prop_map(|values| ("in", Given::Many(values)));
    let order = (select(&ORDER[..]), value).prop_map(|(lookup, value)| (lookup, Given::One(value)));
    let range = [or_null.clone(), or_null].prop_map(|ends| ("range", Given::Many(ends.into())));
    let plain = prop_oneof![2 => exact, 1 => is_null, 2 => is_in].boxed();
    let looked = |lookups: &'static [&'static str], value: BoxedStrategy<Value>| {
        (select(lookups), value).prop_map(|(lookup, value)| (lookup, Given::One(value)))
    };
    match ty {
        // What these are ordered by differs from database to database.
        ColumnType::Bool | ColumnType::Uuid => plain,
        ColumnType::Text => {
            let text = looked(&TEXT, needles().boxed());
            prop_oneof![3 => plain, 2 => order, 1 => range, 4 => text].boxed()
        }
        ColumnType::I32 | ColumnType::I64 => {
            let text = looked(&TEXT[..3], digits().boxed());
            prop_oneof![5 => plain, 4 => order, 2 => range, 1 => text].boxed()
        }
        _ => prop_oneof![2 => plain, 2 => order, 1 => range].boxed(),
    }
}

impl Leaf {
    /// The comparison in Django's spelling.
    pub(super) fn named<R>(&self) -> Q<R> {
        let given = match &self.given {
            Given::One(value) => Operand::from(value.clone()),
            Given::Many(values) => Operand::list(values.iter().cloned()),
        };
        Q::lookup(format!("{}__{}", self.name, self.lookup), given)
    }

    /// Whether a cell passes; `None` where SQL says NULL.
    ///
    /// A comparison that stands inside an odd number of negations also asks a nullable column not
    /// to be NULL, so that the negation keeps the rows with NULL: then the cell is `asked`.
    pub(super) fn truth(
        &self,
        cell: &Value,
        ty: ColumnType,
        asked: bool,
        family: Family,
    ) -> Option<bool> {
        // What a comparison with NULL is.
        let null = if asked { Some(false) } else { None };
        match (self.lookup, &self.given) {
            ("isnull", Given::One(Value::Bool(yes))) => Some(cell.is_null() == *yes),
            ("exact" | "iexact", Given::One(Value::Null)) => Some(cell.is_null()),
            ("in", Given::Many(values)) => {
                let listed_null = values.iter().any(Value::is_null);
                let mut values = values.iter().filter(|value| !value.is_null()).peekable();
                match (values.peek().is_some(), cell.is_null()) {
                    (false, is_null) => Some(asked && is_null && listed_null),
                    // NULL in the list matters to a negation only, which then drops the NULLs.
                    (true, true) => null.map(|_| listed_null),
                    (true, false) => Some(values.any(|value| compare(cell, value).is_eq())),
                }
            }
            ("range", Given::Many(ends)) => match &ends[..] {
                [low, high] => match cell {
                    Value::Null => null,
                    cell => {
                        // An end that is NULL leaves open what the other one does not decide.
                        let above = (!low.is_null()).then(|| compare(cell, low).is_ge());
                        let below = (!high.is_null()).then(|| compare(cell, high).is_le());
                        match (above, below) {
                            (Some(false), _) | (_, Some(false)) => Some(false),
                            (Some(true), Some(true)) => Some(true),
                            _ => None,
                        }
                    }
                },
                _ => Some(false),
            },
            (lookup, Given::One(value)) => {
                // The range of an integer column decides, also for NULL where nothing asks.
                if let Some(holds) = beyond(lookup, value, ty, family) {
                    return Some(holds && !(asked && cell.is_null()));
                }
                match cell {
                    Value::Null => null,
                    cell => Some(passes(lookup, cell, value)),
                }
            }
            _ => None,
        }
    }
}

/// What a comparison with a number outside of the column's range comes to.
fn beyond(lookup: &str, value: &Value, ty: ColumnType, family: Family) -> Option<bool> {
    let number = match value {
        Value::I64(number) => i128::from(*number),
        Value::U64(number) => i128::from(*number),
        _ => return None,
    };
    let (low, high) = match (ty.integer_range()?, family) {
        // All its integers have 64 bits.
        ((low, _), Family::Sqlite) => (low.signum() * (1 << 63), i128::from(i64::MAX)),
        (range, _) => range,
    };
    if (low..=high).contains(&number) {
        return None;
    }
    match lookup {
        "exact" => Some(false),
        "gt" | "gte" => Some(number < low),
        "lt" | "lte" => Some(number > high),
        _ => None,
    }
}

fn passes(lookup: &str, cell: &Value, value: &Value) -> bool {
    let order = || compare(cell, value);
    match lookup {
        "exact" => order().is_eq(),
        "gt" => order().is_gt(),
        "gte" => order().is_ge(),
        "lt" => order().is_lt(),
        "lte" => order().is_le(),
        lookup => match lookup.strip_prefix('i') {
            Some(plain) => found(plain, &upper(&text(cell)), &upper(&text(value))),
            None => found(lookup, &text(cell), &text(value)),
        },
    }
}

fn found(lookup: &str, text: &str, part: &str) -> bool {
    match lookup {
        "contains" => text.contains(part),
        "startswith" => text.starts_with(part),
        "endswith" => text.ends_with(part),
        _ => text == part,
    }
}

fn upper(text: &str) -> String {
    text.to_uppercase()
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::I64(number) => number.to_string(),
        _ => String::new(),
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}__{}=", self.name, self.lookup)?;
        match &self.given {
            Given::One(value) => write!(f, "{value:?}"),
            Given::Many(values) => write!(f, "{values:?}"),
        }
    }
}
