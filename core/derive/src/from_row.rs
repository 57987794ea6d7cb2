//! `#[derive(FromRow)]`.

mod expand;
mod fallback;
mod parse;

pub(crate) use expand::{Reads, from_row};
pub(crate) use fallback::row as fallback_row;

use proc_macro2::{Ident, TokenStream};
use syn::{DeriveInput, LitStr, Path, Type};

use crate::errors::Errors;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let row = parse::row(input, &mut errors);
    match errors.into_tokens() {
        None => expand::row(&row),
        Some(errors) => {
            let stub = fallback::row(input, &row.krate);
            quote::quote!(#errors #stub)
        }
    }
}

/// A struct that rows are read into.
struct Row {
    krate: Path,
    ident: Ident,
    columns: Vec<Column>,
}

struct Column {
    ident: Ident,
    ty: Type,
    column: Option<LitStr>,
}
