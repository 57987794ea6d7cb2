use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Prepared;

/// The statements of one connection by their text; the one that was not used for the longest time
/// makes room.
pub(crate) struct Cache {
    entries: HashMap<Arc<str>, Entry, RandomState>,
    limit: usize,
    clock: u64,
    /// The last look-up: a program often asks the same thing again.
    latest: Option<(Arc<str>, Arc<Prepared>)>,
}

struct Entry {
    prepared: Arc<Prepared>,
    used: u64,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: HashMap::default(),
            limit,
            clock: 0,
            latest: None,
        }
    }

    pub(crate) fn get(&mut self, sql: &Arc<str>) -> Option<Arc<Prepared>> {
        if let Some((latest, prepared)) = &self.latest
            && Arc::ptr_eq(latest, sql)
        {
            return Some(Arc::clone(prepared));
        }
        let entry = self.entries.get_mut(&**sql)?;
        self.clock += 1;
        entry.used = self.clock;
        let prepared = Arc::clone(&entry.prepared);
        self.latest = Some((Arc::clone(sql), Arc::clone(&prepared)));
        Some(prepared)
    }

    pub(crate) fn insert(&mut self, sql: Arc<str>, prepared: Arc<Prepared>) {
        if self.limit == 0 {
            return;
        }
        if self.entries.len() >= self.limit
            && let Some(oldest) = self.oldest()
        {
            self.remove(&oldest);
        }
        self.clock += 1;
        let used = self.clock;
        self.entries.insert(sql, Entry { prepared, used });
    }

    /// Forgets a statement, which the server drops too once nobody uses it.
    pub(crate) fn remove(&mut self, sql: &str) {
        self.entries.remove(sql);
        if self
            .latest
            .as_ref()
            .is_some_and(|(latest, _)| **latest == *sql)
        {
            self.latest = None;
        }
    }

    /// Looked for only when a statement is prepared, which costs a round trip anyway.
    fn oldest(&self) -> Option<Arc<str>> {
        let oldest = self.entries.iter().min_by_key(|(sql, entry)| {
            // The latest is used without a note of it.
            let latest = self
                .latest
                .as_ref()
                .is_some_and(|(latest, _)| Arc::ptr_eq(latest, sql));
            (latest, entry.used)
        });
        oldest.map(|(sql, _)| Arc::clone(sql))
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
