//! The code of a model's relations.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Model;
use super::expand::root;
use super::relation::{Kind, Related, Relation, RelationPath};

/// The methods of the struct of columns that lead to other models, and what that struct is.
pub(super) fn paths(model: &Model) -> TokenStream {
    let Model { krate, ident, .. } = model;
    let fields_ident = model.fields_ident();
    let root = root(model);
    let Some(first) = model.columns.first() else {
        return TokenStream::new();
    };
    let first = first.attribute_ident();
    let methods: Vec<_> = model
        .relations()
        .enumerate()
        .filter_map(|(position, relation)| {
            let (name, target) = (relation.ident(), relation.target()?);
            let position = Literal::u8_suffixed(position as u8);
            let docs = match &relation {
                Relation::Column(_, column) => &column.docs,
                Relation::Related(related) => &related.docs,
            };
            let doc = match docs.is_empty() {
                true => {
                    let text = format!("The fields behind the relation `{}`.", relation.field());
                    quote!(#[doc = #text])
                }
                false => quote!(#(#docs)*),
            };
            Some(quote! {
                #doc
                pub fn #name(self) -> <#target as #krate::Model>::Fields<#root> {
                    let path = #krate::Path::through(#krate::ModelFields::path(&self), #position);
                    <#target as #krate::Model>::fields(path)
                }
            })
        })
        .collect();
    let methods = match methods.is_empty() {
        true => TokenStream::new(),
        false => quote! {
            // A query need not follow every relation, and a model may be less visible than one
            // that leads to it.
            #[automatically_derived]
            #[allow(dead_code, private_interfaces)]
            impl<#root: #krate::Model> #fields_ident<#root> {
                #(#methods)*
            }
        },
    };
    quote! {
        #methods

        #[automatically_derived]
        impl<#root: #krate::Model> #krate::ModelFields for #fields_ident<#root> {
            type Root = #root;
            type Model = #ident;

            fn path(&self) -> #krate::Path {
                self.#first.path()
            }
        }
    }
}

/// The methods of the struct itself that ask for its related rows.
pub(super) fn sets(model: &Model) -> TokenStream {
    let Model { krate, ident, .. } = model;
    if model.related.is_empty() {
        return TokenStream::new();
    }
    let methods = model
        .relations()
        .enumerate()
        .filter_map(|(position, relation)| {
            let Relation::Related(related) = relation else {
                return None;
            };
            let Related {
                ident: name,
                vis,
                target,
                ..
            } = related;
            let position = Literal::usize_suffixed(position);
            let text = format!(
                "The rows of [`{0}`](struct@{1}#structfield.{0}), as a query.",
                related.field(),
                ident
            );
            Some(quote! {
                #[doc = #text]
                #vis fn #name(&self) -> #krate::QuerySet<#target> {
                    #krate::__private::related_set(self, #position)
                }
            })
        });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, private_interfaces)]
        impl #ident {
            #(#methods)*
        }
    }
}

