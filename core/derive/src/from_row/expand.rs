//! Reading the columns of a row into the fields of a struct, for every derive that does.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type};

use super::{Column, Row};

pub(super) fn row(row: &Row) -> TokenStream {
    let columns = row
        .columns
        .iter()
        .map(|column| (&column.ident, &column.ty, Column::column(column)));
    from_row(&row.krate, &row.ident, columns)
}

/// The impl for the struct `ident` with these fields, types and columns.
pub(crate) fn from_row<'c>(
    krate: &Path,
    ident: &Ident,
    columns: impl Iterator<Item = (&'c Ident, &'c Type, String)>,
) -> TokenStream {
    let mut names = Vec::new();
    let mut reads = Vec::new();
    for (index, (member, ty, name)) in columns.enumerate() {
        let index = Literal::usize_unsuffixed(index);
        names.push(name);
        reads.push(quote_spanned!(ty.span()=> 
            #member: <#ty as #krate::Field>::read(row, #index)?));
    }
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::FromRow for #ident {
            fn column_names() -> ::core::option::Option<&'static [&'static str]> {
                ::core::option::Option::Some(&[#(#names),*])
            }

            #[inline]
            fn from_row(row: &#krate::RowReader<'_>) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }
        }
    }
}
