//! Models from text, a line each: `book: id integer key, title text, price real null`.

use std::collections::HashMap;
use std::sync::Arc;

use queryset::{ColumnMeta, ColumnType, Error, ErrorKind, ModelMeta, Result};

/// Models by their names.
pub(crate) struct Models(HashMap<String, Arc<ModelMeta>>);

impl Models {
    /// Reads a description.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let models = text
            .lines()
            .map(|line| model(line).map(|model| (model.name().to_owned(), model)));
        models.collect::<Result<_>>().map(Self)
    }

    /// The model of this name.
    pub(crate) fn model(&self, name: &str) -> Result<&Arc<ModelMeta>> {
        let unknown = || invalid(format!("there is no model '{name}'"));
        self.0.get(name).ok_or_else(unknown)
    }
}

fn model(line: &str) -> Result<Arc<ModelMeta>> {
    let (name, columns) = line
        .split_once(':')
        .ok_or_else(|| invalid(format!("a line without a colon: {line}")))?;
    let mut model = ModelMeta::builder(name);
    for words in columns.split(',') {
        model = model.column(column(words)?);
    }
    model.build()
}

fn column(text: &str) -> Result<ColumnMeta> {
    let mut words = text.split_whitespace();
    let (Some(name), Some(ty)) = (words.next(), words.next()) else {
        return Err(invalid(format!("a column needs a name and a type: {text}")));
    };
    let ty = match ty {
        "integer" => ColumnType::I64,
        "real" => ColumnType::F64,
        "text" => ColumnType::Text,
        other => return Err(invalid(format!("the type '{other}' is not known"))),
    };
    words.try_fold(ColumnMeta::new(name, ty), |column, word| match word {
        "key" => Ok(column.primary_key()),
        "null" => Ok(column.nullable(true)),
        other => Err(invalid(format!("the word '{other}' is not known"))),
    })
}

pub(crate) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Value, message)
}
