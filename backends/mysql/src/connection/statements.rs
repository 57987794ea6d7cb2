//! The prepared statements of one connection.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// The statements of one connection by their text; the one that was not used for the longest time
/// makes room.
///
/// The driver keeps them too, but looks each text through for names of parameters before it looks
/// the statement up.
pub(super) struct Statements<S> {
    entries: HashMap<Arc<str>, Entry<S>, RandomState>,
    limit: usize,
    clock: u64,
    /// The last look-up: a program often asks the same thing again.
    latest: Option<(Arc<str>, S)>,
}

struct Entry<S> {
    statement: S,
    used: u64,
}

impl<S: Clone> Statements<S> {
    /// Keeps so many, at least one.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            entries: HashMap::default(),
            limit: limit.max(1),
            clock: 0,
            latest: None,
        }
    }

    pub(super) fn get(&mut self, sql: &Arc<str>) -> Option<S> {
        if let Some((latest, statement)) = &self.latest
            && Arc::ptr_eq(latest, sql)
        {
            return Some(statement.clone());
        }
        let entry = self.entries.get_mut(&**sql)?;
        self.clock += 1;
        entry.used = self.clock;
        let statement = entry.statement.clone();
        self.latest = Some((Arc::clone(sql), statement.clone()));
        Some(statement)
    }

    /// Keeps a statement; the one that made room for it, which has to be closed.
    pub(super) fn insert(&mut self, sql: Arc<str>, statement: S) -> Option<S> {
        let full = self.entries.len() >= self.limit;
        let oldest = if full { self.oldest() } else { None };
        let removed = oldest.and_then(|oldest| self.remove(&oldest));
        self.clock += 1;
        let used = self.clock;
        self.entries.insert(sql, Entry { statement, used });
        removed
    }

    pub(super) fn remove(&mut self, sql: &str) -> Option<S> {
        if self
            .latest
            .as_ref()
            .is_some_and(|(latest, _)| **latest == *sql)
        {
            self.latest = None;
        }
        self.entries.remove(sql).map(|entry| entry.statement)
    }

    /// Looked for only when a statement is prepared, which costs a round trip anyway.
    fn oldest(&self) -> Option<Arc<str>> {
        let oldest = self.entries.iter().min_by_key(|(sql, entry)| {
            // The latest is used without a note of it.
            let latest = self
                .latest
                .as_ref()
                .is_some_and(|(latest, _)| **latest == ***sql);
            (latest, entry.used)
        });
        oldest.map(|(sql, _)| Arc::clone(sql))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_makes_room() {
        let texts: Vec<Arc<str>> = ["a", "b", "c"].map(Arc::from).into();
        let mut statements = Statements::new(2);
        assert_eq!(statements.insert(Arc::clone(&texts[0]), 0), None);
        assert_eq!(statements.insert(Arc::clone(&texts[1]), 1), None);
        assert_eq!(statements.get(&texts[0]), Some(0));
        assert_eq!(statements.insert(Arc::clone(&texts[2]), 2), Some(1));
        assert_eq!(statements.get(&texts[1]), None);
        assert_eq!(statements.get(&texts[0]), Some(0));
        // The same text from elsewhere is found too.
        assert_eq!(statements.get(&Arc::from("c")), Some(2));
        assert_eq!(statements.remove("c"), Some(2));
        assert_eq!(statements.get(&texts[2]), None);
    }

    #[test]
    fn the_one_that_is_asked_again_and_again_stays() {
        let mut statements = Statements::new(2);
        let often: Arc<str> = "often".into();
        statements.insert(Arc::clone(&often), 0);
        assert_eq!(statements.get(&often), Some(0));
        for number in 1..5 {
            assert_eq!(statements.get(&often), Some(0));
            let removed = statements.insert(number.to_string().into(), number);
            assert_eq!(removed, (number > 1).then_some(number - 1));
        }
    }
}
