//! Rows of models that are only known at run time.

use std::fmt;
use std::sync::Arc;

use super::reader::misfit;
use super::related::RelatedRows;
use super::tree::LEFT_OUT;
use super::{FromRow, RowReader};
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Field, in_type};
use crate::meta::ColumnMeta;
use crate::related::Loadable;
use crate::value::{ColumnType, Value};

/// The names of a result's columns and the table that they come from, shared by all its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    table: Option<Box<str>>,
    names: Box<[Box<str>]>,
    /// The types that the model declares; none for the columns of a statement written by hand.
    types: Box<[ColumnType]>,
}

impl Columns {
    /// Columns with these names, of this table if they all come from one.
    pub fn new<N: Into<Box<str>>>(table: Option<&str>, names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self(Arc::new(Inner {
            table: table.map(Into::into),
            names,
            types: Box::default(),
        }))
    }

    /// The columns of a model, in whose types records carry their values.
    pub(crate) fn of_model(table: &str, columns: &[ColumnMeta]) -> Self {
        Self(Arc::new(Inner {
            table: Some(table.into()),
            names: columns.iter().map(|column| column.name().into()).collect(),
            types: columns.iter().map(ColumnMeta::ty).collect(),
        }))
    }

    /// The table that the columns come from, where there is one.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.names.iter().map(|name| &**name)
    }

    /// The name of column `index`.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.0.names.get(index).map(|name| &**name)
    }

    /// Where the column of this name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.names.iter().position(|own| **own == *name)
    }

    /// The number of columns.
    pub fn len(&self) -> usize {
        self.0.names.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.0.names.is_empty()
    }
}

/// A row as names and values: what a model known only at run time is read as.
///
/// Its values are in the types that the model declares (a date is a date on SQLite too); those of
/// a statement written by hand are as the database has them.
///
/// What was loaded with a record is in it, by the relation's name: [`related`](Self::related) and
/// [`related_set`](Self::related_set).
#[derive(Clone, PartialEq)]
pub struct Record {
    columns: Columns,
    values: Box<[Value]>,
    pub(super) rows: RelatedRows,
}

impl Record {
    /// The record without what is loaded with it.
    pub(super) fn without_rows(&self) -> Self {
        Self {
            columns: self.columns.clone(),
            values: self.values.clone(),
            rows: RelatedRows::default(),
        }
    }

    /// A record of these values.
    ///
    /// # Errors
    /// Kind [`Value`](ErrorKind::Value) when there are not as many values as columns.
    pub fn new(columns: Columns, values: impl Into<Box<[Value]>>) -> Result<Self> {
        let values = values.into();
        if values.len() == columns.len() {
            Ok(Self {
                columns,
                values,
                rows: RelatedRows::default(),
            })
        } else {
            let message = format!("{} values for {} columns", values.len(), columns.len());
            Err(Error::new(ErrorKind::Value, message))
        }
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The values, in the order of the columns.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of the column of this name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.columns
            .position(name)
            .and_then(|index| self.values.get(index))
    }

    /// The value of the column of this name, read as `T`.
    ///
    /// # Errors
    /// Kind [`FieldDoesNotExist`](ErrorKind::FieldDoesNotExist) when there is no such column,
    /// [`Decode`](ErrorKind::Decode) when the value does not fit.
    pub fn get<T: Field>(&self, name: &str) -> Result<T> {
        let Some(index) = self.columns.position(name) else {
            let choices = self.columns.names().collect::<Vec<_>>().join(", ");
            return Err(Error::new(
                ErrorKind::FieldDoesNotExist,
                format!("the record has no column '{name}'; choices are: {choices}"),
            ));
        };
        let value = self.values[index].borrow();
        T::from_value(value)
            .map_err(|error| misfit(&self.columns, index, value, T::TYPE.name(), &error))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut record = f.debug_struct("Record");
        for (name, value) in self.columns.names().zip(&self.values) {
            record.field(name, value);
        }
        for name in self.rows.names() {
            record.field(name, &format_args!("loaded"));
        }
        record.finish()
    }
}

#[diagnostic::do_not_recommend]
/// A record of a model has its values in the model's types, whatever the database keeps them as: a
/// date is a date where it is kept as text too. A value that is none of its column's type, which
/// SQLite allows, stays as it came; [`Record::get`] refuses it.
impl FromRow for Record {
    fn from_row(row: &RowReader<'_>) -> Result<Self> {
        let Some(tree) = row.tree() else {
            let columns = row.columns().clone();
            let types = &columns.0.types;
            let values = (0..row.len())
                .map(|index| {
                    let value = row.value(index)?;
                    Ok(match types.get(index) {
                        Some(&ty) => in_type(value, ty),
                        None => value.to_owned(),
                    })
                })
                .collect::<Result<_>>()?;
            let rows = RelatedRows::default();
            return Ok(Self {
                columns,
                values,
                rows,
            });
        };
        let columns = tree.present().clone();
        let positions = tree.positions().iter();
        let values = positions
            .filter(|&&position| position != LEFT_OUT)
            .zip(&columns.0.types)
            .map(|(&position, &ty)| Ok(in_type(row.raw(position)?, ty)))
            .collect::<Result<_>>()?;
        let rows = RelatedRows::default();
        for &(position, _) in tree.related() {
            if let Some(found) = row.related(position)? {
                let found = found.as_ref().map(RowReader::referred).transpose()?;
                rows.set_one(tree.meta().relations()[position].name(), found);
            }
        }
        if let Some((name, row)) = row.named_origin()
            && !rows.is_known(name)
        {
            rows.set_back(name, row);
        }
        Ok(Self {
            columns,
            values,
            rows,
        })
    }

    fn loadable(&self) -> Option<&dyn Loadable> {
        Some(self)
    }
}
