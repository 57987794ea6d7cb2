//! The row that all workloads read.

use queryset::Model;

/// A row, as every peer builds it.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "items")]
pub struct Item {
    /// One to a million.
    #[model(primary_key)]
    pub id: i64,
    /// A short text.
    pub name: String,
    /// NULL in every third row.
    pub note: Option<String>,
    /// 0 to 199.
    pub qty: i32,
    /// With cents.
    pub price: f64,
    /// True in every other row.
    pub active: bool,
}

/// The columns as rusqlite reads them.
pub type ItemRow = (i64, String, Option<String>, i32, f64, bool);

/// A sum over every field of every row, by which peers prove that they did the same work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum(u64);

impl Checksum {
    /// Takes a number in; the order counts.
    #[inline]
    pub fn number(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.number(u64::from_le_bytes(last) ^ (text.len() as u64) << 56);
    }

    /// Takes every field of a row in.
    #[inline]
    pub fn item(&mut self, item: &Item) {
        self.number(item.id as u64);
        self.text(&item.name);
        match &item.note {
            None => self.number(1),
            Some(note) => self.text(note),
        }
        self.number(item.qty as u64);
        self.number(item.price.to_bits());
        self.number(item.active.into());
    }

    /// Takes another sum in; the order does not count, as for tasks that end in any order.
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}
