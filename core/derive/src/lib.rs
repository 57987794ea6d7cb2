//! The derive macros of queryset. Use them through the `queryset` crate, which re-exports them
//! beside the traits that they implement and documents them there.

mod case;
mod errors;
mod field;
mod from_row;
mod model;
mod setting;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements the trait `Model`.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Implements the trait `Field`.
#[proc_macro_derive(Field, attributes(field))]
pub fn derive_field(input: TokenStream) -> TokenStream {
    field::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Implements the trait `FromRow`.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    from_row::derive(&parse_macro_input!(input as DeriveInput)).into()
}
