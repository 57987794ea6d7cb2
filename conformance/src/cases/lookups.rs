//! The comparisons.

use queryset::{ErrorKind, Operand, Q, QuerySet};

use crate::failure::Verdict;
use crate::models::{Book, Phrase, ids, phrases, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("lookup.exact", Method::List, exact),
    Case::new("lookup.exact.case", Method::List, exact_case),
    Case::new("lookup.comparison", Method::List, comparison),
    Case::new("lookup.range", Method::List, range),
    Case::new("lookup.in", Method::List, is_in),
    Case::new("lookup.in.empty", Method::List, in_empty),
    Case::new("lookup.in.none", Method::List, in_none),
    Case::new("lookup.in.many", Method::List, in_many),
    Case::new("lookup.isnull", Method::List, isnull),
    Case::new("lookup.iexact", Method::List, iexact),
    Case::new("lookup.contains", Method::List, contains),
    Case::new(
        "lookup.contains.wildcards",
        Method::List,
        contains_wildcards,
    ),
    Case::new("lookup.icontains", Method::List, icontains),
    Case::new(
        "lookup.icontains.wildcards",
        Method::List,
        icontains_wildcards,
    ),
    Case::new("lookup.startswith", Method::List, startswith),
    Case::new("lookup.endswith", Method::List, endswith),
    Case::new("lookup.text.empty", Method::List, empty_text),
    Case::new("lookup.text.folding", Method::List, folding),
    Case::new("lookup.text.quotes", Method::List, quotes),
    Case::new("lookup.text.of_numbers", Method::List, text_of_numbers),
    Case::new("lookup.none_is_no_value", Method::List, none_is_no_value),
    Case::new("lookup.combined", Method::List, combined),
    Case::new("lookup.xor", Method::List, xor),
    Case::new("lookup.not", Method::List, not),
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

fn exact(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.pages.eq(100)), &[1, 4, 6]),
            (shelf().filter(|b| b.slug.eq("cat")), &[3]),
            (shelf().filter(|b| b.price.eq(5.25)), &[3]),
            (shelf().filter(|b| b.in_print.eq(false)), &[2, 5, 7]),
            (shelf().filter(|b| b.rating.eq(3)), &[1, 4]),
            (shelf().filter(|b| b.rating.eq(None)), &[2, 6]),
            (shelf().filter(|b| b.note.eq("")), &[2]),
            (
                shelf().filter(|b| b.pages.eq(100) & b.rating.eq(3)),
                &[1, 4],
            ),
            (
                shelf()
                    .filter(|b| b.pages.eq(100))
                    .filter(|b| b.price.eq(0.0)),
                &[6],
            ),
            (shelf().lookup("pages__exact", 250), &[2]),
        ],
    )
}

/// Texts are equal when every letter is, case and accents too.
fn exact_case(stage: &Stage) -> Verdict {
    let cases = |lookup: &'static str| move |text: &str| Q::<Phrase>::lookup(lookup, text);
    let (plain, named) = (cases("text"), cases("text__exact"));
    phrases_give(
        stage,
        vec![
            (plain("Ant"), &[16]),
            (plain("ANT"), &[17]),
            (plain("ant"), &[]),
            (named("École"), &[7]),
            (named("Ecole"), &[]),
            (named("a_b"), &[3]),
            (named("100%"), &[1]),
            (named(""), &[14]),
            (named("Ant "), &[]),
        ],
    )
}

fn comparison(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.pages.gt(100)), &[2, 5]),
            (shelf().filter(|b| b.pages.gte(100)), &[1, 2, 4, 5, 6]),
            (shelf().filter(|b| b.pages.lt(100)), &[3, 7]),
            (shelf().filter(|b| b.pages.lte(100)), &[1, 3, 4, 6, 7]),
            (shelf().filter(|b| b.price.gt(9.5)), &[2, 4, 5]),
            (shelf().filter(|b| b.price.lt(0.5)), &[6]),
            // NULL is neither more nor less.
            (shelf().filter(|b| b.rating.gt(0)), &[1, 3, 4, 5, 7]),
            (shelf().filter(|b| b.rating.lte(3)), &[1, 4, 5]),
            (shelf().filter(|b| b.slug.gte("dog")), &[4, 5, 6, 7]),
        ],
    )
}

