//! INSERT statements.

use std::sync::Arc;

use super::table::{digits, quoted, table_name};
use crate::dialect::{Dialect, Family};
use crate::error::{Error, ErrorKind, Result};
use crate::meta::ModelMeta;
use crate::statement::Statement;
use crate::value::{ColumnType, Value};

/// More rows in one statement gain nothing and make its text long.
const MOST_ROWS: usize = 500;

/// The statements that insert the rows, each within the database's limit of parameters.
pub(super) fn batches(
    meta: &ModelMeta,
    dialect: &Dialect,
    rows: Vec<Vec<Value>>,
) -> Result<Vec<Statement>> {
    let width = meta.columns().len();
    if let Some(row) = rows.iter().find(|row| row.len() != width) {
        let message = format!(
            "{} has {width} columns, but a row has {} values",
            meta.name(),
            row.len()
        );
        return Err(Error::new(ErrorKind::Value, message).with_model(meta.name()));
    }
    refuse_rounding(meta, &rows)?;
    let most = (dialect.max_params / width).clamp(1, MOST_ROWS);
    let mut statements: Vec<Statement> = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let params: Vec<Value> = rows.by_ref().take(most).flatten().collect();
        // Every statement but the last has the same text.
        let sql = match statements.last() {
            Some(earlier) if earlier.params.len() == params.len() => Arc::clone(&earlier.sql),
            _ => text(meta, dialect, params.len() / width).into(),
        };
        statements.push(Statement::write(sql, params));
    }
    Ok(statements)
}

/// Refuses numbers with more digits behind the point than their columns keep: databases would cut
/// them off without a word.
fn refuse_rounding(meta: &ModelMeta, rows: &[Vec<Value>]) -> Result<()> {
    let decimals = meta.columns().iter().enumerate();
    for (index, column) in decimals.filter(|(_, column)| column.ty() == ColumnType::Decimal) {
        let (_, places) = digits(column);
        for row in rows {
            if let Some(Value::Decimal(number)) = row.get(index)
                && number.normalized().scale() > places
            {
                let message = format!(
                    "{number} has {} digits behind the point, of which column '{}' keeps {places}",
                    number.normalized().scale(),
                    column.column()
                );
                return Err(Error::new(ErrorKind::Value, message).with_model(meta.name()));
            }
        }
    }
    Ok(())
}

fn text(meta: &ModelMeta, dialect: &Dialect, rows: usize) -> String {
    let columns: Vec<_> = meta
        .columns()
        .iter()
        .map(|column| quoted(column.column(), dialect.family))
        .collect();
    let mut text = format!(
        "INSERT INTO {} ({}) VALUES ",
        table_name(meta, dialect.family),
        columns.join(", ")
    );
    let mut placeholder = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            if column > 0 {
                text.push_str(", ");
            }
            placeholder += 1;
            match dialect.family {
                Family::Postgres => text.push_str(&format!("${placeholder}")),
                Family::Sqlite | Family::Mysql => text.push('?'),
            }
        }
        text.push(')');
    }
    text
}
