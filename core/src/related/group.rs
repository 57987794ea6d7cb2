//! Putting fetched rows to the keys that they were looked for by.

use std::ops::Range;
use std::sync::Arc;

use super::Key;
use super::fetch::Owners;
use super::keys::integer;
use crate::database::Gather;
use crate::error::Result;
use crate::row::{FromRow, RowReader};
use crate::value::ColumnType;

/// Rows of one statement, by the keys that it looks for.
pub(super) struct Grouping<T> {
    owners: Arc<Owners>,
    /// Which of their keys.
    numbers: Range<u32>,
    /// Where the columns of the key stand, and their types.
    key: Vec<(usize, ColumnType)>,
    groups: Vec<Vec<T>>,
    /// The latest key that is one integer, and its number: rows of one key often come together.
    last: Option<(i64, Option<u32>)>,
    /// The rows since the key changed, which are given a place of just their size. Rows whose keys
    /// take turns go to their group at once.
    run: Vec<T>,
    run_of: u32,
    take_turns: bool,
    taken: usize,
}

impl<T> Grouping<T> {
    pub(super) fn new(
        owners: &Arc<Owners>,
        numbers: Range<u32>,
        key: Vec<(usize, ColumnType)>,
    ) -> Self {
        Self {
            owners: Arc::clone(owners),
            key,
            groups: numbers.clone().map(|_| Vec::new()).collect(),
            numbers,
            last: None,
            run: Vec::new(),
            run_of: 0,
            take_turns: false,
            taken: 0,
        }
    }

    /// The number of the key that a row is tied by; `None` for a row that nobody looks for.
    #[inline]
    fn number(&mut self, row: &RowReader<'_>) -> Result<Option<u32>> {
        if let [(position, ty)] = *self.key.as_slice()
            && let Some(integer) = integer(row.raw(position)?, ty)
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
            true => self.groups[number as usize].push(row),
            false => self.run.push(row),
        }
    }

    /// Puts the rows that came together to their group.
    fn end_run(&mut self) {
        let Some(group) = self.groups.get_mut(self.run_of as usize) else {
            return;
        };
        if group.is_empty() {
            *group = self.run.drain(..).collect();
        } else {
            group.append(&mut self.run);
            self.take_turns = true;
        }
    }

    /// The rows, a group for each of the keys.
    pub(super) fn into_groups(mut self) -> Vec<Vec<T>> {
        self.end_run();
        if self.take_turns {
            // They stay for as long as their owners do.
            self.groups.iter_mut().for_each(Vec::shrink_to_fit);
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
        let row = match (number, &self.owners.origins) {
            (Some(number), Some(origins)) => T::from_row(&row.referring_to(origins, number))?,
            _ => T::from_row(&row)?,
        };
        self.taken += 1;
        if let Some(number) = number {
            self.add(number - self.numbers.start, row);
        }
        Ok(())
    }

    fn taken(&self) -> usize {
        self.taken
    }

    fn clear(&mut self) {
        self.groups.iter_mut().for_each(Vec::clear);
        self.run.clear();
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
        ] {
            let mut keys = Keys::default();
            for key in 0..3 {
                keys.add(Key([Value::I64(key)].into()));
            }
            let owners = Owners {
                keys,
                many: true,
                origins: None,
            };
            let mut grouping = Grouping::new(&Arc::new(owners), 0..3, Vec::new());
            let mut expected = vec![Vec::new(); 3];
            for (row, &number) in numbers.iter().enumerate() {
                grouping.add(number, row);
                expected[number as usize].push(row);
            }
            assert_eq!(grouping.into_groups(), expected, "{numbers:?}");
        }
    }
}
