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
    let reads = Reads::of(&row.krate, columns);
    from_row(&row.krate, &row.ident, reads, TokenStream::new())
}

/// How the fields of a struct are read.
pub(crate) struct Reads {
    pub(crate) names: Vec<String>,
    /// A field and its value.
    pub(crate) values: Vec<(Ident, TokenStream)>,
}

impl Reads {
    /// Fields that are columns of these types and names.
    pub(crate) fn of<'c>(
        krate: &Path,
        columns: impl Iterator<Item = (&'c Ident, &'c Type, String)>,
    ) -> Self {
        let mut reads = Self {
            names: Vec::new(),
            values: Vec::new(),
        };
        for (index, (member, ty, name)) in columns.enumerate() {
            let index = Literal::usize_unsuffixed(index);
            reads.names.push(name);
            let value = quote_spanned!(ty.span()=> <#ty as #krate::Field>::read(row, #index)?);
            reads.values.push((member.clone(), value));
        }
        reads
    }
}

/// The impl for the struct `ident`, with more items of the trait.
pub(crate) fn from_row(
    krate: &Path,
    ident: &Ident,
    reads: Reads,
    more: TokenStream,
) -> TokenStream {
    let names = reads.names;
    let reads = reads
        .values
        .iter()
        .map(|(member, value)| quote!(#member: #value));
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::FromRow for #ident {
            const NEVER_LOOKS_BACK: bool = true;

            fn column_names() -> ::core::option::Option<&'static [&'static str]> {
                ::core::option::Option::Some(&[#(#names),*])
            }

            #[inline]
            fn from_row(row: &#krate::RowReader<'_>) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }

            #more
        }
    }
}
