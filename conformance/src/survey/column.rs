//! What a column of each type becomes.

use std::sync::{Arc, Mutex, PoisonError};

use queryset::{ColumnMeta, ColumnType, Database, ModelMeta, Result};

/// A type in Rust, and the type of the column that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedColumn {
    /// The types in Rust, as one writes them.
    pub rust: &'static str,
    /// The column's type, as the statement that creates the table has it.
    pub becomes: String,
}

/// Creates a table for each type, and tells what its column became.
///
/// # Errors
/// What the database reports.
pub fn columns(db: &Database) -> Result<Vec<SurveyedColumn>> {
    let plain = |ty| ColumnMeta::new("value", ty);
    let columns = [
        ("bool", plain(ColumnType::Bool)),
        ("i8", plain(ColumnType::I8)),
        ("i16", plain(ColumnType::I16)),
        ("i32", plain(ColumnType::I32)),
        ("i64", plain(ColumnType::I64)),
        ("u8", plain(ColumnType::U8)),
        ("u16", plain(ColumnType::U16)),
        ("u32", plain(ColumnType::U32)),
        ("u64", plain(ColumnType::U64)),
        ("f32", plain(ColumnType::F32)),
        ("f64", plain(ColumnType::F64)),
        (
            "Decimal, BigDecimal, rust_decimal::Decimal",
            plain(ColumnType::Decimal),
        ),
        (
            "the same with digits(12, 2)",
            plain(ColumnType::Decimal).digits(12, 2),
        ),
        ("String", plain(ColumnType::Text)),
        ("String with unique", plain(ColumnType::Text).unique()),
        (
            "String with max_length = 100",
            plain(ColumnType::Text).max_length(100),
        ),
        ("Vec<u8>", plain(ColumnType::Bytes)),
        (
            "chrono::NaiveDate, time::Date, jiff::civil::Date",
            plain(ColumnType::Date),
        ),
        (
            "chrono::NaiveTime, time::Time, jiff::civil::Time",
            plain(ColumnType::Time),
        ),
        (
            "chrono::NaiveDateTime, time::PrimitiveDateTime, jiff::civil::DateTime",
            plain(ColumnType::DateTime),
        ),
        (
            "chrono::DateTime<Utc>, time::OffsetDateTime, jiff::Timestamp",
            plain(ColumnType::Timestamp),
        ),
        (
            "Duration, chrono::TimeDelta, time::Duration, jiff::SignedDuration",
            plain(ColumnType::Duration),
        ),
        ("uuid::Uuid", plain(ColumnType::Uuid)),
        ("serde_json::Value, Json<T>", plain(ColumnType::Json)),
    ];
    let sent = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&sent);
    let _hook = db.on_statement(move |event| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = event.sql.to_owned();
    });
    let mut surveyed = Vec::new();
    for (number, (rust, column)) in columns.into_iter().enumerate() {
        let meta = ModelMeta::builder("Surveyed")
            .table(format!("surveyed_column_{number}"))
            .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
            .column(column)
            .build()?;
        db.create_table_for(&meta)?;
        let sql = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        surveyed.push(SurveyedColumn {
            rust,
            becomes: type_of(&sql).to_owned(),
        });
    }
    Ok(surveyed)
}

/// The type of the column `value`, which is the last of its table.
fn type_of(sql: &str) -> &str {
    let rest = ["\"value\" ", "`value` "]
        .into_iter()
        .find_map(|name| sql.split_once(name))
        .map_or(sql, |(_, rest)| rest);
    let rest = rest.strip_suffix(')').unwrap_or(rest);
    let rest = rest.strip_suffix(" UNIQUE").unwrap_or(rest);
    rest.strip_suffix(" NOT NULL").unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_type_out_of_the_statement() {
        let sql =
            "CREATE TABLE `t` (`id` bigint NOT NULL PRIMARY KEY, `value` decimal(12, 2) NOT NULL)";
        assert_eq!(type_of(sql), "decimal(12, 2)");
        let sql = "CREATE TABLE \"t\" (\"id\" INTEGER NOT NULL, \"value\" TEXT NOT NULL UNIQUE)";
        assert_eq!(type_of(sql), "TEXT");
    }
}
