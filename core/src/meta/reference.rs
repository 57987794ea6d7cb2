//! References from model to model.

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
    Dynamic {
        name: Option<Box<str>>,
        model: Arc<OnceLock<Weak<ModelMeta>>>,
    },
}

impl ModelRef {
    /// A reference to a derived model: `ModelRef::derived(Author::meta)`.
    pub fn derived(meta: fn() -> &'static Arc<ModelMeta>) -> Self {
        Self(Target::Derived(meta))
    }

    /// A reference to a model that is built later; [`set`](Self::set) it then.
    pub fn dynamic() -> Self {
        Self(Target::Dynamic {
            name: None,
            model: Arc::default(),
        })
    }

    /// A reference to the model of this name among those that [`ModelSet`](super::ModelSet)
    /// builds together.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self(Target::Dynamic {
            name: Some(name.into()),
            model: Arc::default(),
        })
    }

    /// Says which model a [`dynamic`](Self::dynamic) or [`named`](Self::named) reference is to.
    /// Only the first call counts; the model must be kept alive by the caller.
    pub fn set(&self, model: &Arc<ModelMeta>) {
        if let Target::Dynamic { model: cell, .. } = &self.0 {
            let _ = cell.set(Arc::downgrade(model));
        }
    }

    /// The model; `None` when a dynamic reference was never set or its model is gone.
    pub fn resolve(&self) -> Option<Arc<ModelMeta>> {
        match &self.0 {
            Target::Derived(meta) => Some(Arc::clone(meta())),
            Target::Dynamic { model, .. } => model.get()?.upgrade(),
        }
    }

    /// The name that the reference waits for, while it was not set.
    pub(super) fn awaited(&self) -> Option<&str> {
        match &self.0 {
            Target::Dynamic {
                name: Some(name),
                model,
            } if model.get().is_none() => Some(name),
            _ => None,
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
