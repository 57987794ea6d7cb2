//! Putting fetched rows to the keys that they were looked for by.

use std::ops::Range;
use std::sync::Arc;

use super::Key;
use super::fetch::Owners;
use crate::database::Gather;
use crate::error::Result;
use crate::row::{FromRow, RowReader};
use crate::value::{ColumnType, ValueRef};

/// Rows of one statement, by the keys that it looks for.
pub(super) struct Grouping<T> {
    owners: Arc<Owners>,
    /// Which of their keys.
    numbers: Range<u32>,
    /// Whether rows of other keys may come.
    whole: bool,
    /// Where the columns of the key stand, and their types.
    key: Vec<(usize, ColumnType)>,
    /// Where a key stands that is one integer, as most are.
    integer: Option<usize>,
    groups: Vec<Vec<T>>,
    /// The latest key that is one integer, and its number: rows of one key often come together.
    last: Option<(i64, Option<u32>)>,
    /// The rows since the key changed, which are given a place of just their size.
    run: Vec<T>,
    run_of: u32,
    /// Rows whose keys take turns, each with its key's number, since that was seen. They get their
    /// places when it is known how many there are of each.
    turns: Vec<(u32, T)>,
    take_turns: bool,
    /// How many rows in a row were alone with their key.
    singles: usize,
    taken: usize,
}

impl<T> Grouping<T> {
    /// After so many of them keys are taken to take turns, or to have one row each.
    const SINGLES: usize = 16;

    pub(super) fn new(
        owners: &Arc<Owners>,
        numbers: Range<u32>,
        whole: bool,
        key: Vec<(usize, ColumnType)>,
    ) -> Self {
        let integer = match key.as_slice() {
            &[(position, ty)] if ty.integer_range().is_some() => Some(position),
            _ => None,
        };
        Self {
            owners: Arc::clone(owners),
            key,
            integer,
            groups: numbers.clone().map(|_| Vec::new()).collect(),
            numbers,
            whole,
            last: None,
            run: Vec::new(),
            run_of: 0,
            turns: Vec::new(),
            take_turns: false,
            singles: 0,
            taken: 0,
        }
    }

    /// The number of the key that a row is tied by; `None` for a row that nobody looks for.
    #[inline]
    fn number(&mut self, row: &RowReader<'_>) -> Result<Option<u32>> {
        if let Some(position) = self.integer
            && let ValueRef::I64(integer) = row.raw(position)?
        {
            return Ok(match self.last {
                Some((last, number)) if last == integer => number,
                _ => {
                    let number = self.owners.keys.find_integer(integer);
                    self.last = Some((integer, number));
                    number
                }
            });
        }
        self.number_of_other(row)
    }

    fn number_of_other(&self, row: &RowReader<'_>) -> Result<Option<u32>> {
        let mut parts = Vec::with_capacity(self.key.len());
        for &(position, ty) in &self.key {
            parts.push((row.raw(position)?, ty));
        }
        Ok(Key::new(parts).and_then(|key| self.owners.keys.find(&key)))
    }

    /// Takes a row of a group.
    fn add(&mut self, number: u32, row: T) {
        if !self.take_turns && self.run_of != number {
            self.end_run();
            self.run_of = number;
        }
        // The end of a run may be what tells that keys take turns.
        match self.take_turns {
            true => self.turns.push((number, row)),
            false => self.run.push(row),
        }
    }

    /// Puts the rows that came together to their group.
    fn end_run(&mut self) {
        let Some(group) = self.groups.get_mut(self.run_of as usize) else {
            return;
        };
        self.singles = match self.run.len() {
            1 => self.singles + 1,
            _ => 0,
        };
        self.take_turns = !group.is_empty() || self.singles > Self::SINGLES;
        match group.is_empty() {
            true => *group = self.run.drain(..).collect(),
            false => group.append(&mut self.run),
        }
    }

    /// The rows, a group for each of the keys.
    pub(super) fn into_groups(mut self) -> Vec<Vec<T>> {
        self.end_run();
        let mut counts = vec![0; self.groups.len()];
        for (number, _) in &self.turns {
            counts[*number as usize] += 1;
        }
        for (group, count) in self.groups.iter_mut().zip(counts) {
            group.reserve_exact(count);
        }
        for (number, row) in self.turns {
            self.groups[number as usize].push(row);
        }
        self.groups
    }
}

impl<T: FromRow + Sync> Gather for Grouping<T> {
    #[inline]
    fn row(&mut self, row: RowReader<'_>) -> Result<()> {
        // A row that is as good as the one that another statement looks for is that one's.
        let number = self
            .number(&row)?
            .filter(|number| self.numbers.contains(number));
        self.taken += 1;
        let Some(number) = number else {
            // It was asked for by its key, and has none that can be read: that is to be said.
            if !self.whole {
                T::from_row(&row)?;
            }
            return Ok(());
        };
        let row = match &self.owners.origins {
            Some(origins) => T::from_row(&row.referring_to(origins, number))?,
            None => T::from_row(&row)?,
        };
        self.add(number - self.numbers.start, row);
        Ok(())
    }

    fn taken(&self) -> usize {
        self.taken
    }

    fn clear(&mut self) {
        self.groups.iter_mut().for_each(Vec::clear);
        self.run.clear();
        self.turns.clear();
        self.last = None;
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::related::Keys;
    use crate::value::Value;

    #[test]
    fn rows_of_a_key_stay_in_the_order_in_which_they_came() {
        for numbers in [
            vec![0, 0, 1, 1],
            vec![0, 1, 0, 1, 0, 0, 1],
            vec![0, 1, 2, 0, 2, 2, 1, 1, 0, 2],
            vec![1, 0, 0, 1, 1, 1],
            (0..3).flat_map(|_| 0..40).collect(),
            (0..40)
                .chain((0..40).rev())
                .chain([7, 7, 7, 8, 8, 7])
                .collect(),
        ] {
            let mut keys = Keys::default();
            for key in 0..40 {
                keys.add(Key([Value::I64(key)].into()));
            }
            let owners = Owners {
                keys,
                many: true,
                origins: None,
            };
            let mut grouping = Grouping::new(&Arc::new(owners), 0..40, true, Vec::new());
            let mut expected = vec![Vec::new(); 40];
            for (row, &number) in numbers.iter().enumerate() {
                grouping.add(number, row);
                expected[number as usize].push(row);
            }
            assert_eq!(grouping.into_groups(), expected, "{numbers:?}");
        }
    }
}
