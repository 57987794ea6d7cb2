use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{Prepared, Start};

/// The prepared statements of one connection by their text; the one that was not used for the
/// longest time makes room.
pub(crate) struct Cache {
    entries: Vec<Entry>,
    places: HashMap<Arc<str>, Place, RandomState>,
    limit: usize,
    clock: u64,
    /// The entry of the last look-up: a program often asks the same thing again.
    latest: Place,
}

/// Where an entry is. It stays while its statement is out, since a connection runs one statement
/// at a time.
pub(super) type Place = usize;

struct Entry {
    sql: Arc<str>,
    /// `None` while the statement runs.
    prepared: Option<Prepared>,
    used: u64,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: Vec::new(),
            places: HashMap::default(),
            limit,
            clock: 0,
            latest: 0,
        }
    }

    /// How a statement may start on the thread that awaits it, if at all.
    pub(crate) fn start(&self, sql: &Arc<str>) -> Option<Start> {
        let prepared = self.entries.get(self.place(sql)?)?.prepared.as_ref()?;
        prepared.habit.start()
    }

    fn place(&self, sql: &Arc<str>) -> Option<Place> {
        match self.entries.get(self.latest) {
            Some(entry) if Arc::ptr_eq(&entry.sql, sql) => Some(self.latest),
            _ => self.places.get(&**sql).copied(),
        }
    }

    /// Takes a statement out to run it.
    pub(super) fn take(&mut self, sql: &Arc<str>) -> Option<(Prepared, Place)> {
        let place = self.place(sql)?;
        self.latest = place;
        self.clock += 1;
        let entry = self.entries.get_mut(place)?;
        entry.used = self.clock;
        Some((entry.prepared.take()?, place))
    }

    /// Puts a statement back, or keeps a new one.
    pub(super) fn put(&mut self, place: Option<Place>, sql: Arc<str>, prepared: Prepared) {
        if let Some(entry) = place.and_then(|place| self.entries.get_mut(place)) {
            entry.prepared = Some(prepared);
            return;
        }
        if self.limit == 0 {
            return;
        }
        self.clock += 1;
        let entry = Entry {
            sql: Arc::clone(&sql),
            prepared: Some(prepared),
            used: self.clock,
        };
        let place = if self.entries.len() < self.limit {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let oldest = (0..self.entries.len())
                .min_by_key(|place| self.entries[*place].used)
                .unwrap_or(0);
            let old = std::mem::replace(&mut self.entries[oldest], entry);
            self.places.remove(&*old.sql);
            oldest
        };
        self.places.insert(sql, place);
        self.latest = place;
    }
}
