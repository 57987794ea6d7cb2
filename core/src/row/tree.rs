//! How the columns of a row are laid out where related rows come with it, or columns are left out.

use std::sync::Arc;

use super::Columns;
use crate::error::{Error, ErrorKind, Result};
use crate::meta::{ColumnMeta, ModelMeta};

/// Stands for the position of a column that was left out.
pub(crate) const LEFT_OUT: usize = usize::MAX;

/// Where one model's columns stand in a row, and those of its related rows.
#[derive(Debug)]
pub(crate) struct Tree {
    meta: Arc<ModelMeta>,
    /// By the column's place in the model.
    positions: Box<[usize]>,
    /// The position of the first column, where the others follow it in order, as they do unless some
    /// are left out.
    first: Option<usize>,
    /// Those that are there, as a record carries them.
    present: Columns,
    /// By the relation's place in the model.
    related: Box<[(usize, Tree)]>,
}

impl Tree {
    pub(crate) fn new(
        meta: Arc<ModelMeta>,
        positions: Vec<usize>,
        related: Vec<(usize, Self)>,
    ) -> Self {
        let present = match positions.contains(&LEFT_OUT) {
            false => meta.result_columns().clone(),
            true => {
                let columns = meta.columns().iter().zip(&positions);
                let present: Vec<ColumnMeta> = columns
                    .filter(|&(_, &position)| position != LEFT_OUT)
                    .map(|(column, _)| column.clone())
                    .collect();
                Columns::of_model(meta.table(), &present)
            }
        };
        let first = positions.first().copied().unwrap_or(0);
        // Nothing follows what is left out, which is the greatest of all numbers.
        let in_order = first != LEFT_OUT
            && positions
                .iter()
                .enumerate()
                .all(|(at, &position)| position == first + at);
        Self {
            meta,
            first: in_order.then_some(first),
            positions: positions.into(),
            present,
            related: related.into(),
        }
    }

    pub(crate) fn meta(&self) -> &Arc<ModelMeta> {
        &self.meta
    }

    pub(crate) fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// The position of the first column, if the others follow it in order.
    pub(crate) fn first(&self) -> Option<usize> {
        self.first
    }

    pub(crate) fn present(&self) -> &Columns {
        &self.present
    }

    pub(crate) fn related(&self) -> &[(usize, Self)] {
        &self.related
    }

    /// Refuses to leave out what a struct has to have.
    pub(crate) fn check_left_out(&self) -> Result<()> {
        let columns = self.meta.columns().iter().zip(&self.positions);
        for (column, &position) in columns {
            if position == LEFT_OUT && !column.is_deferrable() {
                let message = format!(
                    "the column '{}' of {} cannot be left out: its field would have to be a \
                     `Deferred`",
                    column.name(),
                    self.meta.name()
                );
                return Err(Error::new(ErrorKind::Type, message).with_model(self.meta.name()));
            }
        }
        self.related
            .iter()
            .try_for_each(|(_, tree)| tree.check_left_out())
    }
}
