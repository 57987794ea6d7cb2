//! A list of rows, as a request asks for it.

use queryset::{Database, Operand, QuerySet, Record, Result, Value};

use crate::description::{Models, invalid};

/// A request that has become a query.
pub(crate) struct Page {
    rows: QuerySet<Record>,
}

impl Page {
    /// The page of a request such as `book?pages__gt=300&order=-pages&limit=10`.
    pub(crate) fn of(models: &Models, request: &str) -> Result<Self> {
        let (model, conditions) = request.split_once('?').unwrap_or((request, ""));
        let mut rows = QuerySet::dynamic(models.model(model)?);
        let mut limit = 100;
        for pair in conditions.split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "order" => rows = rows.order_by_names(text.split(',')),
                "limit" => {
                    let wrong = |_| invalid(format!("the limit '{text}' is not a number"));
                    limit = text.parse().map_err(wrong)?;
                }
                // Django's spelling reaches every column and every lookup.
                path => rows = rows.lookup(path, operand(path, text)),
            }
        }
        // What is wrong with a name is told now, and not by the first read.
        rows.check()?;
        Ok(Self {
            rows: rows.limit(limit),
        })
    }

    /// The rows as text.
    pub(crate) fn render(&self, db: &Database) -> Result<String> {
        let mut lines = vec![format!(
            "{} of {}",
            self.rows.count(db)?,
            self.rows.meta().name()
        )];
        for row in self.rows.iter(db) {
            lines.push(line(&row?));
        }
        Ok(lines.join("\n"))
    }
}

/// What a condition compares with: the column's type does the rest.
fn operand(path: &str, text: &str) -> Operand {
    if path.ends_with("__in") {
        return Operand::list(text.split(','));
    }
    match text {
        "true" => true.into(),
        "false" => false.into(),
        text => text.into(),
    }
}

fn line(row: &Record) -> String {
    let cells = row.columns().names().zip(row.values());
    let cells = cells.map(|(name, value)| format!("{name}={}", cell(value)));
    cells.collect::<Vec<_>>().join(" ")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::I64(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}
