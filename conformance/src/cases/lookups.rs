//! The comparisons.

mod compare;
mod expressions;
mod logic;
mod regex;
mod subqueries;
mod text;

use queryset::{Q, QuerySet};

use crate::failure::Verdict;
use crate::models::{Book, Phrase, ids, phrases};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("lookup.exact", Method::List, compare::exact),
    Case::new("lookup.exact.case", Method::List, compare::exact_case),
    Case::new("lookup.comparison", Method::List, compare::comparison),
    Case::new("lookup.range", Method::List, compare::range),
    Case::new("lookup.in", Method::List, compare::is_in),
    Case::new("lookup.in.empty", Method::List, compare::in_empty),
    Case::new("lookup.in.none", Method::List, compare::in_none),
    Case::new("lookup.in.many", Method::List, compare::in_many),
    Case::new("lookup.isnull", Method::List, compare::isnull),
    Case::new("lookup.iexact", Method::List, text::iexact),
    Case::new("lookup.contains", Method::List, text::contains),
    Case::new(
        "lookup.contains.wildcards",
        Method::List,
        text::contains_wildcards,
    ),
    Case::new("lookup.icontains", Method::List, text::icontains),
    Case::new(
        "lookup.icontains.wildcards",
        Method::List,
        text::icontains_wildcards,
    ),
    Case::new("lookup.startswith", Method::List, text::startswith),
    Case::new("lookup.endswith", Method::List, text::endswith),
    Case::new("lookup.text.empty", Method::List, text::empty_text),
    Case::new("lookup.text.folding", Method::List, text::folding),
    Case::new("lookup.text.quotes", Method::List, text::quotes),
    Case::new(
        "lookup.text.of_numbers",
        Method::List,
        text::text_of_numbers,
    ),
    Case::new("lookup.regex", Method::List, regex::plain),
    Case::new("lookup.iregex", Method::List, regex::folded),
    Case::new("lookup.regex.not", Method::List, regex::not),
    Case::new("lookup.column", Method::List, expressions::columns),
    Case::new("lookup.column.null", Method::List, expressions::nulls),
    Case::new("lookup.column.text", Method::List, expressions::texts),
    Case::new("lookup.arithmetic", Method::List, expressions::arithmetic),
    Case::new(
        "lookup.expression.dynamic",
        Method::List,
        expressions::dynamic,
    ),
    Case::new(
        "lookup.expression.refused",
        Method::List,
        expressions::refused,
    ),
    Case::new("lookup.in.query", Method::List, subqueries::keys),
    Case::new("lookup.in.query.column", Method::List, subqueries::columns),
    Case::new("lookup.in.query.empty", Method::List, subqueries::empty),
    Case::new("lookup.in.query.slice", Method::List, subqueries::slices),
    Case::new("lookup.in.query.key", Method::List, subqueries::composite),
    Case::new("lookup.query.refused", Method::List, subqueries::refused),
    Case::new(
        "lookup.none_is_no_value",
        Method::List,
        logic::none_is_no_value,
    ),
    Case::new("lookup.combined", Method::List, logic::combined),
    Case::new("lookup.xor", Method::List, logic::xor),
    Case::new("lookup.not", Method::List, logic::not),
];

fn gives(stage: &Stage, cases: Vec<(QuerySet<Book>, &[i64])>) -> Verdict {
    let s = stage.library()?;
    for (query, expected) in cases {
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected.to_vec())?;
    }
    Ok(())
}

fn phrases_give(stage: &Stage, cases: Vec<(Q<Phrase>, &[i64])>) -> Verdict {
    let s = stage.phrasebook()?;
    for (condition, expected) in cases {
        let query = phrases().filter_by(condition);
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected.to_vec())?;
    }
    Ok(())
}

/// A condition on the text, by name.
fn text(lookup: &str, value: &str) -> Q<Phrase> {
    Q::lookup(format!("text__{lookup}"), value)
}
