//! What should be back by now.

use queryset::{Database, Model, QuerySet, Result};

use crate::loan::Loan;

/// The loans that should be back by `today` and are not, the longest overdue first.
///
/// # Errors
/// What the database reports.
pub fn overdue(db: &Database, today: i32) -> Result<Vec<Loan>> {
    query(today).list(db)
}

/// The asynchronous twin of [`overdue`].
///
/// # Errors
/// As [`overdue`].
pub async fn aoverdue(db: &Database, today: i32) -> Result<Vec<Loan>> {
    query(today).alist(db).await
}

/// The query that both twins send: it needs no database to be built.
fn query(today: i32) -> QuerySet<Loan> {
    Loan::objects().filter(|loan| loan.due.lt(today) & loan.returned.isnull(true))
}
