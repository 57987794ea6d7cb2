//! Values as keys of a map.

use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

use crate::field::in_type;
use crate::value::{ColumnType, Value, ValueRef};

/// The values of the columns that tie two rows, in one form whatever row they come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key(pub(crate) SmallVec<[Value; 1]>);

impl Key {
    /// The key of these values and types; `None` if a part is NULL, which refers to nothing.
    pub(crate) fn new<'v>(
        parts: impl IntoIterator<Item = (ValueRef<'v>, ColumnType)>,
    ) -> Option<Self> {
        parts
            .into_iter()
            .map(|(value, ty)| match in_type(value, ty) {
                Value::Null => None,
                Value::U64(number) => {
                    Some(i64::try_from(number).map_or(Value::U64(number), Value::I64))
                }
                value => Some(value),
            })
            .collect::<Option<_>>()
            .map(Self)
    }
}

// NaN is equal to nothing, so a key that holds one is found by nobody: no column that others refer
// to holds one.
impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in &self.0 {
            match value {
                Value::I64(number) => number.hash(state),
                Value::U64(number) => number.hash(state),
                Value::Text(text) => text.hash(state),
                Value::Uuid(bytes) => bytes.hash(state),
                Value::Bytes(bytes) => bytes.hash(state),
                Value::Date(days) => days.hash(state),
                Value::Time(micros)
                | Value::DateTime(micros)
                | Value::Timestamp(micros)
                | Value::Duration(micros) => micros.hash(state),
                // Equal decimals may have other digits, so that these are told apart by equality
                // alone.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_every_form_that_a_database_keeps_it_in() {
        let one = |value, ty| Key::new([(value, ty)]);
        assert_eq!(
            one(ValueRef::U64(7), ColumnType::U64),
            one(ValueRef::I64(7), ColumnType::I32)
        );
        assert_eq!(
            one(
                ValueRef::Text("00000000000000000000000000000001"),
                ColumnType::Uuid
            ),
            one(
                ValueRef::Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
                ColumnType::Uuid
            )
        );
        assert_eq!(one(ValueRef::Null, ColumnType::I64), None);
    }
}
