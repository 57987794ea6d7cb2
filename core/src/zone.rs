//! Time zones.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::error::{Error, ErrorKind, Result};
use crate::value::{civil_from_micros, micros_from_civil};

/// A time zone: where `date`, `year`, `hour` and the other parts of an instant are taken.
///
/// It is a value and never the machine's: [`Zone::UTC`] unless
/// [`Database::in_time_zone`](crate::Database::in_time_zone) says otherwise.
///
/// ```
/// use queryset::Zone;
///
/// let new_york = Zone::named("America/New_York")?;
/// let noon = 18_262 * 86_400_000_000 + 12 * 3_600_000_000; // 2020-01-01T12:00:00Z
/// assert_eq!(new_york.clock(noon), Some(noon - 5 * 3_600_000_000));
/// assert_eq!(Zone::fixed(330)?.name(), "+05:30");
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Zone(Option<Arc<Named>>);

struct Named {
    name: Box<str>,
    zone: TimeZone,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(None);

    /// The zone of this name in the IANA database, such as `Europe/Zurich`: the system's, or with
    /// the feature `tzdb` one that is built in.
    ///
    /// # Errors
    /// Kind [`Value`](ErrorKind::Value) for a name that the database lacks.
    pub fn named(name: &str) -> Result<Self> {
        if matches!(name, "UTC" | "Etc/UTC") {
            return Ok(Self::UTC);
        }
        let zone = TimeZone::get(name).map_err(|error| {
            Error::new(ErrorKind::Value, format!("there is no time zone '{name}'"))
                .with_source(error)
        })?;
        // A database finds the name whatever its case, and so do we.
        let name = zone.iana_name().unwrap_or(name).into();
        Ok(Self(Some(Arc::new(Named { name, zone }))))
    }

    /// The zone whose clocks are this many minutes ahead of UTC; behind it if negative.
    ///
    /// # Errors
    /// Kind [`Value`](ErrorKind::Value) beyond fourteen hours, which is as far as databases go.
    pub fn fixed(minutes: i32) -> Result<Self> {
        if minutes == 0 {
            return Ok(Self::UTC);
        }
        let offset = match minutes {
            -840..=840 => Offset::from_seconds(minutes * 60).ok(),
            _ => None,
        };
        let offset = offset.ok_or_else(|| {
            let message = format!("no clock is {minutes} minutes away from UTC");
            Error::new(ErrorKind::Value, message)
        })?;
        let (sign, away) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        let name = format!("{sign}{:02}:{:02}", away / 60, away % 60).into();
        let zone = TimeZone::fixed(offset);
        Ok(Self(Some(Arc::new(Named { name, zone }))))
    }

    /// Its name; `+05:30` for one that is fixed.
    pub fn name(&self) -> &str {
        match &self.0 {
            None => "UTC",
            Some(named) => &named.name,
        }
    }

    /// Whether it is UTC.
    pub fn is_utc(&self) -> bool {
        self.0.is_none()
    }

    /// What a clock there shows at an instant. Both are in microseconds since 1970-01-01T00:00:00,
    /// in UTC and on the clock. `None` outside the years -9999 to 9999.
    pub fn clock(&self, instant: i64) -> Option<i64> {
        let Some(named) = &self.0 else {
            return Some(instant);
        };
        // The last day of the year 9999 is no timestamp of jiff's; the offset is the same.
        let near = Timestamp::from_microsecond(instant).unwrap_or(match instant < 0 {
            true => Timestamp::MIN,
            false => Timestamp::MAX,
        });
        let clock = instant.checked_add(micros(named.zone.to_offset(near)))?;
        civil_from_micros(clock).map(|_| clock)
    }

    /// The instant at which a clock there shows this; the first where it shows it twice, and where
    /// it skips it the instant by the offset before. `None` outside the years -9999 to 9999.
    pub fn instant(&self, clock: i64) -> Option<i64> {
        let Some(named) = &self.0 else {
            return Some(clock);
        };
        let shown = civil_from_micros(clock)?;
        clock.checked_sub(micros(before(&named.zone, shown)))
    }

