//! Building a model's metadata.

use std::sync::Arc;

use super::{ColumnMeta, ModelMeta, RelationMeta};
use crate::error::Result;
use crate::order::OrderTerm;

/// Builds a [`ModelMeta`]; see there for an example.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ModelBuilder {
    pub(super) name: Box<str>,
    pub(super) schema: Option<Box<str>>,
    pub(super) table: Box<str>,
    pub(super) columns: Vec<ColumnMeta>,
    pub(super) relations: Vec<RelationMeta>,
    pub(super) ordering: Vec<OrderTerm>,
    pub(super) latest_by: Vec<OrderTerm>,
    pub(super) unique_together: Vec<Vec<Box<str>>>,
    pub(super) key: Option<Vec<Box<str>>>,
}

impl ModelBuilder {
    pub(super) fn new(name: Box<str>) -> Self {
        Self {
            schema: None,
            table: name.to_lowercase().into(),
            columns: Vec::new(),
            relations: Vec::new(),
            ordering: Vec::new(),
            latest_by: Vec::new(),
            unique_together: Vec::new(),
            key: None,
            name,
        }
    }

    /// The table or view; the model's name in lower case unless it is said.
    pub fn table(mut self, table: impl Into<Box<str>>) -> Self {
        self.table = table.into();
        self
    }

    /// The schema that the table is in.
    pub fn schema(mut self, schema: impl Into<Box<str>>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Adds a column.
    pub fn column(mut self, column: ColumnMeta) -> Self {
        self.columns.push(column);
        self
    }

    /// Adds a relation.
    pub fn relation(mut self, relation: RelationMeta) -> Self {
        self.relations.push(relation);
        self
    }

    /// The order of a query that names none, in Django's spelling (`"-price"`).
    pub fn ordering<T: Into<OrderTerm>>(mut self, terms: impl IntoIterator<Item = T>) -> Self {
        self.ordering = terms.into_iter().map(Into::into).collect();
        self
    }

    /// What `latest` and `earliest` order by unless they are told.
    pub fn latest_by<T: Into<OrderTerm>>(mut self, terms: impl IntoIterator<Item = T>) -> Self {
        self.latest_by = terms.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a set of columns, by their attributes' names, that are unique together.
    pub fn unique_together<S: Into<Box<str>>>(
        mut self,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        self.unique_together
            .push(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The columns of a composite primary key in the key's own order, which may differ from the
    /// columns' order.
    pub fn primary_key<S: Into<Box<str>>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.key = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The metadata.
    ///
    /// # Errors
    /// Kind [`Value`](crate::ErrorKind::Value): no columns, a column or a relation declared
    /// twice, a key that names a column that is not there, or more than 192 relations.
    pub fn build(self) -> Result<Arc<ModelMeta>> {
        super::build(self)
    }
}
