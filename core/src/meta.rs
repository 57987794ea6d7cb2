//! Metadata of models, as data: derived at compile time or built at run time.

mod added;
mod builder;
mod column;
mod owner;
mod reference;
mod relation;
mod set;
mod step;
mod through;

pub(crate) use added::ADDED;
pub use builder::ModelBuilder;
pub use column::ColumnMeta;
pub(crate) use owner::{ColumnOf, Owner};
pub use reference::ModelRef;
pub use relation::{RelationKind, RelationMeta};
pub use set::ModelSet;
pub(crate) use step::{Pairs, Step, Steps, steps};

use added::Added;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::condition::Invalid;
use crate::error::{Error, ErrorKind, Result};
use crate::order::OrderTerm;
use crate::query::Terms;
use crate::resolve;
use crate::row::Columns;

/// What is known of a model: its table, columns, keys, relations and orderings.
///
/// `#[derive(Model)]` makes one for a struct; a program that learns of its tables at run time
/// builds one and reads [`Record`](crate::Record)s:
///
/// ```
/// use queryset::{ColumnMeta, ColumnType, ModelMeta, QuerySet, Record};
///
/// let book = ModelMeta::builder("Book")
///     .table("book")
///     .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
///     .column(ColumnMeta::new("title", ColumnType::Text))
///     .ordering(["title"])
///     .build()?;
/// let cheap: QuerySet<Record> = QuerySet::dynamic(&book).lookup("title__startswith", "A");
/// # cheap.check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Debug)]
pub struct ModelMeta {
    id: u64,
    name: Box<str>,
    schema: Option<Box<str>>,
    table: Box<str>,
    columns: Box<[ColumnMeta]>,
    primary_key: Box<[usize]>,
    relations: Box<[RelationMeta]>,
    /// Those that models of other crates added.
    added: Added,
    ordering: Box<[OrderTerm]>,
    latest_by: Box<[OrderTerm]>,
    unique_together: Box<[Box<[usize]>]>,
    result_columns: Columns,
    /// The ordering, once it was resolved.
    default_terms: OnceLock<Terms>,
}

impl ModelMeta {
    /// Starts a model of this name.
    pub fn builder(name: impl Into<Box<str>>) -> ModelBuilder {
        ModelBuilder::new(name.into())
    }

    /// A number that no other metadata of this process has: what caches tell models apart by.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The model's name, as messages say it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema of the table, where the model names one.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The table or view.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The columns, in the order in which rows are read.
    pub fn columns(&self) -> &[ColumnMeta] {
        &self.columns
    }

    /// Where the columns of the primary key stand; empty for a model without a key.
    pub fn primary_key(&self) -> &[usize] {
        &self.primary_key
    }

    /// The relations, those of the other side too, in the order in which they were declared.
    pub fn relations(&self) -> &[RelationMeta] {
        &self.relations
    }

    /// The ordering that a query has unless it says otherwise, the first term first.
    pub fn ordering(&self) -> &[OrderTerm] {
        &self.ordering
    }

    /// What `latest` and `earliest` order by unless they are told.
    pub fn latest_by(&self) -> &[OrderTerm] {
        &self.latest_by
    }

    /// Sets of columns that are unique together.
    pub fn unique_together(&self) -> impl ExactSizeIterator<Item = &[usize]> {
        self.unique_together.iter().map(|set| &**set)
    }

