//! The model.

use queryset::Model;

/// A book that somebody borrowed. Days are counted from the library's opening.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "loan", ordering("due", "id"), latest_by("id"))]
pub struct Loan {
    /// The number of the loan.
    #[model(primary_key)]
    pub id: i64,
    /// Who borrowed it.
    pub reader: String,
    /// What was borrowed.
    pub book: String,
    /// The day on which it should be back.
    pub due: i32,
    /// The day on which it came back.
    pub returned: Option<i32>,
}
