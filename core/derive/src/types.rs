//! Looking into the types of fields, as far as tokens tell.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, Type, parse_quote};

/// The way to the crate, unless the input says another.
pub(crate) fn default_crate() -> Path {
    parse_quote!(::queryset)
}

/// The type with `Self` spelled out, so that it means the same in another struct.
pub(crate) fn without_self(ty: &Type, name: &Ident) -> Type {
    if !mentions(ty, "Self") {
        return ty.clone();
    }
    syn::parse2(replace_self(ty.to_token_stream(), name)).unwrap_or_else(|_| ty.clone())
}

fn replace_self(tokens: TokenStream, name: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut name = name.clone();
                name.set_span(ident.span());
                TokenTree::Ident(name)
            }
            TokenTree::Group(group) => {
                let inner = replace_self(group.stream(), name);
                let mut replaced = proc_macro2::Group::new(group.delimiter(), inner);
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            other => other,
        })
        .collect()
}

/// Whether an identifier occurs anywhere in a type.
pub(crate) fn mentions(ty: &Type, name: &str) -> bool {
    fn any(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == name,
            TokenTree::Group(group) => any(group.stream(), name),
            _ => false,
        })
    }
    any(ty.to_token_stream(), name)
}

/// A reference to another model.
pub(crate) struct ForeignKey {
    pub(crate) target: Type,
    pub(crate) optional: bool,
    /// It is spelled `OneToOne`.
    pub(crate) one_to_one: bool,
}

/// What `ForeignKey<T>`, `OneToOne<T>` and their `Option`s refer to. It must be told from the
/// tokens, since the column's name depends on it.
pub(crate) fn foreign_key(ty: &Type) -> Option<ForeignKey> {
    let (key, optional) = match argument_of(ty, "Option") {
        Some(inner) => (inner, true),
        None => (ty, false),
    };
    let of = |name, one_to_one| {
        argument_of(key, name).map(|target| ForeignKey {
            target: target.clone(),
            optional,
            one_to_one,
        })
    };
    of("ForeignKey", false).or_else(|| of("OneToOne", true))
}

/// `T` of a type spelled `…::name<T>`.
pub(crate) fn argument_of<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let segment = match ty {
        Type::Path(path) => path.path.segments.last()?,
        // A type that came through a `macro_rules!` is in an invisible group.
        Type::Group(group) => return argument_of(&group.elem, name),
        Type::Paren(paren) => return argument_of(&paren.elem, name),
        _ => return None,
    };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(argument) if segment.ident == name => Some(argument),
        _ => None,
    }
}