    /// Where the column stands whose attribute has this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name() == name)
    }

    /// Where the relation of this name stands.
    pub fn relation_position(&self, name: &str) -> Option<usize> {
        self.relations
            .iter()
            .position(|relation| relation.name() == name)
    }

    /// The relation at a position of a path.
    #[inline]
    pub(crate) fn relation_at(&self, position: usize) -> Option<&RelationMeta> {
        self.relations
            .get(position)
            .or_else(|| self.added.get(position))
    }

    /// Where the relation of this name stands, also one that a model of another crate added.
    pub(crate) fn find_relation(&self, name: &str) -> Option<usize> {
        self.relation_position(name)
            .or_else(|| self.added.position(name))
    }

    /// Makes the other side of a relation known that leads here from a model which this one
    /// cannot name; where it stands.
    pub(crate) fn add_relation(&self, relation: &RelationMeta) -> Option<usize> {
        let own = self.relations.iter().position(|own| {
            own.name() == relation.name() && own.reverse_of() == relation.reverse_of()
        });
        own.or_else(|| self.added.add(relation))
    }

    /// The columns of a whole row, as records carry them.
    pub fn result_columns(&self) -> &Columns {
        &self.result_columns
    }

    /// What a path may start with, as a FieldError lists it.
    pub(crate) fn choices(&self) -> String {
        let columns = self.columns.iter().map(ColumnMeta::name);
        let relations = self.relations.iter().chain(self.added.iter());
        let relations = relations.map(RelationMeta::name);
        let mut names: Vec<_> = columns.chain(relations).collect();
        names.sort_unstable();
        names.join(", ")
    }

    /// The ordering as columns and what is computed of them. It follows relations, whose targets
    /// may not be known yet when the model is built.
    pub(crate) fn default_terms(&self) -> Result<&Terms, Invalid> {
        if let Some(terms) = self.default_terms.get() {
            return Ok(terms);
        }
        let mut terms = Terms::new();
        for term in &self.ordering {
            resolve::order(term, self, &mut terms)?;
        }
        Ok(self.default_terms.get_or_init(|| terms))
    }

    /// The model's own single primary key column.
    pub(crate) fn single_key(&self) -> Option<usize> {
        match *self.primary_key {
            [index] => Some(index),
            _ => None,
        }
    }
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn build(builder: ModelBuilder) -> Result<Arc<ModelMeta>> {
    let ModelBuilder {
        name,
        schema,
        table,
        columns,
        relations,
        ordering,
        latest_by,
        unique_together,
        key,
    } = builder;
    let invalid = |what: String| Error::new(ErrorKind::Value, format!("model {name}: {what}"));
    if columns.is_empty() {
        return Err(invalid("it has no columns".into()));
    }
    for (index, column) in columns.iter().enumerate() {
        if columns[..index]
            .iter()
            .any(|earlier| earlier.name() == column.name())
        {
            return Err(invalid(format!(
                "column '{}' is declared twice",
                column.name()
            )));
        }
    }
    for (index, relation) in relations.iter().enumerate() {
        if relations[..index]
            .iter()
            .any(|earlier| earlier.name() == relation.name())
        {
            return Err(invalid(format!(
                "relation '{}' is declared twice",
                relation.name()
            )));
        }
    }
    // The later numbers stand for relations that models of other crates add.
    if relations.len() > ADDED {
        return Err(invalid(format!("it has more than {ADDED} relations")));
    }
    let position = |wanted: &str| {
        columns
            .iter()
            .position(|column| column.name() == wanted)
            .ok_or_else(|| invalid(format!("there is no column '{wanted}'")))
    };
    let primary_key = match key {
        Some(names) => names
            .iter()
            .map(|name| position(name))
            .collect::<Result<Box<[usize]>>>()?,
        None => (0..columns.len())
            .filter(|&index| columns[index].is_primary_key())
            .collect(),
    };
    let unique_together = unique_together
        .iter()
        .map(|set| {
            set.iter()
                .map(|name| position(name))
                .collect::<Result<Box<[usize]>>>()
        })
        .collect::<Result<_>>()?;
    let result_columns = Columns::of_model(&table, &columns);
    Ok(Arc::new(ModelMeta {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        schema,
        table: table.clone(),
        columns: columns.into(),
        primary_key,
        relations: relations.into(),
        added: Added::default(),
        ordering: ordering.into(),
        latest_by: latest_by.into(),
        unique_together,
        result_columns,
        default_terms: OnceLock::new(),
        name,
    }))
}
