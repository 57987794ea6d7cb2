//! The tables that the cases run on, as run-time models.

use std::sync::Arc;

use queryset::{
    ColumnMeta, ColumnType, Database, F, ModelBuilder, ModelMeta, ModelRef, ModelSet, OrderTerm,
    RelationMeta, Result, Value, parse_date, parse_time, parse_timestamp,
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
        let tables = array(&json, "tables");
        let builders = tables.iter().map(|table| builder(table, tables));
        let builders = builders.collect::<Result<Vec<_>, _>>()?;
        let models = ModelSet::build(builders)
            .map_err(|error| Malformed::new(format!("fixtures: {error}")))?;
        let tables = models.iter().zip(tables);
        let tables = tables.map(|(meta, table)| {
            Ok(Table {
                rows: rows(table, meta)?,
                meta: Arc::clone(meta),
            })
        });
        Ok(Self {
            tables: tables.collect::<Result<_, _>>()?,
        })
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
}

fn builder(json: &Json, tables: &[Json]) -> Result<ModelBuilder, Malformed> {
    let key: Vec<&str> = names(json, "primary_key");
    let mut builder = ModelMeta::builder(text(json, "model")).table(text(json, "table"));
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
            let target = ModelRef::named(text(key, "model"));
            let mut relation = RelationMeta::foreign_key(text(column, "field"), attribute, target);
            if key.get("one_to_one").is_some_and(|one| one == true) {
                relation = relation.one_to_one();
            }
            builder = builder.relation(related(relation, key));
        }
        builder = builder.column(meta);
    }
    for many in array(json, "m2m") {
        let target = ModelRef::named(text(many, "to"));
        let relation = RelationMeta::many_to_many(text(many, "field"), target);
        let (through, source, target) = (
            text(many, "through"),
            text(many, "source_column"),
            text(many, "target_column"),
        );
        let own = tables.iter().find(|table| text(table, "table") == through);
        let relation = match own {
            // Those that Django makes itself are among the tables too.
            Some(own) => {
                let key = |name: &str| {
                    let mut columns = array(own, "columns").iter();
                    let column = columns.find(|column| text(column, "name") == name);
                    column.map_or("", |column| text(column, "field"))
                };
                let model = ModelRef::named(text(own, "model"));
                relation.through(model, key(source), key(target))
            }
            None => relation.through_table(through, source, target),
        };
        builder = builder.relation(related(relation, many));
    }
    if key.len() > 1 {
        builder = builder.primary_key(key);
    }
    for set in array(json, "unique_together") {
        let names = set.as_array().into_iter().flatten();
        builder = builder.unique_together(names.filter_map(Json::as_str));
    }
    Ok(builder
        .ordering(names(json, "ordering").into_iter().map(term))
        .latest_by(names(json, "get_latest_by")))
}

/// The relation with what its target calls the other side.
fn related(relation: RelationMeta, json: &Json) -> RelationMeta {
    match text(json, "related_name") {
        "" => relation,
        name => relation.related_name(name),
    }
}

fn rows(json: &Json, meta: &ModelMeta) -> Result<Vec<Vec<Value>>, Malformed> {
    let row = |row: &Json| {
        let columns = meta.columns().iter();
        columns
            .map(|column| {
                let (name, ty) = (column.name(), column.ty());
                value(row.get(name).unwrap_or(&Json::Null), ty).ok_or_else(|| {
                    let model = meta.name();
                    Malformed::new(format!("fixtures: a value of {model}.{name} is no {ty}"))
                })
            })
            .collect()
    };
    array(json, "rows").iter().map(row).collect()
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
    let term = match direction.starts_with("desc") {
        true => F(name).desc(),
        false => F(name).asc(),
    };
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
