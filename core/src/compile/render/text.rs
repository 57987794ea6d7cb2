//! Lookups into text, which answer as on PostgreSQL: the plain ones respect case, the others fold
//! it.

use sea_query::{Alias, BinOper, Expr, ExprTrait, Func};

use super::Renderer;
use crate::compile::shape::{by_pattern, regex_flags};
use crate::dialect::Family;
use crate::lookup::Lookup;

/// What is looked for.
pub(super) enum Needle {
    /// A value, which was made a pattern where the database wants one.
    Bound(Expr),
    /// Something computed, and whether it is text.
    Computed(Expr, bool),
}

impl Renderer<'_> {
    pub(super) fn text(&self, left: Expr, is_text: bool, lookup: Lookup, needle: Needle) -> Expr {
        let family = self.dialect.family;
        if family == Family::Sqlite && (lookup.is_regex() || !by_pattern(self.dialect)) {
            let (Needle::Bound(needle) | Needle::Computed(needle, _)) = needle;
            let name = format!("queryset_{}", lookup.name());
            return Func::cust(Alias::new(name)).arg(left).arg(needle).into();
        }
        let left = self.as_text(left, is_text);
        let pattern = match needle {
            Needle::Bound(pattern) => pattern,
            Needle::Computed(needle, is_text) => {
                let needle = self.as_text(needle, is_text);
                self.pattern(needle, lookup)
            }
        };
        let plain = matches!(
            lookup,
            Lookup::Contains | Lookup::StartsWith | Lookup::EndsWith
        );
        let upper = |expr: Expr| -> Expr { Func::upper(expr).into() };
        match (family, lookup) {
            (Family::Postgres, Lookup::Regex) => left.binary(BinOper::Custom("~"), pattern),
            (Family::Postgres, Lookup::IRegex) => left.binary(BinOper::Custom("~*"), pattern),
            (Family::Mysql, Lookup::Regex | Lookup::IRegex) => {
                left.binary(BinOper::Custom("REGEXP"), pattern)
            }
            (Family::Sqlite, _) => {
                let pattern = pattern.binary(BinOper::Escape, Expr::cust("'\\'"));
                left.binary(BinOper::Like, pattern)
            }
            (Family::Postgres, Lookup::IExact) => upper(left).eq(upper(pattern)),
            (Family::Postgres, _) if plain => left.binary(BinOper::Like, pattern),
            (Family::Postgres, _) => upper(left).binary(BinOper::Like, upper(pattern)),
            // A comparison with a binary text compares the letters as they are.
            (Family::Mysql, _) => {
                let binary = |value: Expr| value.cast_as(Alias::new("BINARY"));
                match lookup {
                    Lookup::IExact => upper(left).eq(binary(upper(pattern))),
                    _ if plain => left.binary(BinOper::Like, binary(pattern)),
                    _ => upper(left).binary(BinOper::Like, binary(upper(pattern))),
                }
            }
        }
    }

    fn as_text(&self, expr: Expr, is_text: bool) -> Expr {
        match self.dialect.family {
            _ if is_text => expr,
            Family::Sqlite => expr,
            Family::Postgres => expr.cast_as(Alias::new("text")),
            Family::Mysql => expr.cast_as(Alias::new("CHAR")),
        }
    }

    /// The pattern for something computed, whose own `%`, `_` and `\` stand for themselves.
    fn pattern(&self, needle: Expr, lookup: Lookup) -> Expr {
        let (before, after) = match lookup {
            Lookup::Contains | Lookup::IContains => ("'%'", "'%'"),
            Lookup::StartsWith | Lookup::IStartsWith => ("''", "'%'"),
            Lookup::EndsWith | Lookup::IEndsWith => ("'%'", "''"),
            Lookup::Regex | Lookup::IRegex if self.dialect.family == Family::Mysql => {
                let call = format!("CONCAT('{}', ", regex_flags(lookup));
                return self.template(&[&call, ")"], [needle]);
            }
            Lookup::IExact if self.dialect.family == Family::Sqlite => ("''", "''"),
            _ => return needle,
        };
        let escaped = ["\\", "%", "_"].iter().fold(needle, |text, special| {
            // A backslash in a literal is doubled on MySQL.
            let literal = |text: &str| match self.dialect.family {
                Family::Mysql => text.replace('\\', "\\\\"),
                _ => text.to_owned(),
            };
            let (special, escaped) = (literal(special), literal(&format!("\\{special}")));
            let rest = format!(", '{special}', '{escaped}')");
            self.template(&["REPLACE(", &rest], [text])
        });
        match self.dialect.family {
            Family::Mysql => {
                let (open, close) = (format!("CONCAT({before}, "), format!(", {after})"));
                self.template(&[&open, &close], [escaped])
            }
            _ => {
                let (open, close) = (format!("({before} || "), format!(" || {after})"));
                self.template(&[&open, &close], [escaped])
            }
        }
    }
}
