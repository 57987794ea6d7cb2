//! The way from a query's model to the model that a column belongs to.

/// The relations, by position, that lead from a query's model to a column's. Up to fifteen are
/// kept in place; it is copied into each generated field, so it must be small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Path {
    hops: [u8; Self::MAX_HOPS],
    len: u8,
}

impl Path {
    /// The longest path of generated fields.
    pub const MAX_HOPS: usize = 15;

    const TOO_LONG: u8 = u8::MAX;

    /// The path of the query's own model.
    pub const ROOT: Self = Self {
        hops: [0; Self::MAX_HOPS],
        len: 0,
    };

    /// The path through one more relation; `None` beyond the longest path.
    pub fn then(mut self, relation: u8) -> Option<Self> {
        *self.hops.get_mut(usize::from(self.len))? = relation;
        self.len += 1;
        Some(self)
    }

    /// The path through one more relation, for generated fields, which have no way to fail: a
    /// query refuses a path that became too long.
    #[must_use]
    pub fn through(self, relation: u8) -> Self {
        self.then(relation).unwrap_or(Self {
            len: Self::TOO_LONG,
            ..self
        })
    }

    /// Whether it leads through more relations than a path can.
    pub fn is_too_long(&self) -> bool {
        self.len == Self::TOO_LONG
    }

    /// The relations' positions, in order.
    pub fn hops(&self) -> &[u8] {
        &self.hops[..usize::from(self.len).min(Self::MAX_HOPS)]
    }

    /// The path through the first `count` of its relations.
    pub(crate) fn front(self, count: usize) -> Self {
        let mut front = Self::ROOT;
        for &hop in self.hops().iter().take(count) {
            front.hops[usize::from(front.len)] = hop;
            front.len += 1;
        }
        front
    }

    /// Whether this is the query's own model.
    pub fn is_root(&self) -> bool {
        self.len == 0
    }
}
