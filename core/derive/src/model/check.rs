//! What can be wrong between the parts of a model.

use std::collections::HashMap;

use syn::LitStr;

use super::Model;
use super::relation::Kind;
use crate::errors::Errors;

pub(super) fn model(model: &mut Model, errors: &mut Errors) {
    names(model, errors);
    numbers(model, errors);
    model.key = key(model, errors);
    related(model, errors);
    pk(model, errors);
    for set in &model.unique_together {
        distinct_positions(model, set, errors);
    }
    for term in model.ordering.iter().chain(&model.latest_by) {
        path(model, term, errors);
    }
}

/// Attributes and columns are told apart by their names.
fn names(model: &Model, errors: &mut Errors) {
    let mut attributes = HashMap::new();
    let mut columns = HashMap::new();
    for column in &model.columns {
        let attribute = column.attribute();
        if let Some(earlier) = attributes.insert(attribute.clone(), column) {
            let message = format!(
                "the field `{}` has the column `{attribute}` too",
                earlier.field()
            );
            errors.at(&column.ident, message);
            continue;
        }
        let name = column.column();
        if let Some(earlier) = columns.insert(name.clone(), column) {
            let message = format!(
                "the field `{}` has the column \"{name}\" too",
                earlier.field()
            );
            match &column.column {
                Some(place) => errors.at(place, message),
                None => errors.at(&column.ident, message),
            }
        }
    }
    for relation in model.relations() {
        if attributes.contains_key(&relation.field()) {
            let message = format!("another field has the column `{}`", relation.field());
            errors.at(relation.ident(), message);
        }
    }
}

/// What a field for related rows is the other side of.
fn related(model: &Model, errors: &mut Errors) {
    for related in &model.related {
        let is_reverse = related.kind != Kind::ManyToMany;
        if is_reverse && related.reverse.is_none() {
            let message = format!(
                "say which relation it is the other side of: \
                 `#[model(reverse(Model::field))] {}`",
                related.field()
            );
            errors.at(&related.ident, message);
        }
        if related.through.is_some()
            && let Some([table, ..]) = &related.through_table
        {
            errors.at(table, "`through` already names the table by its model");
        }
        if model.key.len() != 1 && !model.columns.is_empty() {
            errors.at(
                &related.ident,
                "related rows are found by the primary key, which must be one column",
            );
        }
    }
}

fn numbers(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        if let Some((0, setting)) = &column.max_length {
            errors.at(setting, "a text of no characters holds nothing");
        }
        if let Some(((all, behind), setting)) = &column.digits
            && (!(1..=38).contains(all) || behind > all)
        {
            errors.at(
                setting,
                "`digits(all, behind_the_point)`: from 1 to 38 digits, of which some are behind \
                 the point",
            );
        }
    }
}

/// Where the columns of the key stand.
fn key(model: &Model, errors: &mut Errors) -> Vec<usize> {
    let marked = |&index: &usize| model.columns[index].primary_key.is_some();
    let marked: Vec<_> = (0..model.columns.len()).filter(marked).collect();
    let Some(key) = &model.primary_key else {
        return marked;
    };
    for setting in marked
        .iter()
        .filter_map(|&index| model.columns[index].primary_key.as_ref())
    {
        errors.at(
            setting,
            "the struct's own `primary_key(…)` already names the key",
        );
    }
    if key.names.is_empty() {
        return Vec::new();
    }
    distinct_positions(model, &key.names, errors)
}

/// `pk` always means the key, so another column cannot have the name.
fn pk(model: &Model, errors: &mut Errors) {
    let named = model
        .columns
        .iter()
        .position(|column| column.field() == "pk" && column.foreign_key.is_none());
    if let Some(index) = named
        && model.key != [index]
    {
        errors.at(
            &model.columns[index].ident,
            "`pk` means the primary key in paths, so only the key can have this name; \
             rename the field and set `column = \"pk\"`",
        );
    }
}

fn distinct_positions(model: &Model, names: &[LitStr], errors: &mut Errors) -> Vec<usize> {
    let mut positions = Vec::with_capacity(names.len());
    for name in names {
        match model.position(&name.value()) {
            Some(index) if positions.contains(&index) => {
                errors.at(name, format!("`{}` is named twice", name.value()));
            }
            Some(index) => positions.push(index),
            None => unknown(model, name, &name.value(), errors),
        }
    }
    positions
}

/// The front of an ordering's path must be of this model; what is behind a relation is the other
/// model's, which only the running program knows.
fn path(model: &Model, term: &LitStr, errors: &mut Errors) {
    let text = term.value();
    let path = text.strip_prefix('-').unwrap_or(&text);
    let is_relation = model.relations().any(|relation| relation.field() == path);
    if path == "?" || is_relation || model.position(path).is_some() {
        return;
    }
    if path == "pk" {
        if model.key.is_empty() {
            errors.at(term, "the model has no primary key");
        }
        return;
    }
    // What is made of a column is known by its type, which only the running program knows.
    let made = path
        .match_indices("__")
        .any(|(at, _)| PARTS.contains(&&path[at + 2..]) && model.position(&path[..at]).is_some());
    if made {
        return;
    }
    let through_relation = path.match_indices("__").any(|(at, _)| {
        model
            .relations()
            .any(|relation| relation.field() == path[..at])
    });
    if !through_relation {
        unknown(model, term, path, errors);
    }
}

/// The parts of dates and times.
const PARTS: &[&str] = &[
    "year",
    "iso_year",
    "quarter",
    "month",
    "week",
    "week_day",
    "iso_week_day",
    "day",
    "hour",
    "minute",
    "second",
    "date",
    "time",
];

fn unknown(model: &Model, place: &LitStr, name: &str, errors: &mut Errors) {
    // With fields that could not be read the list would mislead.
    if !model.columns.is_empty() {
        let choices = model.choices();
        errors.at(
            place,
            format!("there is no field `{name}`; there are: {choices}"),
        );
    }
}
