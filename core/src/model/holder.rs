//! What generated code knows of the places for related rows.

use std::sync::Arc;

use super::related::Owner;
use super::{ForeignKey, ManyToMany, Model, Reverse, ReverseOne};
use crate::error::Result;
use crate::field::Field;
use crate::queryset::QuerySet;
use crate::related::Slot;
use crate::row::RowReader;

/// A field that related rows are kept in.
pub trait Holder {
    /// `None` where a NULL leads nowhere.
    fn slot(&self) -> Option<&dyn Slot>;
}

macro_rules! holder {
    ($($holder:ident),*) => {$(
        impl<T: Model> Holder for $holder<T> {
            fn slot(&self) -> Option<&dyn Slot> {
                Some(self)
            }
        }
    )*};
}

holder!(ForeignKey, ManyToMany, Reverse, ReverseOne);

impl<M: Model> Holder for Option<ForeignKey<M>> {
    fn slot(&self) -> Option<&dyn Slot> {
        self.as_ref().map(|key| -> &dyn Slot { key })
    }
}

/// A foreign key that was read from a row, which the row that it refers to may be part of.
pub trait Forward: Sized {
    /// The key with that row, if it was asked for.
    ///
    /// # Errors
    /// The row does not fit.
    fn with_row(self, row: &RowReader<'_>, relation: usize) -> Result<Self>;
}

impl<M: Model> Forward for ForeignKey<M>
where
    Self: Field,
{
    #[inline]
    fn with_row(self, row: &RowReader<'_>, relation: usize) -> Result<Self> {
        Ok(match row.related(relation)? {
            Some(related) => self.with(referred(related)?),
            None => match row.origin(relation) {
                Some(copy) => self.back_to(copy),
                None => self,
            },
        })
    }
}

impl<M: Model> Forward for Option<ForeignKey<M>>
where
    ForeignKey<M>: Field<Base = ForeignKey<M>>,
{
    #[inline]
    fn with_row(self, row: &RowReader<'_>, relation: usize) -> Result<Self> {
        self.map(|key| key.with_row(row, relation)).transpose()
    }
}

fn referred<M: Model>(related: Option<RowReader<'_>>) -> Result<Option<Arc<M>>> {
    related.as_ref().map(RowReader::referred).transpose()
}

fn read<M: Model>(related: Option<RowReader<'_>>) -> Result<Option<Arc<M>>> {
    let row = related.as_ref().map(M::from_row).transpose()?;
    Ok(row.map(Arc::new))
}

/// A field that is no column, when its row is read.
pub trait Placed: Sized {
    /// The field of a row of `M`, with what the row brings for it.
    ///
    /// # Errors
    /// The row does not fit.
    fn read<M: Model>(row: &RowReader<'_>, relation: usize) -> Result<Self>;
}

macro_rules! placed {
    ($($set:ident),*) => {$(
        impl<T: Model> Placed for $set<T> {
            fn read<M: Model>(row: &RowReader<'_>, relation: usize) -> Result<Self> {
                Ok(Self::of(owner::<M>(row, relation)?))
            }
        }
    )*};
}

placed!(ManyToMany, Reverse);

impl<T: Model> Placed for ReverseOne<T> {
    fn read<M: Model>(row: &RowReader<'_>, relation: usize) -> Result<Self> {
        let place = Self::of(owner::<M>(row, relation)?);
        if let Some(related) = row.related(relation)? {
            place.set(read(related)?);
        }
        Ok(place)
    }
}

/// What a row tells of itself to the sets of its related rows.
fn owner<M: Model>(row: &RowReader<'_>, relation: usize) -> Result<Option<Owner>> {
    let (Some(key), Ok(relation)) = (M::meta().single_key(), u8::try_from(relation)) else {
        return Ok(None);
    };
    Ok(Some(Owner {
        meta: M::meta,
        relation,
        key: row.owned(key)?,
    }))
}

/// The rows that a relation of `row` leads to.
pub fn related_set<M: Model, T: Model>(row: &M, relation: usize) -> QuerySet<T> {
    let meta = M::meta();
    let key = meta.single_key().and_then(|key| row.part(key));
    QuerySet::related(meta, relation, key.unwrap_or(crate::value::Value::Null))
}

/// Whether the model that declares this relation has at most one row for each target.
pub const fn is_one_to_one(relations: &[(&str, bool)], name: &str) -> bool {
    let mut at = 0;
    while at < relations.len() {
        let (own, one) = relations[at];
        if same(own.as_bytes(), name.as_bytes()) {
            return one;
        }
        at += 1;
    }
    false
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
