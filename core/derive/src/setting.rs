//! One setting of an attribute: `unique`, `table = "book"`, `ordering("-published", "id")`.

use std::fmt::Display;
use std::str::FromStr;

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Lit, LitStr, Path, Token, parenthesized};

use crate::errors::Errors;

pub(crate) struct Setting {
    pub(crate) key: Ident,
    argument: Argument,
}

enum Argument {
    None,
    Value(Lit),
    List(Vec<Lit>),
    /// `(Book::author)`.
    Paths(Vec<Path>),
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // Keywords too: `crate` and `as` are settings.
        let key = input.call(Ident::parse_any)?;
        let argument = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Argument::Value(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            parenthesized!(list in input);
            if list.peek(Ident::peek_any) && !list.peek(Lit) || list.peek(Token![::]) {
                let paths = Punctuated::<Path, Token![,]>::parse_terminated(&list)?;
                let argument = Argument::Paths(paths.into_iter().collect());
                return Ok(Self { key, argument });
            }
            let list = Punctuated::<Lit, Token![,]>::parse_terminated(&list)?;
            Argument::List(list.into_iter().collect())
        } else {
            Argument::None
        };
        Ok(Self { key, argument })
    }
}

/// The settings of all attributes named `name`, in order. A setting that comes a second time is
/// an error unless its name is in `repeatable`.
pub(crate) fn settings(
    attributes: &[Attribute],
    name: &str,
    repeatable: &[&str],
    errors: &mut Errors,
) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for attribute in attributes {
        if !attribute.path().is_ident(name) {
            continue;
        }
        match attribute.parse_args_with(Punctuated::<Setting, Token![,]>::parse_terminated) {
            Ok(list) if list.is_empty() => {
                errors.at(attribute, format!("`{name}` without settings does nothing"));
            }
            Ok(list) => {
                for setting in list {
                    let key = setting.key.to_string();
                    let again = settings.iter().any(|earlier| earlier.key == setting.key);
                    if again && !repeatable.contains(&key.as_str()) {
                        errors.at(&setting.key, format!("`{key}` is set twice"));
                    } else {
                        settings.push(setting);
                    }
                }
            }
            Err(error) => errors.push(error),
        }
    }
    settings
}

impl Setting {
    /// Says that there is no such setting, and which there are.
    pub(crate) fn unknown(&self, known: &str, errors: &mut Errors) {
        let message = format!("unknown setting `{}`; there are: {known}", self.key);
        errors.at(&self.key, message);
    }

    /// For a setting that stands alone.
    pub(crate) fn flag(&self, errors: &mut Errors) -> bool {
        match &self.argument {
            Argument::None => {}
            Argument::Value(value) => {
                errors.at(value, format!("`{}` takes no value", self.key));
            }
            Argument::List(_) | Argument::Paths(_) => {
                errors.at(&self.key, format!("`{}` takes no list", self.key));
            }
        }
        true
    }

    /// For a setting with one text, which must not be empty.
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<LitStr> {
        let text = self.any_text(errors)?;
        if text.value().is_empty() {
            errors.at(&text, format!("`{}` must not be empty", self.key));
            return None;
        }
        Some(text)
    }

    /// For a setting with one text, which may be empty.
    pub(crate) fn any_text(&self, errors: &mut Errors) -> Option<LitStr> {
        match &self.argument {
            Argument::Value(Lit::Str(text)) => Some(text.clone()),
            _ => {
                let message = format!("expected a text: `{} = \"…\"`", self.key);
                errors.at(&self.key, message);
                None
            }
        }
    }

    /// For a setting with one text that is Rust.
    pub(crate) fn rust<T: Parse>(&self, errors: &mut Errors) -> Option<T> {
        match self.text(errors)?.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    /// For a setting with a list of texts.
    pub(crate) fn texts(&self, errors: &mut Errors) -> Vec<LitStr> {
        let mut texts = Vec::new();
        match &self.argument {
            Argument::List(list) if !list.is_empty() => {
                for literal in list {
                    match literal {
                        Lit::Str(text) => texts.push(text.clone()),
                        other => errors.at(other, "expected a text"),
                    }
                }
            }
            _ => {
                let message = format!("expected a list of texts: `{}(\"…\", \"…\")`", self.key);
                errors.at(&self.key, message);
            }
        }
        texts
    }

    /// For a setting with one number.
    pub(crate) fn number<N: FromStr<Err: Display>>(&self, errors: &mut Errors) -> Option<N> {
        let Argument::Value(literal) = &self.argument else {
            errors.at(&self.key, format!("expected a number: `{} = …`", self.key));
            return None;
        };
        let number = number(literal);
        if number.is_none() {
            errors.at(literal, format!("`{}` takes no such value", self.key));
        }
        number
    }

    /// For a setting with two numbers.
    pub(crate) fn numbers<N: FromStr<Err: Display>>(&self, errors: &mut Errors) -> Option<(N, N)> {
        if let Argument::List(list) = &self.argument
            && let [first, second] = &**list
            && let (Some(first), Some(second)) = (number(first), number(second))
        {
            return Some((first, second));
        }
        let message = format!("expected two numbers: `{}(…, …)`", self.key);
        errors.at(&self.key, message);
        None
    }

    /// For a setting with a list of paths, as many as there are names in `wanted`.
    pub(crate) fn paths(&self, wanted: &[&str], errors: &mut Errors) -> Option<Vec<Path>> {
        match &self.argument {
            Argument::Paths(paths) if paths.len() == wanted.len() => Some(paths.clone()),
            _ => {
                let message = format!("expected `{}({})`", self.key, wanted.join(", "));
                errors.at(&self.key, message);
                None
            }
        }
    }

    /// Whether a value follows the key.
    pub(crate) fn is_flag(&self) -> bool {
        matches!(self.argument, Argument::None)
    }
}

fn number<N: FromStr<Err: Display>>(literal: &Lit) -> Option<N> {
    match literal {
        Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    }
}
