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
    /// How many bytes their columns take at most, but for one row that takes more by itself.
    const MOST_BYTES: usize = 1024 * 1024;
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
        // Each kind by itself: a value that is put together first costs more than the comparison.
        let alike =
            |(index, &position): (usize, &usize)| match (row.raw(position), kept.value(index)) {
                (Ok(ValueRef::I64(one)), Ok(ValueRef::I64(other))) => one == other,
                (Ok(ValueRef::Text(one)), Ok(ValueRef::Text(other))) => one == other,
                (Ok(one), Ok(other)) => same(one, other),
                _ => false,
            };
        // An error is told once, and that is for who reads the row.
        if self
            .positions
            .iter()
            .any(|&position| row.is_failed(position))
        {
            return None;
        }
        if !self.positions.iter().enumerate().all(alike) {
            return None;
        }
        self.found += 1;
        self.rows.get(number).cloned()
    }

    fn keep(&mut self, key: i64, reader: &RowReader<'_>, row: AnyRow) {
        if self.rows.len() == Self::MOST || self.columns.len_bytes() > Self::MOST_BYTES {
            self.clear();
        }
        for &position in &self.positions {
            // What failed is like nothing else. Its error goes with it, as the row is built.
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

/// Whether two values are the same in every bit: zeros have signs, and a decimal's trailing zeros
/// show.
fn same(one: ValueRef<'_>, other: ValueRef<'_>) -> bool {
    match (one, other) {
        (ValueRef::F64(one), ValueRef::F64(other)) => one.to_bits() == other.to_bits(),
        (ValueRef::Decimal(one), ValueRef::Decimal(other)) => {
            one.scale() == other.scale() && one.unscaled() == other.unscaled()
        }
        _ => one == other,
    }
}

fn add_positions(tree: &Tree, into: &mut Vec<usize>) {
    let own = tree.positions().iter().copied();
    into.extend(own.filter(|&position| position != LEFT_OUT));
    for (_, related) in tree.related() {
        add_positions(related, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind, Result};
    use crate::meta::{ColumnMeta, ModelMeta};
    use crate::value::{ColumnType, Decimal};

    /// The second of two rows of one key, and whether it was found to be the first.
    fn found(first: Result<ValueRef<'_>>, second: Result<ValueRef<'_>>) -> (bool, Flat) {
        let tree = tree();
        let mut known = Known::new(&tree);
        known.keep(7, &reader(&row(first), &tree), Arc::new(()));
        let second = row(second);
        let found = known.find(7, &reader(&second, &tree)).is_some();
        (found, second)
    }

    fn tree() -> Tree {
        let column = |name| ColumnMeta::new(name, ColumnType::I64);
        let meta = ModelMeta::builder("Kept")
            .column(column("id").primary_key())
            .column(column("value"))
            .build()
            .expect("two columns are a model");
        Tree::new(meta, vec![0, 1], Vec::new())
    }

    fn row(value: Result<ValueRef<'_>>) -> Flat {
        let mut row = Flat::of_everything();
        row.push(Ok(ValueRef::I64(7)));
        row.push(value);
        row.end_row();
        row
    }

    fn reader<'r>(row: &'r Flat, tree: &'r Tree) -> RowReader<'r> {
        RowReader::flat_tree(row.at(0), tree)
    }

    #[test]
    fn rows_that_look_alike_and_differ_in_a_bit_are_two() {
        let decimal = |text: &str| text.parse::<Decimal>().map(ValueRef::Decimal).unwrap();
        for (one, other) in [
            (ValueRef::F64(0.0), ValueRef::F64(-0.0)),
            (decimal("1.0"), decimal("1.00")),
        ] {
            assert!(found(Ok(one), Ok(one)).0, "{one:?}");
            assert!(!found(Ok(one), Ok(other)).0, "{one:?}, {other:?}");
        }
        let nan = ValueRef::F64(f64::NAN);
        assert!(found(Ok(nan), Ok(nan)).0);
    }

    #[test]
    fn a_look_at_what_cannot_be_represented_leaves_its_error_to_the_reader() {
        let error = || Err(Error::new(ErrorKind::Decode, "too large a number"));
        for first in [error(), Ok(ValueRef::I64(1))] {
            let (found, second) = found(first, error());
            assert!(!found);
            let message = second.at(0).value(1).unwrap_err().to_string();
            assert!(message.contains("too large a number"), "{message}");
        }
    }

    #[test]
    fn long_rows_are_kept_up_to_a_number_of_bytes() {
        let tree = tree();
        let mut known = Known::new(&tree);
        let text = "x".repeat(100_000);
        let long = row(Ok(ValueRef::Text(&text)));
        for key in 0..100 {
            known.keep(key, &reader(&long, &tree), Arc::new(()));
            let bytes = known.columns.len_bytes();
            assert!(bytes <= Known::MOST_BYTES + 2 * text.len(), "{bytes}");
        }
        assert!(known.find(99, &reader(&long, &tree)).is_some());
        assert!(known.rows.len() < 20, "{}", known.rows.len());
    }
}
