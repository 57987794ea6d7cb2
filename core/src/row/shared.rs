//! Related rows that several rows of a result have.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::RowReader;
use super::tree::{LEFT_OUT, Tree};
use crate::database::Flat;
use crate::value::ValueRef;

/// The related rows of a result by their keys: the second row that refers to one gets the same.
///
/// A key alone is not trusted, since a model may call something a key that is none: a row is the
/// same if all its columns are.
#[derive(Default)]
pub(crate) struct Shared(RefCell<Vec<Known>>);

type AnyRow = Arc<dyn Any + Send + Sync>;

/// The rows of one place in the tree.
struct Known {
    /// The tree's address, which is compared and nothing else.
    tree: usize,
    /// Where the columns of the row stand, and those of the rows that come with it.
    positions: Vec<usize>,
    by_key: HashMap<i64, u32, RandomState>,
    /// The columns of the rows.
    columns: Flat,
    rows: Vec<AnyRow>,
    /// The rows that were asked for before any was kept.
    before: u32,
    looked: u32,
    found: u32,
    given_up: bool,
}

impl Shared {
    /// Whether rows of this place in the tree are shared: not those of a short result, in which few
    /// refer to the same, nor where it was seen that hardly any do.
    #[inline]
    pub(super) fn wants(&self, tree: &Tree) -> bool {
        let Ok(mut all) = self.0.try_borrow_mut() else {
            return false;
        };
        match all.iter_mut().find(|known| known.tree == address(tree)) {
            Some(known) => known.wants(),
            None => {
                all.push(Known::new(tree));
                false
            }
        }
    }

    /// The row of this reader, if there was one like it.
    pub(super) fn find(&self, tree: &Tree, key: i64, row: &RowReader<'_>) -> Option<AnyRow> {
        let mut all = self.0.try_borrow_mut().ok()?;
        all.iter_mut()
            .find(|known| known.tree == address(tree))?
            .find(key, row)
    }

    /// Keeps a row for others that refer to it.
    pub(super) fn keep(&self, tree: &Tree, key: i64, reader: &RowReader<'_>, row: AnyRow) {
        if let Ok(mut all) = self.0.try_borrow_mut()
            && let Some(known) = all.iter_mut().find(|known| known.tree == address(tree))
        {
            known.keep(key, reader, row);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.get_mut().clear();
    }
}

fn address(tree: &Tree) -> usize {
    std::ptr::from_ref(tree).addr()
}

impl Known {
    /// How many rows are kept at most, before it begins anew.
    const MOST: usize = 4096;
    /// After how many rows it begins: a look costs less than a row, and more than nothing.
    const BEFORE: u32 = 512;
    /// After how many looks it is asked whether they pay: whether one in four found something.
    const TRIED: u32 = 2048;

    fn new(tree: &Tree) -> Self {
        let mut positions = Vec::new();
        add_positions(tree, &mut positions);
        Self {
            tree: address(tree),
            positions,
            by_key: HashMap::default(),
            columns: Flat::of_everything(),
            rows: Vec::new(),
            before: 1,
            looked: 0,
            found: 0,
            given_up: false,
        }
    }

    #[inline]
    fn wants(&mut self) -> bool {
        if self.before < Self::BEFORE {
            self.before += 1;
            return false;
        }
        if self.looked == Self::TRIED {
            self.judge();
        }
        !self.given_up
    }

    #[cold]
    fn judge(&mut self) {
        if self.found < Self::TRIED / 4 {
            self.clear();
            self.given_up = true;
        }
        (self.looked, self.found) = (0, 0);
    }

    fn find(&mut self, key: i64, row: &RowReader<'_>) -> Option<AnyRow> {
        self.looked += 1;
        let number = *self.by_key.get(&key)? as usize;
        let kept = self.columns.at(number);
        let same =
            |(index, &position): (usize, &usize)| match (row.raw(position), kept.value(index)) {
                (Ok(ValueRef::I64(one)), Ok(ValueRef::I64(other))) => one == other,
                (Ok(ValueRef::Text(one)), Ok(ValueRef::Text(other))) => one == other,
                (Ok(one), Ok(other)) => one == other,
                _ => false,
            };
        if !self.positions.iter().enumerate().all(same) {
            return None;
        }
        self.found += 1;
        self.rows.get(number).cloned()
    }

    fn keep(&mut self, key: i64, reader: &RowReader<'_>, row: AnyRow) {
        if self.rows.len() == Self::MOST {
            self.clear();
        }
        for &position in &self.positions {
            self.columns.push(reader.raw(position));
        }
        self.columns.end_row();
        self.by_key.insert(key, self.rows.len() as u32);
        self.rows.push(row);
    }

    fn clear(&mut self) {
        self.by_key.clear();
        self.columns.clear();
        self.rows.clear();
    }
}

fn add_positions(tree: &Tree, into: &mut Vec<usize>) {
    let own = tree.positions().iter().copied();
    into.extend(own.filter(|&position| position != LEFT_OUT));
    for (_, related) in tree.related() {
        add_positions(related, into);
    }
}
