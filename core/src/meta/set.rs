//! Models that are built together.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ModelBuilder, ModelMeta, ModelRef, RelationMeta};
use crate::error::{Error, ErrorKind, Result};

/// Models that refer to each other by name, built together and kept alive together.
///
/// Each model's relations are known to their targets too, under the name that
/// [`related_name`](RelationMeta::related_name) says or the model's own in lower case:
///
/// ```
/// use queryset::{ColumnMeta, ColumnType, ModelMeta, ModelRef, ModelSet, QuerySet, RelationMeta};
///
/// let models = ModelSet::build([
///     ModelMeta::builder("Author")
///         .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
///         .column(ColumnMeta::new("name", ColumnType::Text)),
///     ModelMeta::builder("Book")
///         .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
///         .column(ColumnMeta::new("title", ColumnType::Text))
///         .column(ColumnMeta::new("author_id", ColumnType::I64))
///         .relation(
///             RelationMeta::foreign_key("author", "author_id", ModelRef::named("Author"))
///                 .related_name("books"),
///         ),
/// ])?;
/// let author = models.get("Author").expect("it is in the set");
/// assert!(author.relation_position("books").is_some());
/// # QuerySet::dynamic(author).check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ModelSet {
    models: Vec<Arc<ModelMeta>>,
}

impl ModelSet {
    /// Builds the models, their relations known on both sides.
    ///
    /// # Errors
    /// As [`ModelBuilder::build`]; kind [`Value`](ErrorKind::Value) for two models of one name, a
    /// reference to a name that is not in the set, or another side whose name is taken.
    pub fn build(builders: impl IntoIterator<Item = ModelBuilder>) -> Result<Self> {
        let mut builders: Vec<ModelBuilder> = builders.into_iter().collect();
        let mut places = HashMap::new();
        for (place, builder) in builders.iter().enumerate() {
            if places.insert(builder.name.clone(), place).is_some() {
                return Err(invalid(&builder.name, "there are two of this name"));
            }
        }
        let mut waiting: Vec<(usize, ModelRef)> = Vec::new();
        let mut reverses = Vec::new();
        for builder in &builders {
            for relation in &builder.relations {
                for reference in relation.references() {
                    let Some(name) = reference.awaited() else {
                        continue;
                    };
                    let place = places.get(name).copied().ok_or_else(|| {
                        let what = format!(
                            "'{}' refers to '{name}', which is no model of the set",
                            relation.name()
                        );
                        invalid(&builder.name, &what)
                    })?;
                    waiting.push((place, reference.clone()));
                }
                let target = relation.target().awaited();
                let target = target.and_then(|name| places.get(name).copied());
                let name = relation.name_of_reverse(&builder.name);
                if let (Some(target), Some(name)) = (target, name) {
                    reverses.push((
                        target,
                        name,
                        builder.name.clone(),
                        relation.name().to_owned(),
                    ));
                }
            }
        }
        for (target, name, source, relation) in reverses {
            let target = &mut builders[target];
            // A model that says the other side itself knows it already.
            let known = target.relations.iter().any(|own| {
                own.reverse_of() == Some(&*relation) && own.target().awaited() == Some(&*source)
            });
            if known {
                continue;
            }
            if target.columns.iter().any(|column| column.name() == &*name)
                || target.relations.iter().any(|own| own.name() == &*name)
            {
                let what = format!(
                    "'{name}' is taken, so that it cannot be the other side of '{relation}' of {source}; \
                     give that a related_name"
                );
                return Err(invalid(&target.name, &what));
            }
            let reference = ModelRef::named(source.clone());
            waiting.push((places[&source], reference.clone()));
            target
                .relations
                .push(RelationMeta::reverse(name, reference, relation));
        }
        let models = builders
            .into_iter()
            .map(ModelBuilder::build)
            .collect::<Result<Vec<_>>>()?;
        for (place, reference) in waiting {
            reference.set(&models[place]);
        }
        Ok(Self { models })
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<ModelMeta>> {
        self.models.iter().find(|model| model.name() == name)
    }

    /// The models, in the order in which they were given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<ModelMeta>> {
        self.models.iter()
    }
}

fn invalid(model: &str, what: &str) -> Error {
    Error::new(ErrorKind::Value, format!("model {model}: {what}"))
}