    /// Whether it is the same zone as far as is cheap to see: clones are, and so are equal names.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.name == other.name,
            _ => false,
        }
    }
}

fn before(zone: &TimeZone, clock: DateTime) -> Offset {
    match zone.to_ambiguous_timestamp(clock).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    }
}

fn micros(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}

/// The microseconds at which a year begins on a clock that counts ISO weeks or not; `None` outside
/// the years 1 to 9999.
pub(crate) fn year_begins(year: i64, iso: bool) -> Option<i64> {
    let year = i16::try_from(year).ok().filter(|year| *year >= 1)?;
    let day = match iso {
        // The week with the year's fourth day is its first.
        true => {
            let fourth = jiff::civil::Date::new(year, 1, 4).ok()?;
            let week = jiff::civil::ISOWeekDate::new(
                fourth.iso_week_date().year(),
                1,
                jiff::civil::Weekday::Monday,
            );
            week.ok()?.date()
        }
        false => jiff::civil::Date::new(year, 1, 1).ok()?,
    };
    Some(micros_from_civil(day.at(0, 0, 0, 0)))
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name()).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Zone, year_begins};
    use crate::value::{parse_datetime, parse_timestamp};

    fn instant(text: &str) -> i64 {
        parse_timestamp(text).unwrap()
    }

    fn clock(text: &str) -> i64 {
        parse_datetime(text).unwrap()
    }

    #[test]
    fn clocks_follow_summer_and_winter() {
        let zone = Zone::named("America/New_York").unwrap();
        for (at, shown) in [
            ("2021-03-14T06:59:59Z", "2021-03-14T01:59:59"),
            ("2021-03-14T07:00:00Z", "2021-03-14T03:00:00"),
            ("2021-11-07T05:30:00Z", "2021-11-07T01:30:00"),
            ("2021-11-07T06:30:00Z", "2021-11-07T01:30:00"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T18:59:59.999999"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T18:59:59.999999"),
        ] {
            assert_eq!(zone.clock(instant(at)), Some(clock(shown)), "{at}");
        }
        // Shown twice: the first; never shown: by the offset before.
        for (shown, at) in [
            ("2021-11-07T01:30:00", "2021-11-07T05:30:00Z"),
            ("2021-03-14T02:30:00", "2021-03-14T07:30:00Z"),
            ("2021-01-01T00:00:00", "2021-01-01T05:00:00Z"),
        ] {
            assert_eq!(zone.instant(clock(shown)), Some(instant(at)), "{shown}");
        }
        assert_eq!(Zone::UTC.clock(5), Some(5));
        let beyond = Zone::named("Pacific/Kiritimati").unwrap();
        assert_eq!(beyond.clock(instant("9999-12-31T23:00:00Z")), None);
    }

    #[test]
    fn zones_have_their_names() {
        assert_eq!(Zone::named("UTC").unwrap(), Zone::UTC);
        assert_eq!(Zone::named("Asia/Kolkata").unwrap().name(), "Asia/Kolkata");
        assert_eq!(Zone::fixed(-150).unwrap().name(), "-02:30");
        assert_eq!(Zone::fixed(0).unwrap(), Zone::UTC);
        let error = Zone::named("Europe/Atlantis").unwrap_err();
        assert_eq!(error.to_string(), "there is no time zone 'Europe/Atlantis'");
        assert_eq!(
            Zone::fixed(100_000).unwrap_err().to_string(),
            "no clock is 100000 minutes away from UTC"
        );
    }

    #[test]
    fn years_begin_with_a_day_or_with_a_week() {
        for (year, iso, begins) in [
            (2021, false, "2021-01-01"),
            (2021, true, "2021-01-04"),
            (2020, true, "2019-12-30"),
            (1, true, "0001-01-01"),
            (9999, true, "9999-01-04"),
        ] {
            assert_eq!(year_begins(year, iso), Some(clock(begins)), "{year}");
        }
        assert_eq!(year_begins(0, false), None);
        assert_eq!(year_begins(10_000, true), None);
    }
}
