//! Parts of dates and times.

use sea_query::{Alias, Expr, ExprTrait, Func};

use super::Renderer;
use crate::dialect::Family;
use crate::transform::Transform;
use crate::value::ColumnType;

impl Renderer<'_> {
    /// A part of a date or time; an instant's in `zone`, or in UTC without one.
    pub(super) fn transform(
        &self,
        transform: Transform,
        of: Expr,
        ty: Option<ColumnType>,
        zone: Option<Expr>,
    ) -> Expr {
        if self.dialect.family == Family::Sqlite {
            let name = format!("queryset_{}", transform.name());
            let call = Func::cust(Alias::new(name)).arg(of);
            return match zone {
                None => call.into(),
                Some(zone) => call.arg(zone).into(),
            };
        }
        let clock = self.clock(of, ty, zone);
        match self.dialect.family {
            Family::Mysql => self.mysql_part(transform, clock),
            _ => self.postgres_part(transform, clock),
        }
    }

    /// What a clock shows at an instant, whatever the zone of the session.
    fn clock(&self, of: Expr, ty: Option<ColumnType>, zone: Option<Expr>) -> Expr {
        match (self.dialect.family, zone) {
            (Family::Postgres, Some(zone)) => {
                let zone = zone.cast_as(Alias::new("text"));
                self.template(&["(", " AT TIME ZONE ", ")"], [of, zone])
            }
            (Family::Postgres, None) if ty == Some(ColumnType::Timestamp) => {
                self.template(&["(", " AT TIME ZONE 'UTC')"], [of])
            }
            // Instants are kept in UTC there.
            (Family::Mysql, Some(zone)) => {
                self.template(&["CONVERT_TZ(", ", 'UTC', ", ")"], [of, zone])
            }
            _ => of,
        }
    }

    fn postgres_part(&self, transform: Transform, of: Expr) -> Expr {
        let extract = |field: &str, of: Expr| {
            let open = format!("EXTRACT({field} FROM ");
            self.template(&[&open, ")"], [of])
        };
        let part = match transform {
            Transform::Date => return of.cast_as(Alias::new("date")),
            Transform::Time => return of.cast_as(Alias::new("time")),
            Transform::Year => extract("YEAR", of),
            Transform::IsoYear => extract("ISOYEAR", of),
            Transform::Quarter => extract("QUARTER", of),
            Transform::Month => extract("MONTH", of),
            Transform::Week => extract("WEEK", of),
            // Sunday is 0 there and 1 here.
            Transform::WeekDay => {
                let day = extract("DOW", of);
                self.template(&["(", " + 1)"], [day])
            }
            Transform::IsoWeekDay => extract("ISODOW", of),
            Transform::Day => extract("DAY", of),
            Transform::Hour => extract("HOUR", of),
            Transform::Minute => extract("MINUTE", of),
            // The second comes with its fraction, which a cast would round.
            Transform::Second => {
                let second = extract("SECOND", of);
                Func::cust(Alias::new("FLOOR")).arg(second).into()
            }
        };
        part.cast_as(Alias::new("integer"))
    }

    fn mysql_part(&self, transform: Transform, of: Expr) -> Expr {
        let call = |name: &str, of: Expr| -> Expr { Func::cust(Alias::new(name)).arg(of).into() };
        match transform {
            Transform::Date => call("DATE", of),
            Transform::Time => call("TIME", of),
            Transform::Year => call("YEAR", of),
            // The year and the week as one number, in the third mode: weeks as ISO has them.
            Transform::IsoYear => self.template(&["(YEARWEEK(", ", 3) DIV 100)"], [of]),
            Transform::Quarter => call("QUARTER", of),
            Transform::Month => call("MONTH", of),
            Transform::Week => self.template(&["WEEK(", ", 3)"], [of]),
            Transform::WeekDay => call("DAYOFWEEK", of),
            // Monday is 0 there and 1 here.
            Transform::IsoWeekDay => self.template(&["(WEEKDAY(", ") + 1)"], [of]),
            Transform::Day => call("DAYOFMONTH", of),
            Transform::Hour => call("HOUR", of),
            Transform::Minute => call("MINUTE", of),
            Transform::Second => call("SECOND", of),
        }
    }
}
