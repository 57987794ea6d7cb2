//! What stands in for a struct that has errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

pub(crate) fn row(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #krate::FromRow for #ident #type_generics
        where
            Self: ::core::marker::Send + 'static,
        {
            fn from_row(_: &#krate::RowReader<'_>) -> #krate::Result<Self> {
                ::core::unreachable!()
            }
        }
    }
}