/// The functions of the trait that reach what a row's relations are kept in.
pub(super) fn slots(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let slots: Vec<_> = model
        .relations()
        .enumerate()
        .map(|(position, relation)| {
            let (position, member) = (Literal::usize_suffixed(position), relation.ident());
            quote!(#position => #krate::__private::Holder::slot(&self.#member))
        })
        .collect();
    if slots.is_empty() {
        return TokenStream::new();
    }
    let parts = model
        .columns
        .iter()
        .enumerate()
        .filter(|(index, column)| model.key.contains(index) || column.foreign_key.is_some())
        .map(|(index, column)| {
            let (index, member, ty) = (Literal::usize_suffixed(index), &column.ident, &column.ty);
            quote!(#index => <#ty as #krate::Field>::to_value(&self.#member))
        });
    let lent = model.columns.iter().map(|column| &column.ident);
    let count = Literal::usize_suffixed(slots.len());
    let backs = model.relations().filter_map(|relation| {
        let name = relation.field();
        let one = match &relation {
            Relation::Column(index, column) => column.unique || model.key == [*index],
            Relation::Related(related) if related.kind == Kind::ManyToMany => false,
            Relation::Related(_) => return None,
        };
        Some(quote!((#name, #one)))
    });
    quote! {
        const SLOTS: usize = #count;
        const FORWARD: &'static [(&'static str, bool)] = &[#(#backs),*];

        fn part(&self, column: usize) -> ::core::option::Option<#krate::Value> {
            ::core::option::Option::Some(match column {
                #(#parts,)*
                _ => return ::core::option::Option::None,
            })
        }

        fn lend(&self, lender: &mut #krate::__private::Lender<'_>) {
            #(lender.field(&self.#lent);)*
        }

        fn slot(
            &self,
            relation: usize,
        ) -> ::core::option::Option<&dyn #krate::__private::Slot> {
            match relation {
                #(#slots,)*
                _ => ::core::option::Option::None,
            }
        }
    }
}

/// The relations of the metadata.
pub(super) fn specs(model: &Model) -> impl Iterator<Item = TokenStream> {
    let krate = &model.krate;
    let meta = move |ty: &dyn quote::ToTokens| quote!(<#ty as #krate::Model>::meta);
    model.relations().filter_map(move |relation| {
        let spec = quote!(#krate::__private::RelationSpec);
        let (name, target) = (relation.field(), meta(relation.target()?));
        Some(match relation {
            Relation::Column(index, column) => {
                let attribute = column.attribute();
                // A column without doubles refers to each row at most once.
                let one_to_one = match column.unique || model.key == [index] {
                    true => quote!(.one_to_one()),
                    false => TokenStream::new(),
                };
                quote!(#spec::foreign_key(#name, &[#attribute], #target) #one_to_one)
            }
            Relation::Related(related) if related.kind == Kind::ManyToMany => {
                let between = match (&related.through, &related.through_table) {
                    (Some((source, to)), _) => {
                        let between = meta(&source.model(model));
                        let (source, to) = (source.name(), to.name());
                        quote!(.through(#between, #source, #to))
                    }
                    (None, Some([table, source, to])) => {
                        quote!(.table(#table, #source, #to))
                    }
                    (None, None) => TokenStream::new(),
                };
                quote!(#spec::many_to_many(#name, #target) #between)
            }
            Relation::Related(related) => {
                let of = related.reverse.as_ref()?.name();
                quote!(#spec::reverse(#name, #target, #of))
            }
        })
    })
}

/// What only the compiler knows to be right or wrong: where the named relations lead.
pub(super) fn checks(model: &Model) -> TokenStream {
    let Model { krate, ident, .. } = model;
    let mut checks = TokenStream::new();
    // A path from one model over a relation must end at another.
    let mut leads = |from: &dyn quote::ToTokens, path: &RelationPath, to: &dyn quote::ToTokens| {
        let (said, field) = (path.model(model), &path.field);
        checks.extend(quote_spanned! {path.path.span()=>
            const _: fn(
                <#from as #krate::Model>::Fields<#ident>,
            ) -> <#to as #krate::Model>::Fields<#ident> =
                |fields: <#said as #krate::Model>::Fields<#ident>| fields.#field();
        });
    };
    for related in &model.related {
        if let Some(path) = &related.reverse {
            leads(&related.target, path, ident);
        }
        if let Some((source, target)) = &related.through {
            let between = source.model(model);
            leads(&between, source, ident);
            leads(&between, target, &related.target);
        }
    }
    for related in &model.related {
        let Some(path) = &related.reverse else {
            continue;
        };
        let (target, name) = (&related.target, path.name());
        let (one, message) = match related.kind {
            Kind::ReverseOne => (
                true,
                "several rows may refer to one by this relation: its other side is a `Reverse`",
            ),
            _ => (
                false,
                "one row at most refers to another by this relation: its other side is a \
                 `ReverseOne`",
            ),
        };
        checks.extend(quote_spanned! {related.ty.span()=>
            const _: () = ::core::assert!(
                #krate::__private::is_one_to_one(<#target as #krate::Model>::FORWARD, #name)
                    == #one,
                #message
            );
        });
    }
    checks
}

/// What the fields for related rows are when a row is read.
pub(super) fn reads(model: &Model) -> impl Iterator<Item = (Ident, TokenStream)> {
    let krate = &model.krate;
    model
        .relations()
        .enumerate()
        .filter_map(move |(position, relation)| {
            let Relation::Related(related) = relation else {
                return None;
            };
            let position = Literal::usize_suffixed(position);
            let ty = &related.ty;
            let read = quote_spanned! {ty.span()=>
                <#ty as #krate::__private::Placed>::read::<Self>(row, #position)?
            };
            Some((related.ident.clone(), read))
        })
}
