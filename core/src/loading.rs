//! What a query loads with its rows: related rows in the same statement or after it, and which
//! columns it leaves out.

mod mask;
mod names;
mod select;

pub(crate) use mask::Wanted;
pub(crate) use names::Names;
pub(crate) use select::Selection;

use std::sync::{Arc, OnceLock};

use crate::condition::Invalid;
use crate::meta::ModelMeta;
use crate::prefetch::Lookup;

/// What a query loads beyond its model's columns, and instead of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loading {
    related: Related,
    wanted: Wanted,
    pub(crate) prefetch: Vec<Lookup>,
    /// The rows of an iteration whose related rows are fetched together.
    pub(crate) chunk_size: Option<usize>,
    /// What the two first come to, once it was asked for.
    selection: OnceLock<Result<Option<Arc<Selection>>, Invalid>>,
}

/// Which related rows come in the same statement.
#[derive(Clone, Debug, Default)]
pub(crate) enum Related {
    #[default]
    None,
    /// Those behind every foreign key that cannot be NULL, a few relations deep.
    Required,
    Named(Names),
}

impl Loading {
    pub(crate) fn select_related(&mut self, paths: impl IntoIterator<Item = Box<str>>) {
        self.selection = OnceLock::new();
        let names = match &mut self.related {
            Related::Named(names) => names,
            related => {
                *related = Related::Named(Names::default());
                match related {
                    Related::Named(names) => names,
                    _ => return,
                }
            }
        };
        for path in paths {
            names.add(&path);
        }
    }

    pub(crate) fn set_related(&mut self, related: Related) {
        self.selection = OnceLock::new();
        self.related = related;
    }

    pub(crate) fn wanted(&mut self) -> &mut Wanted {
        self.selection = OnceLock::new();
        &mut self.wanted
    }

    /// What is selected instead of the model's own columns, all of them and nothing else; `None`
    /// if that is what is selected.
    pub(crate) fn selection(
        &self,
        meta: &Arc<ModelMeta>,
    ) -> Result<Option<Arc<Selection>>, Invalid> {
        self.selection
            .get_or_init(|| match (&self.related, &self.wanted) {
                (Related::None, Wanted::All) => Ok(None),
                (related, wanted) => {
                    Selection::new(meta, related, wanted).map(|selection| Some(Arc::new(selection)))
                }
            })
            .clone()
    }
}
