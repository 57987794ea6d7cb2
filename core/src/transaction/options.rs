use crate::dialect::{Dialect, Family};
use crate::error::{Error, ErrorKind, Result};

/// How a transaction begins.
///
/// ```
/// use queryset::{Dialect, Family, IsolationLevel, TransactionOptions};
///
/// let snapshot = TransactionOptions::snapshot();
/// let postgres = Dialect::new(Family::Postgres, "postgres");
/// assert_eq!(snapshot.statement(&postgres), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
///
/// let strict = TransactionOptions::new().isolation(IsolationLevel::Serializable);
/// assert_eq!(strict.statement(&Dialect::new(Family::Sqlite, "sqlite")), "BEGIN IMMEDIATE");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    isolation: Option<IsolationLevel>,
    read_only: bool,
    sqlite_lock: Option<SqliteLock>,
    durable: bool,
}

/// What transactions see of each other. A database may isolate more than is asked for.
///
/// SQLite's transactions are always serializable; PostgreSQL's `ReadUncommitted` is
/// `ReadCommitted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IsolationLevel {
    /// What others have not committed yet may be seen.
    ReadUncommitted,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first read.
    RepeatableRead,
    /// As if one transaction ran after the other, or an error that is worth a retry.
    Serializable,
}

/// When a transaction that writes takes SQLite's one lock for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqliteLock {
    /// With its first write, which fails at once if another program has written since the
    /// transaction's first read.
    Deferred,
    /// At its beginning, after waiting for its turn.
    Immediate,
    /// At its beginning; without a write-ahead log, nobody else reads either.
    Exclusive,
}

impl TransactionOptions {
    /// The database's own isolation, reading and writing, on SQLite with the lock at the
    /// beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// A transaction that only reads, and reads the same however often it asks: what was committed
    /// before its first read.
    pub fn snapshot() -> Self {
        Self::new()
            .isolation(IsolationLevel::RepeatableRead)
            .read_only()
    }

    /// At least this isolation.
    #[must_use]
    pub fn isolation(mut self, level: IsolationLevel) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Only reading: the database refuses writes. On SQLite it runs beside the transaction that
    /// writes, on one of the connections that read.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// When SQLite's lock is taken; the other databases lock rows as they are written, and have
    /// nothing to choose. [`SqliteLock::Immediate`] unless it is said.
    #[must_use]
    pub fn sqlite_lock(mut self, lock: SqliteLock) -> Self {
        self.sqlite_lock = Some(lock);
        self
    }

    /// Refuses to be nested: what it commits is there for good, as Django's `durable=True`.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Whether the transaction only reads.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The statement that begins the transaction; on MySQL two, where the isolation is given.
    pub fn statement(&self, dialect: &Dialect) -> String {
        match dialect.family {
            Family::Sqlite => match (self.read_only, self.sqlite_lock) {
                (true, _) => "BEGIN DEFERRED".to_owned(),
                (false, Some(SqliteLock::Deferred)) => "BEGIN DEFERRED".to_owned(),
                (false, Some(SqliteLock::Exclusive)) => "BEGIN EXCLUSIVE".to_owned(),
                (false, None | Some(SqliteLock::Immediate)) => "BEGIN IMMEDIATE".to_owned(),
            },
            Family::Postgres => {
                let mut begin = "BEGIN".to_owned();
                if let Some(level) = self.isolation {
                    begin.push_str(" ISOLATION LEVEL ");
                    begin.push_str(level.sql());
                }
                if self.read_only {
                    begin.push_str(" READ ONLY");
                }
                begin
            }
            Family::Mysql => {
                let set = self.isolation.map_or(String::new(), |level| {
                    format!("SET TRANSACTION ISOLATION LEVEL {}; ", level.sql())
                });
                match self.read_only {
                    true => format!("{set}START TRANSACTION READ ONLY"),
                    false => format!("{set}START TRANSACTION"),
                }
            }
        }
    }

    /// Refuses what a nested transaction cannot be given.
    pub(super) fn check_nested(&self) -> Result<()> {
        if *self == Self::default() {
            return Ok(());
        }
        let message = match self.durable {
            true => "a durable transaction cannot be nested in another",
            false => {
                "a nested transaction has the isolation and the access of the outer one: it takes \
                 no options"
            }
        };
        Err(Error::new(ErrorKind::Transaction, message))
    }
}

impl IsolationLevel {
    fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_by_family() {
        let plain = TransactionOptions::new();
        let serializable = plain.isolation(IsolationLevel::Serializable);
        let deferred = plain.sqlite_lock(SqliteLock::Deferred);
        for (options, sqlite, postgres, mysql) in [
            (plain, "BEGIN IMMEDIATE", "BEGIN", "START TRANSACTION"),
            (deferred, "BEGIN DEFERRED", "BEGIN", "START TRANSACTION"),
            (
                plain.sqlite_lock(SqliteLock::Exclusive),
                "BEGIN EXCLUSIVE",
                "BEGIN",
                "START TRANSACTION",
            ),
            (
                plain.read_only(),
                "BEGIN DEFERRED",
                "BEGIN READ ONLY",
                "START TRANSACTION READ ONLY",
            ),
            (
                serializable,
                "BEGIN IMMEDIATE",
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION",
            ),
            (
                TransactionOptions::snapshot(),
                "BEGIN DEFERRED",
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION READ ONLY",
            ),
        ] {
            let of = |family| options.statement(&Dialect::new(family, "any"));
            assert_eq!(of(Family::Sqlite), sqlite);
            assert_eq!(of(Family::Postgres), postgres);
            assert_eq!(of(Family::Mysql), mysql);
        }
    }

    #[test]
    fn nested_ones_take_no_options() {
        assert!(TransactionOptions::new().check_nested().is_ok());
        let durable = TransactionOptions::new().durable().check_nested();
        assert!(durable.unwrap_err().to_string().contains("durable"));
        let read_only = TransactionOptions::new().read_only().check_nested();
        assert_eq!(read_only.unwrap_err().kind(), ErrorKind::Transaction);
    }
}
