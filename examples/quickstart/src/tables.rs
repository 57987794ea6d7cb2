//! The tables of a file, found at run time.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use queryset::runtime::Threads;
use queryset::{ColumnMeta, ColumnType, Database, ModelMeta, QuerySet, Record, Result, Value, raw};
use queryset_sqlite::SqliteOptions;

use crate::answer::value;

/// A table or view.
pub(crate) struct Table {
    name: String,
    kind: String,
    /// What is known of it, or why nothing is.
    pub(crate) meta: Result<Arc<ModelMeta>>,
    /// The key of its first row, where it has both.
    pub(crate) example: Option<Value>,
}

/// Every table and view of a file but SQLite's own.
pub(crate) fn find(file: &Path) -> Result<Vec<Table>> {
    let options = SqliteOptions::path(file).read_only(true);
    let db = options.connect_blocking(Threads)?;
    let names: Vec<(String, String)> = raw(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        Vec::new(),
    )
    .list(&db)?;
    let tables = names
        .into_iter()
        .map(|(name, kind)| table(&db, name, kind))
        .collect();
    db.close()?;
    Ok(tables)
}

fn table(db: &Database, name: String, kind: String) -> Table {
    let meta = meta(db, &name);
    let example = meta.as_ref().ok().and_then(|meta| first_key(db, meta));
    Table {
        name,
        kind,
        meta,
        example,
    }
}

/// A model as SQLite describes the table.
fn meta(db: &Database, table: &str) -> Result<Arc<ModelMeta>> {
    let columns: Vec<(String, String, bool, i64)> = raw(
        "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?) ORDER BY cid",
        vec![table.into()],
    )
    .list(db)?;
    let mut model = ModelMeta::builder(table).table(table);
    let mut key: Vec<(i64, String)> = Vec::new();
    for (name, declared, not_null, place) in columns {
        if place > 0 {
            key.push((place, name.clone()));
        }
        let column = ColumnMeta::new(name, column_type(&declared));
        model = model.column(column.nullable(!not_null && place == 0));
    }
    key.sort();
    model
        .primary_key(key.into_iter().map(|(_, name)| name))
        .build()
}

/// The type that SQLite's rules give to a declared one; what it calls numeric is taken by its name.
fn column_type(declared: &str) -> ColumnType {
    let declared = declared.to_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if says(&["INT"]) {
        ColumnType::I64
    } else if says(&["CHAR", "CLOB", "TEXT"]) {
        ColumnType::Text
    } else if says(&["REAL", "FLOA", "DOUB"]) {
        ColumnType::F64
    } else if says(&["BOOL"]) {
        ColumnType::Bool
    } else if says(&["DATETIME", "TIMESTAMP"]) {
        ColumnType::DateTime
    } else if says(&["DATE"]) {
        ColumnType::Date
    } else if says(&["TIME"]) {
        ColumnType::Time
    } else if says(&["DEC", "NUM"]) {
        ColumnType::Decimal
    } else if says(&["JSON"]) {
        ColumnType::Json
    } else if says(&["UUID"]) {
        ColumnType::Uuid
    } else if says(&["BLOB"]) {
        ColumnType::Bytes
    } else {
        ColumnType::Text
    }
}

fn first_key(db: &Database, meta: &Arc<ModelMeta>) -> Option<Value> {
    let &[key] = meta.primary_key() else {
        return None;
    };
    // A table that cannot be read says so when it is read.
    let row: Record = QuerySet::dynamic(meta).first(db).ok()??;
    row.values().get(key).cloned()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind, self.name)?;
        let meta = match &self.meta {
            Ok(meta) => meta,
            Err(error) => return write!(f, " cannot be read: {error}"),
        };
        let columns = meta.columns().iter().enumerate().map(|(index, column)| {
            let key = if meta.primary_key().contains(&index) {
                " key"
            } else {
                ""
            };
            let null = if column.is_nullable() { " or NULL" } else { "" };
            format!("{} {}{null}{key}", column.name(), column.ty())
        });
        write!(f, " ({})", columns.collect::<Vec<_>>().join(", "))?;
        if meta.primary_key().is_empty() {
            write!(f, ", without a key, so ordered by its first column")?;
        }
        if let Some(key) = &self.example {
            write!(f, ", pk=… is {}", value(key))?;
        }
        Ok(())
    }
}
