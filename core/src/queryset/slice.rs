//! Which rows of a query, by position.

use std::ops::{Bound, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// What [`slice`](crate::QuerySet::slice) takes: a range of positions, of any integer type, or a
/// pair of bounds. It is implemented for the ranges of `std` and cannot be implemented elsewhere.
pub trait IntoSlice: sealed::Sealed {
    /// The first position and the one behind the last; `None` if an end is no position.
    #[doc(hidden)]
    fn positions(self) -> Option<(u64, Option<u64>)>;
}

mod sealed {
    pub trait Sealed {}
}

fn at<N: TryInto<u64>>(position: N) -> Option<u64> {
    position.try_into().ok()
}

fn behind<N: TryInto<u64>>(position: N) -> Option<u64> {
    Some(at(position)?.saturating_add(1))
}

macro_rules! slices {
    ($($range:ident => |$own:ident| $positions:expr;)*) => {$(
        impl<N: TryInto<u64> + Copy> sealed::Sealed for $range<N> {}

        impl<N: TryInto<u64> + Copy> IntoSlice for $range<N> {
            fn positions(self) -> Option<(u64, Option<u64>)> {
                let $own = self;
                Some($positions)
            }
        }
    )*};
}

slices! {
    Range => |range| (at(range.start)?, Some(at(range.end)?));
    RangeFrom => |range| (at(range.start)?, None);
    RangeTo => |range| (0, Some(at(range.end)?));
    RangeInclusive => |range| (at(*range.start())?, Some(behind(*range.end())?));
    RangeToInclusive => |range| (0, Some(behind(range.end)?));
}

impl sealed::Sealed for RangeFull {}

impl IntoSlice for RangeFull {
    fn positions(self) -> Option<(u64, Option<u64>)> {
        Some((0, None))
    }
}

impl<N: TryInto<u64>> sealed::Sealed for (Bound<N>, Bound<N>) {}

impl<N: TryInto<u64>> IntoSlice for (Bound<N>, Bound<N>) {
    fn positions(self) -> Option<(u64, Option<u64>)> {
        let low = match self.0 {
            Bound::Included(start) => at(start)?,
            Bound::Excluded(start) => behind(start)?,
            Bound::Unbounded => 0,
        };
        let high = match self.1 {
            Bound::Included(end) => Some(behind(end)?),
            Bound::Excluded(end) => Some(at(end)?),
            Bound::Unbounded => None,
        };
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_says_its_positions() {
        assert_eq!((2..5).positions(), Some((2, Some(5))));
        assert_eq!((2u8..).positions(), Some((2, None)));
        assert_eq!((..5usize).positions(), Some((0, Some(5))));
        assert_eq!((2..=5).positions(), Some((2, Some(6))));
        assert_eq!((..=u64::MAX).positions(), Some((0, Some(u64::MAX))));
        assert_eq!((..).positions(), Some((0, None)));
        let bounds = (Bound::Excluded(2i64), Bound::Unbounded);
        assert_eq!(bounds.positions(), Some((3, None)));
    }

    #[test]
    fn a_negative_end_is_no_position() {
        assert_eq!((-2..5).positions(), None);
        assert_eq!((..-1).positions(), None);
        let bounds = (Bound::Included(-1), Bound::<i32>::Unbounded);
        assert_eq!(bounds.positions(), None);
    }
}
