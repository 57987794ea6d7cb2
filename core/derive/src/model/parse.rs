//! From tokens to a [`Model`]; what cannot be read is an error and left out.

use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Path, Type};

use super::relation::{Kind, Related, RelationPath};
use super::{Column, KeyNames, Model};
use crate::errors::Errors;
use crate::setting::{Setting, settings};
use crate::types::{argument_of, default_crate, foreign_key, without_self};

const STRUCT_SETTINGS: &str =
    "table, schema, name, primary_key, ordering, latest_by, unique_together, crate";
const FIELD_SETTINGS: &str = "primary_key, column, unique, max_length, digits, related_name";
const REVERSE_SETTINGS: &str = "reverse";
const MANY_SETTINGS: &str = "through, through_table, related_name";

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
        related: Vec::new(),
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
                    match kind(&without_self(&field.ty, &input.ident)) {
                        Some((kind, target)) => {
                            let related = related(field, &input.ident, kind, target, errors);
                            model.related.extend(related);
                        }
                        None => model.columns.extend(column(field, &input.ident, errors)),
                    }
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
        related_name: None,
        max_length: None,
        digits: None,
        column: None,
    };
    if column
        .foreign_key
        .as_ref()
        .is_some_and(|key| key.one_to_one)
    {
        column.unique = true;
    }
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
            "related_name" if column.foreign_key.is_none() => errors.at(
                &setting.key,
                "`related_name` is what the target of a `ForeignKey` or `ManyToMany` calls the \
                 other side",
            ),
            "related_name" => column.related_name = related_name(&setting, errors),
            "reverse" | "through" | "through_table" => errors.at(
                &setting.key,
                format!(
                    "`{}` is for fields of type `Reverse`, `ReverseOne` or `ManyToMany`",
                    setting.key
                ),
            ),
            _ => setting.unknown(FIELD_SETTINGS, errors),
        }
    }
    Some(column)
}

/// What place for related rows a type is, and whose.
fn kind(ty: &Type) -> Option<(Kind, Type)> {
    [
        ("Reverse", Kind::Reverse),
        ("ReverseOne", Kind::ReverseOne),
        ("ManyToMany", Kind::ManyToMany),
    ]
    .into_iter()
    .find_map(|(name, kind)| Some((kind, argument_of(ty, name)?.clone())))
}

fn related(
    field: &syn::Field,
    model: &syn::Ident,
    kind: Kind,
    target: Type,
    errors: &mut Errors,
) -> Option<Related> {
    let mut related = Related {
        ident: field.ident.clone()?,
        vis: field.vis.clone(),
        ty: without_self(&field.ty, model),
        kind,
        target,
        docs: named(&field.attrs, "doc"),
        reverse: None,
        through: None,
        through_table: None,
        related_name: None,
    };
    let is_many = kind == Kind::ManyToMany;
    for setting in settings(&field.attrs, "model", &[], errors) {
        match setting.key.to_string().as_str() {
            "reverse" if !is_many => {
                if let Some(paths) = setting.paths(&["Model::field"], errors) {
                    related.reverse = relation_path(&paths[0], errors);
                }
            }
            "related_name" if is_many => related.related_name = related_name(&setting, errors),
            "through" if is_many => {
                let wanted = ["Between::this_model", "Between::target"];
                if let Some(paths) = setting.paths(&wanted, errors) {
                    let source = relation_path(&paths[0], errors);
                    related.through = source.zip(relation_path(&paths[1], errors));
                }
            }
            "through_table" if is_many => match <[_; 3]>::try_from(setting.texts(errors)) {
                Ok(names) => related.through_table = Some(names),
                Err(_) => errors.at(
                    &setting.key,
                    "expected the table, its column for this model and the one for the target: \
                     `through_table(\"…\", \"…\", \"…\")`",
                ),
            },
            _ if is_many => setting.unknown(MANY_SETTINGS, errors),
            _ => setting.unknown(REVERSE_SETTINGS, errors),
        }
    }
    Some(related)
}

/// A name that a method can have.
fn related_name(setting: &Setting, errors: &mut Errors) -> Option<LitStr> {
    let name = setting.text(errors)?;
    if name.parse::<syn::Ident>().is_err() {
        errors.at(&name, "expected a name, as of a method");
        return None;
    }
    Some(name)
}

fn relation_path(path: &Path, errors: &mut Errors) -> Option<RelationPath> {
    let relation = RelationPath::new(path);
    if relation.is_none() {
        errors.at(path, "expected a model and its field: `Model::field`");
    }
    relation
}

fn named(attributes: &[Attribute], name: &str) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
        .cloned()
        .collect()
}
