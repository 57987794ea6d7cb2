//! The table between the two models of a relation from many to many.

use std::sync::{Arc, OnceLock};

use super::{ColumnMeta, ModelMeta, ModelRef};

/// Where the rows of a relation from many to many are.
#[derive(Debug)]
pub(super) enum Through {
    /// In a table that no model of the program describes.
    Automatic {
        names: Names,
        /// Built when it is first asked for, since it needs the types of both keys.
        model: OnceLock<Arc<ModelMeta>>,
    },
    /// In a model's table; the names of its relations to the two.
    Own {
        model: ModelRef,
        source: Box<str>,
        target: Box<str>,
    },
}

/// How the table and its columns are called.
#[derive(Debug)]
pub(super) enum Names {
    /// As Django does, from the relation's name.
    Default(Box<str>),
    Said {
        table: Box<str>,
        source: Box<str>,
        target: Box<str>,
    },
}

impl Through {
    pub(super) fn automatic(relation: Box<str>) -> Self {
        Self::Automatic {
            names: Names::Default(relation),
            model: OnceLock::new(),
        }
    }

    pub(super) fn table(table: Box<str>, source: Box<str>, target: Box<str>) -> Self {
        Self::Automatic {
            names: Names::Said {
                table,
                source,
                target,
            },
            model: OnceLock::new(),
        }
    }

    pub(super) fn own(model: ModelRef, source: Box<str>, target: Box<str>) -> Self {
        Self::Own {
            model,
            source,
            target,
        }
    }

    pub(super) fn reference(&self) -> Option<&ModelRef> {
        match self {
            Self::Automatic { .. } => None,
            Self::Own { model, .. } => Some(model),
        }
    }

    pub(super) fn is_automatic(&self) -> bool {
        matches!(self, Self::Automatic { .. })
    }

    /// The model of the rows; `None` while one of the models is not known, or for a key of several
    /// columns without a model of its own.
    pub(super) fn model(&self, source: &ModelMeta, target: &ModelRef) -> Option<Arc<ModelMeta>> {
        match self {
            Self::Own { model, .. } => model.resolve(),
            Self::Automatic { names, model } => {
                if let Some(model) = model.get() {
                    return Some(Arc::clone(model));
                }
                let target = target.resolve()?;
                let built = automatic(names, source, &target)?;
                // Another thread may have been first: its model is the one that counts.
                Some(Arc::clone(model.get_or_init(|| built)))
            }
        }
    }
}

/// The positions of the two keys in an automatic table.
pub(super) const SOURCE: u16 = 0;
pub(super) const TARGET: u16 = 1;

fn automatic(names: &Names, source: &ModelMeta, target: &ModelMeta) -> Option<Arc<ModelMeta>> {
    let (table, from, to): (Box<str>, Box<str>, Box<str>) = match names {
        Names::Said {
            table,
            source,
            target,
        } => (table.clone(), source.clone(), target.clone()),
        Names::Default(relation) => {
            let (from, to) = (source.name().to_lowercase(), target.name().to_lowercase());
            let (from, to) = match source.id() == target.id() {
                true => (format!("from_{from}_id"), format!("to_{to}_id")),
                false => (format!("{from}_id"), format!("{to}_id")),
            };
            let table = format!("{}_{relation}", source.table());
            (table.into(), from.into(), to.into())
        }
    };
    let key = |model: &ModelMeta| Some(model.columns()[model.single_key()?].ty());
    let mut builder = ModelMeta::builder(table.clone())
        .table(table)
        // Django's tables have a column `id` too, which those of others may lack.
        .column(ColumnMeta::new(from.clone(), key(source)?))
        .column(ColumnMeta::new(to.clone(), key(target)?))
        .primary_key([from, to]);
    if let Some(schema) = source.schema() {
        builder = builder.schema(schema);
    }
    builder.build().ok()
}
