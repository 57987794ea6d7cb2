//! `#[derive(Model)]`.

mod check;
mod expand;
mod fallback;
mod foreign;
mod parse;
mod relation;
mod relations;

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, DeriveInput, LitStr, Path, Type, Visibility};

use crate::errors::Errors;
use crate::types::ForeignKey;
use relation::Related;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut model = parse::model(input, &mut errors);
    check::model(&mut model, &mut errors);
    match errors.into_tokens() {
        None => expand::model(&model),
        Some(errors) => {
            model.forget_doubles();
            let stub = fallback::model(input, &model);
            quote::quote!(#errors #stub)
        }
    }
}

/// A struct as its attributes describe it.
struct Model {
    krate: Path,
    ident: Ident,
    vis: Visibility,
    /// The struct's `#[allow]`s, which its columns need too.
    allows: Vec<Attribute>,
    name: Option<LitStr>,
    table: Option<LitStr>,
    schema: Option<LitStr>,
    ordering: Vec<LitStr>,
    latest_by: Vec<LitStr>,
    /// The names of the key's columns in the key's order, where the struct's attribute says them.
    primary_key: Option<KeyNames>,
    unique_together: Vec<Vec<LitStr>>,
    columns: Vec<Column>,
    related: Vec<Related>,
    /// Where the columns of the key stand, in the key's order.
    key: Vec<usize>,
}

struct KeyNames {
    setting: Ident,
    names: Vec<LitStr>,
}

/// One field of the struct.
struct Column {
    ident: Ident,
    ty: Type,
    docs: Vec<Attribute>,
    allows: Vec<Attribute>,
    foreign_key: Option<ForeignKey>,
    /// The setting that makes it the key.
    primary_key: Option<Ident>,
    unique: bool,
    /// What the target calls the other side, where it does not declare it.
    related_name: Option<LitStr>,
    /// The number and the setting that says it.
    max_length: Option<(u32, Ident)>,
    /// The digits in all and behind the point, and the setting that says them.
    digits: Option<((u8, u8), Ident)>,
    column: Option<LitStr>,
}

impl Column {
    /// The field's name as text.
    fn field(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// The attribute's name in paths: a foreign key's column is named after the key that it
    /// holds.
    fn attribute(&self) -> String {
        let field = self.field();
        match self.foreign_key {
            Some(_) => format!("{field}_id"),
            None => field,
        }
    }

    /// The attribute's name in the struct of columns.
    fn attribute_ident(&self) -> Ident {
        match self.foreign_key {
            Some(_) => Ident::new(&self.attribute(), self.ident.span()),
            None => self.ident.clone(),
        }
    }

    /// The name in the database.
    fn column(&self) -> String {
        self.column
            .as_ref()
            .map_or_else(|| self.attribute(), LitStr::value)
    }
}

impl Model {
    /// Leaves only columns whose names differ, for a struct of columns that compiles.
    fn forget_doubles(&mut self) {
        let mut names = HashSet::new();
        let before = self.columns.len();
        self.columns
            .retain(|column| names.insert(column.attribute()));
        if self.columns.len() < before {
            self.key.clear();
        }
        for column in &mut self.columns {
            let field = column.field();
            if column.foreign_key.is_some() && !names.insert(field) {
                column.foreign_key = None;
            }
        }
        self.related.retain(|related| names.insert(related.field()));
    }

    /// Where the column stands that an attribute or a relation of this name has.
    fn position(&self, name: &str) -> Option<usize> {
        let attribute = |column: &Column| column.attribute() == name;
        let field = |column: &Column| column.field() == name;
        self.columns
            .iter()
            .position(attribute)
            .or_else(|| self.columns.iter().position(field))
    }

    /// The names that a path may start with, as messages list them.
    fn choices(&self) -> String {
        let mut names: Vec<_> = self.columns.iter().map(Column::attribute).collect();
        names.extend(self.relations().map(|relation| relation.field()));
        names.sort_unstable();
        names.join(", ")
    }

    /// The name of the struct of columns.
    fn fields_ident(&self) -> Ident {
        let span: Span = self.ident.span();
        Ident::new(&format!("{}Fields", self.ident.unraw()), span)
    }
}
