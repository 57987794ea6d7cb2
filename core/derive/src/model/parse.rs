//! From tokens to a [`Model`]; what cannot be read is an error and left out.

use syn::{Attribute, Data, DeriveInput, Fields};

use super::{Column, KeyNames, Model};
use crate::errors::Errors;
use crate::setting::settings;
use crate::types::{default_crate, foreign_key, without_self};

const STRUCT_SETTINGS: &str =
    "table, schema, name, primary_key, ordering, latest_by, unique_together, crate";
const FIELD_SETTINGS: &str = "primary_key, column, unique, max_length, digits";

pub(super) fn model(input: &DeriveInput, errors: &mut Errors) -> Model {
    let mut model = Model {
        krate: default_crate(),
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        allows: named(&input.attrs, "allow"),
        name: None,
        table: None,
        schema: None,
        ordering: Vec::new(),
        latest_by: Vec::new(),
        primary_key: None,
        unique_together: Vec::new(),
        columns: Vec::new(),
        key: Vec::new(),
    };
    for setting in settings(&input.attrs, "model", &["unique_together"], errors) {
        match setting.key.to_string().as_str() {
            "table" => model.table = setting.text(errors),
            "schema" => model.schema = setting.text(errors),
            "name" => model.name = setting.text(errors),
            "ordering" => model.ordering = setting.texts(errors),
            "latest_by" => model.latest_by = setting.texts(errors),
            "unique_together" => model.unique_together.push(setting.texts(errors)),
            "primary_key" if setting.is_flag() => errors.at(
                &setting.key,
                "`primary_key` stands on the key's field, or names the fields here: \
                 `primary_key(\"…\", \"…\")`",
            ),
            "primary_key" => {
                model.primary_key = Some(KeyNames {
                    names: setting.texts(errors),
                    setting: setting.key,
                });
            }
            "crate" => {
                if let Some(path) = setting.rust(errors) {
                    model.krate = path;
                }
            }
            _ => setting.unknown(STRUCT_SETTINGS, errors),
        }
    }
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "a model has no generic parameters, since it is one table",
        );
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                for field in &fields.named {
                    model.columns.extend(column(field, &input.ident, errors));
                }
            }
            Fields::Unnamed(fields) => errors.at(
                fields,
                "a model's columns are named, so its struct has named fields",
            ),
            Fields::Unit => errors.at(&input.ident, "a model has at least one column"),
        },
        Data::Enum(data) => errors.push(syn::Error::new(
            data.enum_token.span,
            "a model is a struct; for an enum in a column derive `Field`",
        )),
        Data::Union(data) => errors.push(syn::Error::new(
            data.union_token.span,
            "a model is a struct with named fields",
        )),
    }
    model
}

fn column(field: &syn::Field, model: &syn::Ident, errors: &mut Errors) -> Option<Column> {
    let ty = without_self(&field.ty, model);
    let mut column = Column {
        ident: field.ident.clone()?,
        foreign_key: foreign_key(&ty),
        ty,
        docs: named(&field.attrs, "doc"),
        allows: named(&field.attrs, "allow"),
        primary_key: None,
        unique: false,
        max_length: None,
        digits: None,
        column: None,
    };
    for setting in settings(&field.attrs, "model", &[], errors) {
        match setting.key.to_string().as_str() {
            "primary_key" => {
                setting.flag(errors);
                column.primary_key = Some(setting.key);
            }
            "column" => column.column = setting.text(errors),
            "unique" => column.unique = setting.flag(errors),
            "max_length" => {
                column.max_length = setting.number(errors).map(|number| (number, setting.key));
            }
            "digits" => {
                column.digits = setting
                    .numbers(errors)
                    .map(|numbers| (numbers, setting.key));
            }
            _ => setting.unknown(FIELD_SETTINGS, errors),
        }
    }
    Some(column)
}

fn named(attributes: &[Attribute], name: &str) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
        .cloned()
        .collect()
}
