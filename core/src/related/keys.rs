//! The keys that related rows are looked for by.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Key;
use crate::value::Value;

/// Different keys, each by the number in which it came. Keys that are one integer, as most are,
/// are found without being made.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    all: Vec<Key>,
    integers: HashMap<i64, u32, RandomState>,
    others: HashMap<Key, u32, RandomState>,
}

impl Keys {
    /// Room for some keys, of which there are `most` at most.
    pub(crate) fn with_capacity(most: usize) -> Self {
        Self {
            all: Vec::with_capacity(most.min(Self::SOME)),
            ..Self::default()
        }
    }

    /// Many rows often have few keys.
    const SOME: usize = 64;

    /// The key's number, and whether it is new.
    pub(crate) fn add(&mut self, key: Key) -> (u32, bool) {
        let next = self.all.len() as u32;
        let number = match key.0.as_slice() {
            [Value::I64(integer)] => *self.integers.entry(*integer).or_insert(next),
            _ => match self.others.get(&key) {
                Some(&number) => number,
                None => {
                    self.others.insert(key.clone(), next);
                    next
                }
            },
        };
        let new = number == next;
        if new {
            self.all.push(key);
        }
        (number, new)
    }

    /// The keys in the order of their numbers.
    pub(crate) fn all(&self) -> &[Key] {
        &self.all
    }

    /// The number of a key that is this one integer.
    #[inline]
    pub(super) fn find_integer(&self, integer: i64) -> Option<u32> {
        self.integers.get(&integer).copied()
    }

    /// The number of a key.
    pub(super) fn find(&self, key: &Key) -> Option<u32> {
        match key.0.as_slice() {
            [Value::I64(integer)] => self.find_integer(*integer),
            _ => self.others.get(key).copied(),
        }
    }
}
