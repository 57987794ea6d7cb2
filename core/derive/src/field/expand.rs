//! The code of a type that is as it should be.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type};

use super::{Field, Kind, Variant};

pub(super) fn field(field: &Field) -> TokenStream {
    let Field { krate, ident, kind } = field;
    match kind {
        Kind::Text(variants) => text(krate, ident, variants),
        Kind::Integer(integer, variants) => number(krate, ident, integer, variants),
        Kind::Newtype(member, ty) => newtype(krate, ident, member.as_ref(), ty),
        Kind::Unknown => TokenStream::new(),
    }
}

fn text(krate: &Path, ident: &Ident, variants: &[Variant]) -> TokenStream {
    let private = quote!(#krate::__private);
    let names: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let texts: Vec<_> = variants.iter().map(Variant::text).collect();
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::Field for #ident {
            const TYPE: #krate::ColumnType = #krate::ColumnType::Text;
            type Base = Self;

            fn from_value(
                value: #krate::ValueRef<'_>,
            ) -> ::core::result::Result<Self, #krate::DecodeError> {
                match #private::variant_text(value)? {
                    #(#texts => ::core::result::Result::Ok(Self::#names),)*
                    text => ::core::result::Result::Err(
                        #private::unknown_variant(text, &[#(#texts),*]),
                    ),
                }
            }

            fn to_value(&self) -> #krate::Value {
                #private::text(match self {
                    #(Self::#names => #texts,)*
                })
            }
        }
    }
}

fn number(krate: &Path, ident: &Ident, integer: &Type, variants: &[Ident]) -> TokenStream {
    let private = quote!(#krate::__private);
    let fits = variants.iter().map(|variant| {
        let message = format!("the discriminant of `{variant}` does not fit its column");
        quote_spanned! {variant.span()=>
            const _: () = ::core::assert!(
                #ident::#variant as #integer as i128 == #ident::#variant as i128,
                #message
            );
        }
    });
    quote! {
        #(#fits)*

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::Field for #ident {
            const TYPE: #krate::ColumnType = <#integer as #krate::Field>::TYPE;
            type Base = Self;

            fn from_value(
                value: #krate::ValueRef<'_>,
            ) -> ::core::result::Result<Self, #krate::DecodeError> {
                match <#integer as #krate::Field>::from_value(value)? {
                    #(number if number == Self::#variants as #integer => {
                        ::core::result::Result::Ok(Self::#variants)
                    })*
                    _ => ::core::result::Result::Err(#private::unknown_number(value)),
                }
            }

            fn to_value(&self) -> #krate::Value {
                <#integer as #krate::Field>::to_value(&match self {
                    #(Self::#variants => Self::#variants as #integer,)*
                })
            }
        }
    }
}

fn newtype(krate: &Path, ident: &Ident, member: Option<&Ident>, ty: &Type) -> TokenStream {
    let (build, inner) = match member {
        Some(member) => (quote!(Self { #member: inner }), quote!(&self.#member)),
        None => (quote!(Self(inner)), quote!(&self.0)),
    };
    let inner_type = quote_spanned!(ty.span()=> <#ty as #krate::Field>::TYPE);
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::Field for #ident {
            const TYPE: #krate::ColumnType = #inner_type;
            const NULLABLE: bool = <#ty as #krate::Field>::NULLABLE;
            type Base = Self;

            #[inline]
            fn from_value(
                value: #krate::ValueRef<'_>,
            ) -> ::core::result::Result<Self, #krate::DecodeError> {
                let inner = <#ty as #krate::Field>::from_value(value)?;
                ::core::result::Result::Ok(#build)
            }

            #[inline]
            fn to_value(&self) -> #krate::Value {
                <#ty as #krate::Field>::to_value(#inner)
            }
        }

        // Bounds without parameters are checked at once unless they are under a binder; under
        // one, the impls are simply not there for a type that wraps no text.
        #[automatically_derived]
        impl #krate::TextField for #ident where for<'inner> #ty: #krate::TextField {}

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::IntoOperand<#ident> for &str where for<'inner> #ty: #krate::TextField {
            fn into_value(self) -> #krate::Value {
                #krate::__private::text(self)
            }
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<__Root> #krate::IntoExpr<#ident, __Root> for &str where for<'inner> #ty: #krate::TextField {
            fn into_expr(self) -> #krate::Expr<__Root, #ident> {
                #krate::Expr::value(self)
            }
        }
    }
}
