//! The loans of a public library, as a crate that others build upon.
//!
//! It takes a [`Database`] and names no backend and no runtime: its users choose both. Its tests
//! need neither, since they answer with [recorded](queryset::recording) rows.
//!
//! ```
//! use queryset::recording::Recording;
//! use queryset::{Dialect, Family};
//!
//! let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
//! let sql = "SELECT COUNT(*) FROM \"loan\" WHERE \"loan\".\"reader\" = ? \
//!            AND \"loan\".\"returned\" IS NULL";
//! recording.expect(sql, ["count"], [[3.into()]]);
//! assert_eq!(library::held_by(&recording.database(), "ada")?, 3);
//! # recording.finish()?;
//! # Ok::<(), queryset::Error>(())
//! ```

mod loan;
mod overdue;

pub use loan::Loan;
pub use overdue::{aoverdue, overdue};

use queryset::{Database, Model, Result};

/// How many books a reader holds.
///
/// # Errors
/// What the database reports.
pub fn held_by(db: &Database, reader: &str) -> Result<u64> {
    Loan::of(reader)
        .filter(|loan| loan.returned.isnull(true))
        .count(db)
}

/// The asynchronous twin of [`held_by`].
///
/// # Errors
/// As [`held_by`].
pub async fn aheld_by(db: &Database, reader: &str) -> Result<u64> {
    Loan::of(reader)
        .filter(|loan| loan.returned.isnull(true))
        .acount(db)
        .await
}

/// The latest loan of a reader, or `None` for a reader who never borrowed.
///
/// # Errors
/// What the database reports.
pub fn latest_of(db: &Database, reader: &str) -> Result<Option<Loan>> {
    match Loan::of(reader).latest(db) {
        Ok(loan) => Ok(Some(loan)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Loan {
    /// The loans of a reader.
    fn of(reader: &str) -> queryset::QuerySet<Self> {
        Self::objects().filter(|loan| loan.reader.eq(reader))
    }
}
