//! What is known of a prepared statement, to decide where its next run starts.

use super::shape::Shape;

/// The shape of a statement, and how it has run of late.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit {
    shape: Shape,
    /// How many runs have to be quick before one starts on its caller's thread again.
    rests: u16,
    /// How many it had to be the last time.
    rested: u16,
    /// Whether SQLite has made another program of it since its shape was looked at.
    stale: bool,
    /// How often that came without a run in between that ended here.
    changes: u8,
}

/// A statement that may start on its caller's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// It ends by itself within a number of steps that is known: nothing has to be kept for a
    /// second run.
    Straight,
    /// It may run out of its budget.
    Loops,
}

impl Habit {
    const LEAST: u16 = 8;
    const MOST: u16 = 1024;
    /// What changes with each run is not looked at for ever.
    const CHANGES: u8 = 8;

    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            rests: 0,
            rested: 0,
            stale: false,
            changes: 0,
        }
    }

    /// Its program is another than the one that was looked at.
    pub(super) fn has_changed(&mut self) {
        self.stale = true;
        self.changes = self.changes.saturating_add(1);
    }

    /// Whether a look at its new program is due.
    pub(super) fn wants_a_look(&self) -> bool {
        self.stale && self.changes < Self::CHANGES
    }

    /// The shape of its new program.
    pub(super) fn looked(&mut self, shape: Shape) {
        self.shape = shape;
        self.stale = false;
    }

    /// How it may start on its caller's thread, if at all.
    pub(crate) fn start(&self) -> Option<Start> {
        match self.shape {
            _ if self.stale || self.rests > 0 => None,
            Shape::Straight => Some(Start::Straight),
            Shape::Loops => Some(Start::Loops),
            Shape::Blind => None,
        }
    }

    /// It took as long as the budget, or longer.
    pub(crate) fn was_slow(&mut self) {
        self.rested = (self.rested.saturating_mul(2)).clamp(Self::LEAST, Self::MOST);
        self.rests = self.rested;
    }

    pub(crate) fn was_quick(&mut self) {
        self.rests = self.rests.saturating_sub(1);
    }

    /// It ended within its budget on its caller's thread.
    pub(crate) fn was_in_time(&mut self) {
        self.rested = 0;
        self.changes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_slow_rests_and_longer_each_time() {
        let mut habit = Habit::new(Shape::Loops);
        assert_eq!(habit.start(), Some(Start::Loops));
        for rests in [8, 16, 32] {
            habit.was_slow();
            for _ in 0..rests {
                assert_eq!(habit.start(), None);
                habit.was_quick();
            }
            assert_eq!(habit.start(), Some(Start::Loops));
        }
        habit.was_in_time();
        habit.was_slow();
        assert_eq!(habit.rests, Habit::LEAST);
        for _ in 0..20 {
            habit.was_slow();
        }
        assert_eq!(habit.rests, Habit::MOST);
    }

    #[test]
    fn what_has_changed_is_looked_at_but_not_for_ever() {
        let mut habit = Habit::new(Shape::Straight);
        for _ in 1..Habit::CHANGES {
            habit.has_changed();
            assert_eq!(habit.start(), None);
            assert!(habit.wants_a_look());
            habit.looked(Shape::Loops);
            assert_eq!(habit.start(), Some(Start::Loops));
        }
        habit.has_changed();
        assert!(!habit.wants_a_look());
        assert_eq!(habit.start(), None);
    }

    #[test]
    fn what_cannot_be_stopped_never_starts_there() {
        let mut habit = Habit::new(Shape::Blind);
        habit.was_quick();
        assert_eq!(habit.start(), None);
    }
}
