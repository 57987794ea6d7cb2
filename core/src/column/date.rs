//! Parts of dates and times.

use super::Column;
use crate::expression::Expr;
use crate::field::Field;
use crate::transform::Transform;

/// A field that holds a date, alone or with a time: `b.published.year()`.
///
/// The parts of an instant are those of the [`Zone`](crate::Zone) of the database that is asked.
///
/// | method | Django |
/// |---|---|
/// | `b.at.year()`, `iso_year`, `quarter`, `month`, `week`, `week_day`, `iso_week_day`, `day` | `at__year`, … |
/// | `b.at.hour()`, `minute`, `second` | `at__hour`, … |
/// | `b.at.date()`, `time` | `at__date`, `at__time` |
#[diagnostic::on_unimplemented(message = "`{Self}` holds no date, so it has no year or day")]
pub trait DateField: Field {}

/// A field that holds a time of day, alone or with a date: `b.opens.hour()`.
#[diagnostic::on_unimplemented(message = "`{Self}` holds no time, so it has no hour or minute")]
pub trait TimeField: Field {}

/// A field that holds both.
#[diagnostic::on_unimplemented(message = "`{Self}` does not hold both a date and a time")]
pub trait DateTimeField: DateField + TimeField {
    /// The date alone, in the same library's type.
    type Date: Field;

    /// The time of day alone.
    type Time: Field;
}

/// The parts of a column and of what is computed.
macro_rules! parts {
    ($bound:ident: $($(#[$doc:meta])* $name:ident $part:ident -> $ty:ty;)*) => {
        impl<R, T: Field<Base: $bound>> Column<R, T> {$(
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!(
                "`b.at.", stringify!($name), "().eq(5)`, by name `lookup(\"at__", stringify!($name),
                "\", 5)`."
            )]
            pub fn $name(self) -> Expr<R, $ty> {
                Expr::new(self.node().part(Transform::$part))
            }
        )*}

        impl<R, T: $bound> Expr<R, T> {$(
            $(#[$doc])*
            pub fn $name(self) -> Expr<R, $ty> {
                Expr::new(self.into_node().part(Transform::$part))
            }
        )*}
    };
}

parts! {
    DateField:
    /// The year. Compared with a number it is a comparison with its first and last day, so that
    /// an index on the column serves.
    year Year -> i32;
    /// The year that the ISO week belongs to; as quick as [`year`](Self::year).
    iso_year IsoYear -> i32;
    /// The quarter, from 1 to 4.
    quarter Quarter -> i32;
    /// The month, from 1 to 12.
    month Month -> i32;
    /// The ISO week, from 1 to 53.
    week Week -> i32;
    /// The day of the week, from 1 for Sunday to 7 for Saturday.
    week_day WeekDay -> i32;
    /// The day of the week, from 1 for Monday to 7 for Sunday.
    iso_week_day IsoWeekDay -> i32;
    /// The day of the month.
    day Day -> i32;
}

parts! {
    TimeField:
    /// The hour, from 0 to 23.
    hour Hour -> i32;
    /// The minute.
    minute Minute -> i32;
    /// The second, without its fraction.
    second Second -> i32;
}

impl<R, T: Field<Base: DateTimeField>> Column<R, T> {
    /// The date alone.
    pub fn date(self) -> Expr<R, <T::Base as DateTimeField>::Date> {
        Expr::new(self.node().part(Transform::Date))
    }

    /// The time of day alone.
    pub fn time(self) -> Expr<R, <T::Base as DateTimeField>::Time> {
        Expr::new(self.node().part(Transform::Time))
    }
}

impl<R, T: DateTimeField> Expr<R, T> {
    /// The date alone.
    pub fn date(self) -> Expr<R, T::Date> {
        Expr::new(self.into_node().part(Transform::Date))
    }

    /// The time of day alone.
    pub fn time(self) -> Expr<R, T::Time> {
        Expr::new(self.into_node().part(Transform::Time))
    }
}

/// What the types of a library of dates can do.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
macro_rules! moments {
    (date $date:ty, time $time:ty, datetime $datetime:ty, span $span:ty, $(both $both:ty),+) => {
        impl $crate::column::DateField for $date {}
        impl $crate::column::TimeField for $time {}
        $(
            impl $crate::column::DateField for $both {}
            impl $crate::column::TimeField for $both {}
            impl $crate::column::DateTimeField for $both {
                type Date = $date;
                type Time = $time;
            }
            moments!(@steps $both, $span, $both, $span);
        )+
        moments!(@steps $date, $span, $datetime, $span);
        moments!(@steps $time, $span, $time, $span);
        moments!(@steps $span, $span, $span, $span);
    };
    (@steps $ty:ty, $step:ty, $sum:ty, $between:ty) => {
        #[diagnostic::do_not_recommend]
        impl $crate::expression::Computable for $ty {
            type Step = $step;
            type Sum = $sum;
            type Between = $between;
        }
    };
}

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(crate) use moments;
