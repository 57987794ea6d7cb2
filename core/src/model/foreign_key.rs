//! The column that refers to another model.

use std::fmt;

use super::Model;
use crate::field::{DecodeError, Field};
use crate::value::{ColumnType, Value, ValueRef};

/// A reference to a row of `M` by its primary key. `Option<ForeignKey<M>>` is one that may be
/// NULL.
pub struct ForeignKey<M: Model> {
    key: M::Key,
}

impl<M: Model> ForeignKey<M> {
    /// A reference to the row with this key.
    pub fn new(key: M::Key) -> Self {
        Self { key }
    }

    /// The key that the column holds.
    pub fn id(&self) -> &M::Key {
        &self.key
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Field for ForeignKey<M>
where
    M::Key: Field,
{
    const TYPE: ColumnType = <M::Key as Field>::TYPE;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        M::Key::from_value(value).map(Self::new)
    }

    fn to_value(&self) -> Value {
        self.key.to_value()
    }
}

impl<M: Model<Key: Clone>> Clone for ForeignKey<M> {
    fn clone(&self) -> Self {
        Self::new(self.key.clone())
    }
}

impl<M: Model<Key: PartialEq>> PartialEq for ForeignKey<M> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<M: Model<Key: Eq>> Eq for ForeignKey<M> {}

impl<M: Model<Key: fmt::Debug>> fmt::Debug for ForeignKey<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ForeignKey").field(&self.key).finish()
    }
}
