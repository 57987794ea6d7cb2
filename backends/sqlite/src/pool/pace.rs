//! Which statements have run short of late.

use std::sync::Arc;
use std::time::Duration;

/// Remembers of some statements whether their last run was short.
///
/// They are told apart by where their text is kept: a query that is asked again comes with the
/// very same text, out of the cache of the compiler. What is unknown counts as long.
pub(super) struct Paces([Option<(Arc<str>, bool)>; Paces::KEPT]);

impl Paces {
    const KEPT: usize = 64;
    /// Somewhat more than it takes to switch to another thread and back.
    const SHORT: Duration = Duration::from_micros(50);

    pub(super) fn new() -> Self {
        Self([const { None }; Self::KEPT])
    }

    pub(super) fn is_short(&self, sql: &Arc<str>) -> bool {
        match &self.0[place(sql)] {
            Some((known, short)) => *short && Arc::ptr_eq(known, sql),
            None => false,
        }
    }

    pub(super) fn note(&mut self, sql: Arc<str>, took: Duration) {
        let place = place(&sql);
        self.0[place] = Some((sql, took < Self::SHORT));
    }
}

fn place(sql: &Arc<str>) -> usize {
    // Texts stand at multiples of sixteen.
    let address = sql.as_ptr().addr() as u64 >> 4;
    (address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_text_by_its_place() {
        let mut paces = Paces::new();
        let (one, other): (Arc<str>, Arc<str>) = ("SELECT 1".into(), "SELECT 1".into());
        assert!(!paces.is_short(&one));
        paces.note(Arc::clone(&one), Duration::from_micros(3));
        assert!(paces.is_short(&one));
        assert!(!paces.is_short(&other));
        paces.note(Arc::clone(&one), Duration::from_millis(3));
        assert!(!paces.is_short(&one));
    }
}
