//! What stands in for a model that has errors, so that its uses do not add theirs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::{Model, expand, relations};
use crate::from_row::fallback_row;

pub(super) fn model(input: &DeriveInput, model: &Model) -> TokenStream {
    let Model { krate, ident, .. } = model;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    // Fields of generic types cannot be columns of a struct without parameters.
    let generic = !input.generics.params.is_empty();
    let root = expand::root(model);
    let fields_ident = model.fields_ident();
    let (fields, fields_type) = match generic || model.columns.is_empty() {
        false => {
            let (fields, paths) = (expand::fields(model), relations::paths(model));
            (quote!(#fields #paths), quote!(#fields_ident<#root>))
        }
        true => {
            let none = quote!(#krate::__private::NoFields<Self, #root>);
            (TokenStream::new(), none)
        }
    };
    let from_row = fallback_row(input, krate);
    let key = match &*model.key {
        [index] if !generic && model.columns[*index].foreign_key.is_none() => {
            let ty = &model.columns[*index].ty;
            quote!(#ty)
        }
        _ => quote!(()),
    };
    quote! {
        #fields

        #from_row

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #krate::Model for #ident #type_generics
        where
            Self: ::core::marker::Send + ::core::marker::Sync + 'static,
        {
            type Fields<#root: #krate::Model> = #fields_type;
            type Key = #key;

            fn meta() -> &'static #krate::__private::Arc<#krate::ModelMeta> {
                ::core::unreachable!()
            }

            fn fields<#root: #krate::Model>(_: #krate::Path) -> Self::Fields<#root> {
                ::core::unreachable!()
            }

            fn values(&self) -> #krate::__private::Vec<#krate::Value> {
                ::core::unreachable!()
            }

            fn key(&self) -> Self::Key {
                ::core::unreachable!()
            }
        }
    }
}
