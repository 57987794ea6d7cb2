use std::sync::Arc;

use foldhash::fast::RandomState;
use lru::LruCache;

use super::Prepared;

/// The statements of one connection by their text; the one that was not used for the longest time
/// makes room.
pub(crate) struct Cache {
    kept: LruCache<Arc<str>, Arc<Prepared>, RandomState>,
    /// It may be 0, which the library's own may not.
    limit: usize,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            kept: LruCache::unbounded_with_hasher(RandomState::default()),
            limit,
        }
    }

    pub(crate) fn get(&mut self, sql: &str) -> Option<Arc<Prepared>> {
        self.kept.get(sql).cloned()
    }

    pub(crate) fn insert(&mut self, sql: Arc<str>, prepared: Arc<Prepared>) {
        self.kept.put(sql, prepared);
        if self.kept.len() > self.limit {
            self.kept.pop_lru();
        }
    }

    /// Forgets a statement, which the server drops too once nobody uses it.
    pub(crate) fn remove(&mut self, sql: &str) {
        self.kept.pop(sql);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared() -> Arc<Prepared> {
        Arc::new(Prepared {
            named: None,
            params: Box::default(),
            columns: Arc::new([]),
            begins: false,
            swift: Default::default(),
        })
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let texts: Vec<Arc<str>> = ["a", "b", "c"].map(Arc::from).into();
        let mut cache = Cache::new(2);
        cache.insert(Arc::clone(&texts[0]), prepared());
        cache.insert(Arc::clone(&texts[1]), prepared());
        assert!(cache.get(&texts[0]).is_some());
        cache.insert(Arc::clone(&texts[2]), prepared());
        assert!(cache.get(&texts[1]).is_none());
        assert!(cache.get(&texts[0]).is_some());
        // The same text from elsewhere is found too.
        assert!(cache.get(&Arc::from("c")).is_some());
        cache.remove("c");
        assert!(cache.get(&texts[2]).is_none());
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let mut cache = Cache::new(0);
        let sql: Arc<str> = "a".into();
        cache.insert(Arc::clone(&sql), prepared());
        assert!(cache.get(&sql).is_none());
    }
}
