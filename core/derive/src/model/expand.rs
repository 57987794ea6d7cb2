//! The code of a model that is as it should be.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{LitStr, Type};

use super::relation::Relation;
use super::{Column, Model, foreign, relations};
use crate::case::snake_case;
use crate::from_row::{Reads, from_row};
use crate::types::mentions;

pub(super) fn model(model: &Model) -> TokenStream {
    let Model { krate, ident, .. } = model;
    let fields_ident = model.fields_ident();
    let fields = fields(model);
    let root = root(model);
    let meta = meta(model);
    let members = model.columns.iter().enumerate().map(|(index, column)| {
        let attribute = column.attribute_ident();
        let index = Literal::u16_suffixed(index as u16);
        quote!(#attribute: #krate::Column::new(path, #index))
    });
    let values = model.columns.iter().map(|column| {
        let (member, ty) = (&column.ident, &column.ty);
        quote_spanned!(ty.span()=> <#ty as #krate::Field>::to_value(&self.#member))
    });
    let checks = checks(model);
    let (key_type, key) = key(model);
    let columns = model
        .columns
        .iter()
        .map(|column| (&column.ident, &column.ty, column.column()));
    let mut reads = Reads::of(krate, columns);
    let keys = model.relations().enumerate();
    for (position, relation) in keys {
        if let Relation::Column(index, _) = relation {
            let position = Literal::usize_suffixed(position);
            let value = &mut reads.values[index].1;
            *value = quote!(#krate::__private::Forward::with_row(#value, row, #position)?);
        }
    }
    // They look at the row's key, whose field may take it away.
    reads.values.splice(0..0, relations::reads(model));
    let loadable = match model.relations().next() {
        None => TokenStream::new(),
        Some(_) => quote! {
            fn loadable(&self) -> ::core::option::Option<&dyn #krate::__private::Loadable> {
                ::core::option::Option::Some(self)
            }
        },
    };
    let from_row = from_row(krate, ident, reads, loadable);
    let paths = relations::paths(model);
    let sets = relations::sets(model);
    let slots = relations::slots(model);
    let relation_checks = relations::checks(model);
    let foreign = foreign::traits(model);
    quote! {
        #fields
        #paths
        #sets
        #from_row
        #checks
        #relation_checks
        #foreign

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::Model for #ident {
            type Fields<#root: #krate::Model> = #fields_ident<#root>;
            type Key = #key_type;

            fn meta() -> &'static #krate::__private::Arc<#krate::ModelMeta> {
                #meta
                META.meta()
            }

            fn fields<#root: #krate::Model>(path: #krate::Path) -> Self::Fields<#root> {
                #fields_ident { #(#members),* }
            }

            fn values(&self) -> #krate::__private::Vec<#krate::Value> {
                #krate::__private::vec![#(#values),*]
            }

            fn key(&self) -> Self::Key {
                #key
            }

            #slots
        }
    }
}

/// The struct of columns.
pub(super) fn fields(model: &Model) -> TokenStream {
    let Model {
        krate,
        ident,
        vis,
        allows,
        ..
    } = model;
    let fields_ident = model.fields_ident();
    let root = root(model);
    let summary = format!("The columns of [`{ident}`], as the closures of its queries see them.");
    let name = fields_ident.to_string();
    let columns = model.columns.iter().map(|column| {
        let (docs, allows) = (&column.docs, &column.allows);
        let attribute = column.attribute_ident();
        let ty = attribute_type(model, column);
        let doc = match docs.is_empty() {
            true => {
                let text = format!("The column `{}`.", column.column());
                quote!(#[doc = #text])
            }
            false => quote!(#(#docs)*),
        };
        quote!(#doc #(#allows)* pub #attribute: #krate::Column<#root, #ty>)
    });
    quote! {
        #[doc = #summary]
        // A query need not use every column, and a column may be of a private type when the
        // field is private.
        #[allow(dead_code, private_interfaces)]
        #(#allows)*
        #vis struct #fields_ident<#root> {
            #(#columns,)*
        }

        #[automatically_derived]
        impl<#root> ::core::clone::Clone for #fields_ident<#root> {
            fn clone(&self) -> Self {
                *self
            }
        }

        #[automatically_derived]
        impl<#root> ::core::marker::Copy for #fields_ident<#root> {}

        #[automatically_derived]
        impl<#root> ::core::fmt::Debug for #fields_ident<#root> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(#name)
            }
        }
    }
}

