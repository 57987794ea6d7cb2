//! Parts and casts of a column within a path: `published__year`, `created__date`.

use crate::value::ColumnType;

/// What a path can make of a column before it compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Transform {
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    WeekDay,
    IsoWeekDay,
    Day,
    Hour,
    Minute,
    Second,
    Date,
    Time,
}

impl Transform {
    pub(crate) const ALL: [Self; 13] = [
        Self::Year,
        Self::IsoYear,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::WeekDay,
        Self::IsoWeekDay,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Date,
        Self::Time,
    ];

    /// The name in a path.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::IsoYear => "iso_year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::WeekDay => "week_day",
            Self::IsoWeekDay => "iso_week_day",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Date => "date",
            Self::Time => "time",
        }
    }

    /// The transform of this name that values of the type have.
    pub(crate) fn named(name: &str, of: ColumnType) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|transform| transform.name() == name && transform.applies(of))
    }

    /// Whether values of the type have it.
    pub(crate) const fn applies(self, to: ColumnType) -> bool {
        match to {
            ColumnType::DateTime | ColumnType::Timestamp => true,
            ColumnType::Date => self.is_of_date(),
            ColumnType::Time => self.is_of_time(),
            _ => false,
        }
    }

    const fn is_of_date(self) -> bool {
        !self.is_of_time() && !matches!(self, Self::Date | Self::Time)
    }

    const fn is_of_time(self) -> bool {
        matches!(self, Self::Hour | Self::Minute | Self::Second)
    }

    /// The type of what it makes.
    pub(crate) const fn output(self) -> ColumnType {
        match self {
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            _ => ColumnType::I32,
        }
    }

    /// Whether it is a year, which is compared with a number by its first and last moment, so
    /// that an index on the column serves.
    pub(crate) const fn is_year(self) -> bool {
        matches!(self, Self::Year | Self::IsoYear)
    }
}
