//! What stands in for a type that has errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::Field;

pub(super) fn field(input: &DeriveInput, field: &Field) -> TokenStream {
    let Field { krate, ident, .. } = field;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #krate::Field for #ident #type_generics
        where
            Self: ::core::marker::Send + 'static,
        {
            const TYPE: #krate::ColumnType = #krate::ColumnType::Text;
            type Base = Self;

            fn from_value(
                _: #krate::ValueRef<'_>,
            ) -> ::core::result::Result<Self, #krate::DecodeError> {
                ::core::unreachable!()
            }

            fn to_value(&self) -> #krate::Value {
                ::core::unreachable!()
            }
        }
    }
}
