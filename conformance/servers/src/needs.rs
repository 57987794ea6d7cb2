//! Which servers somebody needs.

use crate::Kind;

/// The servers to start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Postgres.
    pub postgres: bool,
    /// PgBouncer, which brings Postgres with it.
    pub pgbouncer: bool,
    /// MariaDB.
    pub mariadb: bool,
    /// MySQL.
    pub mysql: bool,
}

impl Needs {
    /// All of them.
    pub const fn all() -> Self {
        Self {
            postgres: true,
            pgbouncer: true,
            mariadb: true,
            mysql: true,
        }
    }

    /// None of them.
    pub const fn none() -> Self {
        Self {
            postgres: false,
            pgbouncer: false,
            mariadb: false,
            mysql: false,
        }
    }

    /// These and another one.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        self.set(kind, true)
    }

    /// These but one; without Postgres there is no PgBouncer either.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        self.set(kind, false)
    }

    /// Whether this server is among them.
    pub const fn contains(self, kind: Kind) -> bool {
        match kind {
            Kind::Postgres => self.postgres || self.pgbouncer,
            Kind::Pgbouncer => self.pgbouncer,
            Kind::Mariadb => self.mariadb,
            Kind::Mysql => self.mysql,
        }
    }

    /// The servers among them.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |kind| self.contains(*kind))
    }

    const fn set(mut self, kind: Kind, to: bool) -> Self {
        match kind {
            Kind::Postgres => {
                self.postgres = to;
                self.pgbouncer &= to;
            }
            Kind::Pgbouncer => self.pgbouncer = to,
            Kind::Mariadb => self.mariadb = to,
            Kind::Mysql => self.mysql = to,
        }
        self
    }
}

impl FromIterator<Kind> for Needs {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::none(), Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgbouncer_comes_and_goes_with_postgres() {
        let bouncer: Needs = [Kind::Pgbouncer].into_iter().collect();
        assert!(bouncer.contains(Kind::Postgres));
        assert!(
            !Needs::all()
                .without(Kind::Postgres)
                .contains(Kind::Pgbouncer)
        );
        let left: Vec<_> = Needs::all().without(Kind::Mysql).kinds().collect();
        assert_eq!(left, [Kind::Postgres, Kind::Pgbouncer, Kind::Mariadb]);
    }
}
