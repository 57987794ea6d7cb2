//! From tokens to a [`Field`], with its checks.

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DataEnum, DataStruct, DeriveInput, Ident, LitStr, Token, Type};

use super::{Field, Kind, Variant};
use crate::case::snake_case;
use crate::errors::Errors;
use crate::setting::settings;
use crate::types::default_crate;

const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];

pub(super) fn field(input: &DeriveInput, errors: &mut Errors) -> Field {
    let mut field = Field {
        krate: default_crate(),
        ident: input.ident.clone(),
        kind: Kind::Unknown,
    };
    let mut kept_as = None;
    for setting in settings(&input.attrs, "field", &[], errors) {
        match setting.key.to_string().as_str() {
            "as" => kept_as = setting.text(errors),
            "crate" => {
                if let Some(path) = setting.rust(errors) {
                    field.krate = path;
                }
            }
            _ => setting.unknown("as, crate", errors),
        }
    }
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "a type of a column has no generic parameters; implement `Field` by hand",
        );
    }
    field.kind = match &input.data {
        Data::Enum(data) => enumeration(input, data, kept_as.as_ref(), errors),
        Data::Struct(data) => {
            if let Some(kept_as) = &kept_as {
                errors.at(kept_as, "a newtype is kept as the type that it wraps");
            }
            newtype(input, data, errors)
        }
        Data::Union(data) => {
            errors.push(syn::Error::new(
                data.union_token.span,
                "`Field` is derived for enums and newtypes",
            ));
            Kind::Unknown
        }
    };
    field
}

fn newtype(input: &DeriveInput, data: &DataStruct, errors: &mut Errors) -> Kind {
    let mut fields = data.fields.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        errors.at(
            &input.ident,
            "a column holds one value, so the struct has exactly one field",
        );
        return Kind::Unknown;
    };
    for setting in settings(&field.attrs, "field", &[], errors) {
        errors.at(&setting.key, "the field of a newtype has no settings");
    }
    Kind::Newtype(field.ident.clone(), field.ty.clone())
}

fn enumeration(
    input: &DeriveInput,
    data: &DataEnum,
    kept_as: Option<&LitStr>,
    errors: &mut Errors,
) -> Kind {
    if data.variants.is_empty() {
        errors.at(&input.ident, "an enum without variants has no values");
    }
    for variant in &data.variants {
        if !variant.fields.is_empty() {
            errors.at(
                &variant.fields,
                "a column holds one value, so the variants have no fields",
            );
        }
    }
    let integer = match kept_as {
        Some(text) if text.value() == "text" => None,
        Some(text) if INTEGERS.contains(&text.value().as_str()) => {
            Some(Ident::new(&text.value(), text.span()))
        }
        Some(text) => {
            let integers = INTEGERS.join(", ");
            errors.at(text, format!("an enum is kept as text, {integers}"));
            None
        }
        None => repr(&input.attrs),
    };
    match integer {
        Some(integer) => {
            for setting in data
                .variants
                .iter()
                .flat_map(|variant| settings(&variant.attrs, "field", &[], errors))
                .collect::<Vec<_>>()
            {
                errors.at(&setting.key, "a variant kept as its number has no settings");
            }
            let variants = data.variants.iter().map(|variant| variant.ident.clone());
            Kind::Integer(Type::Verbatim(quote::quote!(#integer)), variants.collect())
        }
        None => Kind::Text(texts(data, errors)),
    }
}

fn texts(data: &DataEnum, errors: &mut Errors) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &data.variants {
        let mut rename = None;
        for setting in settings(&variant.attrs, "field", &[], errors) {
            match setting.key.to_string().as_str() {
                "rename" => rename = setting.any_text(errors),
                _ => setting.unknown("rename", errors),
            }
        }
        let variant = Variant {
            ident: variant.ident.clone(),
            rename,
        };
        let text = variant.text();
        if let Some(earlier) = variants.iter().find(|earlier| earlier.text() == text) {
            let message = format!("the variant `{}` is kept as \"{text}\" too", earlier.ident);
            match &variant.rename {
                Some(place) => errors.at(place, message),
                None => errors.at(&variant.ident, message),
            }
        }
        variants.push(variant);
    }
    variants
}

impl Variant {
    /// What the column holds.
    pub(super) fn text(&self) -> String {
        match &self.rename {
            Some(text) => text.value(),
            None => snake_case(&self.ident.unraw().to_string()),
        }
    }
}

/// The integer of `#[repr(i32)]`.
fn repr(attributes: &[Attribute]) -> Option<Ident> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("repr"))
        .filter_map(|attribute| {
            attribute
                .parse_args_with(Punctuated::<syn::Meta, Token![,]>::parse_terminated)
                .ok()
        })
        .flatten()
        .find_map(|meta| {
            let ident = meta.path().get_ident()?.clone();
            INTEGERS
                .contains(&ident.to_string().as_str())
                .then_some(ident)
        })
}