/// Both ends belong to it.
fn range(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.pages.range(50, 100)), &[1, 3, 4, 6]),
            (shelf().filter(|b| b.pages.range(250, 250)), &[2]),
            (shelf().filter(|b| b.pages.range(100, 50)), &[]),
            (shelf().filter(|b| b.price.range(5.25, 9.5)), &[1, 3]),
            (shelf().filter(|b| b.slug.range("bee", "dog")), &[2, 3, 4]),
            (shelf().lookup("rating__range", (4, 5)), &[3, 7]),
        ],
    )
}

fn is_in(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.id.is_in([3, 1, 99, 3])), &[1, 3]),
            (shelf().filter(|b| b.slug.is_in(["fox", "ant"])), &[1, 6]),
            (shelf().filter(|b| b.rating.is_in([3, 4])), &[1, 4, 7]),
            (shelf().filter(|b| b.price.is_in([0.0, 33.0])), &[5, 6]),
            (shelf().filter(|b| b.in_print.is_in([false])), &[2, 5, 7]),
            (shelf().exclude(|b| b.id.is_in([1, 2, 3])), &[4, 5, 6, 7]),
            (shelf().lookup("pk__in", [7, 6]), &[6, 7]),
        ],
    )
}

/// Nothing is in an empty list, and nobody needs to be asked.
fn in_empty(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let nobody = [
        shelf().filter(|b| b.id.is_in([0i64; 0])),
        shelf().filter(|b| b.rating.is_in([None::<i32>])),
        shelf().lookup("id__in", Operand::List(Vec::new())),
        shelf().lookup("rating__in", [Operand::NONE]),
        shelf().filter(|b| b.id.eq(1) & b.slug.is_in([""; 0])),
    ];
    for query in nobody {
        read!(s, query, list / alist())?
            .sends(0)?
            .gives(Vec::new())?;
    }
    let everybody = [
        shelf().exclude(|b| b.id.is_in([0i64; 0])),
        shelf().filter(|b| !b.id.is_in([0i64; 0])),
        shelf().filter(|b| b.id.is_in([0i64; 0]) | b.id.gt(0)),
    ];
    for query in everybody {
        let expected: Vec<i64> = (1..=7).collect();
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected)?;
    }
    Ok(())
}

/// NULL in a list matches nothing; negated it keeps the rows with NULL out.
fn in_none(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.rating.is_in([Some(3), None])), &[1, 4]),
            (shelf().exclude(|b| b.rating.is_in([3])), &[2, 3, 5, 6, 7]),
            (
                shelf().exclude(|b| b.rating.is_in([Some(3), None])),
                &[3, 5, 7],
            ),
            (
                shelf().lookup("note__in", [Operand::from("x"), Operand::NONE]),
                &[3, 6],
            ),
        ],
    )
}

/// Lists of any length, also longer than a statement has parameters.
fn in_many(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for count in [1i64, 2, 3, 32, 33, 999, 1000, 1001] {
        let query = shelf().filter(|b| b.id.is_in(6..6 + count));
        let expected: Vec<i64> = (6..6 + count).filter(|id| *id <= 7).collect();
        read!(s, query, list / alist() => ids)?
            .sends(1)?
            .gives(expected)?;
    }
    let slugs = (0..1000)
        .map(|n| format!("slug {n}"))
        .chain(["eel".to_owned()]);
    let query = shelf().filter(|b| b.slug.is_in(slugs));
    read!(s, query, list / alist() => ids)?.gives(vec![5])
}

fn isnull(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.rating.isnull(true)), &[2, 6]),
            (shelf().filter(|b| b.rating.isnull(false)), &[1, 3, 4, 5, 7]),
            (shelf().filter(|b| b.note.isnull(true)), &[1, 4, 7]),
            (shelf().exclude(|b| b.note.isnull(true)), &[2, 3, 5, 6]),
            (shelf().lookup("note__isnull", false), &[2, 3, 5, 6]),
            (
                shelf().filter(|b| b.id.isnull(false)),
                &[1, 2, 3, 4, 5, 6, 7],
            ),
            (shelf().filter(|b| b.id.isnull(true)), &[]),
        ],
    )
}

