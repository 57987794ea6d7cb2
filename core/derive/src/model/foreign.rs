//! The other side of a relation, for a target that does not declare it: traits with methods of its
//! `related_name`, since a crate adds none to another's types.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{LitStr, Type};

use super::Model;
use super::relation::Relation;
use crate::case::pascal_case;

pub(super) fn traits(model: &Model) -> TokenStream {
    let relations = model.relations();
    relations
        .filter_map(|relation| {
            let (name, target) = (relation.related_name()?, relation.target()?);
            Some(other_side(model, &relation, name, target))
        })
        .collect()
}

fn other_side(model: &Model, relation: &Relation<'_>, name: &LitStr, target: &Type) -> TokenStream {
    let Model {
        krate, ident, vis, ..
    } = model;
    let field = relation.field();
    let method = Ident::new(&name.value(), name.span());
    let rows = trait_name(target, name);
    let paths = format_ident!("{rows}Path");
    let (target_name, model_name) = (last_name(target), ident.unraw().to_string());
    let of_rows = format!(
        "The `{method}` of a [`{target_name}`]: the rows of [`{model_name}`] that refer to it by \
         `{field}`."
    );
    let of_paths = format!(
        "The way from a [`{target_name}`] to its `{method}` within a condition or an ordering."
    );
    let call = quote!(#krate::__private::added::<#target, #ident>(#name, #field));
    quote! {
        #[doc = #of_rows]
        #[allow(dead_code)]
        #vis trait #rows {
            /// The rows, as a query.
            fn #method(&self) -> #krate::QuerySet<#ident>;
        }

        #[automatically_derived]
        impl #rows for #target {
            fn #method(&self) -> #krate::QuerySet<#ident> {
                #krate::__private::added_set(self, #call)
            }
        }

        #[doc = #of_paths]
        #[allow(dead_code)]
        #vis trait #paths: #krate::ModelFields<Model = #target> {
            /// The fields behind the relation.
            fn #method(self) -> <#ident as #krate::Model>::Fields<Self::Root> {
                let path = #krate::Path::through(#krate::ModelFields::path(&self), #call);
                <#ident as #krate::Model>::fields(path)
            }
        }

        #[automatically_derived]
        impl<Fields: #krate::ModelFields<Model = #target>> #paths for Fields {}
    }
}

/// `AuthorBooks` for the `books` of an `Author`.
fn trait_name(target: &Type, name: &LitStr) -> Ident {
    let text = format!("{}{}", last_name(target), pascal_case(&name.value()));
    Ident::new(&text, name.span())
}

fn last_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.unraw().to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}
