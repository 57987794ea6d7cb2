//! The tables that the cases run on, as run-time models.

use std::collections::HashMap;
use std::sync::Arc;

use queryset::{
    ColumnMeta, ColumnType, Database, ModelMeta, ModelRef, OrderTerm, RelationMeta, Result, Value,
    parse_date, parse_time, parse_timestamp,
};
use serde_json::Value as Json;

use super::{Malformed, base64};

/// The models of a file of fixtures, with their rows.
#[derive(Debug)]
pub struct Models {
    tables: Vec<Table>,
}

/// One model and its rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) meta: Arc<ModelMeta>,
    /// Relations that are not a column of this table, and the models that they lead to.
    pub(super) related: HashMap<String, String>,
    rows: Vec<Vec<Value>>,
}

impl Models {
    /// Builds the models of a file of fixtures.
    ///
    /// # Errors
    /// A file that does not have the form.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Malformed::new(format!("fixtures: {error}")))?;
        let mut references = HashMap::new();
        let mut tables = Vec::new();
        for table in array(&json, "tables") {
            tables.push(Table::read(table, &mut references)?);
        }
        for table in &tables {
            if let Some(reference) = references.get(table.meta.name()) {
                reference.set(&table.meta);
            }
        }
        let mut models = Self { tables };
        models.relate(array(&json, "tables"));
        Ok(models)
    }

    /// Creates the tables and fills them.
    ///
    /// # Errors
    /// What the database reports.
    pub fn create(&self, db: &Database) -> Result<()> {
        for table in &self.tables {
            db.create_table_for(&table.meta)?;
            db.insert(&table.meta, table.rows.clone())?;
        }
        Ok(())
    }

    pub(super) fn get(&self, model: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.meta.name() == model)
    }

    /// Adds the names under which the other side of each relation knows it.
    fn relate(&mut self, tables: &[Json]) {
        let mut add = |of: &str, name: &str, to: &str| {
            let table = self.tables.iter_mut().find(|table| table.meta.name() == of);
            if let (Some(table), false) = (table, name.ends_with('+')) {
                table.related.insert(name.to_owned(), to.to_owned());
            }
        };
        for table in tables {
            let model = text(table, "model");
            for column in array(table, "columns") {
                if let Some(key) = column.get("fk") {
                    let default = model.to_lowercase();
                    let name = match text(key, "related_name") {
                        "" => &default,
                        name => name,
                    };
                    add(text(key, "model"), name, model);
                }
            }
            for many in array(table, "m2m") {
                add(model, text(many, "field"), text(many, "to"));
                add(text(many, "to"), text(many, "related_name"), model);
            }
        }
    }
}

impl Table {
    fn read(json: &Json, references: &mut HashMap<String, ModelRef>) -> Result<Self, Malformed> {
        let model = text(json, "model");
        let key: Vec<&str> = names(json, "primary_key");
        let mut builder = ModelMeta::builder(model).table(text(json, "table"));
        let mut columns = Vec::new();
        for column in array(json, "columns") {
            let attribute = text(column, "attr");
            let ty = column_type(column)?;
            let mut meta = ColumnMeta::new(attribute, ty)
                .column_name(text(column, "name"))
                .nullable(column.get("null").is_some_and(|null| null == true));
            if key.contains(&attribute) {
                meta = meta.primary_key();
            }
            if column.get("unique").is_some_and(|unique| unique == true) {
                meta = meta.unique();
            }
            if let Some(length) = small(column, "max_length") {
                meta = meta.max_length(length);
            }
            if let (Some(all), Some(places)) =
                (small(column, "max_digits"), small(column, "decimal_places"))
            {
                meta = meta.digits(all as u8, places as u8);
            }
            if let Some(key) = column.get("fk") {
                let target = references
                    .entry(text(key, "model").to_owned())
                    .or_insert_with(ModelRef::dynamic);
                let mut relation =
                    RelationMeta::foreign_key(text(column, "field"), attribute, target.clone());
                if key.get("one_to_one").is_some_and(|one| one == true) {
                    relation = relation.one_to_one();
                }
                builder = builder.relation(relation);
            }
            columns.push((attribute, ty));
            builder = builder.column(meta);
        }
        if key.len() > 1 {
            builder = builder.primary_key(key);
        }
        for set in array(json, "unique_together") {
            let names = set.as_array().into_iter().flatten();
            builder = builder.unique_together(names.filter_map(Json::as_str));
        }
        builder = builder
            .ordering(names(json, "ordering").into_iter().map(term))
            .latest_by(names(json, "get_latest_by"));
        let rows = array(json, "rows")
            .iter()
            .map(|row| {
                columns
                    .iter()
                    .map(|&(name, ty)| {
                        value(row.get(name).unwrap_or(&Json::Null), ty).ok_or_else(|| {
                            Malformed::new(format!(
                                "fixtures: a value of {model}.{name} is no {ty}"
                            ))
                        })
                    })
                    .collect()
            })
            .collect::<Result<_, _>>()?;
        let meta = builder
            .build()
            .map_err(|error| Malformed::new(format!("fixtures: {error}")))?;
        Ok(Self {
            meta,
            related: HashMap::new(),
            rows,
        })
    }
}

