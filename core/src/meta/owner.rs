//! The model at the end of a path.

use std::ops::Deref;
use std::sync::Arc;

use super::{ColumnMeta, ModelMeta};
use crate::condition::ColumnRef;
use crate::path::Path;
use crate::value::ColumnType;

/// A query's own model, or one that a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Owner<'m> {
    Root(&'m ModelMeta),
    Related(Arc<ModelMeta>),
}

impl Deref for Owner<'_> {
    type Target = ModelMeta;

    fn deref(&self) -> &ModelMeta {
        match self {
            Self::Root(model) => model,
            Self::Related(model) => model,
        }
    }
}

/// A column of a model that a path leads to.
pub(crate) struct ColumnOf<'m> {
    owner: Owner<'m>,
    index: usize,
}

impl Deref for ColumnOf<'_> {
    type Target = ColumnMeta;

    fn deref(&self) -> &ColumnMeta {
        &self.owner.columns()[self.index]
    }
}

impl ModelMeta {
    /// The model at the end of a path; `None` where a relation on the way leads to none.
    #[inline]
    pub(crate) fn at_end(&self, path: Path) -> Option<Owner<'_>> {
        match path.is_root() {
            true => Some(Owner::Root(self)),
            false => self.followed(path),
        }
    }

    /// What is known of a column that a query of this model refers to.
    #[inline]
    pub(crate) fn column_at(&self, column: ColumnRef) -> Option<ColumnOf<'_>> {
        let owner = self.at_end(column.path)?;
        let index = usize::from(column.index);
        (index < owner.columns().len()).then_some(ColumnOf { owner, index })
    }

    /// The type of a column that a query of this model refers to: what compiling asks of every
    /// comparison.
    #[inline]
    pub(crate) fn type_of(&self, column: ColumnRef) -> Option<ColumnType> {
        match column.path.is_root() {
            true => Some(self.columns().get(usize::from(column.index))?.ty()),
            false => self.related_type(column),
        }
    }

    #[inline(never)]
    fn related_type(&self, column: ColumnRef) -> Option<ColumnType> {
        self.column_at(column).map(|column| column.ty())
    }

    #[inline(never)]
    fn followed(&self, path: Path) -> Option<Owner<'_>> {
        let mut model = Owner::Root(self);
        for &hop in path.hops() {
            let next = model.relation_at(usize::from(hop))?.target().resolve()?;
            model = Owner::Related(next);
        }
        Some(model)
    }
}
