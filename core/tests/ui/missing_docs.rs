//! Only what the user left undocumented is complained of: generated code has its docs.
#![deny(missing_docs)]

use queryset::{Field, ForeignKey, FromRow, Model};

#[derive(Model)]
pub struct Undocumented {
    #[model(primary_key)]
    id: i64,
}

/// Documented.
#[derive(Model)]
pub struct Book {
    /// Documented.
    #[model(primary_key)]
    pub id: i64,
    title: String,
    kind: Kind,
    author: Option<ForeignKey<Undocumented>>,
}

/// Documented.
#[derive(FromRow)]
pub struct Row {
    title: Title,
}

/// Documented.
#[derive(Field)]
pub enum Kind {
    /// Documented.
    Novel,
}

/// Documented.
#[derive(Field)]
pub struct Title(String);

fn main() {}
