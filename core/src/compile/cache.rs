//! SQL text by the shape of the query.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::writer::Text;

/// The texts of one dialect.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    texts: RwLock<HashMap<Box<[u8]>, Arc<Text>, foldhash::fast::RandomState>>,
}

impl Cache {
    /// How many texts are kept. A program has a few hundred shapes; one that makes them without
    /// end (pages by literal offset) must not fill the memory.
    const CAPACITY: usize = 4096;

    pub(super) fn get(&self, key: &[u8]) -> Option<Arc<Text>> {
        self.texts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    pub(super) fn insert(&self, key: &[u8], text: Arc<Text>) {
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= Self::CAPACITY {
            texts.clear();
        }
        texts.insert(key.into(), text);
    }
}
