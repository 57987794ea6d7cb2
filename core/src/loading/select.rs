//! The columns of the one statement that loads rows with their related rows.

use std::sync::Arc;

use super::mask::Mask;
use super::{Related, Wanted};
use crate::condition::{ColumnRef, Invalid};
use crate::error::ErrorKind;
use crate::meta::{ModelMeta, RelationMeta};
use crate::path::Path;
use crate::row::{LEFT_OUT, Tree};

/// How deep `select_related` without names goes, as in Django.
const DEEPEST: usize = 5;

/// What a statement selects, and how its rows are laid out.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) columns: Vec<ColumnRef>,
    pub(crate) tree: Arc<Tree>,
}

impl Selection {
    pub(super) fn new(
        meta: &Arc<ModelMeta>,
        related: &Related,
        wanted: &Wanted,
    ) -> Result<Self, Invalid> {
        let mask = Mask::new(wanted, meta)?;
        let mut columns = Vec::new();
        let start = Node {
            meta,
            path: Path::ROOT,
            mask: mask.as_ref(),
        };
        let tree = start.tree(&mut columns, related, 0)?;
        Ok(Self {
            columns,
            tree: Arc::new(tree),
        })
    }
}

/// A model on the way.
struct Node<'a> {
    meta: &'a Arc<ModelMeta>,
    path: Path,
    mask: Option<&'a Mask>,
}

impl Node<'_> {
    fn tree(
        &self,
        columns: &mut Vec<ColumnRef>,
        related: &Related,
        depth: usize,
    ) -> Result<Tree, Invalid> {
        let mut positions = Vec::with_capacity(self.meta.columns().len());
        for index in 0..self.meta.columns().len() {
            if self.mask.is_none_or(|mask| mask.has(index)) {
                positions.push(columns.len());
                let index = crate::resolve::own_column(index)?.index;
                let path = self.path;
                columns.push(ColumnRef { path, index });
            } else {
                positions.push(LEFT_OUT);
            }
        }
        let mut children = Vec::new();
        match related {
            Related::None => {}
            Related::Required if depth > DEEPEST => {}
            Related::Required => {
                for (position, relation) in self.meta.relations().iter().enumerate() {
                    if self.is_required(relation) {
                        let child = self.child(columns, position, &Related::Required, depth)?;
                        children.push(child);
                    }
                }
            }
            Related::Named(names) => {
                for (name, behind) in names.iter() {
                    let position = self.named(name)?;
                    let behind = match behind.is_empty() {
                        true => Related::None,
                        false => Related::Named(behind.clone()),
                    };
                    children.push(self.child(columns, position, &behind, depth)?);
                }
            }
        }
        Ok(Tree::new(Arc::clone(self.meta), positions, children))
    }

    fn child(
        &self,
        columns: &mut Vec<ColumnRef>,
        position: usize,
        related: &Related,
        depth: usize,
    ) -> Result<(usize, Tree), Invalid> {
        let relation = &self.meta.relations()[position];
        let target = relation.target().resolve().ok_or_else(|| {
            let message = format!("the relation '{}' leads to no model", relation.name());
            Invalid::new(ErrorKind::Field, message).late()
        })?;
        if let Some(mask) = self.mask {
            let mut key = relation
                .columns()
                .filter_map(|name| self.meta.position(name));
            if key.any(|column| !mask.has(column)) {
                let message = format!(
                    "{}.{} cannot be left out and selected with its related row at the same time",
                    self.meta.name(),
                    relation.name()
                );
                return Err(Invalid::new(ErrorKind::Field, message).late());
            }
        }
        let path = u8::try_from(position).ok();
        let path = path.and_then(|position| self.path.then(position));
        let path = path.ok_or_else(|| {
            let message = format!("a path leads through at most {} relations", Path::MAX_HOPS);
            Invalid::new(ErrorKind::NotSupported, message).late()
        })?;
        let child = Node {
            meta: &target,
            path,
            mask: self.mask.and_then(|mask| mask.behind(relation.name())),
        };
        Ok((position, child.tree(columns, related, depth + 1)?))
    }

    /// Whether a relation is followed without being named.
    fn is_required(&self, relation: &RelationMeta) -> bool {
        let nullable = |name: &str| {
            let column = self.meta.position(name);
            column.is_none_or(|column| self.meta.columns()[column].is_nullable())
        };
        relation.columns().len() > 0 && !relation.columns().any(nullable)
    }

    /// The relation of this name, which must lead to one row at most.
    fn named(&self, name: &str) -> Result<usize, Invalid> {
        let position = self.meta.relation_position(name);
        if let Some(position) = position
            && leads_to_one(&self.meta.relations()[position])
        {
            return Ok(position);
        }
        let what = match self.meta.position(name) {
            Some(_) => "is a column, not a relation",
            None if position.is_some() => "leads to many rows, which are prefetched",
            None if self.meta.find_relation(name).is_some() => {
                "was added by a model of another crate, whose rows these have no place for"
            }
            None => "is no relation of the model",
        };
        let choices: Vec<_> = self
            .meta
            .relations()
            .iter()
            .filter(|relation| leads_to_one(relation))
            .map(RelationMeta::name)
            .collect();
        let choices = match choices.is_empty() {
            true => "(none)".to_owned(),
            false => choices.join(", "),
        };
        let message = format!(
            "cannot select '{name}' with the rows of {}: it {what}; choices are: {choices}",
            self.meta.name()
        );
        Err(Invalid::new(ErrorKind::Field, message).late())
    }
}

fn leads_to_one(relation: &RelationMeta) -> bool {
    relation.kind().is_some_and(|kind| !kind.is_to_many())
}
