//! CREATE TABLE.

use crate::dialect::{Dialect, Family};
use crate::error::Result;
use crate::meta::{ColumnMeta, ModelMeta, steps};
use crate::value::ColumnType;

/// The longest text that MySQL can index, in characters of four bytes.
const MYSQL_INDEXED: u32 = 255;

/// The statements that create the model's table, and then those between it and the targets of its
/// relations. Such a table does not refer to the two, since its target's may come later.
pub(super) fn create_all(meta: &ModelMeta, dialect: &Dialect) -> Result<Vec<String>> {
    let mut statements = vec![create(meta, dialect)?];
    let between = meta.relations().iter();
    for relation in between.filter(|relation| relation.is_through_automatic()) {
        // An error for a target that nobody knows.
        steps(meta, relation).map_err(|invalid| invalid.to_error())?;
        if let Some(between) = relation.through_model(meta) {
            statements.push(create(&between, dialect)?);
        }
    }
    Ok(statements)
}

/// The statement that creates the model's own table.
fn create(meta: &ModelMeta, dialect: &Dialect) -> Result<String> {
    let family = dialect.family;
    let mut parts = Vec::new();
    for (index, column) in meta.columns().iter().enumerate() {
        let indexed = column.is_unique()
            || meta.primary_key().contains(&index)
            || meta.unique_together().any(|set| set.contains(&index))
            || refers(meta, column);
        let mut part = format!(
            "{} {}",
            quoted(column.column(), family),
            column_type(column, dialect, indexed)
        );
        if !column.is_nullable() {
            part.push_str(" NOT NULL");
        }
        if column.is_unique() {
            part.push_str(" UNIQUE");
        }
        // Only in this place does SQLite make an integer key the row's own id.
        if *meta.primary_key() == [index] {
            part.push_str(" PRIMARY KEY");
        }
        parts.push(part);
    }
    let names = |columns: &[usize]| -> String {
        let names = columns
            .iter()
            .map(|&index| quoted(meta.columns()[index].column(), family));
        names.collect::<Vec<_>>().join(", ")
    };
    if meta.primary_key().len() > 1 {
        parts.push(format!("PRIMARY KEY ({})", names(meta.primary_key())));
    }
    for set in meta.unique_together() {
        parts.push(format!("UNIQUE ({})", names(set)));
    }
    for relation in meta.relations() {
        if relation.columns().len() == 0 {
            continue;
        }
        let steps = steps(meta, relation).map_err(|invalid| invalid.to_error())?;
        for step in &steps {
            let list = |of: &ModelMeta, columns: &mut dyn Iterator<Item = u16>| {
                let names =
                    columns.map(|index| quoted(of.columns()[usize::from(index)].column(), family));
                names.collect::<Vec<_>>().join(", ")
            };
            parts.push(format!(
                "FOREIGN KEY ({}) REFERENCES {} ({})",
                list(meta, &mut step.on.iter().map(|&(own, _)| own)),
                table_name(&step.model, family),
                list(&step.model, &mut step.on.iter().map(|&(_, key)| key)),
            ));
        }
    }
    Ok(format!(
        "CREATE TABLE {} ({})",
        table_name(meta, family),
        parts.join(", ")
    ))
}

/// Whether the column holds a key of another row, or a part of one, which databases index.
fn refers(meta: &ModelMeta, column: &ColumnMeta) -> bool {
    meta.relations()
        .iter()
        .any(|relation| relation.columns().any(|name| name == column.name()))
}

/// The table's name, quoted, with its schema.
pub(super) fn table_name(meta: &ModelMeta, family: Family) -> String {
    let table = quoted(meta.table(), family);
    match meta.schema() {
        Some(schema) => format!("{}.{table}", quoted(schema, family)),
        None => table,
    }
}

/// A name in the database's quotes.
pub(super) fn quoted(name: &str, family: Family) -> String {
    match family {
        Family::Mysql => format!("`{}`", name.replace('`', "``")),
        Family::Sqlite | Family::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// How many digits a decimal column has in all, and behind the point.
pub(super) fn digits(column: &ColumnMeta) -> (u8, u8) {
    column.declared_digits().unwrap_or((38, 10))
}

/// The column's type, as Django's backends declare it.
fn column_type(column: &ColumnMeta, dialect: &Dialect, indexed: bool) -> String {
    use ColumnType as T;
    let family = dialect.family;
    let (digits, places) = digits(column);
    let length = column.declared_length();
    let ty = match family {
        Family::Sqlite => match column.ty() {
            T::Bool => "BOOL",
            T::I8 | T::I16 | T::I32 | T::I64 | T::U8 | T::U16 | T::U32 | T::U64 => "INTEGER",
            T::F32 | T::F64 => "REAL",
            T::Decimal => "DECIMAL",
            T::Text | T::Json => "TEXT",
            T::Bytes => "BLOB",
            T::Date => "DATE",
            T::Time => "TIME",
            T::DateTime | T::Timestamp => "DATETIME",
            T::Duration => "BIGINT",
            T::Uuid => "CHAR(32)",
        },
        Family::Postgres => match column.ty() {
            T::Bool => "boolean",
            T::I8 | T::I16 | T::U8 => "smallint",
            T::I32 | T::U16 => "integer",
            T::I64 | T::U32 => "bigint",
            T::U64 => "numeric(20, 0)",
            T::F32 => "real",
            T::F64 => "double precision",
            T::Decimal => return format!("numeric({digits}, {places})"),
            T::Text => match length {
                Some(length) => return format!("varchar({length})"),
                None => "text",
            },
            T::Bytes => "bytea",
            T::Date => "date",
            T::Time => "time",
            T::DateTime => "timestamp",
            T::Timestamp => "timestamp with time zone",
            T::Duration => "interval",
            T::Uuid => "uuid",
            T::Json => "jsonb",
        },
        Family::Mysql => match column.ty() {
            T::Bool => "bool",
            T::I8 => "tinyint",
            T::I16 => "smallint",
            T::I32 => "integer",
            T::I64 | T::Duration => "bigint",
            T::U8 => "tinyint unsigned",
            T::U16 => "smallint unsigned",
            T::U32 => "integer unsigned",
            T::U64 => "bigint unsigned",
            T::F32 => "float",
            T::F64 => "double",
            T::Decimal => return format!("decimal({digits}, {places})"),
            T::Text => {
                // A collation of bytes, so that texts compare as on the other databases.
                let ty = match length.or(indexed.then_some(MYSQL_INDEXED)) {
                    Some(length) => format!("varchar({length})"),
                    None => "longtext".to_owned(),
                };
                let collation = dialect.text_collation;
                return format!("{ty} CHARACTER SET utf8mb4 COLLATE {collation}");
            }
            T::Bytes => "longblob",
            T::Date => "date",
            T::Time => "time(6)",
            T::DateTime | T::Timestamp => "datetime(6)",
            T::Uuid => "char(32) CHARACTER SET ascii COLLATE ascii_bin",
            T::Json => "json",
        },
    };
    ty.to_owned()
}
