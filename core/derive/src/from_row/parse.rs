//! From tokens to a [`Row`], with all its checks: there are few.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields};

use super::{Column, Row};
use crate::errors::Errors;
use crate::setting::settings;
use crate::types::default_crate;

pub(super) fn row(input: &DeriveInput, errors: &mut Errors) -> Row {
    let mut row = Row {
        krate: default_crate(),
        ident: input.ident.clone(),
        columns: Vec::new(),
    };
    for setting in settings(&input.attrs, "row", &[], errors) {
        match setting.key.to_string().as_str() {
            "crate" => {
                if let Some(path) = setting.rust(errors) {
                    row.krate = path;
                }
            }
            _ => setting.unknown("crate", errors),
        }
    }
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "a struct that is read from a row has no generic parameters",
        );
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => {
                for field in &fields.named {
                    row.columns.extend(column(field, errors));
                }
            }
            Fields::Unnamed(fields) => errors.at(
                fields,
                "columns are read by name, so the struct has named fields; \
                 to read by position use a tuple",
            ),
            _ => errors.at(&input.ident, "there is no field to read a column into"),
        },
        Data::Enum(data) => errors.push(syn::Error::new(
            data.enum_token.span,
            "a row is read into a struct; for an enum in a column derive `Field`",
        )),
        Data::Union(data) => errors.push(syn::Error::new(
            data.union_token.span,
            "a row is read into a struct with named fields",
        )),
    }
    let names: Vec<_> = row.columns.iter().map(Column::column).collect();
    for (index, column) in row.columns.iter().enumerate() {
        if names[..index].contains(&names[index]) {
            let message = format!("another field reads the column \"{}\" too", names[index]);
            match &column.column {
                Some(place) => errors.at(place, message),
                None => errors.at(&column.ident, message),
            }
        }
    }
    row
}

fn column(field: &syn::Field, errors: &mut Errors) -> Option<Column> {
    let mut column = Column {
        ident: field.ident.clone()?,
        ty: field.ty.clone(),
        column: None,
    };
    for setting in settings(&field.attrs, "row", &[], errors) {
        match setting.key.to_string().as_str() {
            "column" => column.column = setting.text(errors),
            _ => setting.unknown("column", errors),
        }
    }
    Some(column)
}

impl Column {
    /// The column's name in the result.
    pub(super) fn column(&self) -> String {
        match &self.column {
            Some(column) => column.value(),
            None => self.ident.unraw().to_string(),
        }
    }
}
