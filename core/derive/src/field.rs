//! `#[derive(Field)]`.

mod expand;
mod fallback;
mod parse;

use proc_macro2::{Ident, TokenStream};
use syn::{DeriveInput, LitStr, Path, Type};

use crate::errors::Errors;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let field = parse::field(input, &mut errors);
    match errors.into_tokens() {
        None => expand::field(&field),
        Some(errors) => {
            let stub = fallback::field(input, &field);
            quote::quote!(#errors #stub)
        }
    }
}

/// A type of a column.
struct Field {
    krate: Path,
    ident: Ident,
    kind: Kind,
}

enum Kind {
    /// An enum kept as text.
    Text(Vec<Variant>),
    /// An enum kept as its discriminants, in an integer of this type.
    Integer(Type, Vec<Ident>),
    /// A struct around another type: the field's name, unless it is a tuple's, and the type.
    Newtype(Option<Ident>, Type),
    /// None of these; the errors say why.
    Unknown,
}

struct Variant {
    ident: Ident,
    rename: Option<LitStr>,
}