fn iexact(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("iexact", "ant"), &[16, 17]),
            (text("iexact", "a_b"), &[3]),
            (text("iexact", "AXB"), &[4]),
            (text("iexact", "100%"), &[1]),
            (text("iexact", "BACK\\SLASH"), &[5]),
            (text("iexact", ""), &[14]),
            (text("iexact", "an"), &[]),
            (Q::lookup("text__iexact", None::<String>), &[15]),
        ],
    )
}

/// The letters as they are: case counts.
fn contains(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("contains", "Ant"), &[16]),
            (text("contains", "NT"), &[17]),
            (text("contains", "nt"), &[2, 16, 18]),
            (text("contains", "slash"), &[5, 6]),
            (text("contains", "本語"), &[20]),
            (text("contains", "🎉"), &[20]),
            (text("contains", "zebra"), &[]),
        ],
    )
}

/// `%`, `_` and `\` stand for themselves; so do the wildcards of other pattern languages.
fn contains_wildcards(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("contains", "%"), &[1]),
            (text("contains", "_"), &[3]),
            (text("contains", "\\"), &[5]),
            (text("contains", "a_b"), &[3]),
            (text("contains", "0%"), &[1]),
            (text("contains", "*"), &[21]),
            (text("contains", "?"), &[21]),
            (text("contains", "[c]"), &[21]),
            (text("startswith", "100%"), &[1]),
            (text("startswith", "%"), &[]),
            (text("endswith", "%"), &[1]),
            (text("endswith", "_b"), &[3]),
        ],
    )
}

fn icontains(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("icontains", "ANT"), &[16, 17, 18]),
            (text("icontains", "xB"), &[4]),
            (text("icontains", "PERCENT"), &[2]),
            (text("icontains", "drop table"), &[19]),
            (text("icontains", "zebra"), &[]),
        ],
    )
}

fn icontains_wildcards(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("icontains", "%"), &[1]),
            (text("icontains", "A_B"), &[3]),
            (text("icontains", "\\S"), &[5]),
            (text("istartswith", "A_"), &[3]),
            (text("istartswith", "_"), &[]),
            (text("iendswith", "K\\SLASH"), &[5]),
            (text("iendswith", "0%"), &[1]),
        ],
    )
}

fn startswith(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("startswith", "ant"), &[18]),
            (text("startswith", "A"), &[16, 17]),
            (text("startswith", "100"), &[1, 2]),
            (text("startswith", "É"), &[7]),
            (text("istartswith", "ANT"), &[16, 17, 18]),
            (text("istartswith", "back"), &[5, 6]),
            (text("istartswith", "nt"), &[]),
        ],
    )
}

fn endswith(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("endswith", "nt"), &[2, 16]),
            (text("endswith", "NT"), &[17]),
            (text("endswith", "Ant"), &[16]),
            (text("endswith", "🎉"), &[20]),
            (text("iendswith", "NT"), &[2, 16, 17]),
            (text("iendswith", "SLASH"), &[5, 6]),
            (text("iendswith", "an"), &[]),
        ],
    )
}

/// An empty text is in every text, and NULL is none.
fn empty_text(stage: &Stage) -> Verdict {
    let all: &[i64] = &[
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21,
    ];
    phrases_give(
        stage,
        vec![
            (text("contains", ""), all),
            (text("icontains", ""), all),
            (text("startswith", ""), all),
            (text("endswith", ""), all),
            (text("istartswith", ""), all),
            (text("iendswith", ""), all),
            (!text("contains", ""), &[15]),
        ],
    )
}

/// Letters of every alphabet are folded, one by one: ß has no single capital, and the two small
/// sigmas have the same.
fn folding(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("iexact", "ÉCOLE"), &[7, 8]),
            (text("iexact", "ecole"), &[9]),
            (text("icontains", "éC"), &[7, 8]),
            (text("istartswith", "É"), &[7, 8]),
            (text("contains", "é"), &[8]),
            (text("iexact", "STRASSE"), &[11]),
            (text("iexact", "STRAßE"), &[10]),
            (text("icontains", "sse"), &[11]),
            (text("iexact", "ΣΊΣΥΦΟΣ"), &[12, 13]),
            (text("iendswith", "ΟΣ"), &[12, 13]),
            (text("contains", "σ"), &[13]),
        ],
    )
}

