//! Which values come back as they went.

use std::fmt::Debug;
use std::sync::Arc;

use queryset::{ColumnMeta, Database, ErrorKind, Field, ModelMeta, QuerySet, Result};

use super::sample::samples;

/// A value that was sent to a database, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// What kind of column it is.
    pub column: &'static str,
    /// The value in words.
    pub value: &'static str,
    /// What came of it.
    pub kept: Kept,
}

/// What a database made of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It came back as it was.
    Exactly,
    /// It came back as a value that equals it, though its type can tell the two apart.
    Equal(String),
    /// It was refused, with this error.
    Refused(ErrorKind, String),
    /// It was taken, and another value came back, or an error. No database may do that.
    Changed(String),
}

/// Sends every sample and reads it again.
///
/// # Errors
/// A table could not be created.
pub fn round_trips(db: &Database) -> Result<Vec<RoundTrip>> {
    let trips = samples().into_iter().enumerate().map(|(number, sample)| {
        Ok(RoundTrip {
            column: sample.column,
            value: sample.value,
            kept: (sample.sent)(db, &format!("surveyed_value_{number}"))?,
        })
    });
    trips.collect()
}

/// A value to send.
pub(super) struct Sample {
    column: &'static str,
    value: &'static str,
    sent: Sent,
}

/// Sends the value to a table of this name.
type Sent = Box<dyn Fn(&Database, &str) -> Result<Kept>>;

impl Sample {
    /// A value of a type whose values are equal only if nothing at all has changed.
    pub(super) fn new<T>(column: &'static str, value: &'static str, sample: T) -> Self
    where
        T: Field + Debug + PartialEq,
    {
        Self::alike(column, value, sample, T::eq)
    }

    /// A value of a type with an equality of its own.
    pub(super) fn alike<T>(
        column: &'static str,
        value: &'static str,
        sample: T,
        alike: fn(&T, &T) -> bool,
    ) -> Self
    where
        T: Field + Debug + PartialEq,
    {
        let declared = |column: ColumnMeta| column;
        Self::declared(column, value, sample, alike, declared)
    }

    /// A value for a column with something special about it.
    pub(super) fn declared<T>(
        column: &'static str,
        value: &'static str,
        sample: T,
        alike: fn(&T, &T) -> bool,
        declare: fn(ColumnMeta) -> ColumnMeta,
    ) -> Self
    where
        T: Field + Debug + PartialEq,
    {
        let sent = move |db: &Database, table: &str| {
            let meta = ModelMeta::builder("Surveyed")
                .table(table)
                .column(ColumnMeta::new("id", queryset::ColumnType::I64).primary_key())
                .column(declare(
                    ColumnMeta::new("value", T::TYPE).nullable(T::NULLABLE),
                ))
                .build()?;
            db.create_table_for(&meta)?;
            Ok(kept(db, &meta, &sample, alike))
        };
        Self {
            column,
            value,
            sent: Box::new(sent),
        }
    }
}

fn kept<T: Field + Debug + PartialEq>(
    db: &Database,
    meta: &Arc<ModelMeta>,
    sample: &T,
    alike: fn(&T, &T) -> bool,
) -> Kept {
    if let Err(error) = db.insert(meta, vec![vec![1.into(), sample.to_value()]]) {
        // Which table it was says nothing.
        let message = crate::failure::chain(&error).replace(meta.table(), "sample");
        return Kept::Refused(error.kind(), message);
    }
    let read = QuerySet::dynamic(meta)
        .lookup("id", 1)
        .get(db)
        .and_then(|record| record.get::<T>("value"));
    match read {
        Ok(value) if alike(&value, sample) => Kept::Exactly,
        Ok(value) if value == *sample => Kept::Equal(format!("{value:?}")),
        Ok(value) => Kept::Changed(format!("{value:?}").chars().take(100).collect()),
        Err(error) => Kept::Changed(crate::failure::chain(&error)),
    }
}