/// A static with the metadata, built when it is first asked for. Its parts are constants, which
/// cost no code.
fn meta(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let private = quote!(#krate::__private);
    let name = match &model.name {
        Some(name) => name.value(),
        None => model.ident.unraw().to_string(),
    };
    let table = match &model.table {
        Some(table) => table.value(),
        None => snake_case(&model.ident.unraw().to_string()),
    };
    let schema = match &model.schema {
        Some(schema) => quote!(::core::option::Option::Some(#schema)),
        None => quote!(::core::option::Option::None),
    };
    let columns = model
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| column_spec(model, index, column));
    let relations = relations::specs(model);
    let ordering = &model.ordering;
    let latest_by = &model.latest_by;
    let key = model
        .key
        .iter()
        .map(|&index| model.columns[index].attribute());
    let unique_together = model.unique_together.iter().map(|set| {
        let attributes = set.iter().filter_map(|name: &LitStr| {
            let index = model.position(&name.value())?;
            Some(model.columns[index].attribute())
        });
        quote!(&[#(#attributes),*])
    });
    let own = &model.ident;
    let tells = model.relations().filter_map(|relation| {
        let (name, of) = (relation.related_name()?, relation.field());
        let target = relation.target()?;
        Some(quote!(|| drop(#private::added::<#target, #own>(#name, #of))))
    });
    quote! {
        const SPEC: #private::ModelSpec = #private::ModelSpec {
            name: #name,
            table: #table,
            schema: #schema,
            columns: &[#(#columns),*],
            relations: &[#(#relations),*],
            ordering: &[#(#ordering),*],
            latest_by: &[#(#latest_by),*],
            primary_key: &[#(#key),*],
            unique_together: &[#(#unique_together),*],
            tells: &[#(#tells),*],
        };
        static META: #private::LazyMeta = #private::LazyMeta::new(&SPEC);
    }
}

fn column_spec(model: &Model, index: usize, column: &Column) -> TokenStream {
    let krate = &model.krate;
    let ty = &column.ty;
    let (attribute, name) = (column.attribute(), column.column());
    let ty = quote_spanned!(ty.span()=>
        <#ty as #krate::Field>::TYPE, <#ty as #krate::Field>::NULLABLE);
    let mut spec = quote!(#krate::__private::ColumnSpec::new(#attribute, #name, #ty));
    if model.key.contains(&index) {
        spec.extend(quote!(.primary_key()));
    }
    if mentions(&column.ty, "Deferred") {
        let ty = &column.ty;
        spec.extend(quote!(.deferrable(<#ty as #krate::Field>::DEFERRABLE)));
    }
    if column.unique {
        spec.extend(quote!(.unique()));
    }
    if let Some((characters, _)) = &column.max_length {
        spec.extend(quote!(.max_length(#characters)));
    }
    if let Some(((all, behind), _)) = &column.digits {
        spec.extend(quote!(.digits(#all, #behind)));
    }
    spec
}

/// What only the compiler knows to be right or wrong: the settings that ask for a certain type.
fn checks(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let mut checks = TokenStream::new();
    let mut check = |setting: &Ident, condition: TokenStream, message: &str| {
        checks.extend(quote_spanned! {setting.span()=>
            const _: () = ::core::assert!(#condition, #message);
        });
    };
    for (index, column) in model.columns.iter().enumerate() {
        let ty = &column.ty;
        if model.key.contains(&index) {
            let names = model.primary_key.as_ref().map(|names| &names.setting);
            let setting = column.primary_key.as_ref().or(names);
            check(
                setting.unwrap_or(&column.ident),
                quote!(!<#ty as #krate::Field>::NULLABLE),
                "a primary key cannot be NULL",
            );
        }
        if let Some((_, setting)) = &column.max_length {
            check(
                setting,
                quote!(#krate::__private::has_length(<#ty as #krate::Field>::TYPE)),
                "`max_length` is for text and bytes",
            );
        }
        if let Some((_, setting)) = &column.digits {
            check(
                setting,
                quote!(#krate::__private::has_digits(<#ty as #krate::Field>::TYPE)),
                "`digits` is for decimal numbers",
            );
        }
    }
    checks
}

/// The type of the key, and the expression that takes it out of `self`.
fn key(model: &Model) -> (TokenStream, TokenStream) {
    let krate = &model.krate;
    let parts: Vec<_> = model
        .key
        .iter()
        .map(|&index| {
            let column = &model.columns[index];
            let (member, ty) = (&column.ident, attribute_type(model, column));
            let value = match &column.foreign_key {
                Some(_) => quote!(#krate::ForeignKey::id(&self.#member)),
                None => quote!(&self.#member),
            };
            let clone = quote!(<#ty as ::core::clone::Clone>::clone(#value));
            (ty, clone)
        })
        .collect();
    match &*parts {
        // No value instead of `()`, which Clippy would call unneeded in the user's code.
        [] => (quote!(()), TokenStream::new()),
        [part] => part.clone(),
        parts => {
            let (types, values) = (
                parts.iter().map(|part| &part.0),
                parts.iter().map(|part| &part.1),
            );
            (quote!((#(#types,)*)), quote!((#(#values,)*)))
        }
    }
}

/// What a column is compared with: a foreign key's is its target's key.
fn attribute_type(model: &Model, column: &Column) -> TokenStream {
    let krate = &model.krate;
    match &column.foreign_key {
        None => {
            let ty = &column.ty;
            quote!(#ty)
        }
        Some(foreign_key) => {
            let target: &Type = &foreign_key.target;
            let key = quote!(<#target as #krate::Model>::Key);
            match foreign_key.optional {
                true => quote!(::core::option::Option<#key>),
                false => key,
            }
        }
    }
}

/// The name of the type parameter, which must not hide a type that a field names.
pub(super) fn root(model: &Model) -> Ident {
    let columns = model.columns.iter().map(|column| &column.ty);
    let mut types = columns.chain(model.related.iter().map(|related| &related.ty));
    let taken = types.any(|ty| mentions(ty, "R")) || model.ident == "R";
    match taken {
        true => format_ident!("__R", span = Span::call_site()),
        false => format_ident!("R", span = Span::call_site()),
    }
}