/// What a value contains cannot change the statement.
fn quotes(stage: &Stage) -> Verdict {
    let nasty = "it's \"so\"; DROP TABLE phrase; --";
    phrases_give(
        stage,
        vec![
            (Q::lookup("text", nasty), &[19]),
            (text("contains", "'s \"so\";"), &[19]),
            (text("startswith", "it's"), &[19]),
            (Q::lookup("text", "' OR '1'='1"), &[]),
            (Q::lookup("text__in", ["x' OR 1=1 --", "Ant"]), &[16]),
            (Q::lookup("text", nasty), &[19]),
        ],
    )
}

/// A number is looked into as its digits.
fn text_of_numbers(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().lookup("pages__contains", "0"), &[1, 2, 3, 4, 5, 6]),
            (shelf().lookup("pages__startswith", 1), &[1, 4, 6, 7]),
            (shelf().lookup("pages__endswith", "50"), &[2, 3]),
            (shelf().lookup("rating__icontains", 3), &[1, 4]),
        ],
    )
}

/// Only equality and `isnull` can ask for NULL.
fn none_is_no_value(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let refused = [
        shelf().filter(|b| b.rating.gt(None)),
        shelf().filter(|b| b.rating.lte(None)),
        shelf().filter(|b| b.note.contains(None)),
        shelf().filter(|b| b.note.iendswith(None)),
        shelf().lookup("rating__gte", None::<i32>),
        shelf().lookup("note__startswith", None::<String>),
        shelf().lookup("note__isnull", None::<bool>),
    ];
    for query in refused {
        read!(s, query, list / alist())?.refused(ErrorKind::Value)?;
    }
    read!(s, shelf().filter(|b| b.note.iexact(None)), list / alist() => ids)?.gives(vec![1, 4, 7])
}

fn combined(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| b.rating.eq(5) | b.pages.eq(1)), &[3, 7]),
            (
                shelf().filter(|b| b.pages.eq(100) & (b.rating.eq(3) | b.price.eq(0.0))),
                &[1, 4, 6],
            ),
            (
                shelf().filter(|b| b.pages.eq(100) & b.rating.eq(3) | b.id.eq(5)),
                &[1, 4, 5],
            ),
            (
                shelf().filter(|b| (b.id.lt(3) | b.id.gt(6)) & b.in_print.eq(false)),
                &[2, 7],
            ),
            (
                shelf().filter_by(Q::lookup("id", 3) | Q::lookup("id", 4)),
                &[3, 4],
            ),
            (shelf().filter_by(Q::all()), &[1, 2, 3, 4, 5, 6, 7]),
            (shelf().filter_by(Q::none() | Q::lookup("id", 2)), &[2]),
            (shelf().filter_by(Q::all() & Q::lookup("id", 2)), &[2]),
        ],
    )
}

/// An odd number of the conditions holds; NULL does not hold.
fn xor(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (
                shelf().filter(|b| b.pages.eq(100) ^ b.in_print.eq(true)),
                &[3],
            ),
            (shelf().filter(|b| b.pages.eq(100) ^ b.id.lt(3)), &[2, 4, 6]),
            (
                shelf().filter(|b| b.pages.eq(100) ^ b.in_print.eq(true) ^ b.id.lt(5)),
                &[1, 2, 4],
            ),
        ],
    )
}

fn not(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().filter(|b| !b.pages.eq(100)), &[2, 3, 5, 7]),
            (shelf().filter(|b| !!b.rating.eq(3)), &[1, 4]),
            (
                shelf().filter(|b| !(b.pages.eq(100) | b.pages.eq(1))),
                &[2, 3, 5],
            ),
            (
                shelf().filter(|b| !(b.pages.eq(100) & b.in_print.eq(true)) & b.id.lt(4)),
                &[2, 3],
            ),
        ],
    )?;
    let s = stage.library()?;
    read!(s, shelf().filter_by(!Q::all()), list / alist())?
        .sends(0)?
        .gives(Vec::new())
}
