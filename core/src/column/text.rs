//! Comparisons that look into text.

use super::Column;
use crate::expression::{Expr, IntoExpr};
use crate::field::Field;
use crate::lookup::Lookup;
use crate::q::Q;

/// A field that holds text, and so has the text lookups. `#[derive(Field)]` implements it for
/// newtypes over text.
///
/// The plain lookups (`contains`, `startswith`, `endswith`) respect case, those with an `i` fold
/// it letter by letter as Unicode does, on every database; `%`, `_` and `\` stand for themselves,
/// and an empty text matches everything but NULL. What is looked for may be another column
/// (`b.title.contains(b.slug)`) or computed.
///
/// `regex` and `iregex` respect and fold case likewise, and `.` stands for any character, an end
/// of line too. Beyond that the pattern is in the language of the database: PostgreSQL's advanced
/// regular expressions, ICU's on MySQL, PCRE's on MariaDB, and on SQLite those of the crate
/// [`fancy_regex`](https://docs.rs/fancy-regex), which has look-around and back-references too.
/// A pattern that the database cannot read is an error of the read.
#[diagnostic::on_unimplemented(message = "`{Self}` is not text, so it has no text lookups")]
pub trait TextField: Field {}

impl TextField for String {}

/// The lookups of a column and of what is computed.
macro_rules! lookups {
    ($($(#[$doc:meta])* $name:ident $lookup:ident $value:ident;)*) => {
        impl<R, T: Field<Base: TextField>> Column<R, T> {$(
            $(#[$doc])*
            pub fn $name(self, $value: impl IntoExpr<T::Base, R>) -> Q<R> {
                self.compare(Lookup::$lookup, $value)
            }
        )*}

        impl<R, T: TextField> Expr<R, T> {$(
            $(#[$doc])*
            pub fn $name(self, $value: impl IntoExpr<T, R>) -> Q<R> {
                self.compare(Lookup::$lookup, $value)
            }
        )*}
    };
}

lookups! {
    /// Equal to `text` whatever the case; for `None`, NULL.
    ///
    /// `b.title.iexact("em")`, by name `lookup("title__iexact", "em")`.
    iexact IExact text;
    /// Contains `text`.
    ///
    /// `b.title.contains("em")`, by name `lookup("title__contains", "em")`.
    contains Contains text;
    /// Contains `text`, whatever the case.
    ///
    /// `b.title.icontains("em")`, by name `lookup("title__icontains", "em")`.
    icontains IContains text;
    /// Starts with `text`.
    ///
    /// `b.title.startswith("em")`, by name `lookup("title__startswith", "em")`.
    startswith StartsWith text;
    /// Starts with `text`, whatever the case.
    ///
    /// `b.title.istartswith("em")`, by name `lookup("title__istartswith", "em")`.
    istartswith IStartsWith text;
    /// Ends with `text`.
    ///
    /// `b.title.endswith("em")`, by name `lookup("title__endswith", "em")`.
    endswith EndsWith text;
    /// Ends with `text`, whatever the case.
    ///
    /// `b.title.iendswith("em")`, by name `lookup("title__iendswith", "em")`.
    iendswith IEndsWith text;
    /// Matches the regular expression `pattern` somewhere; see [`TextField`] for its language.
    ///
    /// `b.title.regex("^Em")`, by name `lookup("title__regex", "^Em")`.
    regex Regex pattern;
    /// Matches the regular expression `pattern` somewhere, whatever the case.
    ///
    /// `b.title.iregex("^Em")`, by name `lookup("title__iregex", "^Em")`.
    iregex IRegex pattern;
}
