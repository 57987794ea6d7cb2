//! SQL text by the shape of the query.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::writer::Text;
use crate::value::Value;

/// The texts of one dialect.
#[derive(Debug)]
pub(crate) struct Cache {
    /// No other cache's, also not that of a database which was closed.
    id: u64,
    texts: RwLock<HashMap<Box<[u8]>, Text, foldhash::fast::RandomState>>,
}

impl Default for Cache {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            texts: RwLock::default(),
        }
    }
}

impl Cache {
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// How many texts are kept. A program has a few hundred shapes; one that makes them without
    /// end (pages by literal offset) must not fill the memory.
    const CAPACITY: usize = 4096;

    /// The text of a shape and the values in the order of its placeholders; the values back for
    /// a shape that is not known.
    pub(super) fn arranged(
        &self,
        key: &[u8],
        params: Vec<Value>,
    ) -> Result<(Arc<str>, Vec<Value>), Vec<Value>> {
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        match texts.get(key) {
            Some(text) => Ok((Arc::clone(&text.sql), text.arrange(params))),
            None => Err(params),
        }
    }

    /// Keeps the text of a shape, and gives what [`arranged`](Self::arranged) will.
    pub(super) fn insert(
        &self,
        key: &[u8],
        text: Text,
        params: Vec<Value>,
    ) -> (Arc<str>, Vec<Value>) {
        let statement = (Arc::clone(&text.sql), text.arrange(params));
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= Self::CAPACITY {
            texts.clear();
        }
        texts.insert(key.into(), text);
        statement
    }
}