fn column_type(column: &Json) -> Result<ColumnType, Malformed> {
    Ok(match text(column, "type") {
        "bigint" => ColumnType::I64,
        "int" => ColumnType::I32,
        "smallint" => ColumnType::I16,
        "uint" => ColumnType::U32,
        "bool" => ColumnType::Bool,
        "float" => ColumnType::F64,
        "decimal" => ColumnType::Decimal,
        "varchar" | "text" => ColumnType::Text,
        "binary" => ColumnType::Bytes,
        "uuid" => ColumnType::Uuid,
        "json" => ColumnType::Json,
        "datetime" => ColumnType::Timestamp,
        "date" => ColumnType::Date,
        "time" => ColumnType::Time,
        "duration" => ColumnType::Duration,
        other => return Err(Malformed::new(format!("fixtures: unknown type '{other}'"))),
    })
}

/// A value of a row; `None` if it is not of the column's type.
fn value(json: &Json, ty: ColumnType) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Null);
    }
    let text = json.as_str();
    Some(match ty {
        ColumnType::Bool => Value::Bool(json.as_bool()?),
        ColumnType::F64 => Value::F64(json.as_f64()?),
        ColumnType::Decimal => Value::Decimal(text?.parse().ok()?),
        ColumnType::Text => Value::Text(text?.into()),
        ColumnType::Bytes => Value::Bytes(base64::decode(text?)?.into()),
        ColumnType::Uuid => Value::Uuid(super::python::uuid(text?)?),
        ColumnType::Json => Value::Json(json.get("$json")?.to_string().into()),
        ColumnType::Timestamp => Value::Timestamp(parse_timestamp(text?)?),
        ColumnType::Date => Value::Date(parse_date(text?)?),
        ColumnType::Time => Value::Time(parse_time(text?)?),
        ColumnType::Duration => Value::Duration(json.as_i64()?),
        _ => Value::I64(match text {
            Some(digits) => digits.parse().ok()?,
            None => json.as_i64()?,
        }),
    })
}

/// A term of an ordering: a name, or `F('name').desc(nulls_last=True)`.
fn term(text: &str) -> OrderTerm {
    let Some((name, direction)) = text
        .strip_prefix("F('")
        .and_then(|rest| rest.split_once("')."))
    else {
        return OrderTerm::from(text);
    };
    let sign = if direction.starts_with("desc") {
        "-"
    } else {
        ""
    };
    let term = OrderTerm::from(format!("{sign}{name}"));
    if direction.contains("nulls_last=True") {
        term.nulls_last()
    } else if direction.contains("nulls_first=True") {
        term.nulls_first()
    } else {
        term
    }
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn array<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name)
        .and_then(Json::as_array)
        .map_or(&[], Vec::as_slice)
}

fn names<'a>(json: &'a Json, name: &str) -> Vec<&'a str> {
    array(json, name).iter().filter_map(Json::as_str).collect()
}

fn small(json: &Json, name: &str) -> Option<u32> {
    json.get(name)?.as_u64()?.try_into().ok()
}
