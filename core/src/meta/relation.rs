//! Relations between models.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use super::ModelMeta;

/// A reference to another model, which may refer back.
#[derive(Clone)]
pub struct ModelRef(Target);

#[derive(Clone)]
enum Target {
    Derived(fn() -> &'static Arc<ModelMeta>),
    // Weak, since two models built at run time may refer to each other.
    Dynamic(Arc<OnceLock<Weak<ModelMeta>>>),
}

impl ModelRef {
    /// A reference to a derived model: `ModelRef::derived(Author::meta)`.
    pub fn derived(meta: fn() -> &'static Arc<ModelMeta>) -> Self {
        Self(Target::Derived(meta))
    }

    /// A reference to a model that is built later; [`set`](Self::set) it then.
    pub fn dynamic() -> Self {
        Self(Target::Dynamic(Arc::default()))
    }

    /// Says which model a [`dynamic`](Self::dynamic) reference is to. Only the first call counts;
    /// the model must be kept alive by the caller.
    pub fn set(&self, model: &Arc<ModelMeta>) {
        if let Target::Dynamic(cell) = &self.0 {
            let _ = cell.set(Arc::downgrade(model));
        }
    }

    /// The model; `None` when a dynamic reference was never set or its model is gone.
    pub fn resolve(&self) -> Option<Arc<ModelMeta>> {
        match &self.0 {
            Target::Derived(meta) => Some(Arc::clone(meta())),
            Target::Dynamic(cell) => cell.get()?.upgrade(),
        }
    }
}

impl fmt::Debug for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name only: models refer to each other in circles.
        match self.resolve() {
            Some(model) => write!(f, "ModelRef({})", model.name()),
            None => f.write_str("ModelRef(unresolved)"),
        }
    }
}

/// A forward relation: a column of this model that holds another's key.
#[derive(Clone, Debug)]
pub struct RelationMeta {
    name: Box<str>,
    column: Box<str>,
    target: ModelRef,
    target_column: Option<Box<str>>,
    unique: bool,
}

impl RelationMeta {
    /// A foreign key named `name`, kept in the attribute `column` of this model, to `target`'s
    /// primary key.
    pub fn foreign_key(
        name: impl Into<Box<str>>,
        column: impl Into<Box<str>>,
        target: ModelRef,
    ) -> Self {
        Self {
            name: name.into(),
            column: column.into(),
            target,
            target_column: None,
            unique: false,
        }
    }

    /// The key refers to this attribute of the target instead of its primary key.
    #[must_use]
    pub fn to_column(mut self, column: impl Into<Box<str>>) -> Self {
        self.target_column = Some(column.into());
        self
    }

    /// At most one row refers to each target.
    #[must_use]
    pub fn one_to_one(mut self) -> Self {
        self.unique = true;
        self
    }

    /// The relation's name in paths.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The attribute of this model that holds the key.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The model that it leads to.
    pub fn target(&self) -> &ModelRef {
        &self.target
    }

    /// The attribute of the target that the key refers to, where it is not the primary key.
    pub fn target_column(&self) -> Option<&str> {
        self.target_column.as_deref()
    }

    /// Whether at most one row refers to each target.
    pub fn is_one_to_one(&self) -> bool {
        self.unique
    }
}
